"""A class in browsers: a phone joins and answers, the teacher reveals, the phone hears."""

import json
from collections.abc import Iterator

import pytest

from tests.conftest import (
    Server,
    errors_of,
    idle,
    profile,
    resize,
    start_server,
    stop_server,
    until,
)

pytestmark = pytest.mark.xdist_group("browser0")
STEP = "text-into-batches.1"
KIT = """async () => {
  const [main] = document.querySelectorAll("script[type=module]");
  const kit = await import(main.src.replace("rooms/classroom/join/join.js", "kit/class/class.js"));
  window.room = new kit.ClassRoom(new URL("../", location.href));
  window.heard = [];
  room.onReveal((step, { sentence }) => heard.push([step, sentence]));
}"""


@pytest.fixture(scope="module")
def classroom(tmp_path_factory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("class"), HNVIZ_CLASS="coded")
    yield server
    stop_server(server)


@pytest.fixture
def phone(browser) -> Iterator[object]:
    """A phone with cookies of its own."""
    with profile(browser, viewport={"width": 390, "height": 800}) as context:
        page = context.new_page()
        page.errors = errors_of(page)
        yield page


def test_a_phone_joins_and_answers_and_hears_what_the_teacher_reveals(classroom, phone, page):
    kept = json.loads((classroom.runs / "class.json").read_text())
    phone.goto(f"{classroom.url}/train")
    phone.get_by_text("These pages are for those who have joined").wait_for()
    assert phone.locator("[data-testid=stSidebar] [data-testid=stSelectbox]").count() == 0
    phone.get_by_role("link", name="Join the class").click()

    phone.get_by_label("Code on the teacher's screen").fill("wrong1")
    phone.get_by_role("button", name="Join").click()
    phone.get_by_text("This is not the code of the class").wait_for()
    phone.errors.clear()  # the browser reports the refusal in red
    phone.goto(f"{classroom.url}/class/join?again#{kept['code'].lower()}")  # as the QR code has it
    phone.get_by_text("You are in the class").wait_for()
    assert "#" not in phone.url
    phone.evaluate(KIT)
    phone.evaluate(f"room.send('{STEP}', 0)")

    page.goto(f"{classroom.url}/class/join#teacher={kept['secret']}")
    page.wait_for_url("**/class")
    page.get_by_text("1 here now, 1 have joined.").wait_for()
    page.get_by_text("1 answered").wait_for()
    assert phone.evaluate("heard") == []
    page.get_by_role("button", name="Reveal").click()
    page.get_by_text("100 % chose the right answer").wait_for()
    assert page.locator(".overlay .bar").count() == 4
    until(phone, "heard.length === 1")
    (heard,) = phone.evaluate("heard")
    assert heard[0] == STEP and "100 % chose the right answer" in heard[1]

    phone.goto(f"{classroom.url}/train")  # it may look now, by its cookie
    idle(phone)
    phone.get_by_role("button", name="Train", exact=True).wait_for()
    assert not phone.errors and not page.errors
    for width in (390, 1920):
        resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
