"""Lectures to print, the test before and after them, and what its answers say."""

import csv
import re
from dataclasses import replace
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest

from hnviz.cli.main import main
from hnviz.export.plan import CLOSING, MINUTES, ROOMS, export_plan, lectures
from hnviz.export.qti import exam_items
from hnviz.lessons import BELIEFS, Because, lessons
from hnviz.lessons.exam import (
    COLUMNS,
    LETTERS,
    Answer,
    AnswersError,
    questions,
    read_answers,
    statistics,
)
from hnviz.runs import SHIPPED_DIR, RunFolder
from tests.axe import barriers
from tests.conftest import profile

HEAD = ",".join(COLUMNS)


def test_each_lesson_is_in_one_lecture_of_fifty_minutes_at_most():
    found = lectures(lessons().values())
    held = [each.id for lecture in found for each in lecture.lessons]
    assert held == list(lessons())
    assert all(lecture.minutes <= MINUTES for lecture in found)
    for one, other in pairwise(found):  # no lesson would have fitted before
        first = [part for part in other.parts if part.lesson is other.lessons[0]]
        base = sum(2 if part.votes == 0 else 3 for part in first) + 5
        least = sum(2 if part.votes == 0 else 3 for part in one.parts) + 5 * len(one.lessons)
        assert 3 + least + base + CLOSING > MINUTES
    for lecture in found:
        for lesson in lecture.lessons:
            parts = [part for part in lecture.parts if part.lesson is lesson]
            assert [part.number for part in parts] == [*range(1, len(lesson.steps) + 1)]
            assert all((part.votes == 0) == (part.step.guess is None) for part in parts)
            assert any(part.votes == 2 for part in parts)


def test_a_guess_about_a_belief_is_the_first_to_get_two_votes():
    lesson = lessons()["why-truncate"]
    guess = lesson.steps[5].guess
    assert guess is not None
    because = tuple(
        Because(answer=at, belief="E", text="No.")
        for at in range(len(guess.answers))
        if at != guess.truth
    )
    step = replace(lesson.steps[5], guess=replace(guess, because=because))
    plain = replace(
        lesson,
        steps=tuple(
            replace(each, guess=each.guess and replace(each.guess, because=()))
            for each in lesson.steps
        ),
    )
    changed = replace(plain, steps=(*plain.steps[:5], step))
    for each, number in ((plain, 2), (changed, 6)):
        (lecture,) = lectures([replace(each, id="one"), replace(each, id="other")])
        assert [part.number for part in lecture.parts if part.votes == 2] == [number, number]


@pytest.fixture(scope="module")
def pages() -> dict[str, bytes]:
    return dict(export_plan())


def test_a_plan_has_each_step_its_room_its_guesses_and_the_threads(pages):
    found = lectures(lessons().values())
    assert list(pages) == [
        "index.html",
        *(each.name for each in found),
        "test.html",
        "key.html",
        "answers.csv",
    ]
    for lecture in found:
        text = pages[lecture.name].decode()
        times = re.findall(r"<tr><td>(\d+) to (\d+)</td><td>([^<]*)</td>", text)
        assert len(times) == len(lecture.parts) + 2
        assert times[0][0] == "0" and int(times[-1][1]) == lecture.minutes
        assert all(one[1] == other[0] for one, other in pairwise(times))
        rooms = [ROOMS[part.step.page] for part in lecture.parts]
        assert [room for _, _, room in times[1:-1]] == rooms
        assert text.count("<section>") == sum(part.votes > 0 for part in lecture.parts)
        assert text.count("<th>Vote 2</th>") == sum(part.votes == 2 for part in lecture.parts)
        for part in lecture.parts:
            for because in part.step.guess.because if part.step.guess else ():
                assert not because.belief or BELIEFS[because.belief].threads in unescape(text)


def test_the_test_has_ten_questions_about_all_beliefs():
    assert len(questions()) == 10
    named = {each.belief for guess in questions() for each in guess.because} - {""}
    assert named == set(BELIEFS)
    truths = [int(guess.truth) for guess in questions()]  # type: ignore[arg-type]
    assert max(truths.count(each) for each in set(truths)) <= 4  # one letter is no way to pass
    for guess in questions():
        wrong = set(range(len(guess.answers))) - {guess.truth}
        assert {each.answer for each in guess.because} == wrong


def test_the_numbers_of_the_test_are_those_of_the_pre_trained_run():
    epochs = RunFolder(SHIPPED_DIR / "Model5").read().epochs
    assert f"{epochs[-1].accuracy:.0%}" == "83%"
    (share,) = {match for guess in questions() for match in re.findall(r"(\d+) % of", guess.ask)}
    assert share == "83"
    best = min(epochs, key=lambda each: each.valid_loss)
    assert best.epoch < len(epochs) / 2 and epochs[-1].valid_loss > 1.05 * best.valid_loss


def test_the_sheet_does_not_give_the_answers_and_the_key_does(pages):
    sheet, key = (pages[name].decode() for name in ("test.html", "key.html"))
    assert "✓" not in sheet and key.count("✓") == 10
    assert sheet.count("☐") == 2 + sum(len(each.answers) for each in questions())
    assert pages["answers.csv"].decode() == f"{HEAD}\r\n"


def marks(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "answers.csv"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return path


def test_item_statistics_are_those_computed_by_hand(tmp_path):
    right = [LETTERS[int(each.truth)] for each in questions()]  # type: ignore[arg-type]
    wrong = [next(letter for letter in "abc" if letter != each) for each in right]
    given = {  # student -> right answers to questions 1 and 2, before and after
        "1": ((1, 1), (1, 1)),
        "2": ((0, 1), (1, 1)),
        "3": ((0, 0), (1, 0)),
        "4": ((0, 0),),
    }
    rows = [
        f"{student},{number + 1},{vote},{(right if is_right else wrong)[number]}"
        for student, votes in given.items()
        for vote, answers in enumerate(votes, 1)
        for number, is_right in enumerate(answers)
    ]
    first, second = statistics(read_answers(marks(tmp_path, *rows)))
    assert (first.question, first.n_before, first.n_after) == (1, 4, 3)
    assert (first.before, first.after) == (0.25, 1)
    assert first.gain == 1  # of the three who answered twice, one was right before
    # Seven sheets: 1, 0, 0, 0, 1, 1, 1 with 1, 1, 0, 0, 1, 1, 0.
    assert first.discrimination == pytest.approx((7 * 3 - 4 * 4) / (7 * 4 - 4 * 4))
    assert (first.wrong, first.belief) == (wrong[0], "A")
    assert (second.before, second.after, second.gain) == (0.5, pytest.approx(2 / 3), 0)


def test_what_is_not_known_of_an_item_is_none():
    (item,) = statistics([Answer("1", 3, 2, "a", True, "")])
    assert (item.n_before, item.before, item.after) == (0, None, 1)
    assert (item.gain, item.discrimination, item.wrong, item.belief) == (None, None, "", "")


BAD = {
    "empty": ((), HEAD, ()),
    "no column": (("1,1,1",), "student,question,vote", ()),
    "a vote": (("1,1,3,a",), HEAD, (2, 1, 2, 3)),
    "a question": (("1,11,1,a",), HEAD, (2, 1, 10, 11)),
    "no number": (("1,one,1,a",), HEAD, (2, 1, 10)),
    "a letter": (("1,1,1,d",), HEAD, (2, 1)),
    "twice": (("1,1,1,a", "1,1,1,b"), HEAD, (1, 1, 2, 1)),
}


@pytest.mark.parametrize("name", BAD)
def test_answers_that_cannot_be_read_are_refused(tmp_path, monkeypatch, capsys, recorded, name):
    monkeypatch.chdir(tmp_path)
    rows, head, numbers = BAD[name]
    marks(tmp_path, *rows, head=head)
    with pytest.raises(AnswersError) as refused:
        read_answers(Path("answers.csv"))
    recorded(str(refused.value), *numbers)
    assert main(["lessons", "statistics", "answers.csv"]) == 2
    assert str(refused.value) in capsys.readouterr().err


def test_the_command_prints_a_table(tmp_path, capsys):
    letter = LETTERS[int(questions()[1].truth)]  # type: ignore[arg-type]
    path = marks(tmp_path, "1,2,1,a", f"2,2,1,{letter}", f"1,2,2,{letter}")
    assert main(["lessons", "statistics", str(path)]) == 0
    head, row = csv.reader(capsys.readouterr().out.splitlines())
    said = dict(zip(head, row, strict=True))
    assert (said["question"], said["before"], said["after"]) == ("2", "0.50", "1.00")
    assert (said["wrong"], said["belief"], said["gain"]) == ("a", "B", "1.00")
    assert said["discrimination"] == ""
    assert main(["lessons", "statistics"]) == 2
    assert "got 0" in capsys.readouterr().err


def test_the_ten_questions_are_in_the_package_for_a_platform():
    assert [each.guess for each in exam_items()] == list(questions())


def test_a_plan_is_read_and_printed(browser, pages, tmp_path):
    with profile(browser, viewport={"width": 390, "height": 800}) as context:
        tab = context.new_page()
        for name, content in pages.items():
            (tmp_path / name).write_bytes(content)
        for name in pages:
            if name.endswith(".html"):
                tab.goto((tmp_path / name).as_uri())
                assert tab.evaluate("document.documentElement.scrollWidth") <= 390, name
                assert barriers(tab) == []
