"""A class of browsers that trains: ``python -m tests.load.together [--phones 30] [--epochs 5]``.

Each phone is a profile of one Chromium. The class compares two learning rates of Model3; then it
fills a map. Two phones send figures that they did not train, one leaves while it trains, one comes
after the results are shown. Then one browser trains four runs, and two browsers two runs each.

It prints what the class sees beside what numpy says of the runs that were sent, what the server
has trained, and the times. Exits with 1 if a figure differs, or if a cheat counts.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from scipy import stats

from hnviz.classroom.experiment import Experiment
from hnviz.classroom.store import ClassStore
from tests.conftest import CHROMIUM, CHROMIUM_ARGS, Server, start_server, stop_server, until

RESULT = "**/api/class/experiment/result"
RATES = [0.003, 0.01]
MAP = {"lr": [0.003, 0.01], "bptt": [20, 40]}
PATIENCE = 300_000  # ms


@dataclass
class Phone:
    """One student's browser."""

    page: Page
    number: int
    sent: list[dict[str, Any]] = field(default_factory=list)  # results, as they left the phone

    def cheat(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change what it sends."""

        def forge(route: Any) -> None:
            result = route.request.post_data_json
            for run in result["runs"]:
                change(run)
            route.continue_(post_data=json.dumps(result))

        self.page.route(RESULT, forge)

    def guess(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def train(self) -> None:
        """Press; the page says when the class has the result."""
        self.page.get_by_role("button", name="Train").click()

    def wait(self, runs: int = 1) -> None:
        """Wait until the class has so many results of it."""
        until(
            self.page,
            "n => document.querySelectorAll('.settings li').length >= n",
            runs,
            timeout=PATIENCE,
        )


def invents(run: dict[str, Any]) -> None:
    """Write a wonderful end and a curve that nobody trained."""
    steps, epochs = len(run["losses"]), len(run["accuracies"])
    run["losses"] = [3.7 - 3.6 * step / steps for step in range(steps)]
    run["accuracies"], run["valid_losses"] = [0.99] * epochs, [0.05] * epochs


def spoils(run: dict[str, Any]) -> None:
    """Write that nothing was learnt."""
    run["losses"] = [3.7] * len(run["losses"])
    run["accuracies"] = [0.01] * len(run["accuracies"])


@dataclass
class Class:
    """A server with a class, and its teacher."""

    server: Server
    teacher: Any  # playwright's requests with the teacher's cookie

    @property
    def room(self) -> Any:
        store = ClassStore(self.server.runs)
        try:
            return store.load()
        finally:
            store.close()

    @property
    def experiment(self) -> Experiment:
        """The newest experiment, from the server's file."""
        return self.room.experiment

    def post(self, name: str, **body: Any) -> dict[str, Any]:
        answer = self.teacher.post(f"{self.server.url}/api/class/{name}", data=body)
        assert answer.ok, answer.text()
        return dict(answer.json())

    def seen(self) -> dict[str, Any]:
        """What the teacher's page shows."""
        return dict(
            self.teacher.get(f"{self.server.url}/api/class/experiment").json()["experiment"]
        )

    def checked(self) -> dict[str, Any]:
        """The same, once all that is due is checked."""
        end = time.monotonic() + PATIENCE / 1000
        while (seen := self.seen())["due"]:
            assert time.monotonic() < end, seen["problem"]
            time.sleep(0.2)
        return seen


@contextmanager
def a_class(browser: Browser) -> Iterator[Class]:
    """Start a server with a class."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "lessons").mkdir()
        server = start_server(folder, HNVIZ_CLASS="free", HNVIZ_CLASS_LESSONS=f"{folder}/lessons")
        stack.callback(stop_server, server)
        context = browser.new_context()
        stack.callback(context.close)
        made = Class(server, context.request)
        made.post("teach", secret=made.room.secret)
        yield made


def joined(browser: Browser, at: Class) -> Phone:
    """Join in a new browser, and open the page that trains."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{at.server.url}/class/join#{at.room.code.lower()}")
    page.get_by_role("link", name="Train with the class").click()
    page.get_by_text("The lessons").wait_for()
    phone = Phone(page, len(at.room.members))
    keep = lambda request: (  # noqa: E731
        phone.sent.append(request.post_data_json) if request.url.endswith("/result") else None
    )
    page.on("request", keep)
    return phone


def compare(browser: Browser, at: Class, size: int, epochs: int) -> tuple[list[Phone], bool]:
    """Let a class compare two settings; return its phones, and whether all is right."""
    at.post("experiment", model="Model3", epochs=epochs, grid={"lr": RATES})
    phones = [joined(browser, at) for _ in range(size)]
    cheats, leaver = phones[1:3], phones[3]
    for cheat, how in zip(cheats, (invents, spoils), strict=True):
        cheat.cheat(how)
    for number, phone in enumerate(phones):
        phone.guess(("A: lr", "B: lr", "No difference")[number % 3])
    begun = time.perf_counter()
    for phone in phones:
        with phone.page.expect_response("**/experiment/task"):
            phone.train()
        if phone is leaver:
            phone.page.context.close()
    staying = [phone for phone in phones if phone is not leaver]
    for phone in staying:
        phone.wait()
    took = time.perf_counter() - begun
    at.checked()
    at.post("experiment/reveal", experiment=1)
    late = joined(browser, at)
    late.train()
    late.wait()
    honest = [each for each in (*staying, late) if each not in cheats]
    seen = at.checked()
    n_checked = sum(each.check in ("same", "wrong") for each in at.experiment.results.values())
    print(f"{len(staying)} phones trained {2 * len(staying)} runs in {took:.1f} s")
    print(f"the server trained the first losses of {n_checked} of {len(staying) + 1} results")
    kept = counted_right(seen, honest) and set_aside(seen, cheats) and shown_right(seen, late)
    return [*honest], kept and not list(at.server.runs.glob("2*"))  # no run was stored


def counted_right(seen: dict[str, Any], honest: list[Phone]) -> bool:
    """Return whether the class has what the honest phones sent, each in its place."""
    sent = {
        (result["seed"], square): None if run["diverged"] else run["accuracies"][-1]
        for phone in honest
        for result in phone.sent
        for square, run in zip(result["squares"], result["runs"], strict=True)
    }
    has = {(each["seed"], each["square"]): each["accuracy"] for each in seen["results"]}
    print(f"{len(has)} runs count, {len(sent)} were sent honestly; equal: {has == sent}")
    return has == sent


def set_aside(seen: dict[str, Any], cheats: list[Phone]) -> bool:
    """Return whether the cheats, and nobody else, are set aside."""
    out = sorted(each["student"] for each in seen["wrong"])
    wanted = sorted(phone.number for phone in cheats)
    for each in seen["wrong"]:
        print(f"student {each['student']} does not count: {each['why']}")
    return out == wanted


def shown_right(seen: dict[str, Any], phone: Phone) -> bool:
    """Return whether a phone shows the mean that numpy calculates."""
    ends = {(each["seed"], each["square"]): each["accuracy"] for each in seen["results"]}
    seeds = sorted({seed for seed, _ in ends})
    gaps = 100 * np.array([ends[seed, 1] - ends[seed, 0] for seed in seeds])
    low, high = stats.t.interval(0.95, len(gaps) - 1, gaps.mean(), stats.sem(gaps))
    against = int((np.sign(gaps) != np.sign(gaps.mean())).sum())
    phone.page.locator(".differences").wait_for()
    until(phone.page, f"() => document.querySelectorAll('.dot').length === {len(gaps)}")
    said = phone.page.locator(".verdict").inner_text()
    print(f"numpy: {gaps.mean():+.2f} points, {low:+.2f} to {high:+.2f}; {against} against\n{said}")
    return f"{abs(gaps.mean()):.1f} points" in said


def fill(at: Class, phones: list[Phone], epochs: int) -> bool:
    """Let the class fill a map; return whether each square has what was sent for it."""
    for phone in phones:
        phone.sent.clear()
    at.post("experiment", model="Model3", epochs=epochs, grid=MAP)
    wanted, rounds = 3 * len(MAP["lr"]) * len(MAP["bptt"]), 0
    begun = time.perf_counter()
    while at.seen()["came"] < wanted:
        rounds += 1
        left = wanted - at.seen()["came"]
        for phone in phones[:left]:
            phone.train()
        for phone in phones[:left]:
            phone.wait(rounds)
    took = time.perf_counter() - begun
    seen = at.checked()
    steps = seen["steps"]
    print(f"a map of {wanted} runs of {steps} steps in {took:.1f} s")
    per_square = [sum(each["square"] == at for each in seen["results"]) for at in range(4)]
    print(f"seeds in each square: {per_square}")
    kept = counted_right(seen, phones) and min(per_square) >= 3 and not seen["wrong"]
    return kept and best_right(seen, phones[0])


def best_right(seen: dict[str, Any], phone: Phone) -> bool:
    """Return whether a phone names the square with the highest mean, and its mean."""
    until(phone.page, "() => !document.querySelector('.verdict').innerText.includes('have 3')")
    said = phone.page.locator(".verdict").inner_text()
    ends = [
        [each["accuracy"] for each in seen["results"] if each["square"] == square]
        for square in range(len(seen["squares"]))
    ]
    means = [np.mean(of) if None not in of else 0 for of in ends]
    lr, bptt = (seen["squares"][int(np.argmax(means))][name] for name in MAP)
    print(f"numpy: lr {lr}, bptt {bptt}, {max(means):.1%}\n{said}")
    return f"lr {lr}, bptt {bptt}" in said.split(";")[0] and f"{100 * max(means):.1f}" in said


def one_and_two(launch: Callable[[], Browser], at: Class, epochs: int) -> None:
    """Print how long four runs take in one browser, and in two."""
    times = []
    for n in (1, 2):
        at.post("experiment", model="Model3", epochs=epochs, grid=MAP)
        browsers = [launch() for _ in range(n)]
        phones = [joined(browser, at) for browser in browsers]
        begun = time.perf_counter()
        for done in range(1, 4 // n + 1):
            for phone in phones:
                phone.train()
            for phone in phones:
                phone.wait(done)
        times.append(time.perf_counter() - begun)
        for browser in browsers:
            browser.close()
    one, two = times
    print(
        f"four runs: {one:.1f} s in one browser, {two:.1f} s in two, {one / two:.2f} times as fast"
    )


def main() -> int:
    """Print all that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=5, help="of 40 steps")
    given = parser.parse_args()
    if given.phones < 8:
        parser.error("--phones must be at least 8: two cheat and one leaves")
    with sync_playwright() as playwright:

        def launch() -> Browser:
            return playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)

        browser = launch()
        with a_class(browser) as at:
            phones, right = compare(browser, at, given.phones, given.epochs)
            right &= fill(at, phones, given.epochs)
            one_and_two(launch, at, given.epochs)
        browser.close()
    print("all figures are right" if right else "a figure is WRONG")
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
