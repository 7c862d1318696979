"""The class on the network, as phones and the teacher's browser meet it, and its two votes."""

import asyncio
import csv
import errno
import io
import json
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient, WebSocketDenialResponse

from hnviz import disk
from hnviz.classroom import ClassError, Classroom, GuessError, guesses
from hnviz.classroom.guesses import FIRST, SECOND, Pasted, encode, read_value, sentence, spread
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
from hnviz.web import controls
from hnviz.web.classroom import connections, lessons, routes
from hnviz.web.classroom import service as class_service
from hnviz.web.classroom.connections import Connection, Connections
from hnviz.web.classroom.routes import members_only, permit
from hnviz.web.classroom.service import MEMBER, REMOVED, TEACHER, ClassService, PasteResult
from hnviz.web.http import Refusal
from hnviz.web.limits import COOKIE
from hnviz.web.sockets import TRY_LATER
from hnviz.web.state import ServerState
from tests.classroom import (
    CHOICE,
    CURVE,
    GUESSES,
    LESSON,
    LIVE,
    NO_GUESS,
    NUMBER,
    SQUARE,
    a_room,
    another,
    as_teacher,
    closed,
    heard,
    joined,
    live,
    site,
    stored,
    turned_away,
    until,
    visiting,
)
from tests.conftest import DATA, finished
from tests.sentences import refusal

pytestmark = pytest.mark.usefixtures("own_lessons")


def guess(said, step: str, value, number: int = 1):
    """Send a guess; return the answer to it."""
    said.send_json({"op": "guess", "id": number, "step": step, "value": value})
    return until(said, lambda message: message.get("id") == number)


def post(client: TestClient, name: str, step: object, status: int = 200) -> dict[str, Any]:
    answer = client.post(f"/api/class/{name}", json={"step": step})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


# --- Who is who ---


def test_a_code_lets_a_browser_in_and_its_token_lets_it_come_back(phone, service):
    first = phone.post("/api/class/join", json={"code": service.room.code.lower()})
    token, cookie = first.json()["token"], first.headers["set-cookie"]
    assert f"{MEMBER}={token}" in cookie and "HttpOnly" in cookie and "SameSite=strict" in cookie
    told = {"joined": True, "teacher": False, "lessons": {"counting": "Counting"}}
    assert phone.get("/api/class").json() == told
    phone.cookies.clear()
    again = phone.post("/api/class/join", json={"code": "", "token": token})
    assert again.json() == {"token": token, "number": 1}
    assert len(service.room.members) == 1


def test_a_phone_that_joins_is_a_viewer_of_its_own_behind_a_proxy_too(phone, service):
    other = another(phone, "10.0.0.7")
    for client in (phone, other):
        joined(client, service)
    names = [client.cookies[COOKIE] for client in (phone, other)]
    assert names[0] != names[1]
    joined(phone, service)
    assert phone.cookies[COOKIE] == names[0]


def test_a_wrong_code_tried_a_thousand_times_is_one_sentence_each_and_others_join(
    phone, service, recorded
):
    said = {}
    for _ in range(1000):
        answer = phone.post("/api/class/join", json={"code": "AAAAAA"})
        said[answer.status_code] = answer.json()["error"]
    assert said.keys() == {403, 429}
    recorded(said[403])
    recorded(said[429], 1)
    # Nor has half a surrogate pair, which JSON may hold, any other answer.
    half = another(phone, "10.0.0.9").post(
        "/api/class/join",
        content=b'{"code": "\\ud800"}',
        headers={"content-type": "application/json"},
    )
    assert (half.status_code, half.json()["error"]) == (403, said[403])
    # Not even the right one is looked at while its address has to wait.
    assert phone.post("/api/class/join", json={"code": service.room.code}).status_code == 429
    assert joined(another(phone, "10.0.0.8"), service) in service.room.members


def test_wrong_codes_from_many_addresses_lock_nobody_out(phone, service, teacher):
    for turn in range(1200):
        guessing = another(phone, f"10.1.{turn % 60}.1")
        guessing.post("/api/class/join", json={"code": "AAAAAA"})
    for turn in range(25):
        assert joined(another(phone, f"10.0.2.{turn}"), service) in service.room.members
    stranger = another(phone, "10.1.7.1")  # where the teacher's own address guesses
    secret = {"secret": service.room.secret}
    assert stranger.post("/api/class/teach", json=secret).json() == {"teacher": True}


def test_one_browser_has_one_place_and_one_address_few_at_once(phone, service, monkeypatch):
    token = joined(phone, service)
    for _ in range(3):  # its script has forgotten the token; the cookie has not
        assert joined(phone, service) == token
    assert len(service.room.members) == 1
    monkeypatch.setattr(routes, "JOINS_AT_ONCE", 5)
    monkeypatch.setattr(routes, "JOINS_A_SECOND", 4)
    monkeypatch.setattr(routes, "MAX_JOINING", 4)
    with visiting(site(service)) as other:

        def join(turn: int, address: str = "10.0.0.9") -> int:
            code = {"code": service.room.code}
            return another(other, address).post("/api/class/join", json=code).status_code

        begun = time.monotonic()
        with ThreadPoolExecutor(30) as threads:
            said = list(threads.map(join, range(30)))
        assert set(said) == {200, 429}
        assert said.count(200) <= 5 + 4 * (time.monotonic() - begun)
        assert join(0, "10.0.0.10") == 200


def test_one_address_takes_at_most_half_of_the_places(a_class, recorded):
    service = a_class(members=4)
    with visiting(site(service)) as client:
        clients = [another(client, "10.0.0.9") for _ in range(3)]
        code = {"code": service.room.code}
        said = [each.post("/api/class/join", json=code) for each in clients]
        assert [each.status_code for each in said] == [200, 200, 503]
        recorded(said[2].json()["error"], 2, 4, part="places of the class were")
        assert joined(another(client, "10.0.0.10"), service)
        service.remove([1]).result(10)
        assert joined(another(client, "10.0.0.9"), service)


# --- The teacher removes ---


def test_a_removed_student_is_out_with_a_sentence_and_the_answers_do_not_count(
    phone, service, teacher, hello, join
):
    tokens = join(3)
    lines = [hello(token) for token in tokens]
    for line, value in zip(lines, (0, 1, 1), strict=True):
        guess(line, CHOICE, value)
    post(teacher, "reveal", CHOICE)
    assert until(lines[1], lambda news: news.get("values"))["n"] == 3
    assert phone.post("/api/class/remove", json={"students": [1]}).status_code == 403
    assert phone.get("/api/class/students").status_code == 403
    for wrong in (None, 1, "1", [True], ["1"], [[1]]):
        assert teacher.post("/api/class/remove", json={"students": wrong}).status_code == 422
    assert teacher.post("/api/class/remove", json={"students": [1]}).status_code == 200
    end = closed(lines[0])
    assert (end.code, end.reason) == (connections.NOT_KNOWN, REMOVED)
    shown = until(lines[1], lambda news: news.get("values"))
    assert (shown["n"], shown["values"]) == (2, [1.0, 1.0])
    again = phone.post("/api/class/join", json={"code": service.room.code, "token": tokens[0]})
    assert (again.status_code, again.json()["error"]) == (403, REMOVED)
    assert turned_away(phone, op="hello", token=tokens[0]).reason == REMOVED
    listed = teacher.get("/api/class/students").json()["students"]
    told = [(each["number"], each["here"], each["answers"]) for each in listed]
    assert told == [(2, True, 1), (3, True, 1)]
    assert teacher.post("/api/class/restore", json={"students": [1]}).status_code == 200
    assert until(hello(tokens[0]), lambda news: news.get("mine")) == {"mine": {CHOICE: 0}}
    assert until(lines[1], lambda news: news.get("values"))["n"] == 3


def test_a_student_who_joins_again_elsewhere_counts_once_without_an_answer(
    service, teacher, hello, join
):
    """Of three phones, one has joined three times: the class counts who is here or has answered."""
    tokens = join(5)
    with live(teacher, op="teach") as board:
        lines = [hello(token) for token in tokens[:3]]
        guess(lines[0], CHOICE, 1)
        counts = until(board, lambda news: news.get("here") == 3 and news["steps"])
        assert (counts["members"], counts["steps"]) == (5, [[CHOICE, 1, 3, False]])
        lines[0].close()  # who has answered still counts
        counts = until(board, lambda news: news.get("here") == 2)
        assert counts["steps"] == [[CHOICE, 1, 3, False]]
        service.reveal(CHOICE).result(10)
        assert until(lines[1], lambda news: news.get("values"))["sentence"].startswith("**1** of 3")


def test_only_the_secret_makes_a_browser_the_teachers(phone, service):
    assert phone.post("/api/class/teach", json={"secret": service.room.code}).status_code == 403
    assert phone.post("/api/class/reveal", json={"step": CHOICE}).status_code == 403
    answer = phone.post("/api/class/teach", json={"secret": service.room.secret})
    assert answer.json() == {"teacher": True}
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert phone.get("/api/class").json()["teacher"]


NO_JOINS = [
    *(({}, 403), ({"code": 3}, 422), ({"code": "A" * 200}, 422), ({"code": "A", "token": []}, 422)),
    *(([], 422), ({"code": "x" * 5000}, 413), ({"code": "\x00\u202e\U0001f40c"}, 403)),
]


@pytest.mark.parametrize(("body", "status"), NO_JOINS)
def test_a_join_that_is_no_join_is_one_sentence(phone, body, status):
    answer = phone.post("/api/class/join", json=body)
    assert answer.status_code == status and set(answer.json()) == {"error"}


def test_a_full_class_says_so(a_class, recorded):
    service = a_class(members=1)
    with visiting(site(service)) as client:
        joined(client, service)
        code = {"code": service.room.code}
        answer = another(client, "10.0.0.8").post("/api/class/join", json=code)
    assert answer.status_code == 503
    recorded(answer.json()["error"], 1)


def test_those_who_joined_from_one_address_are_listed_together(phone, service, teacher):
    for address in ("10.0.1.1", "10.0.1.9", "10.0.1.1"):
        joined(another(phone, address), service)
    listed = teacher.get("/api/class/students").json()["students"]
    assert [each["place"] for each in listed] == [1, 2, 1]


# --- Guesses and reveals ---


def test_guesses_come_out_only_after_the_reveal_and_without_names(teacher, hello, join, recorded):
    tokens = join(3)
    lines = [hello(token) for token in tokens]
    with live(teacher, op="teach", have=[]) as board:
        for line, value in zip(lines, (1, 0, 1), strict=True):
            assert guess(line, CHOICE, value) == {"id": 1, "step": CHOICE}
        counts = until(board, lambda news: news.get("steps") == [[CHOICE, 3, 3, False]])
        assert (counts["here"], counts["members"]) == (3, 3)
        assert post(teacher, "reveal", CHOICE) == {"revealed": CHOICE}
        wanted = {"step": CHOICE, "n": 3, "values": [0.0, 1.0, 1.0]}
        for line in lines:
            found = until(line, lambda news: news.get("step"))
            recorded(found["sentence"], 3, 67)
            wanted["sentence"] = found["sentence"]
            assert found == wanted and not any(token in json.dumps(found) for token in tokens)
        assert until(board, lambda news: news.get("step")) == wanted
        recorded(guess(lines[0], CHOICE, 2, number=2)["error"])


def test_a_phone_that_comes_back_gets_what_it_missed(phone, service, teacher, hello):
    token = joined(phone, service)
    service.guess(token, CHOICE, 1).result(10)
    service.guess(token, NUMBER, 50).result(10)
    for step in (CHOICE, NUMBER):
        service.reveal(step).result(10)
    said = hello(token, have=(CHOICE, "gone.1"))
    mine, missed = heard(said)
    assert mine == {"mine": {CHOICE: 1, NUMBER: 50}}
    assert missed["step"] == NUMBER


def test_a_step_that_nobody_has_answered_is_closed_by_its_reveal(phone, service, teacher, hello):
    said = hello(joined(phone, service))
    assert heard(said) == [{"mine": {}}]
    post(teacher, "reveal", CHOICE)
    shown = until(said, lambda message: message.get("step"))
    assert (shown["n"], shown["sentence"]) == (0, "**0** of 1 answered.")
    assert "after Reveal" in guess(said, CHOICE, 1)["error"]
    assert not service.room.guesses
    for name in ("reveal", "cover"):
        post(phone, name, CHOICE, 403)
        for step in (NO_GUESS, "other.1", 3):
            post(teacher, name, step, 422)


def test_a_reveal_that_is_taken_back_covers_the_step_and_takes_guesses_again(
    service, teacher, hello, join
):
    early, late = join(2)
    line, other = hello(early), hello(late)
    assert guess(line, CHOICE, 1) == {"id": 1, "step": CHOICE}
    post(teacher, "reveal", CHOICE)
    assert until(line, lambda message: message.get("step"))["n"] == 1
    assert "after Reveal" in guess(other, CHOICE, 0)["error"]
    assert post(teacher, "cover", CHOICE) == {"covered": CHOICE}
    for each in (line, other):
        assert until(each, lambda news: news.get("covered")) == {"step": CHOICE, "covered": True}
    assert guess(other, CHOICE, 0, number=2) == {"id": 2, "step": CHOICE}
    service.reveal(CHOICE).result(10)
    shown = until(line, lambda message: message.get("values"))
    assert (shown["n"], shown["values"]) == (2, [0.0, 1.0])
    service.cover(CHOICE).result(10)
    missed = hello(early, have=(CHOICE,))  # it was away meanwhile
    assert until(missed, lambda news: news.get("step")) == {"step": CHOICE, "covered": True}


def test_someone_who_has_not_joined_sees_the_truth_with_the_class_and_answers_nothing(
    phone, service, monkeypatch, recorded
):
    monkeypatch.setattr(connections, "MAX_LOOKING", 1)
    with live(phone, op="look", have=["no step", 3, None]) as said:
        recorded(guess(said, CHOICE, 1)["error"])
        service.reveal(CHOICE).result(10)
        assert until(said, lambda message: message.get("step"))["step"] == CHOICE
        assert turned_away(phone, op="look").code == TRY_LATER
    assert not service.room.guesses
    joined(phone, service)
    end = turned_away(phone, op="teach")  # only the teacher's browser gets counts
    assert end.code == connections.NOT_KNOWN
    recorded(end.reason)


@pytest.mark.parametrize(
    ("step", "value", "numbers"),
    [
        ("counting", 1, (2,)),
        ("other.1", 1, ()),
        ("counting.9", 1, (9,)),
        (NO_GUESS, 1, (5,)),
        (CHOICE, 3, (0, 2, 3.0)),
        (CHOICE, 0.5, (0, 2, 0.5)),
        (CHOICE, [1], (0, 2, 1.0)),
        (SQUARE, -1, (0, 3, 1.0)),
        (NUMBER, 101, (0, 100)),
        (NUMBER, [1, 2], (2,)),
        (CURVE, [1, 2], (3, 2)),
        (CURVE, 1, (3,)),
        (CURVE, [1, 2, 5], (0, 4)),
        (CURVE, [[1], 2, 3], ("1e+09", 64, 1)),
        (NUMBER, "47", ("1e+09", 64, 47)),
        (NUMBER, None, ("1e+09", 64)),
    ],
)
def test_a_guess_that_does_not_fit_is_one_sentence(
    phone, service, step, value, numbers, hello, recorded
):
    line = hello(joined(phone, service))
    answer = guess(line, step, value, number=7)
    recorded(answer["error"], *numbers)
    assert not service.room.guesses
    assert guess(line, NUMBER, 47, number=8) == {"id": 8, "step": NUMBER}


def test_a_guess_of_ten_megabytes_is_refused_with_one_sentence_and_others_go_on(
    phone, service, hello, join, recorded
):
    other = hello(*join(1))
    with live(phone, op="hello", token=joined(phone, service)) as said:
        assert heard(said) == [{"mine": {}}]
        said.send_text(json.dumps({"op": "guess", "id": 1, "step": NUMBER, "value": "9" * 10**7}))
        end = closed(said)
    assert end.code == 1009
    recorded(end.reason, 4_096)
    assert guess(other, NUMBER, 47) == {"id": 1, "step": NUMBER}


GARBAGE = {
    **dict.fromkeys(("", "null", "[]", "{", "3", "[" * 4000, '"\\ud800"'), 1003),
    '{"op": "guess", "step": "counting.1", "value": 1}': 1008,
    **dict.fromkeys(('{"op": "hello"}', '{"op": "hello", "token": "x"}'), connections.NOT_KNOWN),
    '{"op": "hello", "token": ["x"]}': connections.NOT_KNOWN,
    '{"op": ["hello"]}': 1008,
}


@pytest.mark.parametrize(("first", "code"), GARBAGE.items())
def test_garbage_closes_its_own_connection_with_one_sentence(
    phone, first, code, hello, join, recorded
):
    other = hello(*join(1))
    with phone.websocket_connect(LIVE) as said:
        said.send_text(first)
        end = closed(said)
    assert end.code == code
    recorded(end.reason)
    assert guess(other, NUMBER, 47) == {"id": 1, "step": NUMBER}


def test_somebody_who_says_nothing_is_closed_out(phone, monkeypatch, recorded):
    monkeypatch.setattr(connections, "HELLO_SECONDS", 0.05)
    with phone.websocket_connect(LIVE) as said:
        recorded(closed(said).reason, 0.05)


def test_silent_sockets_keep_neither_phones_nor_the_teacher_out(
    phone, service, teacher, monkeypatch
):
    monkeypatch.setattr(connections, "MAX_SILENT", 20)
    monkeypatch.setattr(connections, "HELLO_SECONDS", 60.0)
    silent = another(phone, "10.0.0.66")
    early = another(phone, "10.0.0.5").websocket_connect(LIVE)
    with ExitStack() as stack:
        late = stack.enter_context(early)  # it is slow, and the first of all
        lines = [stack.enter_context(silent.websocket_connect(LIVE)) for _ in range(60)]
        token = joined(phone, service)
        for line in (late, stack.enter_context(phone.websocket_connect(LIVE))):
            line.send_json({"op": "hello", "token": token})
            assert guess(line, NUMBER, 47) == {"id": 1, "step": NUMBER}
        board = stack.enter_context(live(teacher, op="teach"))
        assert until(board, lambda news: news.get("here") == 1)
        end = closed(lines[0])  # the oldest of the address that has most of them
        assert end.reason.startswith("nobody said hello")


def test_a_full_hall_has_a_place_for_each_member_and_the_teacher(
    phone, teacher, hello, join, monkeypatch, recorded
):
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    tokens = join(2)
    for line in (hello(tokens[0]), hello(tokens[0])):
        heard(line)
    for first in ({"op": "hello", "token": tokens[0]}, {"op": "look"}):
        recorded(turned_away(phone, **first).reason, 2)
    assert heard(hello(tokens[1])) == [{"mine": {}}]
    with live(teacher, op="teach") as board:
        assert heard(board)[0]["here"] == 2


def test_one_browser_has_few_connections_and_sends_few_guesses_a_second(
    phone, service, hello, recorded
):
    token = joined(phone, service)
    lines = [hello(token) for _ in range(connections.MAX_OF_ONE)]
    for line in lines:
        guess(line, NUMBER, 1)
    recorded(turned_away(phone, op="hello", token=token).reason, 4)
    answers = [guess(lines[0], NUMBER, at % 100, number=at) for at in range(60)]
    refused = [answer["error"] for answer in answers if "error" in answer]
    (said,) = set(refused)
    recorded(said)
    assert 0 < len(refused) < 60


def test_a_foreign_origin_is_refused_everywhere(phone, service):
    foreign, code = {"origin": "http://evil.example"}, {"code": service.room.code}
    secret = {"secret": service.room.secret}
    answers = [
        phone.post("/api/class/join", json=code, headers=foreign),
        phone.post("/api/class/teach", json=secret, headers=foreign),
        phone.post("/api/class/join", json=code, headers={"sec-fetch-site": "cross-site"}),
        phone.get("/api/class", headers={"host": "evil.example"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 400]
    assert all(set(answer.json()) == {"error"} for answer in answers)
    with pytest.raises(WebSocketDenialResponse) as refused:
        phone.websocket_connect(LIVE, headers=foreign).__enter__()
    assert refused.value.status_code == 403 and not service.room.members


# --- Slow clients, and quiet ---


class Slow:
    """A browser that reads when a test lets it."""

    def __init__(self, *said: dict, **cookies: str) -> None:
        self.reads, self.sent, self.said, self.cookies = asyncio.Event(), [], [*said], cookies
        self.scope = {"type": "websocket", "headers": [], "client": ("10.0.0.7", 1)}

    async def receive(self):
        await asyncio.sleep(0 if self.said else 60)
        return {"type": "websocket.receive", "text": json.dumps(self.said.pop(0))}

    async def send_text(self, text: str) -> None:
        await self.reads.wait()
        self.sent.append(json.loads(text))


def told_to(slow: Slow, service: ClassService, story) -> list:
    """Serve a slow browser while a story goes on; return the frames that it read."""

    async def go() -> None:
        task = asyncio.create_task(Connection(Connections(service), slow).serve())
        await story()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    finished(go())
    return slow.sent


def test_a_slow_phone_is_skipped_forward_and_a_quiet_class_sends_nothing(service):
    token = service.admit("10.0.0.7").result(10)
    slow = Slow({"op": "hello", "token": token})

    async def reveals() -> None:
        await asyncio.sleep(0.05)
        for step, value in ((CHOICE, 1), (NUMBER, 47), (CURVE, [1, 1, 1]), (SQUARE, 3)):
            service.guess(token, step, value).result(10)
            service.reveal(step).result(10)
            service.change(lambda room: room, None).result(10)  # after the reveal is told
            await asyncio.sleep(0)
        slow.reads.set()
        await asyncio.sleep(0.5)

    first, second = told_to(slow, service, reveals)  # and nothing in the quiet after that
    assert first in ({"mine": {}}, [{"mine": {}}])
    assert [message["step"] for message in second] == [CHOICE, NUMBER, CURVE, SQUARE]


def test_counts_are_sent_together(service, monkeypatch):
    monkeypatch.setattr(connections, "COUNT_SECONDS", 0.1)
    tokens = [service.admit("10.0.0.7").result(10) for _ in range(50)]
    slow = Slow({"op": "teach"}, **{TEACHER: service.room.secret})

    async def guesses() -> None:
        slow.reads.set()
        await asyncio.sleep(0.3)
        slow.sent.clear()
        for token in tokens:
            service.guess(token, NUMBER, 47).result(10)
        await asyncio.sleep(0.3)

    (sent,) = told_to(slow, service, guesses)
    assert sent["steps"] == [[NUMBER, 50, 50, False]]


def test_answers_that_nobody_reads_end_the_connection(service, monkeypatch):
    monkeypatch.setattr(connections, "MAX_ANSWERS", 3)
    token = service.admit("10.0.0.7").result(10)
    guessed = {"op": "guess", "id": 1, "step": NUMBER, "value": 1}
    flood = Slow({"op": "hello", "token": token}, *[guessed] * 1000)

    async def go() -> None:
        await asyncio.wait_for(Connection(Connections(service), flood).serve(), 20)

    with pytest.raises(connections.Closed, match="answers were not read"):
        finished(go())


# --- Pasted codes ---


def test_pasted_codes_are_counted_and_wrong_ones_named(service):
    good = [encode(Pasted(tag, NUMBER, 40.0)) for tag in ("k7qw4m", "aaaaaa", "k7qw4m")]
    bad = [encode(Pasted("k7qw4m", "other.1", 1.0)), good[0][:-1] + "_"]
    result = service.paste("\n".join(f"Ada: {code}" for code in [*good, *bad]))
    assert result.taken == 3
    assert len(result.wrong) == 2
    assert "there is no lesson 'other' here" in result.wrong[0]
    assert service.counts() == {NUMBER: 2}
    assert service.paste("nothing here").taken == 0


# --- Runs ---


def started(service: ClassService, member: str | None, train) -> str:
    """Start a run; return its name, or why it is refused."""
    try:
        return service.start(member, train)
    except ClassError as error:
        return str(error)


@pytest.fixture
def train(under_way):
    """Let a run be under way once it has started."""

    def begin(run: str, seconds: float = 0.0) -> str:
        time.sleep(seconds)
        under_way.append(run)
        return run

    return begin


def test_fifty_presses_at_once_start_as_many_runs_as_a_student_may_have(a_class, train, recorded):
    service = a_class(at_once=2, each=5)
    member, other = (service.admit("10.0.0.7").result(10) for _ in range(2))
    presses = [partial(train, f"run-{turn}", 0.01) for turn in range(50)]
    with ThreadPoolExecutor(10) as threads:
        said = list(threads.map(partial(started, service, member), presses))
    assert sum(each.startswith("run-") for each in said) == 2
    (refused,) = {each for each in said if not each.startswith("run-")}
    recorded(refused, 2, 2)
    assert started(service, other, lambda: "run-of-other") == "run-of-other"


def test_a_run_counts_once_while_the_class_takes_it_in(a_class, train, monkeypatch, recorded):
    """The class counts a run a moment before its start is over."""
    service = a_class(at_once=2, each=5)
    member = service.admit("10.0.0.7").result(10)
    said: list[str] = []

    class Watched(Future):
        def set_result(self, result: object) -> None:
            said.append(started(service, member, lambda: "run-3"))
            super().set_result(result)

    service.start(member, partial(train, "run-1"))
    monkeypatch.setattr(class_service, "Future", Watched)
    service.start(member, partial(train, "run-2"))
    (refused,) = said
    recorded(refused, 2, 2)


def test_a_run_that_does_not_start_gives_its_place_back(service):
    member = service.admit("10.0.0.7").result(10)

    def fails() -> str:
        raise ValueError("the queue is full")

    for _ in range(20):
        with pytest.raises(ValueError, match="queue is full"):
            service.start(member, fails)
    assert not service.room.runs
    assert started(service, None, fails).startswith("only members of the class")


@pytest.fixture
def pressed(service, tmp_path):
    """A browser beside the buttons of runs, and what reached the engine."""
    reached: list[str] = []

    class Engine:
        def __getattr__(self, name: str):
            return lambda *run: reached.append(f"{name} {run[0]}") if run else None

        def job(self, run_id: str) -> None:
            return None

    class Found:
        shipped, status, path, root, resumable = False, "running", tmp_path, tmp_path, False

        def folder(self, run_id: str) -> "Found":
            return self

        record = folder

    state = ServerState(Found(), Engine)
    buttons = controls.button_routes(state, partial(permit, service))
    with visiting(site(service, more=buttons)) as client:
        yield client, reached


def test_a_student_stops_own_runs_alone_and_the_teacher_all(pressed, service, recorded):
    client, reached = pressed
    stranger = client.post("/api/runs/run-1/stop", json={})
    assert stranger.status_code == 403
    recorded(stranger.json()["error"])
    member = joined(client, service)
    service.start(member, lambda: "run-1")
    assert client.post("/api/runs/run-2/stop", json={}).status_code == 403
    assert client.post("/api/runs/run-2/speed", json={"speed": 1}).status_code == 403
    assert reached == []
    assert client.post("/api/runs/run-1/stop", json={}).status_code == 200
    as_teacher(client, service)
    assert client.post("/api/runs/run-2/stop", json={}).status_code == 200
    assert reached == ["stop run-1", "stop run-2"]


def test_a_resumed_run_counts_as_one_under_way(pressed, service, under_way):
    client, reached = pressed
    member = joined(client, service)
    for run in ("run-1", "run-2", "run-3"):
        service.start(member, lambda run=run: run)
    under_way += ["run-2", "run-3"]
    answer = client.post("/api/runs/run-1/resume", json={})
    assert answer.status_code == 429
    assert "you have 2 runs under way" in answer.json()["error"]
    under_way.remove("run-3")
    assert client.post("/api/runs/run-1/resume", json={}).status_code == 200
    assert reached == ["resume run-1"]


# --- Who may look ---


def test_with_a_coded_view_strangers_get_no_data(a_class, recorded):
    recorded(refusal(ValueError, a_class, view="open"))  # it is free or coded
    service = a_class(view="coded")
    with visiting(site(service)) as client:
        refused = client.get("/api/runs")
        assert refused.status_code == 403
        recorded(refused.json()["error"])
        assert client.get("/class/lesson/counting").status_code == 403
        assert client.get("/class/join").status_code == 200
        joined(client, service)
        assert client.get("/api/runs").status_code == 404  # it passes; no such route is here
        client.cookies.clear()
        client.cookies.set(MEMBER, "another")
        assert client.get("/api/runs").status_code == 403
    rest = Route("/{path:path}", lambda request: PlainTextResponse("here"))
    outside = [members_only(service, lambda: "/lab")]
    phone = TestClient(Starlette(routes=[rest], middleware=outside))
    assert phone.get("/lab/api/runs").status_code == 403
    for path in ("/lab/api/class", "/lab/train", "/lab"):
        assert phone.get(path).text == "here"


# --- Lessons and the page of phones ---


def test_exported_lessons_are_static_files_with_a_policy_of_their_own(service, tmp_path):
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / "counting.html").write_text("<!doctype html><script>1</script>" + "x" * 3000)
    (folder / "secret.html").write_text("not a lesson")
    with visiting(site(service, folder)) as client:
        assert client.get("/api/class").json()["lessons"] == {"counting": "Counting"}
        answer = client.get("/class/lesson/counting")
        assert answer.headers.get_list("content-security-policy") == [routes.POLICY]
        assert "'wasm-unsafe-eval'" in routes.POLICY  # lessons need it to run networks
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.text.startswith("<!doctype html>")
        for name in ("secret", "..%2Fcounting", "nothing"):
            assert client.get(f"/class/lesson/{name}").status_code == 404
        (folder / "counting.html").write_text("another")
        assert client.get("/class/lesson/counting.html").text == "another"
        index = client.get("/class/lesson/index.html", follow_redirects=False)
        assert index.headers["location"] == "../join"


class Writer:
    """Writes lessons, each after a turn; notes them."""

    def __init__(self, turns: int = 0) -> None:
        self.turns, self.written = threading.Semaphore(turns), list[str]()

    def __call__(self, name: str) -> bytes:
        self.written.append(name)
        self.turns.acquire(timeout=20)
        return f"<!doctype html>{name}".encode()


@pytest.fixture
def named(monkeypatch):
    """Let there be lessons of other names."""

    def lessons_of(names: str) -> None:
        told = {name: replace(LESSON, id=name, title=name.upper()) for name in names}
        for module in (lessons, connections):
            monkeypatch.setattr(module, "lessons", lambda: told)

    return lessons_of


async def met(holds) -> None:
    while not holds():
        await asyncio.sleep(0.01)


def opened(client: TestClient, lesson: str):
    """Open a lesson as a phone does, again and again until it is no longer being prepared."""
    answer = client.get(f"/class/lesson/{lesson}")
    while answer.status_code == 202:
        time.sleep(0.01)
        answer = client.get(f"/class/lesson/{lesson}")
    return answer


def test_without_a_folder_a_lesson_is_written_once_and_phones_are_told_meanwhile(service):
    write = Writer()
    with visiting(site(service, write=write)) as client:
        assert client.get("/api/class").json()["lessons"] == {"counting": "Counting"}
        for _ in range(3):
            waiting = client.get("/class/lesson/counting")
            assert (waiting.status_code, waiting.headers["refresh"]) == (202, "3")
            assert "preparing this lesson" in waiting.text
            assert waiting.headers["content-security-policy"] == routes.POLICY
        assert client.get("/api/class").status_code == 200  # the loop is free
        write.turns.release()
        for _ in range(3):
            assert opened(client, "counting").text == "<!doctype html>counting"
        assert client.get("/class/lesson/other").status_code == 404
    assert write.written == ["counting"]


def test_all_lessons_are_written_one_at_a_time_and_first_those_that_phones_wait_for(named):
    named("abcd")
    write = Writer()

    async def go() -> None:
        made = lessons.LessonFiles(None, write)
        made.begin()
        await met(lambda: write.written)
        assert await made.entry("d") == lessons.PREPARING
        assert write.written == ["a"]
        write.turns.release(4)
        while await made.entry("c") == lessons.PREPARING:
            await asyncio.sleep(0.01)
        assert (await made.entry("d")).content == b"<!doctype html>d"

    finished(go())
    assert write.written[:2] == ["a", "d"] and len(write.written) == len(set(write.written))


def test_no_file_is_begun_once_the_server_ends(named):
    named("ab")
    wait = Writer()

    def write(name: str) -> bytes:
        wait(name)
        raise Refusal("its process was ended", 422)

    async def go() -> None:
        made = lessons.LessonFiles(None, write)
        made.begin()
        await met(lambda: wait.written)
        made.end()
        wait.turns.release(2)
        await asyncio.sleep(0.2)

    finished(go())
    assert wait.written == ["a"]


def test_the_teacher_sees_what_is_ready_and_why_not_and_has_it_tried_again(service, named):
    named("abc")
    problems = {"b": [Refusal("the page start took more than 600 s", 422), OSError("no")]}

    def write(name: str) -> bytes:
        if problems.get(name):
            raise problems[name].pop(0)
        return f"<!doctype html>{name}".encode()

    def ready(*missing: tuple[str, str]):
        wanted = {"all": 3, "missing": [list(each) for each in missing]}
        return lambda news: news.get("lessons") == wanted

    with visiting(site(service, write=write)) as phone:
        teacher = as_teacher(another(phone, "10.0.0.2"), service)
        with live(teacher, op="teach") as board:
            assert until(board, ready(("A", ""), ("B", ""), ("C", "")))
            phone.get("/class/lesson/a")
            assert until(board, ready(("B", "the page start took more than 600 s")))
            failed = phone.get("/class/lesson/b")
            assert (failed.status_code, failed.headers["refresh"]) == (503, "3")
            assert "could not prepare this lesson" in failed.text
            assert phone.post("/api/class/lessons", json={}).status_code == 403
            assert teacher.post("/api/class/lessons", json={}).status_code == 202
            assert until(board, ready(("B", "it could not be written: no")))
            assert phone.get("/class/lesson/c").text == "<!doctype html>c"
            assert teacher.post("/api/class/lessons", json={}).status_code == 202
            assert until(board, ready())
        assert phone.get("/class/lesson/b").text == "<!doctype html>b"


def full(*given, **more):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_next_server_with_the_same_code_need_not_write_lessons_again(
    tmp_path, monkeypatch, named
):
    named("ab")
    write, place = Writer(99), tmp_path / "runs" / ".lessons"

    async def serve() -> bytes:
        made = lessons.LessonFiles(None, write, lessons.LessonCache(place))
        made.begin()
        await met(lambda: not made.missing())
        return (await made.entry("b")).content

    for _ in range(2):
        assert finished(serve()) == b"<!doctype html>b"
    assert write.written == ["a", "b"]
    monkeypatch.setattr(lessons, "made_from", lambda: "another")  # the code has changed
    assert finished(serve()) == b"<!doctype html>b"
    assert write.written == ["a", "b"] * 2 and len(list(place.iterdir())) == 2
    monkeypatch.setattr(disk, "replace", full)
    monkeypatch.setattr(lessons, "made_from", lambda: "a third")
    assert finished(serve()) == b"<!doctype html>b"  # a disk that is full stops no class


def test_a_folder_without_a_lesson_says_how_to_write_it(tmp_path, named, recorded):
    (tmp_path / "a.html").write_text("<!doctype html>")
    named("ab")
    ((title, said),) = lessons.LessonFiles(tmp_path).missing()
    assert title == "B"
    recorded(said)


def test_the_page_of_phones_is_ours_and_strict(phone):
    answer = phone.get("/class/join")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "{" not in answer.text.split("</style>")[1]
    for address in ("style.css", "join.js"):
        (found,) = (part for part in answer.text.split('"') if part.endswith(address))
        assert phone.get(f"/class/{found}").status_code == 200


# --- The sentence ---


@pytest.mark.parametrize(
    ("at", "values", "numbers"),
    [
        (0, [], (0, 9)),
        (0, [0, 0, 2, 1], (4, 9, 50, 25)),
        (0, [0, 1], (2, 9, 50, 50)),
        (3, [2, 1, 0], (3, 9, 33, 0)),
        (3, [3, 3], (2, 9, 100)),
        (1, [40], (1, 9, 40, 47)),
        (1, [40, 50], (2, 9, 40, 50, 47)),
        (1, [10, 20, 30, 40, 50], (5, 9, 20, 40, 47)),
        (1, [50] * 9, (9, 50, 47)),
        (2, [(3.0, 3.0, 0.0), (4.0, 2.0, 1.0)], (2, 9, 100, 2.5, 1.2)),
    ],
)  # fmt: skip
def test_the_sentence_has_the_classs_own_numbers(at, values, numbers, recorded):
    values = [each if isinstance(each, tuple) else float(each) for each in values]
    recorded(sentence(GUESSES[at], spread(values), 9), *numbers)


# --- The server starts again ---


def test_what_is_acknowledged_is_in_the_file_and_a_full_disk_acknowledges_nothing(
    phone, service, teacher, hello, tmp_path, monkeypatch, recorded, a_class
):
    """A phone sends a guess again until it is acknowledged, so a killed server loses none."""
    token = joined(phone, service)
    assert token in stored(tmp_path).members
    said = hello(token)
    assert guess(said, CHOICE, 2) == {"id": 1, "step": CHOICE}
    assert stored(tmp_path).own(token) == {CHOICE: 2.0}
    with monkeypatch.context() as patch:
        patch.setattr(disk, "step", full)
        problem = guess(said, NUMBER, 50, number=2)["error"]
        recorded(problem)
        code = {"code": service.room.code}
        joining = another(phone, "10.0.0.9").post("/api/class/join", json=code)
        assert (joining.status_code, joining.json()) == (503, {"error": problem})
        assert post(teacher, "reveal", SQUARE, 503) == {"error": problem}
        pasted = service.paste(encode(Pasted("k7qw4m", CHOICE, 1.0)))
        assert pasted == PasteResult(0, (problem,))
        assert service.start(token, lambda: "run-1") == "run-1"  # it trains, and is the student's
        assert service.room.own(token) == stored(tmp_path).own(token) == {CHOICE: 2.0}
    assert guess(said, NUMBER, 51, number=3) == {"id": 3, "step": NUMBER}
    service.reveal(NUMBER).result(10)
    assert stored(tmp_path) == service.room and service.room.owns(token, "run-1")
    service.close()
    again = a_class()  # a server that starts again goes on with the class
    assert again.room == service.room and again.visitor({MEMBER: token}).member == token


def test_a_disk_that_does_not_answer_keeps_nobody_waiting(phone, service, hello, join, monkeypatch):
    said, late = map(hello, join(2))
    answers = threading.Event()

    @contextmanager
    def slow(*step):
        answers.wait(20)
        yield

    with monkeypatch.context() as patch:
        patch.setattr(class_service, "WAIT_SECONDS", 0.1)
        patch.setattr(disk, "step", slow)
        for line in (said, late):
            assert "could not store this: the disk is slow" in guess(line, NUMBER, 47)["error"]
        assert phone.get("/api/class").status_code == 200
        answers.set()
    for line in (said, late):
        assert guess(line, NUMBER, 48, number=2) == {"id": 2, "step": NUMBER}
    assert service.counts() == {NUMBER: 2}


@pytest.mark.parametrize("name", ["class.db", "class.json"])
def test_a_damaged_file_begins_a_new_class(a_class, tmp_path, caplog, name, recorded):
    (tmp_path / name).write_text("{}" * 5000)
    service = a_class()
    assert len(service.room.code) == 6
    aside = name.replace(".", ".damaged.")
    (said,) = (each.getMessage() for each in caplog.records if aside in each.getMessage())
    recorded(said, *((1, 3, 2) if name == "class.json" else ()))
    assert (tmp_path / aside).read_text() == "{}" * 5000
    assert stored(tmp_path) == service.room


def test_a_step_that_a_lesson_has_lost_is_left_out(service, monkeypatch):
    member = service.admit("10.0.0.7").result(10)
    for step in (NUMBER, CHOICE):
        service.guess(member, step, 1).result(10)
        service.reveal(step).result(10)
    monkeypatch.setattr(guesses, "lessons", dict)
    assert (service.revealed(), service.counts(), service.spread(NUMBER).n) == ({}, {}, 0)
    with pytest.raises(Refusal):
        service.knows("", "10.0.0.7", "")


# --- Two votes ---

CLASS = 30
ADVICE = ("Explain", "Discuss", "Go on")


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
    room = a_room("a", "b").guessed("a", CHOICE, 0.0, FIRST, 5).guessed("b", CHOICE, 1.0)
    recorded(refusal(GuessError, room.guessed, "a", CHOICE, 1.0, SECOND))
    room = room.discussed(CHOICE)
    assert (room.vote(CHOICE), room.vote(NUMBER)) == (SECOND, FIRST)
    assert (room.first[CHOICE], room.answers(CHOICE)) == ({"a": 0.0, "b": 1.0}, {})
    assert (room.own("a"), room.own_first("a")) == ({}, {CHOICE: 0.0})
    recorded(refusal(GuessError, room.guessed, "b", CHOICE, 2.0, FIRST))
    room = room.guessed("a", CHOICE, 1.0, SECOND, 9)
    assert room.own("a") == {CHOICE: 1.0}
    assert room.times == {(CHOICE, FIRST): {"a": 5}, (CHOICE, SECOND): {"a": 9}}
    gone = room.without([1])
    assert (gone.first_answers(CHOICE), gone.answers(CHOICE)) == ({"b": 1.0}, {})


def test_a_class_discusses_an_open_step_once_and_not_without_an_answer(recorded):
    room = a_room("a")
    voted = room.guessed("a", CHOICE, 0.0)
    for wrong in (room, voted.discussed(CHOICE), voted.shown(CHOICE), voted.without([1])):
        recorded(refusal(GuessError, wrong.discussed, CHOICE))


def test_both_votes_and_their_times_are_in_the_file(tmp_path):
    room = a_room("a", "b").guessed("a", CHOICE, 0.0, FIRST, 5).guessed("b", CURVE, (1.0, 2.0))
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


@contextmanager
def database_of(folder: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(folder / FILE)
    with database:
        yield database
    database.close()


def test_a_file_of_an_earlier_release_opens_and_takes_a_second_vote(tmp_path):
    """Such a file has no table of votes: its answers have no time."""
    head = {"version": 1, "code": "K7QW4M", "secret": "s" * 20, "members": ["a", "b"]}
    parts = {"": head | {"removed": [], "revealed": [], "runs": {}}, CHOICE: {"a": 0.0, "b": 1.0}}
    rows = [(step, json.dumps(content)) for step, content in parts.items()]
    with database_of(tmp_path) as database:
        database.executescript(EARLIER)
        database.executemany("INSERT INTO parts VALUES (?, ?)", rows)
    store = ClassStore(tmp_path)
    room = store.load()
    assert room is not None and room.guesses == {CHOICE: {"a": 0.0, "b": 1.0}}
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
    store.save(a_room("a").guessed("a", CHOICE, 0.0, FIRST, 5).discussed(CHOICE))
    store.close()
    with database_of(tmp_path) as database:
        database.execute("UPDATE votes SET content = ?", [content])
    with pytest.raises(DamagedClassError):
        stored(tmp_path)


# --- On the network ---


def test_the_teacher_alone_sees_the_first_vote_with_its_share_and_who_is_missing(
    phone, service, teacher, join, recorded
):
    tokens = join(4)
    for token, value in zip(tokens[:3], (1, 0, 1), strict=True):
        service.guess(token, CHOICE, value).result(10)
    with ExitStack() as lines:
        for token in tokens:
            heard(lines.enter_context(live(phone, op="hello", token=token)))
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
    phone, service, teacher, join, recorded
):
    token, other = join(2)
    service.guess(other, CHOICE, 0).result(10)
    with live(phone, op="hello", token=token) as said:
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
    with live(phone, op="hello", token=other) as said:  # it comes back, with nothing
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
    with live(phone, op="hello", token=token) as said:
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
    for step, value in {CHOICE: 2, NUMBER: 44.5, CURVE: [1.0, 2.0, 0.5], SQUARE: 3}.items():
        service.guess(member, step, value).result(10)
    answer = teacher.get("/api/class/answers.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "class-answers.csv" in answer.headers["content-disposition"]
    rows = rows_of(answer.text)
    assert tuple(rows[0]) == COLUMNS
    wanted = [("three", "0"), ("44.5", "1"), ("1 2 0.5", "0"), ("d", "1")]
    assert [(row["answer"], row["right"]) for row in rows] == wanted
    assert [row["question"] for row in rows] == [each.ask for each in GUESSES if each]
    whose = {(row["student"], row["lesson"], row["vote"]) for row in rows}
    assert whose == {("1", "counting", "1")}
    for row in rows:
        assert begun <= datetime.fromisoformat(row["time"]).timestamp() <= time.time()
    service.remove([1]).result(10)
    assert rows_of(answers_csv(service.room)) == []


def test_a_wrong_answer_has_the_letter_of_its_belief_in_the_csv(monkeypatch):
    because = (Because(text="No.", answer=0, belief="E"), Because(text="No.", answer=2, belief="A"))
    numbers = (Because(text="No.", low=48, high=99, belief="B"),)
    asked = (replace(GUESSES[0], because=because), replace(GUESSES[1], because=numbers))
    steps = tuple(
        replace(step, guess=each) for step, each in zip(LESSON.steps, asked, strict=False)
    )
    lesson = replace(LESSON, steps=(*steps, *LESSON.steps[2:]))
    monkeypatch.setattr(guesses, "lessons", lambda: {LESSON.id: lesson})
    room = a_room("a", "b", "c")
    for member, choice, number in zip("abc", (0, 1, 2), (49, 60, 100), strict=True):
        room = room.guessed(member, CHOICE, float(choice)).guessed(member, NUMBER, float(number))
    found = [(row["answer"], row["belief"]) for row in rows_of(answers_csv(room))]
    # 49 is near 47, so it is right; about 100 the lesson says nothing.
    assert found == [
        *(("one", "E"), ("two", ""), ("three", "A")),
        *(("49", ""), ("60", "B"), ("100", "")),
    ]


def test_thirty_phones_vote_twice_and_nothing_is_lost(service, teacher, hello, join, tmp_path):
    """Three lose their connection meanwhile; two do not answer again."""
    tokens = join(CLASS)
    first = {token: at % 3 for at, token in enumerate(tokens)}
    second = {token: 1 if at % 4 else at % 3 for at, token in enumerate(tokens[:-2])}
    away = set(tokens[5:8])
    lines = {token: hello(token) for token in tokens}
    for token, said in lines.items():
        assert guess(said, CHOICE, first[token]) == {"id": 1, "step": CHOICE}
    for token in away:
        lines.pop(token).close()
    assert right_of(GUESSES[0], service.room.answers(CHOICE)) == CLASS // 3
    assert "Explain" in post(teacher, "vote", CHOICE)["advice"]
    post(teacher, "discuss", CHOICE)
    for token in away:
        lines[token] = hello(token)
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
