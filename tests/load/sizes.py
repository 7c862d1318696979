"""The largest sizes that are promised: ``python -m tests.load.sizes``.

A run whose events.jsonl has 200 MB, 5,000 runs, and the largest run that the budget accepts. Prints
what a browser and the processes take for them, and the limit of each.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page

from hnviz.config import RunConfig
from hnviz.estimate import Budget
from hnviz.events import BatchEnd, Ended, RunStarted
from hnviz.runs import RunStore
from hnviz.runs.events import encode
from tests.conftest import Server, idle
from tests.load.memory import MEGABYTE, Peaks, largest, limits, peaks_of, refused
from tests.programs import a_browser, a_server

EVENTS_BYTES = 200 * MEGABYTE
N_RUNS = 5_000
RUN_MB = 2_000  # the budget of the largest run
READY = 60_000  # ms

STARTED = RunStarted(n_batches=25_040, n_steps=15_024_000, n_weights=1, device="cpu", time=1.0)
BATCH = BatchEnd(
    step=7_777_777, loss=1.25, smooth_loss=1.25, accuracy=0.8125, lr=0.00125, momentum=0.9
)


def report(name: str, value: float, limit: float, unit: str) -> bool:
    """Print a figure and its limit; return whether it is kept."""
    print(f"{name:44}{value:9.2f} {unit}, at most {limit:g}{'' if value <= limit else ': MISSED'}")
    return value <= limit


def large_run(runs: Path) -> str:
    """Write a run with so many bytes of events, as a version without thinning wrote them."""
    folder = RunStore(runs).create(RunConfig(bptt=1, bs=2, epochs=600))
    line = encode(BATCH)
    with (folder.path / "events.jsonl").open("wb") as file:
        file.write(encode(STARTED))
        step = 0
        while file.tell() < EVENTS_BYTES:
            file.write(line.replace(b"7777777", b"%d" % step))
            step += 1
        file.write(encode(Ended(status="stopped", step=step, message="stopped", time=2.0)))
    return folder.id


def many_runs(runs: Path) -> None:
    """Write so many runs of two steps."""
    store = RunStore(runs)
    ended = Ended(status="stopped", step=2, message="stopped", time=2.0)
    batches = [replace(BATCH, step=step) for step in range(2)]
    content = b"".join(map(encode, [replace(STARTED, n_steps=400), *batches, ended]))
    for _ in range(N_RUNS):
        (store.create(RunConfig()).path / "events.jsonl").write_bytes(content)


def seconds_until(page: Page, server: Server, path: str, picture: str) -> float:
    """Open a page; return the seconds until a picture of it is drawn. Print the server's part."""
    process = psutil.Process(server.process.pid)
    before, begun = process.cpu_times(), time.perf_counter()
    page.goto(f"{server.url}/{path}")
    page.locator(f".st-key-{picture} .hnviz[data-ready]").first.wait_for(timeout=READY)
    taken, after = time.perf_counter() - begun, process.cpu_times()
    used = after.user + after.system - before.user - before.system
    print(f"  /{path}: {taken:.2f} s, the server {used:.2f} s of a processor", flush=True)
    idle(page)
    return taken


def data_bytes(page: Page) -> list[int]:
    """Count the bytes that our routes and both WebSockets bring from now on, in the item."""
    held, ours = [0], set[str]()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def answered(said: dict[str, object]) -> None:
        if "/api/" in said["response"]["url"]:  # type: ignore[index]
            ours.add(str(said["requestId"]))

    def add(said: dict[str, object]) -> None:
        if said["requestId"] in ours:
            held[0] += int(said["encodedDataLength"])  # type: ignore[call-overload]

    def frame(said: dict[str, object]) -> None:
        held[0] += len(said["response"]["payloadData"])  # type: ignore[index]

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", add)
    session.on("Network.webSocketFrameReceived", frame)
    return held


def large_events(browser: Browser, folder: Path) -> bool:
    folder.mkdir()
    run = large_run(folder / "runs")
    with a_server(folder) as server:
        page = browser.new_page()
        for _ in range(2):  # the second time, as somebody who has seen another run
            other = seconds_until(page, server, "train?run=Model5", "train_curves")
        held = data_bytes(page)
        taken = seconds_until(page, server, f"train?run={run}", "train_curves")
        size = held[0] / MEGABYTE
        seconds_until(page, server, f"train?run={run}", "train_curves")
        peaks = Peaks(psutil.Process(server.process.pid))
        peaks.look("fork")
        page.close()
    print(f"  {taken / other:.2f} times as long as Model5's")
    print(f"  peak of the server: {peaks.most['server']:.0f} MB")
    kept = report("200 MB of events: Train", taken, 2, "s")
    return report("200 MB of events: to the viewer", size, 1, "MB") and kept


def first_start(browser: Browser, folder: Path) -> bool:
    taken: dict[str, float] = {}
    for name, fill in (("none", lambda runs: None), ("many", many_runs)):
        (folder / name).mkdir(parents=True)
        fill(folder / name / "runs")
        with a_server(folder / name) as server:
            page = browser.new_page()
            taken[name] = seconds_until(page, server, "", "start_reading")
            seconds_until(page, server, "", "start_reading")
            page.close()
    print(f"  {taken['many'] / taken['none']:.2f} times as long as with no runs")
    return report("5,000 runs: the first Start", taken["many"], 2, "s")


def largest_run(folder: Path) -> bool:
    folder.mkdir()
    environ = {"HNVIZ_MAX_RUN_MB": str(RUN_MB)}
    config, more = largest(Budget.here(1, folder, environ), nh=256)
    with a_server(folder, HNVIZ_MAX_TRAINERS="1", **environ) as server:
        problems = refused(server, more)
        most = peaks_of(server, config)
    print(f"  the largest run has nh {config.nh}, bptt {config.bptt}, bs {config.bs}")
    print(f"  bs {more.bs}: {problems[0]}")
    kept = [report(f"peak of {name}", most[name], at, "MB") for name, at in limits(config).items()]
    return all(kept)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.sizes", description=__doc__)
    parser.add_argument("--only", choices=("events", "runs", "memory"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hnviz-load-") as place, a_browser() as browser:
        folder = Path(place)
        parts = {
            "events": lambda: large_events(browser, folder / "events"),
            "runs": lambda: first_start(browser, folder / "runs"),
            "memory": lambda: largest_run(folder / "memory"),
        }
        kept = [part() for name, part in parts.items() if given.only in (None, name)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
