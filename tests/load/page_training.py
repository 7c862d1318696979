"""Measure training in a page of Chromium: ``python -m tests.load.page_training [--phone]``.

It prints the seconds of each run and the ms a step, beside torch on one thread, in turns; frames a
second, beside the same page while it is idle; bytes of code; and memory. Exits with 1 if a model
of the notebook takes over 1.5 times as long as torch, by the clock or in processor time, or if a
page that trains draws over 20 % fewer frames.

With --phone the whole browser has one core, which it shares with three endless loops. This is no
phone; it only shows what a slower processor does to a page. Nothing is held to a limit then.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hnviz.config import RunConfig
from hnviz.events import BatchEnd, EpochEnd
from hnviz.models.catalogue import LADDER
from tests.browser_engine import Subject, recipe
from tests.conftest import ROOT
from tests.drivers import ChromiumTab, chromium, wait_for
from tests.engine_page import Site, engine_site

MOST = 1.5  # times torch: the promise for the notebook's models
FEWEST = 0.8  # of an idle page's frames
LOOPS = 3  # that share a core with the browser of --phone
MEGABYTE = 10**6
KILOBYTE = 10**3
LONG = 1000  # epochs: longer than any measurement of frames

Times = list[tuple[str, float]]
"""The kind of each event of a step or an epoch, and its time in ms."""


def seconds(times: Times) -> float:
    """Return how long a run took."""
    return times[-1][1] / 1000


def step_ms(times: Times) -> float:
    """Return the ms of a step, the median of the means of epochs: a page hears some together."""
    found, epoch = [], list[float]()
    for kind, at in times:
        if kind == "batch":
            epoch.append(at)
        elif len(epoch) > 1:
            found.append((epoch[-1] - epoch[0]) / (len(epoch) - 1))
            epoch = []
    return float(np.median(found)) if found else float("nan")


def torchs(run: Subject) -> Times:
    """Train a run in torch to its end."""
    times, begun = [], time.perf_counter()
    for event in run.learner().events():
        kind = {BatchEnd: "batch", EpochEnd: "epoch"}.get(type(event))
        if kind:
            times.append((kind, 1000 * (time.perf_counter() - begun)))
    return [*times, ("ended", 1000 * (time.perf_counter() - begun))]


def call(tab: ChromiumTab, name: str, *given: Any) -> Any:
    """Call a function of tests/js/page_training.js."""
    words = ", ".join(map(json.dumps, given))
    return tab.evaluate(f"import('/tests/js/page_training.js').then((all) => all.{name}({words}))")


def opened(tab: ChromiumTab, site: Site) -> None:
    """Open the page anew."""
    tab.open("about:blank")
    tab.open(f"{site.url}/")
    wait_for(tab, "'engine' in globalThis")


@dataclass(frozen=True)
class Run:
    """How long a run took, and how long it would have taken alone on its core."""

    times: Times
    busy: float  # s of processor time

    def __str__(self) -> str:
        step = f"{step_ms(self.times):.2f} ms a step"
        return f"{seconds(self.times):.2f} s ({self.busy:.2f} s of processor time), {step}"


def in_torch(run: Subject) -> Run:
    """Train a run to its end in torch, on this thread."""
    before = time.thread_time()
    return Run(torchs(run), time.thread_time() - before)


def in_page(tab: ChromiumTab, run: Subject) -> Run:
    """Train a run to its end in a worker of the page."""
    before = busy(tab)
    times = [(kind, at) for kind, at in call(tab, "timed", run.job)]
    return Run(times, sum(busy(tab).values()) - sum(before.values()))


def speed(tab: ChromiumTab, run: Subject, rounds: int, beside_torch: bool) -> bool:
    """Print the fastest of a model's runs; return whether it is fast enough beside torch's."""
    theirs, mine = list[Run](), list[Run]()
    for _ in range(rounds):
        if beside_torch:
            theirs.append(in_torch(run))
        mine.append(in_page(tab, run))
    model, page = run.config.model, min(mine, key=lambda each: seconds(each.times))
    print(f"{model:8}in a worker {page}", flush=True)
    if not beside_torch:
        return True
    best = min(theirs, key=lambda each: seconds(each.times))
    whole = seconds(page.times) / seconds(best.times)
    processor = min(each.busy for each in mine) / min(each.busy for each in theirs)
    print(f"{model:8}in torch    {best}")
    print(f"{model:8}times torch {whole:.2f}; of processor time {processor:.2f}", flush=True)
    return model not in LADDER or max(whole, processor) <= MOST


def frames(tab: ChromiumTab, run: Subject, rounds: int, ms: float) -> bool:
    """Print a page's frames a second; return whether training leaves it enough of them."""
    job = {**run.job, "config": {**run.config.to_dict(), "epochs": LONG}}
    ways = {"idle": (None,), "in a worker": (job, True), "on its own thread": (job, False)}
    found: dict[str, list[Any]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, given in ways.items():
            found[way].append(call(tab, "paced", ms, *given))
    middle = {
        way: {name: float(np.median([each[name] for each in told])) for name in told[0]}
        for way, told in found.items()
    }
    idle = middle.pop("idle")["frames"]
    kept = True
    for way, told in middle.items():
        share = told["frames"] / idle
        kept &= share >= FEWEST
        print(
            f"{run.config.model:8}{way}: {told['frames']:.1f} frames a second, {share:.2f} of the "
            f"{idle:.1f} of an idle page; {told['steps']:.0f} steps a second",
            flush=True,
        )
    return kept


def busy(tab: ChromiumTab) -> dict[int, float]:
    """Return the seconds of processor time of each process that has a page."""
    told = tab.wire.send("SystemInfo.getProcessInfo")["processInfo"]
    return {each["id"]: each["cpuTime"] for each in told if each["type"] == "renderer"}


def busiest(tab: ChromiumTab, act: Callable[[], Any]) -> int:
    """Do something; return the process of a page that worked most meanwhile."""
    before = busy(tab)
    act()
    worked = {pid: spent - before.get(pid, 0.0) for pid, spent in busy(tab).items()}
    return max(worked, key=worked.__getitem__)


def resident(pid: int, name: str) -> float:
    """Return a process's memory in MB: "VmRSS" now, "VmHWM" at most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024 / MEGABYTE


def memory(site: Site, run: Subject) -> bool:
    """Print how much memory a run needs in a browser of its own, and the bytes of the engine."""
    with chromium() as tab:
        opened(tab, site)
        pid = busiest(tab, lambda: call(tab, "paced", 300, None))
        before = resident(pid, "VmRSS")
        assert pid == busiest(tab, lambda: call(tab, "timed", run.job)), "another process trained"
        most = resident(pid, "VmHWM")
        sized = call(tab, "sized", run.job)
    scripts = [ROOT / path for path in sorted(site.served) if path.startswith("hnviz/")]
    print(
        f"{run.config.model:8}the engine {sized['memory'] / MEGABYTE:.1f} MB; the page's process "
        f"{before:.0f} MB before, {most:.0f} MB at most while a worker trains; "
        f"WebAssembly {weight([bytes(sized['code'])])}; {len(scripts)} files of JavaScript "
        f"{weight([path.read_bytes() for path in scripts])}",
        flush=True,
    )
    return True


def weight(files: list[bytes]) -> str:
    """Return the sum of files' sizes, with and without gzip."""
    raw, small = (sum(map(len, each)) / KILOBYTE for each in (files, map(gzip.compress, files)))
    return f"{raw:.1f} kB, gzipped {small:.1f} kB"


@contextmanager
def one_core() -> Iterator[None]:
    """Let what is started meanwhile share one core with endless loops."""
    cores = os.sched_getaffinity(0)
    loop = f"import os\nwhile os.getppid() == {os.getpid()}: pass"
    os.sched_setaffinity(0, {min(cores)})
    loops = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(LOOPS)]
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        for each in loops:
            each.kill()
            each.wait()


def main() -> int:
    """Print all that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=LADDER, metavar="model")
    parser.add_argument("--phone", action="store_true", help="one core, which loops share")
    parser.add_argument("--only", choices=("speed", "frames", "memory"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="of each run; default: the recipe's")
    parser.add_argument("--seconds", type=float, default=5, help="of each count of frames")
    given = parser.parse_args()
    torch.set_num_threads(1)

    def run(model: str) -> Subject:
        config: RunConfig = recipe(model)
        return Subject.of(replace(config, epochs=given.epochs or config.epochs), Path())

    drawn = [run(model) for model in given.models if model in ("Model3", "Model5")]
    with engine_site() as site, ExitStack() as stack:
        if given.phone:
            print("One core, which the browser shares with three endless loops: this is no phone.")
            stack.enter_context(one_core())
        tab = stack.enter_context(chromium())
        opened(tab, site)
        parts: dict[str, Callable[[], list[bool]]] = {
            "speed": lambda: [
                speed(tab, run(model), given.rounds, not given.phone) for model in given.models
            ],
            "frames": lambda: [
                frames(tab, each, given.rounds, 1000 * given.seconds) for each in drawn
            ],
            "memory": lambda: [memory(site, each) for each in drawn],
        }
        asked = [given.only] if given.only else [*parts]
        kept = [is_kept for name in asked for is_kept in parts[name]()]
    return int(not given.phone and not all(kept))


if __name__ == "__main__":
    sys.exit(main())
