"""Whether a file is seen as early as another checkout's: ``python -m tests.browser.paint DIR``.

Both checkouts write the same files, which a browser opens from a disk in turns, each time with
nothing cached. Prints the medians, the other checkout's first, with their ratio: below 1, a file of
this one is earlier. Run it on a quiet machine.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser

from tests.brief import often, some
from tests.browser.measure import VIEWPORT
from tests.conftest import profile, until
from tests.programs import Side, a_browser, compared, turns, two

MOST = 1.2  # the promise, of the medians of both
TIMES = often(15)  # that each file is opened
WHAT = ("first paint", "title", "first picture")  # nothing is promised of the last one
FILES = (
    ("page", "start", "start"),
    ("page", "train", "train"),
    ("page", "states", "remember"),
    ("lesson", "why-truncate", "why-truncate"),
    ("lesson", "is-47-percent-bad", "is-47-percent-bad"),
)
"""Kind, and name in 0.5.0 and now."""

# When the first frame that has the title has been painted, and when the first picture is drawn.
SEEN = """
const title = () => document.querySelector("main :is(h1, h2)")?.checkVisibility();
const stateOf = (place) => (place.shadowRoot ?? place).querySelector(".hnviz")?.dataset;
const isDrawn = ({ state, ready }) => state === "ready" || ready !== undefined;
const drawn = () => [...document.querySelectorAll("main [data-picture]")]
  .some((place) => isDrawn(stateOf(place) ?? {}));
window.seen = {};
const look = () => {
  for (const [name, is] of Object.entries({ title, drawn })) {
    if (seen[name] !== undefined || !is()) continue;
    seen[name] = null; // it is in this frame, which is painted before the next task
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (seen[name] = performance.now());
    port2.postMessage(null);
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
TIMINGS = """() => {
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return paint && seen.title && seen.drawn && [paint.startTime, seen.title, seen.drawn];
}"""


def write(root: Path, kind: str, name: str, path: Path) -> None:
    """Have a checkout write a file."""
    command = [sys.executable, "-m", "hnviz", "export", kind, name, "-o", str(path)]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)


def opened(browser: Browser, path: Path) -> list[float]:
    """Return the ms to the first paint, to the title and to the first picture."""
    with profile(browser, offline=True, viewport=VIEWPORT) as context:
        tab = context.new_page()
        tab.add_init_script(SEEN)
        tab.goto(path.as_uri(), wait_until="commit")
        until(tab, TIMINGS)
        found: list[float] = tab.evaluate(TIMINGS)
        return found


def kept(browser: Browser, name: str, paths: dict[Side, Path]) -> bool:
    """Print the medians of the files of both; return whether the promise is kept."""
    found = {what: {side: list[float]() for side in paths} for what in WHAT}
    for turn, side in turns([*paths], TIMES, -1):
        for what, ms in zip(WHAT, opened(browser, paths[side]), strict=True):
            if turn >= 0:
                found[what][side].append(ms)
    are_kept = [
        compared(f"{name:20} {what:14}", times.values(), MOST, parts=(0.5,))
        for what, times in found.items()
    ]
    return all(are_kept[:-1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.paint", description=__doc__)
    parser.add_argument("other", type=Path, help="the other checkout")
    are_kept = []
    with two(parser.parse_args().other, Side) as sides, a_browser() as browser:
        for kind, *names in some(FILES):
            paths = {side: side.folder / f"{names[-1]}.html" for side in sides}
            for side, path in paths.items():
                write(side.root, kind, names[side.has_rooms], path)
            are_kept.append(kept(browser, names[-1], paths))
    return 0 if all(are_kept) else 1


if __name__ == "__main__":
    sys.exit(main())
