"""A class in browsers: phones join and answer, the teacher reveals, the truth waits for that."""

import csv
import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from hnviz.classroom import Classroom
from hnviz.classroom.store import ClassStore
from hnviz.config import RunConfig
from hnviz.events import BROWSER
from hnviz.export.lesson import export_lesson
from hnviz.lessons import lessons
from hnviz.lr_finder import BENCH_EPOCHS
from hnviz.runs import RunStore
from hnviz.web.assets import styled
from tests.axe import barriers
from tests.conftest import (
    PATIENCE,
    Server,
    errors_of,
    fits,
    idle,
    resize,
    start_server,
    stop_server,
    until,
)

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.xdist_group("browser0")
LESSON = "text-into-batches"
AGAIN = 6  # the step on which a class votes twice
GUESS = lessons()[LESSON].steps[0].guess
BECAUSE = GUESS.because_of(1).text
WIDTHS = ((390, 800), (1280, 900))
COVERED = "document.querySelector('[data-covered]') !== null"
SEEN = """() => {
  const roots = [document], found = [];
  for (const root of roots) for (const each of root.querySelectorAll("*")) {
    if (each.shadowRoot) roots.push(each.shadowRoot);
    if (each.matches(".overlay, .crowd p")) found.push(each);
  }
  const body = found[0]?.closest(".body").getBoundingClientRect();
  return body && found.every((each) => {
    const { top, bottom } = each.getBoundingClientRect();
    return top >= body.top - 1 && bottom <= body.bottom + 1;
  });
}"""
"""Whether all that the panel says of the class is in sight."""


@pytest.fixture(scope="module")
def classroom(tmp_path_factory, own_runs) -> Iterator[Server]:
    """A class with one lesson for phones."""
    folder = tmp_path_factory.mktemp("class")
    files = folder / "lessons"
    files.mkdir()
    (files / f"{LESSON}.html").write_bytes(export_lesson(LESSON, in_class=True))
    server = start_server(folder, HNVIZ_CLASS="coded", HNVIZ_CLASS_LESSONS=str(files))
    yield server
    stop_server(server)


@pytest.fixture
def room(classroom) -> Classroom:
    found = ClassStore(classroom.runs).load()
    assert found is not None
    return found


@pytest.fixture
def a_phone(browser, classroom, room) -> Iterator[Callable[[], Any]]:
    """Phones that have joined, each with cookies of its own."""
    contexts = []

    def joined() -> Any:
        context = browser.new_context(
            viewport={"width": 390, "height": 800}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        phone = context.new_page()
        phone.errors = errors_of(phone)
        phone.goto(f"{classroom.url}/class/join#{room.code.lower()}")  # as the QR code has it
        phone.get_by_text("You are in the class as student").wait_for()
        return phone

    yield joined
    for context in contexts:
        context.close()


@pytest.fixture
def teacher(page, classroom, room):
    page.goto(f"{classroom.url}/class/join#teacher={room.secret}")
    page.wait_for_url("**/class")
    page.get_by_text("have joined.").wait_for()
    return page


def opened(page, classroom: Server, step: int):
    """Open a step in the app; wait until its question is there."""
    page.goto(f"{classroom.url}/lesson?id={LESSON}&step={step}")
    page.get_by_text(f"Step {step} of", exact=False).first.wait_for()
    idle(page)
    return page


def test_a_stranger_joins_with_the_code_alone(classroom, browser, room):
    size = {"width": 390, "height": 800}
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    phone = context.new_page()
    errors = errors_of(phone)
    phone.goto(f"{classroom.url}/train")
    phone.get_by_text("These pages are for those who have joined").wait_for()
    assert phone.locator(styled(":--sidebar :--selectbox")).count() == 0
    phone.get_by_role("link", name="Join the class").click()
    phone.get_by_label("Code on the teacher's screen").fill("wrong1")
    phone.get_by_role("button", name="Join").click()
    phone.get_by_text("This is not the code of the class").wait_for()
    assert barriers(phone) == []
    errors.clear()  # the browser reports the refusal in red
    phone.get_by_label("Code on the teacher's screen").fill(room.code)
    phone.get_by_role("button", name="Join").click()
    phone.get_by_text("You are in the class as student").wait_for()
    assert "#" not in phone.url
    phone.goto(f"{classroom.url}/train")  # it may look now, by its cookie
    idle(phone)
    phone.locator(".st-key-train_settings").scroll_into_view_if_needed()
    phone.get_by_role("button", name="Train", exact=True).wait_for()
    assert errors == []
    context.close()


def test_the_truth_waits_for_the_teachers_reveal(classroom, teacher, a_phone, recorded):
    phone, laptop, late = a_phone(), a_phone(), a_phone()
    phone.get_by_role("link", name="Text into batches").click()
    opened(laptop, classroom, 1)
    opened(late, classroom, 1)
    opened(teacher, classroom, 1)
    phone.get_by_role("button", name=GUESS.answers[0]).click()
    laptop.get_by_role("button", name=GUESS.answers[1]).click()
    for each in (phone, laptop):
        recorded.shown(each, "the teacher reveals the answer")
        until(each, SEEN)
        until(each, COVERED)
        assert each.get_by_text(GUESS.why).count() == each.get_by_text(BECAUSE).count() == 0
        assert each.get_by_role("button", name="Show it").filter(visible=True).count() == 0
    laptop.reload()
    laptop.get_by_text("Your answer is in").wait_for()  # the server has it
    until(laptop, COVERED)
    teacher.get_by_text("2 of ").first.wait_for()
    until(teacher, COVERED)
    assert teacher.locator(".overlay").count() == 0

    teacher.keyboard.press("PageDown")  # as a clicker sends
    teacher.get_by_text("chose the right answer").wait_for()
    expect(teacher.locator(".overlay .bar")).to_have_count(len(GUESS.answers))
    for each in (phone, laptop):
        each.get_by_text("chose the right answer").wait_for()
        each.get_by_text(GUESS.why).wait_for()
        expect(each.get_by_text(BECAUSE)).to_have_count(
            int(each is laptop)
        )  # it is about its answer
        until(each, SEEN)
        expect(each.locator(".overlay .bar")).to_have_count(len(GUESS.answers))
    for each in (teacher, phone, laptop):
        until(each, f"!({COVERED})")

    teacher.get_by_role("button", name="Cover the answer again").click()  # a press too early
    recorded.shown(phone, "the teacher reveals the answer")
    for each in (teacher, phone, laptop, late):
        until(each, COVERED)
        assert each.get_by_text(GUESS.why).count() == 0
    teacher.keyboard.press("PageDown")
    phone.get_by_text("chose the right answer").wait_for()
    recorded.shown(late, "but it does not count")
    late.get_by_role("button", name=GUESS.answers[2]).click()
    recorded.shown(late, "Your answer came after Reveal")
    late.reload()
    recorded.shown(late, "Your answer came after Reveal")
    teacher.get_by_role("button", name="Next", exact=True).click()
    teacher.get_by_text("Step 2 of").first.wait_for()
    for each in (teacher, phone, laptop, late):
        assert each.errors == []


def test_a_class_votes_talks_and_votes_again(classroom, teacher, a_phone, recorded):
    asked = lessons()[LESSON].steps[AGAIN - 1].guess
    phone, laptop, ahead = a_phone(), a_phone(), a_phone()
    row = teacher.locator("li").filter(has_text=asked.ask)
    phone.goto(f"{classroom.url}/class/lesson/{LESSON}#{AGAIN}")  # the lesson's file
    for each in (laptop, ahead):
        opened(each, classroom, AGAIN)
    for each, answer in zip((phone, laptop, ahead), (0, asked.truth, 0), strict=True):
        each.locator(".answers.square button").nth(answer).click()
        each.get_by_text("Your answer is in").wait_for()
    opened(ahead, classroom, 2)
    row.get_by_role("button", name="See the vote").click()
    teacher.get_by_text("First vote", exact=True).wait_for()
    teacher.locator(".overlay").wait_for()
    assert barriers(teacher) == []
    until(phone, COVERED)
    assert phone.locator(".overlay").count() == 0
    opened(teacher, classroom, AGAIN)
    teacher.get_by_role("button", name="How many are right?").click()
    teacher.get_by_text("are right (").wait_for()
    until(teacher, COVERED)
    assert teacher.locator(".overlay").count() == 0
    teacher.get_by_role("button", name="Discuss").click()
    recorded.shown(phone, "Talk with your neighbours")
    phone.get_by_text(f"You said “{asked.answers[0]}” first.").wait_for()
    ahead.get_by_text(f"The class votes again on step {AGAIN}").wait_for()
    for each in (phone, laptop):
        until(each, COVERED)
        each.locator(".answers.square button").nth(asked.truth).click()
        each.get_by_text("Your second answer is in").wait_for()
    phone.reload()
    phone.get_by_text("Your second answer is in").wait_for()  # the server has it
    teacher.keyboard.press("PageDown")
    for each in (phone, laptop, teacher):
        each.get_by_text("who voted twice: 1 from wrong to right").wait_for()
        expect(each.locator(".overlay text.head")).to_have_text("Those who voted twice")
        until(each, f"!({COVERED})")
    teacher.goto(f"{classroom.url}/class")
    row.get_by_role("button", name="Show").click()
    teacher.get_by_text("Not answered: student").wait_for()
    with teacher.expect_download() as saved:
        teacher.get_by_role("link", name="Answers as CSV").click()
    rows = list(csv.DictReader(saved.value.path().open(newline="", encoding="utf-8")))
    of_step = [each for each in rows if (each["lesson"], each["step"]) == (LESSON, str(AGAIN))]
    votes = [(each["vote"], each["right"]) for each in of_step]
    assert votes == [("1", "0"), ("1", "1"), ("1", "0"), ("2", "1"), ("2", "1")]
    for each in (teacher, phone, laptop, ahead):
        assert each.errors == []


def test_a_student_goes_on_before_the_reveal_and_learns_no_truth_at_the_end(
    classroom, a_phone, recorded
):
    phone = opened(a_phone(), classroom, 3)
    phone.get_by_role("button", name="That is my guess").click()
    phone.get_by_text("Your answer is in").wait_for()
    phone.get_by_role("button", name="Next", exact=True).click()
    phone.get_by_text("Step 4 of").first.wait_for()
    phone.goto(f"{classroom.url}/lesson?id={LESSON}&step={len(lessons()[LESSON].steps) + 1}")
    recorded.shown(phone, "The teacher has not revealed")
    assert phone.locator(".surprise").count() == 0
    assert phone.errors == []


def test_the_class_page_reveals_and_stops_and_names_runs_by_number(classroom, teacher, a_phone):
    phone = opened(a_phone(), classroom, 3)
    phone.get_by_role("button", name="That is my guess").click()
    phone.get_by_text("Your answer is in").wait_for()
    presses_train(phone, classroom, "Model5Reg", speed=5)  # which only the server trains
    phone.wait_for_url("**run=2*")  # the run's own name, which begins with the year
    phone.goto(f"{classroom.url}/class")
    phone.get_by_role("link", name="Model5Reg · yours").wait_for()
    row = teacher.locator("li").filter(has_text=lessons()[LESSON].steps[2].guess.ask)
    row.get_by_role("button", name="Reveal").click()
    teacher.get_by_text("the truth is").first.wait_for()
    teacher.get_by_role("button", name="Stop all runs").scroll_into_view_if_needed()
    teacher.get_by_role("link", name="Model5Reg · student").wait_for()
    teacher.get_by_role("button", name="Stop all runs").click()
    teacher.get_by_text("This ends 1 run").wait_for()
    expect(phone.get_by_text("● running")).to_have_count(1)  # the first press has ended nothing
    teacher.get_by_role("button", name="Stop them").click()
    teacher.get_by_text("1 run was stopped.").wait_for()
    phone.get_by_text("■ stopped").wait_for()
    box = teacher.get_by_role("textbox", name="Codes from students")
    box.fill("Ada: hn/nothing.1/2/k7qw4m/a3cd")
    teacher.get_by_role("button", name="Count these codes").click()  # it takes the focus
    teacher.get_by_text("0 codes were counted.").wait_for()
    expect(box).to_have_accessible_description(re.compile("nothing"))
    expect(box).to_have_value("Ada: hn/nothing.1/2/k7qw4m/a3cd")
    for width in (390, 1920):
        resize(teacher, width)
        fits(teacher, width)
    assert teacher.errors == [] and phone.errors == []


def test_an_answer_that_comes_takes_no_press_and_no_focus_from_the_teacher(
    classroom, teacher, a_phone, room
):
    step = 4
    asked = lessons()[LESSON].steps[step - 1].guess
    row = teacher.locator("li").filter(has_text=asked.ask)

    def answers(n: int) -> None:
        """Have one more student answer, and wait until the row says so."""
        phone = opened(a_phone(), classroom, step)
        phone.locator(".answers button").first.click()
        phone.get_by_text("Your answer is in").wait_for()
        row.get_by_text(re.compile(rf"^{n}( of \d+)? answered")).wait_for()

    answers(1)
    row.get_by_role("button", name="See the vote").click()
    discuss = teacher.get_by_role("button", name="Discuss")
    discuss.focus()
    with teacher.expect_response("**/vote**"):
        answers(2)
    teacher.get_by_text(re.compile(r"\b2 of 2\b")).first.wait_for()
    expect(discuss).to_be_focused()
    discuss.hover()
    teacher.mouse.down()
    with teacher.expect_response("**/vote**"):
        answers(3)
    teacher.wait_for_timeout(300)  # whatever it draws, it draws by then
    teacher.mouse.up()
    row.get_by_text("answered again").wait_for()


def test_a_student_whom_the_teacher_removes_reads_why_and_comes_back(
    classroom, teacher, a_phone, room, recorded
):
    phone = a_phone()
    number = re.findall(r"student (\d+)", phone.locator("#who").inner_text())[0]
    opened(phone, classroom, 1)
    teacher.get_by_text("Students", exact=True).click()
    teacher.get_by_role("button", name=f"Remove student {number}", exact=True).click()
    teacher.get_by_text(f"Student {number} is out of the class").wait_for()
    recorded.shown(phone, "The teacher has removed this")
    phone.get_by_role("link", name="Join the class").click()
    phone.get_by_label("Code on the teacher's screen").fill(room.code)
    phone.get_by_role("button", name="Join").click()
    recorded.shown(phone, "The teacher has removed this")
    teacher.get_by_role("button", name="Undo").click()
    teacher.get_by_text(f"Student {number} is in the class again").wait_for()
    phone.get_by_role("button", name="Join").click()
    phone.get_by_text(f"student {number}").first.wait_for()
    assert teacher.errors == []


def test_the_board_says_which_lessons_phones_can_open(teacher, recorded):
    recorded.shown(teacher, "lessons are ready for phones", 1, len(lessons()))
    recorded.shown(teacher, "has no file why-truncate.html")


def presses_train(phone, classroom: Server, model: str, **settings: object) -> None:
    """Press Train in the room Train."""
    asked = "&".join(f"train_{name}={value}" for name, value in settings.items())
    phone.goto(f"{classroom.url}/train?train_model={model}&{asked}")
    idle(phone)
    phone.locator(".st-key-train_settings").scroll_into_view_if_needed()
    phone.get_by_role("button", name="Train", exact=True).click()


def run_in(address: str) -> str:
    found = re.search(r"run=([^&]+)", address)
    assert found
    return found[1]


def test_a_press_trains_on_the_students_device_and_the_class_gets_the_run(
    classroom, teacher, a_phone
):
    phone = a_phone()
    presses_train(phone, classroom, "Model3", epochs=1)
    phone.wait_for_url("**run=2*")
    phone.get_by_text("all 40 steps are done; trained in a browser").wait_for()
    folder = RunStore(classroom.runs).folder(run_in(phone.url))
    record = folder.read()
    assert record.config == RunConfig.for_model("Model3", epochs=1)
    assert record.started is not None and record.started.device == BROWSER
    assert folder.snapshots()[0] == 0 and folder.snapshots()[-1] == 40
    teacher.get_by_role("button", name="Stop all runs").scroll_into_view_if_needed()
    teacher.get_by_role("link", name=re.compile(r"Model3.* · student \d+$")).wait_for()
    for each in (phone, teacher):
        assert each.errors == []


def test_a_student_stops_a_run_that_trains_on_the_device(classroom, a_phone):
    phone = a_phone()
    presses_train(phone, classroom, "Model3", epochs=200)
    phone.get_by_text(re.compile(r"This device trains Model3: step [1-9]")).wait_for()
    expect(phone.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    assert barriers(phone) == []
    phone.get_by_role("button", name="Stop", exact=True).click()
    phone.wait_for_url("**run=2*")
    folder = RunStore(classroom.runs).folder(run_in(phone.url))
    assert folder.read().status == "stopped" and folder.load_resume() is None
    expect(phone.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    assert phone.errors == []


def test_a_run_that_is_not_sent_is_stored_and_sent_when_the_room_opens_again(
    classroom, a_phone, recorded
):
    phone, sends = a_phone(), "**/api/class/runs"
    phone.route(sends, lambda route: route.abort())
    presses_train(phone, classroom, "Model3", epochs=1)
    recorded.shown(phone, "is stored on this device until the class has it")
    phone.get_by_role("button", name="Send it again").click()
    recorded.shown(phone, "is stored on this device until the class has it")
    phone.unroute(sends)
    phone.reload()
    phone.locator(".st-key-train_settings").scroll_into_view_if_needed()
    phone.wait_for_url("**run=2*")
    phone.errors.clear()  # the browser reports what was aborted in red


def trained(classroom: Server) -> dict[str, RunConfig]:
    """Return the settings of the runs that the class has, by their ids."""
    lines = RunStore(classroom.runs).summaries()
    return {each.id: each.config for each in lines if not each.shipped and each.config}


def changes_one_thing(phone, classroom: Server, *epochs: int) -> None:
    """Press Train it in Compare runs, once for each number of epochs."""
    phone.goto(f"{classroom.url}/train?train_part=Compare+runs&runs=Model3")
    idle(phone)
    place = phone.locator(".st-key-compare_curves")
    place.scroll_into_view_if_needed()
    for each in epochs:
        place.get_by_role("combobox", name="change").select_option("epochs")
        place.get_by_role("textbox", name="epochs, instead of").fill(str(each))
        place.get_by_role("button", name="Train it").click()


def test_runs_that_a_device_trains_in_turn_join_what_is_compared(classroom, a_phone):
    phone, before, held = a_phone(), trained(classroom), []
    sends = "**/api/class/runs"
    phone.route(sends, lambda route: held.append(route))  # so the second run waits
    changes_one_thing(phone, classroom, 3, 2)
    phone.get_by_text("1 more run waits.").wait_for()
    phone.unroute(sends)
    for route in held:
        route.continue_()
    phone.wait_for_url(lambda address: address.count("Model3") == 3)
    new = {run: each for run, each in trained(classroom).items() if run not in before}
    assert sorted(each.epochs for each in new.values()) == [2, 3]
    assert all(run in phone.url for run in new)
    assert phone.errors == []


def test_a_closed_page_loses_no_order(classroom, a_phone):
    phone, before = a_phone(), trained(classroom)
    changes_one_thing(phone, classroom, 1000, 4)  # the first outlasts what the test does
    phone.get_by_text("1 more run waits.").wait_for()
    assert barriers(phone) == []
    phone.reload()
    place = phone.locator(".st-key-compare_curves")
    place.scroll_into_view_if_needed()
    phone.get_by_text(re.compile(r"step [1-9].* 1 more run waits")).wait_for()
    place.get_by_role("button", name="Stop", exact=True).click()
    for _ in range(PATIENCE // 100):
        new = [each for run, each in trained(classroom).items() if run not in before]
        if len(new) == 2:
            break
        phone.wait_for_timeout(100)
    assert sorted(each.epochs for each in new) == [4, 1000]
    assert phone.errors == []


@pytest.mark.parametrize(
    ("address", "button", "model"),
    [("/?", "Train one yourself", "Model5"), ("/feed?feed_part=Tasks", "Train Model5", "Model5")],
)
def test_each_button_that_trains_uses_the_device_and_shows_the_run(
    classroom, a_phone, address, button, model
):
    phone, before = a_phone(), trained(classroom)
    phone.goto(f"{classroom.url}{address}")
    idle(phone)
    phone.get_by_role("button", name=button).scroll_into_view_if_needed()
    phone.get_by_role("button", name=button).click()
    phone.get_by_text(re.compile(rf"This device trains {model}: step [1-9]")).wait_for()
    phone.get_by_role("button", name="Stop", exact=True).click()
    phone.wait_for_url("**run=2*")
    (run,) = trained(classroom).keys() - before.keys()
    assert run_in(phone.url) == run
    record = RunStore(classroom.runs).folder(run).read()
    assert record.started is not None and record.started.device == BROWSER
    assert phone.errors == []


@pytest.mark.slow
def test_the_finders_short_runs_train_on_the_device(classroom, a_phone):
    phone, before = a_phone(), trained(classroom)
    phone.goto(f"{classroom.url}/train?train_model=Model3&train_find=true")
    idle(phone)
    place = phone.locator(".st-key-train_finder")
    place.scroll_into_view_if_needed()
    place.get_by_role("button", name="Run the test").click()  # on the server
    place.get_by_role("button", name=re.compile("^Bench it")).click()
    place.locator("figure[data-done='3']").wait_for()
    new = [each for run, each in trained(classroom).items() if run not in before]
    assert [each.epochs for each in new] == [BENCH_EPOCHS] * 3
    assert len({each.lr for each in new}) == 3
    assert "run=2" not in phone.url  # the room still shows the run of before
    assert phone.errors == []


def begins(teacher, kind: str, **fields: str) -> None:
    """Begin an experiment on the page Class."""
    place = teacher.locator(".st-key-class_experiment")
    place.scroll_into_view_if_needed()
    place.locator(".experiment").locator("form, summary").first.wait_for()
    if place.get_by_text("Begin another").count() and not place.locator("form").is_visible():
        place.get_by_text("Begin another").click()
    place.get_by_role("button", name=kind).click()
    for name, value in fields.items():
        place.get_by_role("textbox", name=name).fill(value)
    place.get_by_role("button", name="Begin", exact=True).click()


def test_a_class_guesses_trains_on_its_phones_and_sees_all_differences(classroom, teacher, a_phone):
    begins(teacher, "Is A better than B?", Epochs="1")
    phones = [a_phone() for _ in range(3)]
    for at, phone in enumerate(phones):
        phone.get_by_role("link", name="Train with the class").click()
        phone.get_by_text("Guess first").wait_for()
        phone.get_by_role("button", name=("B: lr 0.01", "No difference")[at % 2]).click()
        phone.get_by_role("button", name="Train both here").click()
    for phone in phones:
        phone.get_by_text("The teacher shows them all.").wait_for()
        assert phone.locator(".differences").count() == 0
        expect(phone.get_by_role("button", name="No difference")).to_be_disabled()
    teacher.get_by_text("3 guesses. 3 results are in.").wait_for()
    assert teacher.locator(".differences").count() == 0
    teacher.get_by_role("button", name="Show the results").click()
    for each in (teacher, *phones):
        each.locator(".differences").wait_for()
        expect(each.locator(".dot")).to_have_count(3)
        better = each.locator(".verdict").inner_text()[0]  # "A", "B", or the "T" of "These seeds"
        ticked = {"A": ["0 ✓", "2", "1"], "B": ["0", "2 ✓", "1"]}.get(better, ["0", "2", "1"])
        expect(each.locator(".guesses .n")).to_have_text(ticked, use_inner_text=True)
        until(each, "document.documentElement.scrollWidth <= innerWidth")
        assert barriers(each) == []
        assert each.errors == []


def test_a_result_that_is_not_sent_is_kept_and_sent_again(classroom, teacher, a_phone, recorded):
    begins(teacher, "Is A better than B?", Epochs="1")
    phone = a_phone()
    phone.get_by_role("link", name="Train with the class").click()
    phone.get_by_role("button", name="No difference").click()
    phone.get_by_role("button", name="Train both here").wait_for()
    sends = "**/api/class/experiment/result"
    phone.route(sends, lambda route: route.abort())
    phone.get_by_role("button", name="Train both here").click()
    recorded.shown(phone, "It is stored on this device")
    recorded.shown(phone, "The teacher's computer does not answer")
    phone.get_by_role("button", name="Send it again").click()
    phone.reload()  # it tries again when the page opens
    recorded.shown(phone, "It is stored on this device")
    phone.get_by_text("computer does not answer").wait_for()  # it has tried
    phone.unroute(sends)
    phone.get_by_role("button", name="Send it again").click()
    phone.get_by_text("The teacher shows them all.").wait_for()
    phone.reload()
    phone.get_by_text("The teacher shows them all.").wait_for()
    assert phone.get_by_role("button", name="Send it again").count() == 0
    phone.errors.clear()  # the browser reports what was aborted in red


def test_a_class_fills_a_map_together(classroom, teacher, a_phone, recorded):
    begins(teacher, "Train together", Epochs="1", lr="0.003, 0.01", bptt="20, 40")
    phone = opened(a_phone(), classroom, 1)  # each step of a lesson leads there
    phone.get_by_role("link", name="Train with the class").click()
    for done, name in enumerate(("Train a square", *["Train another square"] * 3), 1):
        phone.get_by_role("button", name=name).click()
        until(phone, "(n) => document.querySelectorAll('.settings li').length === n", done)
    for each in (teacher, phone):
        recorded.shown(each, "4 runs so far", 0, 4, 3, 4)
        expect(each.locator(".squares small", has_text="1 seed")).to_have_count(4)
        assert each.errors == []


@pytest.mark.slow
def test_nothing_bars_the_way_on_the_pages_of_a_class(classroom, teacher, a_phone):
    phone = a_phone()
    pages = [(teacher, "/class"), (phone, "/class/join"), (phone, "/class/train")]
    pages += [(phone, "/class")]
    pages += [(phone, f"/class/lesson/{LESSON}"), (teacher, f"/lesson?id={LESSON}&step=1")]
    for tab, address in pages:
        tab.goto(f"{classroom.url}{address}")
        tab.get_by_role("heading").first.wait_for()
        if "/class/" not in address:
            tab.locator(".hnviz[data-ready]").first.wait_for()
            idle(tab)
        for (width, height), mode in product(WIDTHS, ("dark", "light")):
            tab.set_viewport_size({"width": width, "height": height})
            tab.emulate_media(color_scheme=mode)
            tab.wait_for_timeout(300)
            assert barriers(tab) == [], (address, width, mode)
