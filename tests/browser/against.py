"""Whether a browser is served as fast as by another checkout: ``python -m tests.browser.against``.

A server of each checkout gets the same visitor, in turns: the slider of the training through all
snapshots, presses on Train, Pause and Stop, and a first visit. Prints the other checkout's figures
first, then this one's, and the ratio: below 1, this one is faster. What the reading machine takes
of the page's main thread is measured on this checkout alone: the other may have none. Run it on a
quiet machine.
"""

import argparse
import json
import sys
from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from playwright.sync_api import Browser, Page

from hnviz.web.assets import styled
from tests.brief import often
from tests.browser.measure import (
    CHART,
    FIRST_POINT,
    PAUSE_NAME,
    STOP,
    STOPPED,
    TRAIN,
    reacts,
    visitor,
)
from tests.conftest import idle
from tests.programs import Side, a_browser, compared, share, turns, two

MOST = 1.1  # the promise, of each 95th percentile
OLD_TRAIN = styled(
    "[...document.querySelectorAll(':--main button')].find(b => b.innerText.trim() === 'Train')"
)
"""0.5.0's button, which was Streamlit's; undefined here."""

SMOOTH = 8.0  # ms of the main thread for a frame of the machine, at the 95th percentile
TURNS = often(3)
SLIDES = often(6)  # turns of the slider: each moves it through all snapshots, twice
STARTS = often(3)  # runs that are started, paused and stopped, a turn
PAUSES = often(4)  # of each
SNAPSHOTS = often(1000, 4)  # of a run, at most
PLACES = (0, 3040, 12000, 6100, 9000, 1500)  # first tokens in valid, by turn
WORDS = often(54, 3)  # that the machine reads
SLOWER = (1, 4)  # the processor of the visitor's computer, so many times slower
# ms between two moves of the slider. Up to a frame is added: in step with the frames, the largest
# times would only say how far the moves and the frames are apart.
EVERY = 60
FRAME = 1000 / 60  # ms
REST = 1500  # ms without a request: a first visit has ended


PAGES = {
    "states": ("states", "remember"),
    "time": ("time", "learn-back"),
    "train": ("train", "train"),
}
"""What is measured -> its page in 0.5.0, and in a checkout with rooms."""


# Moves the slider of the run bar, and resolves with the time until the picture has been painted.
SLIDE = """async (root, at) => {
  const { timeline } = root.frame, step = timeline.steps[at];
  const last = String(timeline.steps.length - 1);
  const slider = [...document.querySelectorAll("*")]
    .map((each) => each.shadowRoot?.querySelector(".slider")).find((each) => each?.max === last);
  const isThere = () => Number(root.dataset.step) === step, begun = performance.now();
  slider.value = String(at);
  slider.dispatchEvent(new Event("input"));
  await new Promise((done, fail) => {
    const watch = new MutationObserver(() => isThere() && done());
    watch.observe(root, { attributeFilter: ["data-step"] });
    if (isThere()) done();
    setTimeout(() => fail(new Error("nothing changed")), 20000);
  });
  return (await window.painted(() => true)) - begun;
}"""


def slider(browser: Browser, sides: Sequence[Side]) -> bool:
    """Move the slider through all snapshots, twice, on two pages."""
    kept = True
    for what, picture in (("states", "states_picture"), ("time", "time_lanes")):
        new: dict[Side, list[float]] = {side: [] for side in sides}
        again: dict[Side, list[float]] = {side: [] for side in sides}
        for turn, side in turns(sides, SLIDES):
            place = PLACES[turn % len(PLACES)]
            asked = f"states_text=valid&states_n=100&states_first={place}&time_first={5 + place}"
            with visitor(browser) as page:
                page.goto(f"{side.server.url}/{PAGES[what][side.has_rooms]}?{asked}")
                root = page.locator(f".st-key-{picture} .hnviz[data-ready]")
                root.wait_for()
                page.wait_for_timeout(4000)  # what is one press away is there by then
                count = root.evaluate("root => root.frame.timeline.steps.length")
                order = [at * 11 % count for at in range(min(count, SNAPSHOTS))]
                moments = Random(turn)
                for times in (new, again):
                    for at in order[1:] if times is new else order:  # the first is in view
                        times[side].append(root.evaluate(SLIDE, at))
                        page.wait_for_timeout(EVERY + moments.uniform(0, FRAME))
        kept &= compared(f"{what}: new", new.values(), MOST)
        kept &= compared(f"{what}: again", again.values(), MOST)
    return kept


def presses(browser: Browser, sides: Sequence[Side]) -> bool:
    """Start runs, and pause, continue and stop each."""
    names = ("Train", "Pause", "Continue", "Stop")
    took: dict[str, dict[Side, list[float]]] = {
        name: {side: [] for side in sides} for name in names
    }
    pause = PAUSE_NAME.replace(".textContent", "") + ".click()"
    for _, side in turns(sides, TURNS):
        with visitor(browser) as page:
            for _ in range(STARTS):
                page.goto(f"{side.server.url}/{PAGES['train'][side.has_rooms]}?train_epochs=200")
                page.locator(CHART).first.wait_for()
                page.wait_for_timeout(3000)  # the engine is warm, nothing is left to load
                acts = [("Train", f"({OLD_TRAIN} ?? {TRAIN}).click()", FIRST_POINT)]
                acts += [
                    ("Pause", pause, f"{PAUSE_NAME} === 'Continue'"),
                    ("Continue", pause, f"{PAUSE_NAME} === 'Pause'"),
                ] * PAUSES
                acts.append(("Stop", f"{STOP}.click()", STOPPED))
                for name, press, seen in acts:
                    took[name][side].append(1000 * reacts(page, press, seen))
    kept = [compared(f"press: {name}", times.values(), MOST) for name, times in took.items()]
    return all(kept)


def visits(browser: Browser, sides: Sequence[Side]) -> bool:
    """Count what a first visit of the first page asks for, until the page is at rest."""
    found: dict[str, dict[Side, list[float]]] = {
        name: {side: [] for side in sides} for name in ("requests", "kB", "kB by sockets")
    }
    for _, side in turns(sides, TURNS):
        with visitor(browser) as page:
            for name, value in first_visit(page, f"{side.server.url}/").items():
                found[name][side].append(value)
    for name, values in found.items():
        compared(f"visit: {name}", values.values(), unit="  ", parts=(0.5,))
    return True


def first_visit(page: Page, url: str) -> dict[str, float]:
    """Return how many requests a page makes, and the kilobytes that come."""
    found = {"requests": 0.0, "kB": 0.0, "kB by sockets": 0.0}

    def asked(event: dict[str, Any]) -> None:
        found["requests"] += not event["request"]["url"].startswith(("data:", "blob:"))

    def came(event: dict[str, Any]) -> None:
        found["kB"] += event["encodedDataLength"] / 1000

    def heard(event: dict[str, Any]) -> None:
        found["kB by sockets"] += len(event["response"]["payloadData"]) / 1000

    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.on("Network.requestWillBeSent", asked)
    line.on("Network.loadingFinished", came)
    line.on("Network.webSocketFrameReceived", heard)
    page.goto(url)
    page.locator(".hnviz[data-ready]").first.wait_for(state="attached")
    idle(page)
    before = -1.0
    while found["requests"] != before:
        before = found["requests"]
        page.wait_for_timeout(REST)
    return found


MACHINE = """[...document.querySelectorAll(".st-key-start_reading *")]
  .map((each) => each.shadowRoot?.querySelector(".hnviz")).find(Boolean).view"""
# Plays so many words from the first one; resolves with the words that came in to their ends.
PLAY = f"""async (words) => {{
  const view = {MACHINE}, seen = new Set(), paint = view.paint.bind(view);
  view.restart();
  await new Promise((done) => setTimeout(done, 500));
  view.paint = () => {{
    const begun = performance.now();
    paint();
    performance.measure("hnviz paint", {{ start: begun }});
    if (view.time >= 1) seen.add(view.at);
  }};
  view.start();
  while (view.at <= words) await new Promise((done) => setTimeout(done, 10));
  view.stop();
  delete view.paint;
  return [...seen];
}}"""
CATEGORIES = ["disabled-by-default-devtools.timeline", "blink.user_timing"]


def word(browser: Browser, sides: Sequence[Side]) -> bool:
    """Let this checkout's machine read, and see what its page's main thread did in each frame."""
    kept = True
    for slower in SLOWER:
        with visitor(browser) as page:
            page.goto(sides[-1].server.url)
            page.locator("canvas[data-words]").wait_for()
            idle(page)
            page.wait_for_timeout(3000)
            line = page.context.new_cdp_session(page)
            line.send("Emulation.setCPUThrottlingRate", {"rate": slower})
            browser.start_tracing(page=page, categories=CATEGORIES)
            seen = page.evaluate(PLAY, WORDS)
            frames, others = tasks(json.loads(browser.stop_tracing())["traceEvents"])
        skipped = len({*range(1, WORDS + 1)} - {*seen})
        p95 = share(frames, 0.95)
        met = p95 < SMOOTH and not skipped
        kept &= met or slower > 1
        print(
            f"word, processor / {slower}: {WORDS} words, {skipped} skipped; {len(frames)} frames: "
            f"p50 {share(frames, 0.5):.2f}, p95 {p95:.2f}, most {max(frames):.2f} ms; frames of a "
            f"word {sum(frames) / WORDS:.0f} ms; the longest other task {max(others):.2f} ms",
            flush=True,
        )
    return kept


def tasks(events: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """Return the ms of the main thread's tasks that painted the machine, and of its others."""
    paints = [each for each in events if each["name"] == "hnviz paint" and each["ph"] == "b"]
    starts = sorted(each["ts"] for each in paints)
    frames, others = [], []
    for each in events:
        if each["name"] == "RunTask" and each["ph"] == "X" and each["tid"] == paints[0]["tid"]:
            end = each["ts"] + each["dur"]
            has = bisect_left(starts, each["ts"]) < bisect_left(starts, end)
            (frames if has else others).append(each["dur"] / 1000)
    return frames, others


def main() -> int:
    parts: dict[str, Callable[[Browser, Sequence[Side]], bool]] = {
        "word": word,
        "slider": slider,
        "presses": presses,
        "visits": visits,
    }
    parser = argparse.ArgumentParser(prog="python -m tests.browser.against", description=__doc__)
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("--part", choices=parts, action="append", help="all by default")
    given = parser.parse_args()
    with two(given.other, Side) as sides, a_browser() as browser:
        for side in sides:
            side.serve()
        kept = [parts[name](browser, sides) for name in given.part or parts]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
