"""Lessons as files: what they may say, and what their author reads when one is wrong."""

import re
import shutil
from pathlib import Path

import pytest

from hnviz.app.lesson.names import app_names
from hnviz.app.lesson.place import place_named
from hnviz.app.machine.view import LAST_SEED, MOST_SAID
from hnviz.app.rooms.batches.reading import MAX_SIDE
from hnviz.app.rooms.data.guess.picture import MOST
from hnviz.app.rooms.predictions.prompt import LONGEST
from hnviz.app.shell.keys import ADDRESS, TAKES, wrong
from hnviz.app.shell.navigation import PAGES
from hnviz.cli.main import main
from hnviz.lessons import as_data, lessons, query
from hnviz.lessons.check import check
from hnviz.lessons.reading import FILES, lesson_files, read_lessons
from tests import guide

FILE = FILES / "text-into-batches.toml"
SOURCE = FILE.read_text(encoding="utf-8")
KNOWN = app_names()


def test_there_are_eight_lessons_of_five_to_ten_short_steps():
    assert len(lessons()) >= 8
    assert [each.order for each in lessons().values()] == sorted(
        each.order for each in lessons().values()
    )
    for lesson in lessons().values():
        assert 5 <= len(lesson.steps) <= 10
        assert sum(1 for step in lesson.steps if step.guess) >= 2, lesson.id
        for step in lesson.steps:
            assert len(step.text.split()) <= 75, f"{lesson.id}: {step.title}"


def test_no_lesson_has_a_problem():
    problems = [problem for path in lesson_files() for problem in check(path, KNOWN)]
    assert not problems, "\n".join(map(str, problems))


def test_a_new_lesson_is_one_file(tmp_path):
    for path in lesson_files():
        shutil.copy(path, tmp_path)
    other = SOURCE.replace("order = 1", "order = 0").replace("Text into batches", "Mine")
    (tmp_path / "mine.toml").write_text(other, encoding="utf-8")
    found = read_lessons(tmp_path)
    assert list(found) == ["mine", *lessons()]
    assert found["mine"].title == "Mine" and len(found["mine"].steps) == 7
    assert check(tmp_path / "mine.toml", KNOWN) == []


def test_the_lesson_of_the_docs_is_a_lesson(tmp_path, monkeypatch, capsys, own_runs):
    guide.follow("docs/lessons.md", tmp_path)
    monkeypatch.chdir(tmp_path)
    ((_, _, file),) = guide.commands("docs/lessons.md")
    assert main(["lessons", "check", file]) == 0, capsys.readouterr().out
    (lesson,) = read_lessons((tmp_path / file).parent).values()
    assert lesson.id == "four-rows"
    assert sum(1 for step in lesson.steps if step.guess) >= 2


def test_a_steps_address_says_the_run_and_the_step():
    lesson = lessons()["text-into-batches"]
    asked = query(lesson, 2)
    assert asked["run"] == "Model5" and asked["lesson"] == "text-into-batches.2"
    assert asked["batches_bs"] == "64"
    assert query(lesson, 8) == {**query(lesson, 7), "lesson": "text-into-batches.8"}


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("text-into-batches.1", 1),
        ("text-into-batches.8", 8),  # the end
        ("text-into-batches.9", None),
        ("text-into-batches.0", None),
        ("text-into-batches.\N{SUPERSCRIPT TWO}", None),
        ("text-into-batches", None),
        ("no-such.1", None),
        ("", None),
        ("." * 10_000, None),
    ],
)
def test_only_steps_that_exist_have_a_place(said, number):
    place = place_named(said)
    assert (place and place.number) == number


WRONG = [
    ('title = "Text into batches"', 'title = "Text', "this is not TOML"),
    pytest.param("order = 1", f"order = {'9' * 5000}", "has too many digits", id="digits"),
    pytest.param("order = 1", f"order = {'[' * 9000}", "is nested too deep", id="deep"),
    ('title = "Text into batches"', "title = 3", "title must be text, got 3"),
    ('about = "A', 'abuot = "A', "there is no 'abuot' here"),
    ('page = "feed"', 'page = "fed"', "there is no page 'fed'; choose one of start, feed, build"),
    (
        'point = "data/guess"',
        'point = "data/gues"',
        "there is no picture or control 'data/gues'; is it 'data/guess'?",
    ),
    ('point = "data/guess"', "", "a step needs a point, got nothing"),
    (
        "batches_bs = 64",
        "batches_sb = 64",
        "the page feed has no parameter 'batches_sb'; is it 'batches_bs'?",
    ),
    ("batches_bs = 64", "batches_bs = 513", "batches_bs must be from 1 to 512, got 513"),
    ("batches_bs = 64", "batches_bs = 6.5", "must be a whole number from 1 to 512, got '6.5'"),
    ("batches_bs = 64", "batches_bs = [64]", "batches_bs must be text, a number, true or false"),
    (
        'batches_split = "valid"',
        'batches_split = "test"',
        "batches_split must be one of train / valid, got 'test'",
    ),
    ('cell = "0-0-0"', 'run = "Model9"', "no run 'Model9' comes with hnviz"),
    ('kind = "choice"', 'kind = "chioce"', "kind must be one of choice, number, curve, square"),
    ("truth = 0", "truth = 4", "truth must be the index of an answer, 0 to 3, got 4"),
    ('truth = 3\nwhy = "13', 'truth = 30\nwhy = "13', "truth must be from 1 to 10"),
    ('truth = 3\nwhy = "13', 'truth = [3]\nwhy = "13', "the truth of a number is one number"),
    ("low = 1\n", "low = 11\n", "high must be above low, got 11 to 10"),
    ("columns = 8", "columns = 0", "columns must be from 1 to 12, got 0"),
    ('why = "The text counts', 'whi = "The text counts', "there is no 'whi' here"),
    ("It reads from", "It reads from " * 60, "text must be two or three sentences of at most 500"),
]


@pytest.mark.parametrize(("before", "now", "reason"), WRONG)
def test_what_is_wrong_is_said_with_its_file_and_line(tmp_path, before, now, reason):
    assert before in SOURCE
    path = tmp_path / "mine.toml"
    path.write_text(SOURCE.replace(before, now, 1), encoding="utf-8")
    [problem] = check(path, KNOWN)
    assert reason in problem.reason
    assert str(problem).startswith(f"{path}:{problem.line}: ")
    line = path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    key = re.match(r"\w+", now)
    near = (key[0] if key else "[[step]]", "text =", "at =", "high =", "[[step]]")
    assert any(each in line for each in near), f"{problem.line}: {line}"


def because(*lines: str) -> str:
    return "\n[[step.guess.because]]\n" + "\n".join(lines) + "\n"


ON_THREE = "".join(
    because(f"answer = {each}", 'belief = "E"', f'text = "Not {each}."') for each in (1, 2, 3)
)
A_CHOICE = (
    'why = "The text counts up, so the next number is 3,046, and its second word is “thousand”."\n'
)
A_NUMBER = 'why = "13,017 / 4,480 is 2.9, and the last mini-batch is filled up, so there are 3."\n'


PLAIN = re.sub(r"\n\[\[step\.guess\.because\]\]\n(?:\w+ = .*\n)+", "", SOURCE)


def with_because(path: Path, after: str, more: str) -> Path:
    assert after in PLAIN and "because" not in PLAIN
    path.write_text(PLAIN.replace(after, after + more, 1), encoding="utf-8")
    return path


def test_a_wrong_answer_has_words_of_its_own(tmp_path):
    path = with_because(tmp_path / "mine.toml", A_CHOICE, ON_THREE)
    assert check(path, KNOWN) == []
    guess = read_lessons(tmp_path)["mine"].steps[0].guess
    assert guess
    said = [guess.because_of(each) for each in range(4)]
    assert [each and each.text for each in said] == [None, "Not 1.", "Not 2.", "Not 3."]
    interval = because("low = 4", "high = 10", 'text = "Too many."', 'point = "batches_bs"')
    with_because(path, A_NUMBER, interval)
    assert check(path, KNOWN) == []
    guess = read_lessons(tmp_path)["mine"].steps[2].guess
    assert guess and [bool(guess.because_of(each)) for each in (3, 3.9, 4, 10)] == [0, 0, 1, 1]


WRONG_BECAUSE = [
    (A_CHOICE, ON_THREE.replace("answer = 2", "answer = 1"), "answer = 1", "has two becauses"),
    (A_CHOICE, ON_THREE.replace("answer = 2", "answer = 0"), "answer = 0", "is the right one"),
    (A_CHOICE, ON_THREE.replace("answer = 2", "answer = 4"), "answer = 4", "0 to 3, got 4"),
    (A_CHOICE, ON_THREE.replace("answer = 2\n", ""), "[[step.guess.because]]", "got None"),
    (A_CHOICE, ON_THREE.replace("answer = 2", 'answer = "2"'), 'answer = "2"', "a whole number"),
    (A_CHOICE, ON_THREE.partition("\n[[step.guess.because]]\nanswer = 3")[0], "answers", "3 has"),
    (A_CHOICE, ON_THREE.replace('"E"', '"L"', 1), "belief", "from A, B, C, D, E, F"),
    (A_CHOICE, ON_THREE.replace('text = "Not 2."', ""), "[[step.guess.because]]", "got nothing"),
    (A_CHOICE, ON_THREE.replace("Not 2.", "Not 2. " * 90), "text", "at most 500 characters"),
    (A_CHOICE, ON_THREE.replace("text", 'point = "data/gues"\ntext', 1), "point", "'data/guess'?"),
    (A_CHOICE, ON_THREE.replace("belief", "beleif", 1), "beleif", "there is no 'beleif' here"),
    (A_NUMBER, because("low = 1", "high = 5", 'text = "A."'), "low = 1", "1 to 5 holds the truth"),
    (A_NUMBER, because("low = 5", "high = 4", 'text = "A."'), "low = 5", "within 1 to 10"),
    (A_NUMBER, because("answer = 1", 'text = "A."'), "[[step.guess.because]]", "low and high"),
    (A_NUMBER, because("low = 4", "high = 6", 'text = "A."') * 2, "low = 4", "overlaps an earlier"),
]


@pytest.mark.parametrize(("after", "more", "line", "reason"), WRONG_BECAUSE)
def test_a_wrong_because_is_said_with_its_file_and_line(tmp_path, after, more, line, reason):
    path = with_because(tmp_path / "mine.toml", after, more)
    [problem] = check(path, KNOWN)
    assert reason in problem.reason
    found = path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert found.startswith(line), f"{problem.line}: {found}"


def test_a_curve_takes_no_because(tmp_path):
    source = (FILES / "learning-rate.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    more = because("answer = 1", 'text = "A."')
    at = source.index("[[step]]", source.index("[[step]]") + 1)
    path.write_text(source[:at] + more + source[at:], encoding="utf-8")
    [problem] = check(path, KNOWN)
    assert "a curve takes no because" in problem.reason


TRANSFER = """
[step.transfer]
ask = "Which word comes next?"
answers = ["one", "two", "three"]
truth = 2
page = "feed"
at = { feed_part = "Batches", batches_bs = 16 }
point = "batches/grid"
"""


def with_transfer(path: Path, before: str, now: str) -> Path:
    assert before in TRANSFER
    first, step, *rest = SOURCE.split("[[step]]\n")[1:]
    changed = [first, f"{step.rstrip()}\n{TRANSFER.replace(before, now)}\n", *rest]
    path.write_text("[[step]]\n".join([SOURCE.split("[[step]]\n")[0], *changed]), encoding="utf-8")
    return path


def test_a_step_may_have_a_transfer_question_that_the_panel_does_not_get(tmp_path):
    path = with_transfer(tmp_path / "mine.toml", "truth", "truth")
    assert check(path, KNOWN) == []
    lesson = read_lessons(tmp_path)["mine"]
    asked = lesson.steps[1].transfer
    assert asked and asked.answers[asked.truth] == "three"
    assert dict(asked.at) == {"feed_part": "Batches", "batches_bs": "16"}
    assert all("transfer" not in step for step in as_data(lesson)["steps"])


def test_a_step_that_shows_another_run_than_the_one_before_names_it():
    runs = [step["run"] for step in as_data(lessons()["why-truncate"])["steps"]]
    assert runs == ["", "", "", "", "Model3", "Model5"]


@pytest.mark.parametrize(
    ("before", "now", "line", "reason"),
    [
        ("truth = 2", "truth = 3", "truth = 3", "0 to 2, got 3"),
        ("truth = 2", "truth = 1.5", "truth = 1.5", "a whole number"),
        ('["one", "two", "three"]', '["one"]', "answers", "from 2 to 12 answers, got 1"),
        ('ask = "Which word comes next?"', "", "[step.transfer]", "got nothing"),
        ("ask =", "aks =", "aks", "there is no 'aks' here"),
        ('page = "feed"', 'page = "fed"', 'page = "fed"', "there is no page 'fed'"),
        ("batches/grid", "batches/gird", "point", "is it 'batches/grid'?"),
        ("batches_bs = 16", "batches_bs = 0", "at =", "must be from 1 to 512, got 0"),
        ("batches_bs = 16", "batches_bs = [16]", "at =", "must be text, a number"),
    ],
)
def test_a_wrong_transfer_question_is_said_with_its_file_and_line(
    tmp_path, before, now, line, reason
):
    path = with_transfer(tmp_path / "mine.toml", before, now)
    [problem] = check(path, KNOWN)
    assert reason in problem.reason
    found = path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert found.startswith(line), f"{problem.line}: {found}"


def test_a_lesson_has_no_eleventh_step(tmp_path, recorded):
    path = tmp_path / "mine.toml"
    step = SOURCE[SOURCE.index("[[step]]") : SOURCE.index("[step.guess]")]
    path.write_text(SOURCE + step * 4, encoding="utf-8")
    [problem] = check(path, KNOWN)
    recorded(problem.reason, 5, 10, 11)


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (b"\xff\xfe", (8,)),
        (b"#" * 100_001, (100_000, 100_001)),
        (b"step = 3", (3,)),
        (b"step = [3]", ()),
        (b"[step]\n", ()),
        (b"", ()),
    ],
)
def test_any_file_gets_one_sentence(tmp_path, content, numbers, recorded):
    path = tmp_path / "any.toml"
    path.write_bytes(content)
    [problem] = check(path, KNOWN)
    recorded(problem.reason, *numbers)


def test_the_command_lists_and_checks(tmp_path, capsys, own_runs, recorded):
    assert main(["lessons", "list"]) == 0
    assert "is-47-percent-bad" in capsys.readouterr().out
    assert main(["lessons", "check", str(FILE)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert re.fullmatch(re.escape(str(FILE)) + r": [\d,]+ bytes as a file", said[0])
    assert said[1:] == ["1 lesson has no problem"]
    path = tmp_path / "mine.toml"
    path.write_text(SOURCE.replace('page = "feed"', 'page = "fed"'), encoding="utf-8")
    assert main(["lessons", "check", str(path)]) == 1
    assert capsys.readouterr().out.startswith(f"{path}:10: there is no page 'fed'")
    assert main(["lessons", "check", str(Path("no-such.toml"))]) == 1
    recorded(capsys.readouterr().out, 1, part="the file could not be")
    assert main(["lessons", "list", str(path)]) == 2


def test_a_lesson_that_cannot_be_exported_has_a_problem(monkeypatch, capsys, own_runs, recorded):
    monkeypatch.setattr("hnviz.export.build.MAX_FILE_BYTES", 100_000)
    assert main(["lessons", "check", str(FILE)]) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{FILE}:1: ")
    recorded(said.partition(":1: ")[2].partition(" but ")[0], 100_000)


def test_what_parameters_take_is_what_the_pages_take():
    assert set(TAKES) <= {key.name for key in ADDRESS}
    assert TAKES["batches_bs"] == TAKES["batches_bptt"] == f"1 to {MAX_SIDE}"
    assert TAKES["machine_word"] == f"0 to {LONGEST + MOST_SAID - 1}"
    assert TAKES["machine_n"] == f"1 to {MOST_SAID}"
    assert TAKES["machine_seed"] == f"0 to {LAST_SEED}"
    assert TAKES["data_step"] == f"1 to {MOST - 1}"


@pytest.mark.parametrize(
    "value", ["nan", "inf", "1e999", "", "1" * 5000, "\N{ARABIC-INDIC DIGIT ONE}x"]
)
def test_no_parameter_takes_such_a_number(value):
    assert wrong("train_lr", value) and wrong("batches_bs", value)


def test_every_page_that_a_lesson_can_use_has_parameters():
    names = {name for section in PAGES.values() for name in section}
    assert set(KNOWN.parameters) == names - {"lesson"}
