"""Whether a file is seen as early as another checkout's: ``python -m tests.browser.paint DIR``.

Both checkouts write the same files, which a browser opens from a disk in turns, each time with
nothing cached. Prints the medians, the other checkout's first, with their ratio: below 1, a file of
this one is earlier. Run it on a quiet machine.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.brief import often, some
from tests.browser.against import has_rooms
from tests.browser.measure import VIEWPORT
from tests.conftest import CHROMIUM, CHROMIUM_ARGS, ROOT, profile, until

MOST = 1.2  # the promise, of the medians of both
TIMES = often(15)  # that each file is opened
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


def compared(browser: Browser, name: str, paths: Sequence[Path]) -> bool:
    """Print the medians of the files of both; return whether the promise is kept."""
    times: list[list[list[float]]] = [[], []]
    for turn in range(-1, TIMES):
        for side in (0, 1) if turn % 2 else (1, 0):
            found = opened(browser, paths[side])
            if turn >= 0:
                times[side].append(found)
    kept = True
    for at, what in enumerate(("first paint", "title", "first picture")):
        other, own = (median(each[at] for each in side) for side in times)
        print(f"{name:20} {what:14} {other:5.0f} {own:5.0f} ms {own / other:5.2f}", flush=True)
        kept &= at > 1 or own <= MOST * other
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.paint", description=__doc__)
    parser.add_argument("other", type=Path, help="the other checkout")
    roots = [parser.parse_args().other.resolve(), ROOT]
    kept = True
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        for kind, *names in some(FILES):
            paths = [Path(folder) / f"{at}-{names[-1]}.html" for at in range(len(roots))]
            for root, path in zip(roots, paths, strict=True):
                write(root, kind, names[has_rooms(root)], path)
            kept &= compared(browser, names[-1], paths)
        browser.close()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
