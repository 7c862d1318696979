"""A reader of pages that train, and what such a person does and sees."""

import re
from pathlib import Path
from typing import Any

from tests.conftest import PATIENCE, errors_of

HEARD = """() => {
  window.heard = [];
  addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
    const said = document.querySelector(".yours p")?.textContent ?? "";
    if (said && said !== heard.at(-1)) heard.push(said);
  }).observe(document.body, { childList: true, subtree: true, characterData: true }));
}"""


PRESS_AT = """([pattern, name]) => {
  const look = () => {
    if (!new RegExp(pattern).test(document.querySelector(".yours p").textContent)) return;
    watch.disconnect();
    const buttons = [...document.querySelectorAll(".yours button")];
    buttons.find((each) => each.textContent === name).click();
  };
  const watch = new MutationObserver(look);
  watch.observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


class Reader:
    """A person with a browser that has no network, and what its tabs have shown."""

    def __init__(self, browser: Any) -> None:
        self.context = browser.new_context(
            offline=True, reduced_motion="reduce", viewport={"width": 1280, "height": 3000}
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(f"({HEARD})()")
        self.errors: list[list[str]] = []
        self.asked: list[str] = []

    def leave(self) -> None:
        """Close the browser, which has said nothing in red, and asked no other machine."""
        self.context.close()
        assert [each for errors in self.errors for each in errors] == []
        assert {url.split(":")[0] for url in self.asked} <= {"file", "data", "blob"}

    def open(self, path: Path, before: str = "") -> Any:
        tab = self.context.new_page()
        if before:
            tab.add_init_script(before)
        self.errors.append(errors_of(tab))
        tab.on("request", lambda request: self.asked.append(request.url))
        tab.goto(path.as_uri())
        tab.locator(".yours p").wait_for()
        return tab


def press(tab: Any, name: str) -> None:
    tab.locator(".yours").get_by_role("button", name=name, exact=True).click()


def press_at(tab: Any, pattern: str, name: str) -> None:
    """Have the page itself press a button as soon as it says something.

    A small run says that for half a second, and Playwright looks each half second.
    """
    tab.evaluate(PRESS_AT, [pattern, name])


def says(tab: Any, pattern: str) -> str:
    told = tab.locator(".yours p", has_text=re.compile(pattern))
    told.wait_for()
    return str(told.inner_text())
