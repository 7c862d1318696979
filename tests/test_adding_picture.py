"""A picture is one folder, a line and a call: added to a copy as docs/pictures.md says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import guide
from tests.conftest import Server, resize, start_server, stop_server, until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app of a copy of the project that has the picture."""
    folder: Path = guide.copied(tmp_path_factory.mktemp("copy"))
    guide.follow("docs/pictures.md", folder)
    server = start_server(folder, root=folder, **guide.environ(folder))
    yield server
    stop_server(server)


def test_it_is_on_its_page(page, served):
    page.goto(f"{served.url}/states?states_phrase=12,+13")
    place = page.locator(".st-key-states_size")
    place.wait_for(state="attached")
    place.scroll_into_view_if_needed()  # it is drawn near the screen
    bars = place.locator(".bars")
    bars.locator(".word").nth(2).wait_for()
    assert bars.locator(".word").all_inner_texts() == ["twelve", ",", "thirteen"]
    said = page.get_by_text("The state is largest after")
    assert said.inner_text().replace("\n", " ") == bars.get_attribute("aria-label")
    sizes = [float(each) for each in bars.locator(".size").all_inner_texts()]
    assert f"{max(sizes):.2f}" in said.inner_text() and min(sizes) > 0
    resize(page, 390)
    until(page, "document.documentElement.scrollWidth <= 390")
    assert page.errors == []
