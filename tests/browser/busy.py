"""Whether each picture shows itself or its progress when busy: ``python -m tests.browser.busy``.

Each page, and each step of each lesson, is opened in turn on a quiet machine and with two endless
loops beside it. From the first text of the page it is measured when each picture says something in
its frame (itself, or that it is on its way and how far), when it shows itself, and for how long its
frame was empty. Ends with 1 if a frame stayed empty, or took more than three times its quiet time.

    python -m tests.browser.busy states lesson:why-truncate --rounds 1
"""

import argparse
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from playwright.sync_api import Page

from hnviz.lessons import lessons
from hnviz.lessons.panel import page_path
from hnviz.web.assets import styled
from tests.brief import often, some
from tests.conftest import until
from tests.pages import EVERY_PAGE
from tests.programs import a_browser, a_server
from tests.test_first_minute_browser import FIRST

LOOPS = 2
TIMES = 3  # its quiet time
LEAST = 0.1  # s that nobody sees: shorter times are not compared
LONGEST = 60_000  # ms until a picture that has come to nothing is given up

VIEWS = [view for view in FIRST if "?" in view]
STATES_VIEWS = ("What each unit codes", "What the whole state shows", "Find it elsewhere")
MORE = [f"states?states_view={view.replace(' ', '+')}" for view in STATES_VIEWS]

# In every page: notes when each picture first says something, and how long its frame is empty.
# `seen` has by place: [ms until it said something, ms until the picture, ms empty, its state].
WATCH = styled("""
window.watchFrames = () => {
  clearInterval(window.watching);
  const seen = (window.framesSeen = {});
  let first = 0, last = 0;
  const isKey = (name) => name.startsWith("st-key-");
  const named = (place) => [...place.classList].find(isKey)?.slice("st-key-".length);
  const line = ".hnviz-progress, .hnviz-coming"; // a lesson's cover hides it until a guess, too
  const look = () => {
    const main = document.querySelector(":--main");
    const turns = document.documentElement.classList.contains("hn-turning");
    if (!main || (!first && (turns || !main.innerText.trim()))) return;
    const now = performance.now();
    first ||= last = now;
    for (const place of main.querySelectorAll(":--element[class*=st-key-]")) {
      const host = place.querySelector("[data-mounted]");
      const root = (host?.shadowRoot ?? host)?.querySelector(".hnviz") ?? host?.closest(".hnviz");
      const style = getComputedStyle(place);
      if (/lesson_panel|page_terms/.test(place.className) || style.display === "none") continue;
      if (!root && !style.getPropertyValue("--hn-waits")) continue;
      const state = root?.dataset.state ?? "place";
      const words = root
        ? root.querySelector(line)?.textContent
        : getComputedStyle(place, "::before").content;
      const isPicture = ["ready", "stale", "empty", "error"].includes(state);
      const says = isPicture || (words && words !== "none" && words !== "normal");
      const found = (seen[named(place)] ??= [null, null, 0, ""]);
      if (says) found[0] ??= now - first;
      else if (found[0] === null || !isPicture) found[2] += now - last;
      if (isPicture) found[1] ??= now - first;
      found[3] = state;
    }
    last = now;
  };
  window.watching = setInterval(look, 20);
  look();
};
window.watchFrames();
""")
SETTLED = """() => {
  const seen = Object.values(window.framesSeen);
  const isAtRest = ([says, , , state]) => says !== null && !/loading|place/.test(state);
  return seen.length && seen.every(isAtRest);
}"""


@contextmanager
def loops(count: int) -> Iterator[None]:
    """Keep so many processors busy."""
    made = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in made:
            each.kill()
            each.wait()


Seen = dict[str, tuple[float, float, float]]
"""Picture -> s until it says something, s until it shows itself, s in which its frame was empty."""


def seen(page: Page) -> Seen:
    """Wait until a page has come to rest; return what each of its pictures did."""
    try:
        until(page, SETTLED, timeout=LONGEST)
    except AssertionError:
        print(f"  not at rest after {LONGEST / 1000:g} s: {page.url}")
    told = page.evaluate("window.framesSeen")
    return {
        name: tuple((each if each is not None else LONGEST) / 1000 for each in times)
        for name, (*times, _) in told.items()
    }


def opened(page: Page, url: str) -> Iterator[tuple[str, Seen]]:
    """Open an address; yield what its pictures did."""
    page.goto(url, wait_until="commit")
    yield url.partition("/")[2].partition("/")[2].partition("/")[2] or "start", seen(page)


def led(page: Page, url: str, lesson: str) -> Iterator[tuple[str, Seen]]:
    """Go through a lesson by its key; yield what the pictures of each step did."""
    page.goto(f"{url}/lesson?id={lesson}", wait_until="commit")
    for number in range(1, len(lessons()[lesson].steps) + 1):
        yield f"{lesson}.{number}", seen(page)
        if number == len(lessons()[lesson].steps):
            return
        page.wait_for_timeout(4000)  # a reader reads and guesses
        following = f"location.search.includes('lesson={lesson}.{number + 1}')"
        page.evaluate("window.watchFrames()")
        while not page.evaluate(following):  # the first press reveals what is to be guessed
            page.keyboard.press("PageDown")
            page.wait_for_timeout(200)
        page.evaluate("window.watchFrames()")


def places(page: Page, url: str, asked: str) -> Iterator[tuple[str, Seen]]:
    """Yield what the pictures of a page did, or of each step of a lesson: "lesson:<id>"."""
    kind, _, name = asked.partition(":")
    yield from led(page, url, name) if kind == "lesson" and name else opened(page, f"{url}/{asked}")


def measured(page: Page, url: str, asked: str, rounds: int) -> dict[tuple[str, str], list[Seen]]:
    """Measure in turn quiet and busy; return by place and by "quiet" or "busy" what was seen."""
    found: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for _ in range(rounds):
        for how, count in (("quiet", 0), ("busy", LOOPS)):
            with loops(count):
                for place, told in places(page, url, asked):
                    found[place, how].append(told)
    return found


def report(found: dict[tuple[str, str], list[Seen]]) -> list[str]:
    """Print a line for each picture; return those that took too long or were empty."""
    missed = []
    for place in dict.fromkeys(place for place, _ in found):
        for picture in sorted({name for told in found[place, "quiet"] for name in told}):
            times = {
                how: [told[picture] for told in found[place, how] if picture in told]
                for how in ("quiet", "busy")
            }
            if not times["busy"]:
                continue
            quiet, busy = (median(each[0] for each in times[how]) for how in ("quiet", "busy"))
            drawn = [median(each[1] for each in times[how]) for how in ("quiet", "busy")]
            empty = max(each[2] for how in times for each in times[how])
            ratio = max(busy, LEAST) / max(quiet, LEAST)
            late = ratio > TIMES or empty > LEAST
            print(
                f"{place:48} {picture:24} {quiet:7.2f} {busy:7.2f} {ratio:6.1f} "
                f"{drawn[0]:8.2f} {drawn[1]:8.2f} {empty:7.2f}{'  MISSED' if late else ''}",
                flush=True,
            )
            if late:
                missed.append(f"{place}: {picture}")
    return missed


def main() -> int:
    """Measure the places that are named, or all."""
    every = [
        *map(page_path, EVERY_PAGE),
        *VIEWS,
        *MORE,
        *(f"lesson:{name}" for name in lessons()),
    ]
    parser = argparse.ArgumentParser(prog="python -m tests.browser.busy", description=__doc__)
    parser.add_argument("places", nargs="*", help="addresses of pages, or lesson:<id>")
    parser.add_argument("--rounds", type=int, default=often(3), help="of quiet and busy")
    given = parser.parse_args()
    missed: list[str] = []
    print(f"{'seconds':48} {'picture':24}   quiet    busy  ratio  drawn q  drawn b   empty")
    with a_browser() as browser, a_server() as server:
        tall = {"width": 1280, "height": 3000}  # every picture is in sight
        page = browser.new_page(viewport=tall, reduced_motion="reduce")
        page.add_init_script(WATCH)
        page.goto(server.url)  # a browser reads much only once
        seen(page)
        for asked in given.places or some(every, 2):
            missed += report(measured(page, server.url, asked, given.rounds))
    print(f"{len(missed)} missed" if missed else "none missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
