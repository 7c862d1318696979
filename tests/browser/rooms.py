"""Print what each room shows before anybody scrolls: ``python -m tests.browser.rooms``.

At two widths: its words, its controls, where its first picture begins, how many screens it has,
the sum of its layout shifts, and what axe-core finds serious.
"""

from playwright.sync_api import Browser

from hnviz.web.assets import styled
from tests.axe import barriers
from tests.brief import some
from tests.programs import a_browser, a_server
from tests.test_first_minute_browser import CONTROLS, FIRST_SCREEN, PHONE, WATCH, WIDE

REST = 4500  # ms, in which a page comes to rest
HEAD = "| room | words | controls | first picture | screens | layout shift | axe |"

SEEN = styled("""(first) => {
  let words = 0;
  const read = (root) => root.querySelectorAll("*").forEach((each) => {
    if (each.shadowRoot) read(each.shadowRoot);
    const { top, bottom, width } = each.getBoundingClientRect();
    if (!width || top >= innerHeight || bottom <= 0 || each.closest("style, script")) return;
    if (!each.checkVisibility({ visibilityProperty: true })) return;
    const own = [...each.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
    words += own.flatMap(({ data }) => data.trim().split(/\\s+/).filter(Boolean)).length;
  });
  read(document.querySelector(":--content"));
  const { top } = document.querySelector(`.st-key-${first}`).getBoundingClientRect();
  const screens = document.querySelector(":--main").scrollHeight / innerHeight;
  return [words, Math.round(top), screens, window.moved.reduce((all, each) => all + each, 0)];
}""")


def main() -> None:
    """Print a table for each screen."""
    with a_browser() as browser, a_server() as server:
        for size in (WIDE, PHONE):
            print(f"{size[0]} x {size[1]}\n\n{HEAD}\n|{'---|' * HEAD.count(' |')}")
            for room in some([*FIRST_SCREEN]):
                print(row(browser, server.url, room, size), flush=True)


def row(browser: Browser, url: str, room: str, size: tuple[int, int]) -> str:
    """Return a room's row of the table."""
    width, height = size
    with browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(f"{url}/{room}")
        page.locator(".hnviz[data-ready]").first.wait_for(state="attached")
        page.wait_for_timeout(REST)
        words, top, screens, moved = page.evaluate(SEEN, FIRST_SCREEN[room][0])
        controls, found = len(page.evaluate(CONTROLS)), len(barriers(page))
        title = page.locator("h1").inner_text()
    said = [title, words, controls, top, f"{screens:.1f}", f"{moved:.3f}", found]
    return f"| {' | '.join(map(str, said))} |"


if __name__ == "__main__":
    main()
