"""A class votes, talks and votes again: the first vote, what moved, who is missing, the CSV."""

import csv
import io
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from hnviz.classroom import Classroom, GuessError, guesses
from hnviz.classroom.guesses import FIRST, SECOND, Pasted, Value, encode, read_value
from hnviz.classroom.store import FILE, ClassStore, DamagedClassError
from hnviz.classroom.votes import (
    COLUMNS,
    DISCUSS_FROM,
    DISCUSS_TO,
    advice,
    answers_csv,
    drawn,
    flows,
    is_right,
    moved,
    right_of,
    told,
)
from hnviz.lessons import Because, Guess
from hnviz.web.classroom import connections, lessons
from hnviz.web.classroom.service import ClassService
from tests.classes import (
    CHOICE,
    CURVE,
    GUESSES,
    LESSON,
    NO_GUESS,
    NUMBER,
    SQUARE,
    a_service,
    another,
    as_teacher,
    joined,
    site,
    visiting,
)
from tests.conftest import DATA
from tests.test_class_door import LIVE, guess, heard, until
from tests.test_classroom import a_class, stored

CLASS = 30
ADVICE = ("Explain", "Discuss", "Go on")


@pytest.fixture(autouse=True)
def own_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (guesses, lessons, connections):
        monkeypatch.setattr(module, "lessons", lambda: {LESSON.id: LESSON})
    monkeypatch.setattr(connections, "COUNT_SECONDS", 0.01)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ClassService]:
    made = a_service(tmp_path)
    yield made
    made.close()


@pytest.fixture
def phone(service: ClassService) -> Iterator[TestClient]:
    with visiting(site(service)) as client:
        yield client


@pytest.fixture
def teacher(phone: TestClient, service: ClassService) -> TestClient:
    return as_teacher(another(phone, "10.0.0.2"), service)


def post(client: TestClient, name: str, step: object, status: int = 200) -> dict[str, Any]:
    answer = client.post(f"/api/class/{name}", json={"step": step})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def again(said, step: str, value: object, number: int = 2) -> dict[str, Any]:
    """Answer in the second vote; return the server's answer."""
    wanted = {"op": "guess", "id": number, "step": step, "value": value, "vote": SECOND}
    said.send_json(wanted)
    return dict(until(said, lambda message: message.get("id") == number))


# --- Which answers are right, and what moved ---


def test_an_answer_is_right_where_the_panel_of_a_lesson_finds_no_surprise():
    """tests/js/lesson.test.js holds the panel to the same answers."""
    for case in json.loads((DATA / "right_answers.json").read_text()):
        asked = {
            name: tuple(each) if isinstance(each, list) else each
            for name, each in case["guess"].items()
        }
        for name in ("right", "wrong"):
            for value in map(read_value, case[name]):
                assert is_right(Guess(**asked), value) == (name == "right"), (asked, value)


VOTES = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([0.0, 1.0, 2.0]))


@given(VOTES, VOTES)
def test_all_who_voted_twice_have_moved_or_stayed(first, second):
    asked = GUESSES[0]
    found, paths = moved(asked, first, second), flows(first, second)
    both = [each for each in first if each in second]
    assert sum(found) == sum(n for *_, n in paths) == len(both)
    assert found.right_twice + found.to_wrong == sum(first[each] == 1 for each in both)
    assert found.right_twice + found.to_right == sum(second[each] == 1 for each in both)
    arrived = Counter(dict.fromkeys(range(3), 0))
    for _, to, n in paths:
        arrived[to] += n
    assert arrived == Counter({to: sum(second[each] == to for each in both) for to in range(3)})


def test_discuss_is_advised_from_35_to_70_percent_right(recorded):
    said = {}
    for right in range(101):
        word = next(name for name in ADVICE if name in advice(right, 100))
        said.setdefault(word, []).append(right)
    assert said["Explain"] == list(range(35))
    assert said["Discuss"] == list(range(35, 71))
    assert said["Go on"] == list(range(71, 101))
    assert (DISCUSS_FROM, DISCUSS_TO) == (0.35, 0.70)
    recorded(advice(0, 0))
    recorded(advice(6, 20), 6, 20, 30, part="are right")
    recorded(advice(7, 20), part="Discuss")
    recorded(advice(14, 20), 14, 20, 70, part="are right")
    recorded(advice(15, 20), part="Go on")


def test_what_moved_is_a_sentence_with_the_classs_own_numbers(recorded):
    first = {"a": 1.0, "b": 0.0, "c": 2.0, "d": 1.0, "e": 0.0}
    second = {"a": 1.0, "b": 1.0, "c": 1.0, "d": 2.0, "f": 1.0}
    said = told(GUESSES[0], first, second)
    recorded(said, 40, 5, part="In the first vote")
    recorded(said, 4, 2, 1, 1, 0, part="voted twice")
    recorded(told(GUESSES[0], first, {}), 40, 5)
    recorded(told(GUESSES[0], {}, second))
    recorded(told(GUESSES[1], {"a": 47.0}, {"a": 48.0}), 100, 1, 5, part="In the first vote")
    shown = drawn(GUESSES[0], first, second, {*first, *second})
    assert shown["first"]["values"] == sorted(first.values())
    assert "first" not in drawn(GUESSES[0], None, second, second)
    assert drawn(GUESSES[1], {"a": 47.0}, {"a": 3.0}, {"a"})["first"]["flows"] == []


# --- The class as a value, and its file ---


def test_a_discussed_step_takes_second_votes_and_keeps_the_first(recorded):
    room = a_class("a", "b").guessed("a", CHOICE, 0.0, FIRST, 5).guessed("b", CHOICE, 1.0)
    with pytest.raises(GuessError) as error:
        room.guessed("a", CHOICE, 1.0, SECOND)
    recorded(str(error.value))
    room = room.discussed(CHOICE)
    assert (room.vote(CHOICE), room.vote(NUMBER)) == (SECOND, FIRST)
    assert (room.first[CHOICE], room.answers(CHOICE)) == ({"a": 0.0, "b": 1.0}, {})
    assert (room.own("a"), room.own_first("a")) == ({}, {CHOICE: 0.0})
    with pytest.raises(GuessError) as error:
        room.guessed("b", CHOICE, 2.0, FIRST)
    recorded(str(error.value))
    room = room.guessed("a", CHOICE, 1.0, SECOND, 9)
    assert room.own("a") == {CHOICE: 1.0}
    assert room.times == {(CHOICE, FIRST): {"a": 5}, (CHOICE, SECOND): {"a": 9}}
    gone = room.without([1])
    assert (gone.first_answers(CHOICE), gone.answers(CHOICE)) == ({"b": 1.0}, {})


def test_a_class_discusses_an_open_step_once_and_not_without_an_answer(recorded):
    room = a_class("a")
    voted = room.guessed("a", CHOICE, 0.0)
    for wrong in (room, voted.discussed(CHOICE), voted.shown(CHOICE), voted.without([1])):
        with pytest.raises(GuessError) as error:
            wrong.discussed(CHOICE)
        recorded(str(error.value))


def test_both_votes_and_their_times_are_in_the_file(tmp_path):
    room = a_class("a", "b").guessed("a", CHOICE, 0.0, FIRST, 5).guessed("b", CURVE, (1.0, 2.0))
    store = ClassStore(tmp_path)
    for change in (
        lambda room: room,
        lambda room: room.discussed(CHOICE),
        lambda room: room.guessed("a", CHOICE, 1.0, SECOND, 6),
        lambda room: room.discussed(CURVE).guessed("b", CURVE, (0.0, 1.0), SECOND),
    ):
        room = change(room)
        store.save(room)
        assert stored(tmp_path) == room
    store.close()


EARLIER = """
CREATE TABLE parts (step TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
PRAGMA journal_mode = WAL;
"""


def test_a_file_of_an_earlier_release_opens_and_takes_a_second_vote(tmp_path):
    """Such a file has no table of votes: its answers have no time."""
    head = {
        "version": 1,
        "code": "K7QW4M",
        "secret": "s" * 20,
        "members": ["a", "b"],
        "removed": [],
        "revealed": [],
        "runs": {},
    }
    database = sqlite3.connect(tmp_path / FILE)
    database.executescript(EARLIER)
    parts = {"": head, CHOICE: {"a": 0.0, "b": 1.0}}
    rows = [(step, json.dumps(content)) for step, content in parts.items()]
    with database:
        database.executemany("INSERT INTO parts VALUES (?, ?)", rows)
    database.close()
    store = ClassStore(tmp_path)
    room = store.load()
    assert room is not None
    assert room.guesses == {CHOICE: {"a": 0.0, "b": 1.0}}
    assert (room.first, room.times) == ({}, {})
    assert [row["time"] for row in rows_of(answers_csv(room))] == ["", ""]
    voted = room.discussed(CHOICE).guessed("a", CHOICE, 1.0, SECOND, 1_800_000_000)
    store.save(voted)
    store.close()
    assert stored(tmp_path) == voted


@pytest.mark.parametrize(
    "content", ["[]", '{"times": {"a": "late"}}', '{"times": {}, "values": {"a": "one"}}']
)
def test_votes_that_are_none_are_a_damaged_file(tmp_path, content):
    store = ClassStore(tmp_path)
    store.save(a_class("a").guessed("a", CHOICE, 0.0, FIRST, 5).discussed(CHOICE))
    store.close()
    database = sqlite3.connect(tmp_path / FILE)
    with database:
        database.execute("UPDATE votes SET content = ?", [content])
    database.close()
    with pytest.raises(DamagedClassError):
        stored(tmp_path)


# --- On the network ---


def test_the_teacher_alone_sees_the_first_vote_with_its_share_and_who_is_missing(
    phone, service, teacher, recorded
):
    tokens = [joined(another(phone, f"10.0.1.{at}"), service) for at in range(4)]
    for token, value in zip(tokens[:3], (1, 0, 1), strict=True):
        service.guess(token, CHOICE, value).result(10)
    with ExitStack() as lines:
        for token in tokens:
            line = lines.enter_context(phone.websocket_connect(LIVE))
            line.send_json({"op": "hello", "token": token})
            heard(line)
        shown = post(teacher, "vote", CHOICE)
    assert (shown["vote"], shown["n"], shown["values"]) == (FIRST, 3, [0.0, 1.0, 1.0])
    assert shown["absent"] == [4]
    recorded(shown["advice"], 2, 3, 67, part="are right")
    assert "first" not in shown
    assert not any(token in json.dumps(shown) for token in tokens)
    for name in ("vote", "discuss"):
        post(phone, name, CHOICE, 403)
        for step in (NO_GUESS, "other.1", 3):
            post(teacher, name, step, 422)
    assert phone.get("/api/class/answers.csv").status_code == 403
    recorded(post(teacher, "discuss", NUMBER, 422)["error"])
    assert post(teacher, "discuss", CHOICE) == {"discussed": CHOICE}
    service.guess(tokens[0], CHOICE, 2, SECOND).result(10)
    shown = post(teacher, "vote", CHOICE)
    assert (shown["vote"], shown["values"], shown["advice"]) == (SECOND, [2.0], "")
    assert shown["first"]["values"] == [0.0, 1.0, 1.0]
    assert shown["first"]["moved"] == [0, 0, 1, 0]
    assert shown["first"]["flows"] == [[1, 2, 1]]
    assert shown["absent"] == [2, 3]  # they voted first; the fourth is not here any more


def test_an_answer_to_the_first_vote_after_the_second_opens_is_one_sentence_and_asks_again(
    phone, service, teacher, recorded
):
    token, other = (joined(another(phone, f"10.0.1.{at}"), service) for at in range(2))
    service.guess(other, CHOICE, 0).result(10)
    with phone.websocket_connect(LIVE) as said:
        said.send_json({"op": "hello", "token": token})
        assert heard(said) == [{"mine": {}}]
        post(teacher, "discuss", CHOICE)
        covered = {"step": CHOICE, "covered": True, "vote": SECOND}
        assert until(said, lambda message: message.get("step")) == covered
        recorded(guess(said, CHOICE, 1)["error"])  # it was written before the news came
        assert service.room.answers(CHOICE) == {}
        assert again(said, CHOICE, 1) == {"id": 2, "step": CHOICE}
        said.send_json({"op": "guess", "id": 3, "step": CHOICE, "value": 1, "vote": "2"})
        recorded(until(said, lambda message: message.get("id") == 3)["error"], 1, 2, 2)
        post(teacher, "reveal", CHOICE)
        assert "after Reveal" in again(said, CHOICE, 0, 4)["error"]
    assert service.room.answers(CHOICE) == {token: 1}
    with phone.websocket_connect(LIVE) as said:  # it comes back, with nothing
        said.send_json({"op": "hello", "token": other})
        mine = heard(said)
        assert mine[0] == {"mine": {}, "first": {CHOICE: 0.0}}


def test_a_reveal_after_two_votes_that_is_taken_back_opens_the_second_again(
    phone, service, teacher
):
    token = joined(phone, service)
    service.guess(token, CHOICE, 0).result(10)
    service.discuss(CHOICE).result(10)
    service.guess(token, CHOICE, 1, SECOND).result(10)
    service.reveal(CHOICE).result(10)
    with phone.websocket_connect(LIVE) as said:
        said.send_json({"op": "hello", "token": token})
        shown = until(said, lambda message: message.get("values"))
        assert shown["first"]["moved"] == [0, 1, 0, 0]
        post(teacher, "cover", CHOICE)
        covered = until(said, lambda message: message.get("covered"))
        assert covered == {"step": CHOICE, "covered": True, "vote": SECOND}
        assert again(said, CHOICE, 2) == {"id": 2, "step": CHOICE}
    assert service.room.first[CHOICE] == {token: 0}


def test_a_pasted_code_counts_in_the_open_vote(service):
    code = encode(Pasted("k7qw4m", CHOICE, 1.0))
    assert service.paste(code).taken == 1
    service.discuss(CHOICE).result(10)
    assert service.room.answers(CHOICE) == {}
    assert service.paste(code).taken == 1
    votes = [(row["student"], row["vote"]) for row in rows_of(answers_csv(service.room))]
    assert votes == [("k7qw4m", "1"), ("k7qw4m", "2")]


def test_answers_of_all_kinds_are_rows_of_the_csv(service, teacher):
    member = service.admit("10.0.0.7").result(10)
    begun = int(time.time())
    given: Mapping[str, Value] = {CHOICE: 2, NUMBER: 44.5, CURVE: (1.0, 2.0, 0.5), SQUARE: 3}
    for step, value in given.items():
        written = list(value) if isinstance(value, tuple) else value
        service.guess(member, step, written).result(10)
    answer = teacher.get("/api/class/answers.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "class-answers.csv" in answer.headers["content-disposition"]
    rows = rows_of(answer.text)
    assert tuple(rows[0]) == COLUMNS
    assert [(row["answer"], row["right"]) for row in rows] == [
        ("three", "0"),
        ("44.5", "1"),
        ("1 2 0.5", "0"),
        ("d", "1"),
    ]
    assert [row["question"] for row in rows] == [each.ask for each in GUESSES if each]
    assert {(row["student"], row["lesson"], row["vote"]) for row in rows} == {
        ("1", "counting", "1")
    }
    for row in rows:
        at = datetime.fromisoformat(row["time"]).timestamp()
        assert begun <= at <= time.time()
    service.remove([1]).result(10)
    assert rows_of(answers_csv(service.room)) == []


def test_a_wrong_answer_has_the_letter_of_its_belief_in_the_csv(monkeypatch):
    because = (
        Because(text="No.", answer=0, belief="E"),
        Because(text="No.", answer=2, belief="A"),
    )
    numbers = (Because(text="No.", low=48, high=99, belief="B"),)
    asked = (replace(GUESSES[0], because=because), replace(GUESSES[1], because=numbers))
    steps = tuple(
        replace(step, guess=each) for step, each in zip(LESSON.steps, asked, strict=False)
    )
    lesson = replace(LESSON, steps=(*steps, *LESSON.steps[2:]))
    monkeypatch.setattr(guesses, "lessons", lambda: {LESSON.id: lesson})
    room = a_class("a", "b", "c")
    for member, choice, number in zip("abc", (0, 1, 2), (49, 60, 100), strict=True):
        room = room.guessed(member, CHOICE, float(choice)).guessed(member, NUMBER, float(number))
    found = [(row["answer"], row["belief"]) for row in rows_of(answers_csv(room))]
    # 49 is near 47, so it is right; about 100 the lesson says nothing.
    assert found == [
        *(("one", "E"), ("two", ""), ("three", "A")),
        *(("49", ""), ("60", "B"), ("100", "")),
    ]


def test_thirty_phones_vote_twice_and_nothing_is_lost(phone, service, teacher, tmp_path):
    """Three lose their connection meanwhile; two do not answer again."""
    tokens = [joined(another(phone, f"10.0.1.{at}"), service) for at in range(CLASS)]
    first = {token: at % 3 for at, token in enumerate(tokens)}
    second = {token: 1 if at % 4 else at % 3 for at, token in enumerate(tokens[:-2])}
    away = set(tokens[5:8])
    with ExitStack() as open_lines:

        def line_of(token: str):
            said = open_lines.enter_context(phone.websocket_connect(LIVE))
            said.send_json({"op": "hello", "token": token})
            return said

        lines = {token: line_of(token) for token in tokens}
        for token, said in lines.items():
            assert guess(said, CHOICE, first[token]) == {"id": 1, "step": CHOICE}
        for token in away:
            lines.pop(token).close()
        assert right_of(GUESSES[0], service.room.answers(CHOICE)) == CLASS // 3
        assert "Explain" in post(teacher, "vote", CHOICE)["advice"]
        post(teacher, "discuss", CHOICE)
        for token in away:
            lines[token] = line_of(token)
            frame = heard(lines[token])
            assert frame[0] == {"mine": {}, "first": {CHOICE: first[token]}}
            if len(frame) == 1:
                frame += heard(lines[token])
            assert frame[1] == {"step": CHOICE, "covered": True, "vote": SECOND}
        for token, said in lines.items():
            if token not in away:
                said_again = until(said, lambda message: message.get("covered"))
                assert said_again["vote"] == SECOND and "values" not in said_again
        for token, value in second.items():
            assert again(lines[token], CHOICE, value) == {"id": 2, "step": CHOICE}
        assert post(teacher, "vote", CHOICE)["absent"] == [CLASS - 1, CLASS]
        post(teacher, "reveal", CHOICE)
        shown = [until(lines[token], lambda message: message.get("values")) for token in tokens]
    assert shown == [shown[0]] * CLASS
    assert shown[0]["values"] == sorted(map(float, second.values()))
    assert shown[0]["first"]["values"] == sorted(map(float, first.values()))
    went = Counter((first[token] == 1, second[token] == 1) for token in second)
    order = [(True, True), (False, True), (True, False), (False, False)]
    assert shown[0]["first"]["moved"] == [went[each] for each in order]
    names = LESSON.steps[0].guess.answers
    numbers = service.room.members
    wanted = [(str(numbers[each]), "1", names[value]) for each, value in first.items()]
    wanted += [(str(numbers[each]), "2", names[value]) for each, value in second.items()]
    rows = rows_of(teacher.get("/api/class/answers.csv").text)
    assert sorted((row["student"], row["vote"], row["answer"]) for row in rows) == sorted(wanted)
    assert all(row["time"] for row in rows)
    found = stored(tmp_path)
    assert isinstance(found, Classroom)
    assert (found.first[CHOICE], found.guesses[CHOICE]) == (first, second)
