"""Make the pictures of docs/screenshots: ``python -m tests.browser.screenshots``.

With a folder, ``python -m tests.browser.screenshots FOLDER``, only those of the gallery are made:
each of its pictures in each mode and width, with its data there, into that folder. With ``--tour``,
only those of the README's tour; with ``--rooms``, those that other sites show of a link to a room.

Every page at 1280 and at 390 pixels, light and dark; then a run that is watched, killed and
resumed. All figures in them are those of runs made here and now, and of the shipped ones.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import psutil
from PIL import Image
from playwright.sync_api import Browser, Page

from hnviz.app.shell.share import ROOMS, SIZE, picture_of
from hnviz.gallery.cases import READY
from hnviz.lessons.panel import page_path
from hnviz.web.assets import PACKAGE, styled
from tests import gallery, guide
from tests.brief import BRIEF, some
from tests.conftest import Server, idle, until
from tests.pages import EVERY_PAGE
from tests.programs import a_browser, a_server
from tests.saved import more

DOCS = Path(__file__).parent.parent.parent / "docs" / "screenshots"
OUT = Path(tempfile.mkdtemp()) if BRIEF else DOCS
FILM = "tour_machine.gif"
VIEWS = {
    "counting_map": "?count_part=Counting+map",
    "inside_worst": "train?train_worst_kind=ones",
    "next_word_wrong": "?machine_text=8314+to+8316",
    "state_swapped": "remember?remember_part=Another+memory&swapped=1",
    "unit_set": "remember?remember_part=Another+memory&predictions_change=set+one+unit",
    "units_zeroed": "remember?remember_part=Another+memory&predictions_change=zero+units"
    "&predictions_hold=true",
}
BATCHES = "feed?feed_part=Batches"
NOTEBOOK = "batches_split=valid&batches_bs=64&batches_bptt=70"  # the size of its show_batch
LESSONS = {
    "batches_search": f"{BATCHES}&{NOTEBOOK}&find=8046",
    "batches_random": f"{BATCHES}&{NOTEBOOK}&batches_random=true",
    "batches_largest": f"{BATCHES}&batches_split=train&batches_bs=512&batches_bptt=512",
    "batches_memory": f"{BATCHES}&batches_memory=true&batches_positions=true&batches_bptt=20",
    "batches_own_text": f"{BATCHES}&batches_corpus=your+own&batches_bs=4&batches_bptt=8",
    "batches_too_short": f"{BATCHES}&batches_corpus=your+own&batches_bptt=512",
    "models_loop": "build?models_model=Model0",
    "models_second_batch": "build?models_model=Model3&models_twins=true&models_batch=second",
    "models_gru": "build?models_model=Model5&models_cell=true",
    "time_untrained": "learn-back?snapshot=0",
    "time_kept": "learn-back?time_between=keep",
    "time_all_losses": "learn-back?run=Model4&time_loss=all+steps",
    "time_no_state": "learn-back?run=Model2",
}
"""States of the lesson's pages that their first look does not show."""
LOOKS = some(((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")))
TALLEST = 6000  # px


# Every picture of a component has its files, the Through time page its whole map, and the Train
# page the whole numbers of a run that has ended.
PAINTED = """() => {
  const all = (root) => [...root.querySelectorAll("*")]
    .flatMap((each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])]);
  const found = all(document);
  const pictures = found.filter((each) => each.classList.contains("hnviz"));
  const isLive = [...document.querySelectorAll("button")]
    .some((each) => each.innerText.trim() === "Stop" && !each.disabled);
  const counts = (each) => !each.children.length && /^counting [0-9]+ /.test(each.textContent);
  return pictures.every((each) => each.dataset.ready)
    && (isLive || !found.some(counts))
    && found.filter((each) => each.dataset.whole).every((each) => each.dataset.whole === "true");
}"""


def main() -> None:
    """Make the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description="Take pictures of the pages, or of the gallery.")
    parser.add_argument("folder", type=Path, nargs="?", help="of the gallery's pictures")
    parser.add_argument("--tour", action="store_true", help="only the pictures of the tour")
    parser.add_argument("--rooms", action="store_true", help="only what links to the rooms show")
    given = parser.parse_args()
    with a_browser() as browser:
        if given.folder:
            all_pictures(browser, given.folder)
            return
        with a_server() as server:
            part = rooms if given.rooms else tour if given.tour else all_pages
            part(browser, server)


def all_pages(browser: Browser, server: Server) -> None:
    """Take every page."""
    OUT.mkdir(parents=True, exist_ok=True)
    for width, mode in LOOKS:
        pages(browser, server, width, mode)
    tour(browser, server)
    with tab(browser, 1280, "light") as page:
        lessons(page, server)
        states(page, server)
        if not BRIEF:  # it must catch a run at its eighth epoch: on a quiet machine
            life_of_a_run(page, server)


def tour(browser: Browser, server: Server) -> None:
    """Take the top of each page of the README's tour."""
    with tab(browser, 1280, "light") as page:
        for address, name in some([*guide.tour()]):
            page.goto(f"{server.url}{address}")
            take(page, name, most=900)
        film(page, server)


def film(page: Page, server: Server) -> None:
    """Save the film of the reading machine with which the README begins."""
    page.goto(server.url)
    machine = page.locator(".hnviz", has=page.locator("canvas[data-word]"))
    with page.expect_download(timeout=60_000) as got:
        more(machine, "Film as GIF")
    got.value.save_as(OUT / FILM)
    print(OUT / FILM)


def rooms(browser: Browser, server: Server) -> None:
    """Take each room as other sites show a link to it: without what surrounds the page."""
    wide, high = SIZE
    with tab(browser, wide, "light") as page:
        page.set_viewport_size({"width": wide, "height": high})
        for name in some([*ROOMS]):
            page.goto(f"{server.url}/{page_path(name)}?present=true")
            page.get_by_role("heading", level=1).wait_for()
            idle(page)
            until(page, ABOVE, timeout=60_000)
            page.wait_for_timeout(1000)  # what fades in has
            page.evaluate(BARE)
            path = PACKAGE / picture_of(name)
            save(page.screenshot(), OUT / path.name if BRIEF else path)


ABOVE = """() => [...document.querySelectorAll("[data-mounted]:has(.hnviz), [data-picture]")]
  .map((host) => (host.shadowRoot ?? host).querySelector(".hnviz") ?? host.closest(".hnviz"))
  .filter((root) => root?.getClientRects().length && root.getBoundingClientRect().top < innerHeight)
  .every((root) => root.dataset.ready)"""
"""Whether each picture on the screen is painted."""
BARE = """() => {
  for (const each of document.querySelectorAll(".hn-pages, .hn-words, .st-key-present"))
    each.style.setProperty("display", "none", "important");
}"""
"""Hides the switch and the buttons over a page."""


def all_pictures(browser: Browser, out: Path) -> None:
    """Take every picture of the gallery, in every mode and width."""
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        gallery.gallery_server(Path(folder)) as url,
        tab(browser, 1280, "light") as page,
    ):
        told = gallery.cases_of(url)
        for picture in some([*told["pictures"]]):
            for width in some(told["widths"]):
                for mode in some([*told["modes"]]):
                    gallery.mount(page, url, picture=picture, state=READY, mode=mode, width=width)
                    gallery.settled(page)
                    page.wait_for_timeout(300)  # what fades in has
                    name = f"{picture.replace('/', '_')}_{width}_{mode}"
                    save(page.locator("main").screenshot(), out / f"{name}.png")


@contextmanager
def tab(browser: Browser, width: int, mode: str) -> Iterator[Page]:
    """Open a tab; its console's errors are printed when it closes."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=mode,
        reduced_motion="reduce",  # all words of a count are there at once
    )
    page = context.new_page()
    page.on("pageerror", lambda error: print("page error:", error, file=sys.stderr))
    yield page
    context.close()


def pages(browser: Browser, server: Server, width: int, mode: str) -> None:
    """Take every page as it stands before anything is trained, and more of some."""
    places = {name: page_path(name) for name in some(EVERY_PAGE)} | dict(some([*VIEWS.items()]))
    with tab(browser, width, mode) as page:
        for name, address in places.items():
            page.goto(f"{server.url}/{address}")
            take(page, name if (width, mode) == LOOKS[0] else f"{name}_{width}_{mode}")


def lessons(page: Page, server: Server) -> None:
    """Take the states of the lesson's pages."""
    for name, address in some([*LESSONS.items()]):
        page.goto(f"{server.url}/{address}")
        take(page, name)


def states(page: Page, server: Server) -> None:
    """Take the pictures of the Hidden states page that its first look does not show."""
    queries = {
        "states_untrained": "snapshot=0",
        "states_gates": "states_show=update&unit=1",
        "states_stretch": "run=Model3&states_text=valid&states_first=100&states_n=2000",
    }
    for name, query in some([*queries.items()]):
        page.goto(f"{server.url}/states?{query}")
        page.locator("canvas.map[data-paints]").wait_for()
        take(page, name)
    views = {
        "states_whole": ("What the whole state shows", ".hn-probe .hn-dot"),
        "states_find": ("Find it elsewhere", ".hn-found table"),
        "states_path": ("Path of the state", ".path canvas[data-at]"),
    }
    for name, (view, ready) in some([*views.items()]):
        page.goto(f"{server.url}/states?states_view={view.replace(' ', '+')}")
        page.mouse.move(700, 600)
        while not page.locator(ready).count():  # it is drawn once it has been scrolled to
            page.mouse.wheel(0, 400)
            page.wait_for_timeout(200)
        take(page, name)


def life_of_a_run(page: Page, server: Server) -> None:
    """Start a run, kill its trainer, resume it; take each of its states and the list of runs."""
    page.goto(f"{server.url}/train?train_epochs=30&train_speed=20")
    idle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text(re.compile("epoch 8 of 30")).wait_for(timeout=60_000)
    take(page, "run_training")
    kill_trainers(server)
    page.get_by_text(re.compile("interrupted after step")).first.wait_for(timeout=20_000)
    take(page, "run_killed")
    page.get_by_role("button", name="Resume", exact=True).click()
    page.get_by_text(re.compile("epoch 20 of 30")).wait_for(timeout=60_000)
    page.get_by_text("More settings").click()
    speed = page.get_by_label("Training speed")
    speed.select_option("5")  # so that all parts of the page tell of the same epoch
    page.wait_for_timeout(5000)
    take(page, "run_resumed")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume", exact=True).wait_for()
    page.goto(f"{server.url}/train")
    take(page, "run_list")


def kill_trainers(server: Server) -> None:
    """Kill the trainers with SIGKILL: below the server, the processes that yield to all others."""
    below = psutil.Process(server.process.pid).children(recursive=True)
    lowest = max(process.nice() for process in below)
    for process in below:
        if process.nice() == lowest:
            process.kill()


def take(page: Page, name: str, most: int = TALLEST) -> None:
    """Wait until a page is painted, and take all of it, or its upper pixels."""
    idle(page)
    page.wait_for_timeout(1000)
    size = page.viewport_size
    assert size is not None
    for _ in range(3):  # pictures are drawn once they are near the screen
        page.set_viewport_size(size)  # a page is as tall as its window at least
        height = page.evaluate(styled("document.querySelector(':--main').scrollHeight"))
        page.set_viewport_size({"width": size["width"], "height": min(TALLEST, height + 20)})
        settled(page)
    taken = page.viewport_size
    assert taken is not None
    clip = {"x": 0, "y": 0, "width": taken["width"], "height": min(most, taken["height"])}
    save(page.screenshot(clip=clip), OUT / f"{name}.png")
    page.set_viewport_size(size)


def save(content: bytes, path: Path) -> None:
    """Write a screenshot with 256 colours: a third of its size."""
    picture = Image.open(BytesIO(content))
    picture.convert("RGB").quantize(256).save(path, optimize=True)
    print(path)


def settled(page: Page) -> None:
    """Wait until every picture of a page is painted; no button tells of itself."""
    page.mouse.move(0, 0)
    idle(page)
    page.wait_for_timeout(1000)
    until(page, PAINTED, timeout=60_000)
    idle(page)


if __name__ == "__main__":
    main()
