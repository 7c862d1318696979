"""Measure how soon each page shows its picture: ``python -m tests.browser.pages``.

Cold: a browser with nothing in its cache opens the page's address on a warm server. In the app: a
reader comes from another page by the sidebar, or changes the view. Run it on a quiet machine.
"""

from playwright.sync_api import Browser, Page

from hnviz.app.shell.navigation import PAGES, UNLISTED
from hnviz.lessons.panel import page_path
from hnviz.web.assets import styled
from tests.brief import often, some
from tests.browser.measure import say, visitor
from tests.conftest import idle
from tests.programs import a_browser, a_server
from tests.test_first_minute_browser import FIRST

ROUNDS = often(8)
VIEWS = dict(some([*FIRST.items()], 3))
TITLES = {page_path(name): title for pages in PAGES.values() for name, title in pages.items()}


# Resolves with the time since the page's opening at which a place's picture has been painted.
SHOWN = """async (place) => {
  const shown = () => {
    const there = document.querySelector(`.st-key-${place}`);
    if (!there) return false;
    const inside = [...there.querySelectorAll("*")].find((each) => each.shadowRoot)?.shadowRoot;
    const root = there.querySelector(".hnviz") ?? inside?.querySelector(".hnviz");
    if (place.startsWith("lesson_of")) return true; // words alone
    if (place === "train_curves") return Boolean(there.querySelector(".main-svg"));
    return root ? root.dataset.state === "ready" : Boolean(there.querySelector("svg"));
  };
  return await window.painted(shown);
}"""
PRESSED = styled(f"""async ([name, place]) => {{
  const rows = [...document.querySelectorAll("[data-picture='kit/fields']")];
  const parts = rows.flatMap((each) => [...each.shadowRoot.querySelectorAll("button")]);
  const links = [...document.querySelectorAll(":--nav a"), ...parts];
  const begun = performance.now();
  links.find((each) => each.innerText.trim() === name).click();
  return (await ({SHOWN})(place)) - begun;
}}""")


def main() -> None:
    """Print every page's two figures."""
    with a_browser() as browser, a_server() as server:
        for _ in range(2):
            cold(browser, f"{server.url}/remember", "states_picture")  # the engine is warm now
        for view, (*_, picture) in VIEWS.items():
            times = [cold(browser, f"{server.url}/{view}", picture) for _ in range(ROUNDS)]
            say(f"{view or 'start'}, nothing cached", times, "under 2.5 s")
        with visitor(browser) as page:
            in_the_app(page, server.url)


def cold(browser: Browser, url: str, picture: str) -> float:
    """Return the seconds from an address's opening to its picture, in a new profile."""
    with visitor(browser) as page:
        page.goto(url, wait_until="commit")
        return float(page.evaluate(SHOWN, picture) / 1000)


def in_the_app(page: Page, url: str) -> None:
    """Measure every page from the one before it, and each part of a room."""
    page.goto(url)
    times: dict[str, list[float]] = {}
    here = ""
    for number in range(ROUNDS + 1):
        for view, (*_, picture) in VIEWS.items():
            name, _, part = view.partition("?")
            if here == view or name in UNLISTED:  # a press on it does nothing; no link to press
                continue
            if part and here.partition("?")[0] != name:
                after(page, TITLES[name], FIRST[name][-1])
            here = view
            if part:  # of a room that is on the page now
                seconds = after(page, part.partition("=")[2].replace("+", " "), picture)
                page.locator("[class*='_part_fields'] button").first.click()  # a tab remembers it
            else:
                seconds = after(page, TITLES[name], FIRST[view][-1])
            if number:  # the first time loads what a tab needs once
                times.setdefault(view, []).append(seconds)
    for view, seen in times.items():
        say(f"{view or 'start'}, from another page", seen, "under .3 s")


def after(page: Page, press: str, picture: str) -> float:
    """Return the seconds from a press to the picture; the page is at rest before and after."""
    idle(page)
    page.wait_for_timeout(500)
    seconds: float = page.evaluate(PRESSED, [press, picture]) / 1000
    return seconds


if __name__ == "__main__":
    main()
