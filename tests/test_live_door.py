"""The WebSocket /api/live and the buttons beside it, as a browser's code meets them."""

import asyncio
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from hnviz.app.kit.panels import Panels
from hnviz.app.rooms.train.topics import Curves
from hnviz.app.run.topics import Runs
from hnviz.app.shell.server import server
from hnviz.app.topics import TOPICS
from hnviz.config import RunConfig
from hnviz.engine.client import Job
from hnviz.events import Ended
from hnviz.questions.params import Param
from hnviz.runs import RunNotFound, RunSummary
from hnviz.schedule import MAX_BATCHES
from hnviz.web import controls, http, live
from hnviz.web.limits import Quota
from hnviz.web.live import Hub, Listing, Source
from hnviz.web.sockets import Closed, accept
from hnviz.web.state import CurrentRun
from hnviz.web.topics import Fields, Topic
from tests.conftest import finished
from tests.load.viewer import mini_batches
from tests.test_figures import EMPTY, SHORT, batch

LONG_TEXT = "x" * 10_000_000


class Words(Fields):
    """A topic of two fields; counts its work."""

    name = "words"
    params: Mapping[str, Param] = {"mode": Param(("light", "dark"), "light")}

    def __init__(self) -> None:
        self.drawn = self.told = 0

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self.drawn += 1
        if moment.status == "failed":
            raise RuntimeError("two\nlines")
        return {"step": moment.record.step, "mode": params["mode"]}

    def news(self, state: Mapping[str, Any], have: Any) -> tuple[Mapping[str, Any] | None, Any]:
        self.told += 1
        return super().news(state, have)


class World:
    """Runs that a test moves by hand."""

    def __init__(self) -> None:
        self.runs: dict[str, Any] = {"short": CurrentRun(SHORT, "running"), "": Listing((), {})}
        self.jobs: list[Job] = []
        self.looks = 0

    def look(self, run_id: str) -> Any:
        self.looks += 1
        if run_id not in self.runs:
            raise RunNotFound(f"there is no run named {run_id!r} in here")
        return self.runs[run_id]

    def by_run(self) -> dict[str, Job]:
        return {job.run_id: job for job in self.jobs}

    def steps(self, count: int, **changes: Any) -> None:
        """Let the run be so many steps far."""
        batches = tuple(batch(step, 3.0 - 0.01 * step) for step in range(count))
        self.runs["short"] = CurrentRun(replace(SHORT, batches=batches, **changes), "running")


@pytest.fixture
def world(monkeypatch):
    for name in ("LIVE_SECONDS", "FIRST_SECONDS", "MIN_SECONDS", "REST_SECONDS", "JOBS_SECONDS"):
        monkeypatch.setattr(live, name, 0.01)
    return World()


@pytest.fixture
def words():
    return Words()


@pytest.fixture
def door(world, words):
    return Hub((words, Curves(), Runs()), Source(world.look, world.by_run))


@pytest.fixture
def client(door):
    with TestClient(Starlette(routes=live.routes(door))) as client:
        yield client


def follow(number: int, topic: str, run: str = "short", **more: Any) -> dict[str, Any]:
    return {"op": "follow", "id": number, "topic": topic, "run": run, **more}


def told(said: Any) -> Any:
    """Hear one message; a frame may bring several."""
    waiting = said.__dict__.setdefault("waiting", [])
    if not waiting:
        frame = said.receive_json()
        waiting.extend(frame if isinstance(frame, list) else [frame])
    return waiting.pop(0)


def until(said: Any, wanted: Any, seconds: float = 120.0) -> Any:
    """Hear messages until one is as wanted."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        message = told(said)
        if wanted(message):
            return message
    raise AssertionError("that was never said")


# What is new


def test_a_follower_gets_the_whole_and_then_what_has_changed(client, world):
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(7, "words"))
        first = told(said)
        assert first["id"] == 7
        assert first["news"] == {"step": 4, "mode": "light"}
        world.steps(5)
        second = told(said)
        assert second["news"] == {"step": 5}
        assert set(second["have"]) == {"step", "mode"}


def test_a_browser_that_comes_back_hears_only_what_it_missed(client, world):
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words"))
        have = told(said)["have"]
    world.steps(6)
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words", have=have))
        assert told(said)["news"] == {"step": 6}


def test_nothing_is_sent_and_nothing_drawn_while_nothing_happens(client, world, words, door):
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words"))
        told(said)
        looks = world.looks
        while world.looks < looks + 10:
            time.sleep(0.01)
        assert (words.drawn, words.told) == (1, 1)
        world.steps(9)
        assert told(said)["news"] == {"step": 9}  # no empty message came in between
    while not door.is_idle:
        time.sleep(0.01)
    looks = world.looks
    time.sleep(0.1)
    assert world.looks == looks  # nobody follows: nobody looks


def test_a_message_is_made_once_for_all_that_have_the_same(client, world, words):
    with client.websocket_connect("/api/live") as one, client.websocket_connect("/api/live") as two:
        for said in (one, two):
            said.send_json(follow(1, "words"))
            told(said)
        for steps in (5, 6):
            world.steps(steps)
            assert told(one) == told(two)
        assert words.drawn == 3
        assert words.told == 3
        two.send_json(follow(2, "words", params={"mode": "dark"}))
        assert told(two)["news"] == {"step": 6, "mode": "dark"}


def test_a_topic_that_is_followed_anew_takes_its_old_ones_place(client, world):
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words"))
        told(said)
        said.send_json(follow(1, "words", params={"mode": "dark"}))
        assert told(said)["news"]["mode"] == "dark"
        said.send_json({"op": "leave", "id": 1})
        world.steps(5)
        said.send_json(follow(2, "words"))
        assert told(said)["id"] == 2


@pytest.mark.parametrize(
    ("status", "record", "changes"),
    [("running", replace(SHORT, batches=()), {}), ("paused", SHORT, {"at_rest": False})],
    ids=["the first step", "a single step"],
)
def test_a_step_that_somebody_waits_for_is_seen_at_once(
    client, world, monkeypatch, status, record, changes
):
    for name in ("LIVE_SECONDS", "REST_SECONDS"):
        monkeypatch.setattr(live, name, 60.0)
    world.runs["short"] = CurrentRun(record, status, **changes)
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words"))
        told(said)
        world.steps(9)
        assert told(said)["news"] == {"step": 9}


def test_what_the_engine_says_is_looked_at_at_once(client, world, monkeypatch):
    for name in ("LIVE_SECONDS", "REST_SECONDS"):
        monkeypatch.setattr(live, name, 60.0)
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words"))
        told(said)
        said.send_json({"op": "follow", "id": 2, "topic": "runs"})
        told(said)
        world.steps(7)
        line = RunSummary(id="short", shipped=False, status="running")
        world.runs[""] = Listing((line,), {})
        world.jobs = [Job(run_id="short", status="paused")]
        heard = [told(said) for _ in range(2)]
        news = {message["id"]: message["news"] for message in heard}
        assert news[1] == {"step": 7}
        assert news[2]["order"] == ["short"]


def test_a_step_that_is_over_before_anybody_looked_is_seen_at_once(client, world, monkeypatch):
    for name in ("LIVE_SECONDS", "REST_SECONDS"):
        monkeypatch.setattr(live, name, 60.0)
    world.runs["short"] = CurrentRun(SHORT, "paused", at_rest=True)
    world.jobs = [Job(run_id="short", status="paused", at_rest=True)]
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words"))
        told(said)
        world.steps(5)
        world.jobs = [Job(run_id="short", status="paused", at_rest=True)]  # said once more
        assert told(said)["news"] == {"step": 5}


# Charts


def news_of(topic: Topic, moment: Any, have: Any = None) -> tuple[Any, Any]:
    """What a follower hears, by way of JSON as in life."""
    state = topic.draw(moment, {"mode": "light"})
    news, has = topic.news(state, have)
    return json.loads(json.dumps([news, has]))


def moment_of(world: World, count: int, **changes: Any) -> CurrentRun:
    world.steps(count, **changes)
    return world.runs["short"]


def test_only_new_points_travel(world):
    first, have = news_of(Curves(), moment_of(world, 3))
    assert [panel["name"] for panel in first["panels"]] == ["loss", "accuracy"]
    figure = first["panels"][0]["figure"]
    at = mini_batches(figure)
    assert figure["data"][at]["x"] == [0, 1, 2]
    second, have = news_of(Curves(), moment_of(world, 5), have)
    (loss,) = second["panels"]  # the accuracy waits for the epoch's end
    assert loss["traces"][at] == {"from": 3, "x": [3, 4], "y": [2.97, 2.96]}
    assert loss["marks"]["annotations"]
    assert loss["version"] == first["panels"][0]["version"]
    assert news_of(Curves(), moment_of(world, 5), have) == [None, have]


@pytest.mark.parametrize(
    ("changes", "count"),
    [({}, 2), ({"kept": 3}, 7)],
    ids=["fewer points", "as many again, of another attempt"],
)
def test_a_resumed_run_is_drawn_whole(world, changes, count):
    _, have = news_of(Curves(), moment_of(world, 5))
    news, _ = news_of(Curves(), moment_of(world, count, **changes), have)
    figure = news["panels"][0]["figure"]
    assert len(figure["data"][mini_batches(figure)]["x"]) == count


@pytest.mark.parametrize(
    "have",
    [3, "x", [], {"loss": 1}, {"loss": {"version": 1}}, {"loss": {"counts": ["a", None, 1e9, -1]}}],
)
def test_what_a_browser_claims_to_have_is_not_trusted(world, have):
    news, _ = news_of(Curves(), moment_of(world, 3), have)
    assert "figure" in news["panels"][0]
    known = news_of(Curves(), moment_of(world, 3))[1]
    known["loss"]["counts"] = ["a", None, 1e9, -1]
    news, _ = news_of(Curves(), moment_of(world, 3), known)
    assert "figure" in news["panels"][0]


def test_a_run_without_a_step_has_its_axes(world):
    news, _ = news_of(Curves(), CurrentRun(EMPTY, "queued"))
    assert news["panels"][0]["figure"]["layout"]["xaxis"]["title"]["text"] == "step"


def test_of_the_list_only_changed_rows_travel():
    lines = [
        RunSummary(id=name, shipped=False, status="running", step=1, n_steps=9) for name in "abc"
    ]
    first, have = news_of(Runs(), Listing(tuple(lines), {}))
    assert first["order"] == ["a", "b", "c"]
    assert first["rows"]["b"]["step"] == "1 of 9"
    lines[1] = replace(lines[1], step=2)
    second, have = news_of(Runs(), Listing(tuple(lines), {}), have)
    assert {run: row["step"] for run, row in second["rows"].items()} == {"b": "2 of 9"}
    assert "order" not in second
    assert news_of(Runs(), Listing(tuple(lines), {}), have)[0] is None
    third, _ = news_of(Runs(), Listing(tuple(lines[:2]), {}), have)
    assert third["order"] == ["a", "b"]
    assert set(third["rows"]) == {"a", "b"}


@pytest.mark.parametrize("have", [1, {"order": 1}, {"rows": "abc"}, [], "x"])
def test_a_list_that_a_browser_cannot_have_is_sent_whole(have):
    lines = (RunSummary(id="a", shipped=False, status="running", valid_loss=float("nan")),)
    news, _ = Runs().news(Runs().draw(Listing(lines, {}), {}), have)
    assert news is not None
    assert news["order"] == ["a"]


# Slow, silent and hostile browsers


class Line:
    """A browser's end in which a test holds up what is sent."""

    scope: Mapping[str, Any] = {"type": "websocket", "headers": []}

    def __init__(self, *requests: Mapping[str, Any]) -> None:
        self.requests = [json.dumps(each) for each in requests]
        self.sent: list[dict[str, Any]] = []
        self.free = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if not self.requests:
            await asyncio.Event().wait()
        return {"type": "websocket.receive", "text": self.requests.pop(0)}

    async def send_text(self, text: str) -> None:
        await self.free.wait()
        self.sent.append(json.loads(text))


async def reached(condition: Any, seconds: float = 120.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def test_a_slow_browser_is_skipped_forward(world, door, words):
    async def story() -> None:
        line = Line(follow(1, "words"))
        serving = asyncio.create_task(live.Connection(door, line).serve())  # type: ignore[arg-type]
        await reached(lambda: words.told == 1)
        for steps in (5, 6, 7):
            drawn = words.drawn
            world.steps(steps)
            await reached(lambda drawn=drawn: words.drawn > drawn)
        line.free.set()
        await reached(lambda: len(line.sent) == 2)
        assert [each["news"] for each in line.sent] == [{"step": 4, "mode": "light"}, {"step": 7}]
        assert words.told == 2
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await reached(lambda: door.is_idle)

    finished(story())


def test_a_browser_that_reads_nothing_is_given_up(world, door, monkeypatch):
    monkeypatch.setattr(live, "SEND_SECONDS", 0.05)

    async def story() -> None:
        line = Line(follow(1, "words"))
        with pytest.raises(live.Closed, match="nothing was read"):
            await live.Connection(door, line).serve()  # type: ignore[arg-type]
        await reached(lambda: door.is_idle)

    finished(story())


@pytest.mark.parametrize("moment", ["accept", "serve", "close"])
def test_a_browser_that_hangs_up_at_any_moment_ends_quietly(moment):
    """At `close` it has sent nonsense first; a real one's last `send` raises the same."""

    async def hang_up(*_: object) -> None:
        raise WebSocketDisconnect(1006)

    async def serve() -> None:
        if moment == "serve":
            await hang_up()
        raise Closed(1003, "nonsense")

    said, nothing = list[str](), AsyncMock()
    line = SimpleNamespace(**{"accept": nothing, "close": nothing, moment: hang_up})
    finished(accept(line, serve, said.append))  # type: ignore[arg-type]
    assert said == (["nonsense"] if moment == "close" else [])


@contextmanager
def served(door: Hub) -> Iterator[int]:
    """A real server of the news, in a thread; gives its port."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        app = Starlette(routes=live.routes(door))
        config = uvicorn.Config(app, log_level="error", ws="websockets-sansio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield bound.getsockname()[1]
        server.should_exit = True
        thread.join(20)


class Torrent(Topic):
    """Always new, and large."""

    name = "torrent"

    def draw(self, moment: Any, params: Mapping[str, Any]) -> Any:
        return "x" * 2**20

    def news(self, state: Any, have: Any) -> tuple[Any, Any]:
        return {"text": state}, None


def raw_frame(text: str) -> bytes:
    """A short text frame of a client, masked with zeros."""
    content = text.encode()
    return bytes([0x81, 0x80 | len(content), 0, 0, 0, 0]) + content


HANDSHAKE = """GET /api/live HTTP/1.1\r
Host: 127.0.0.1\r
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
"""


def test_a_real_browser_that_reads_nothing_holds_up_nobody(world, words, monkeypatch):
    connect = pytest.importorskip("websockets.sync.client").connect
    monkeypatch.setattr(live, "SEND_SECONDS", 0.3)
    door = Hub((words, Torrent()), Source(world.look, world.by_run))
    with served(door) as port, socket.create_connection(("127.0.0.1", port)) as silent:
        silent.sendall(HANDSHAKE.encode())
        assert b"101" in silent.recv(1000)
        silent.sendall(raw_frame(json.dumps(follow(1, "torrent"))))
        with connect(f"ws://127.0.0.1:{port}/api/live") as other:
            other.send(json.dumps(follow(1, "words")))
            other.recv(120)
            begun, steps = time.monotonic(), 5
            while door.sockets.total() > 1:
                assert time.monotonic() - begun < 120
                world.steps(steps)
                assert json.loads(other.recv(120))["news"] == {"step": steps}
                steps += 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("}{", 1003),
        ("[]", 1003),
        ("NaN", 1003),
        ("[" * 9000, 1003),
        ("9" * 9000, 1003),
        (b"{}", 1003),
        (LONG_TEXT, 1009),
    ],
    ids=["garbage", "list", "nan", "deep", "digits", "bytes", "10 MB"],
)
def test_what_no_browser_of_ours_sends_ends_the_connection(client, door, said, code, caplog):
    with client.websocket_connect("/api/live") as other:
        other.send_json(follow(1, "words"))
        told(other)
        with client.websocket_connect("/api/live") as socket:
            socket.send_bytes(said) if isinstance(said, bytes) else socket.send_text(said)
            with pytest.raises(WebSocketDisconnect) as closed:
                told(socket)
        assert closed.value.code == code
        assert 0 < len(closed.value.reason) <= 120
        lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert len(lines) == 1
        assert "\n" not in lines[0].getMessage()
        other.send_json(follow(2, "words"))
        assert told(other)["id"] == 2


@pytest.mark.parametrize(
    ("request_", "numbers"),
    [
        ({"op": "follow"}, ()),
        ({"op": "follow", "id": True}, ()),
        ({"op": "follow", "id": 2**60}, ("1152921504606846976",)),
        ({"op": "dance", "id": 1}, ()),
        ({"id": 1}, ()),
        (follow(1, "nothing"), ()),
        (follow(1, [1]), (1,)),  # type: ignore[arg-type]
        (follow(1, "words", "gone"), ()),
        (follow(1, "words", ""), ()),
        (follow(1, "words", {}), ()),  # type: ignore[arg-type]
        (follow(1, "runs"), ()),
        (follow(1, "words", params=[1]), (1,)),
        (follow(1, "words", params={"mode": "red"}), ()),
        (follow(1, "words", params={"size": 1}), ()),
        ({"op": "x" * 5000, "id": 1}, ()),
    ],
)
def test_a_request_that_cannot_be_met_gets_a_sentence(client, request_, numbers, recorded):
    with client.websocket_connect("/api/live") as said:
        said.send_json(request_)
        answer = told(said)
        recorded(answer["error"], *numbers)
        assert len(answer["error"]) < 200
        assert answer["id"] == (
            1 if request_.get("id") == 1 and request_["id"] is not True else None
        )
        said.send_json(follow(2, "words"))
        assert told(said)["news"]["step"] == 4


def test_leaving_what_is_not_followed_does_no_harm(client):
    with client.websocket_connect("/api/live") as said:
        said.send_json({"op": "leave", "id": 99})
        said.send_json(follow(1, "words"))
        assert told(said)["id"] == 1


def test_a_run_that_is_deleted_ends_with_a_sentence(client, world, door):
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words"))
        told(said)
        moment = world.runs.pop("short")
        assert "there is no run named 'short'" in told(said)["error"]
        world.runs["short"] = moment
        said.send_json(follow(1, "words"))
        assert told(said)["news"]["step"] == 4


def test_a_topic_that_fails_says_so_and_leaves_the_others_alone(client, world, caplog, recorded):
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words"))
        said.send_json(follow(2, "curves"))
        assert {told(said)["id"], told(said)["id"]} == {1, 2}
        world.runs["short"] = replace(world.runs["short"], status="failed")
        news = told(said)
        assert (news["id"], [*news]) == (1, ["id", "error"])
        recorded(news["error"])
        (line,) = (each.getMessage() for each in caplog.records if each.name == live.__name__)
        recorded(line)
        world.steps(8)
        assert told(said)["id"] == 2


def test_a_connection_follows_so_many_topics(client, monkeypatch):
    monkeypatch.setattr(live, "MAX_FOLLOWS", 2)
    with client.websocket_connect("/api/live") as said:
        for number in (1, 2):
            said.send_json(follow(number, "words"))
            told(said)
        said.send_json(follow(3, "words"))
        assert "may follow at most 2 topics" in told(said)["error"]


def test_a_viewer_follows_so_many_topics_in_all_tabs(client, door, monkeypatch):
    monkeypatch.setattr(door, "quota", Quota(3, "close a tab first"))
    headers = {"cookie": f"hnviz-viewer={'a' * 32}"}
    with client.websocket_connect("/api/live", headers=headers) as said:
        for number in (1, 2):
            said.send_json(follow(number, "words"))
            told(said)
        with client.websocket_connect("/api/live", headers=headers) as more:
            more.send_json(follow(1, "words"))
            assert told(more)["news"]
            more.send_json(follow(2, "words"))
            assert told(more) == {"id": 2, "error": "close a tab first"}
            said.send_json({"op": "leave", "id": 1})
            said.send_json(follow(2, "words"))  # in place of the old one
            told(said)
            more.send_json(follow(2, "words"))
            assert told(more)["news"]
        with client.websocket_connect("/api/live") as other:
            other.send_json(follow(1, "words"))
            assert told(other)["news"]
    while door.quota.total:
        time.sleep(0.01)


def test_one_browser_too_many_is_told_to_come_back(client, monkeypatch):
    monkeypatch.setattr(live, "MAX_SOCKETS", 1)
    with client.websocket_connect("/api/live") as said:
        with client.websocket_connect("/api/live") as more:
            with pytest.raises(WebSocketDisconnect) as closed:
                more.receive_json()
            assert closed.value.code == 1013
            assert "try again later" in closed.value.reason
        said.send_json(follow(1, "words"))
        assert told(said)["id"] == 1
    with client.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "words"))
        assert told(said)["id"] == 1


def test_one_address_leaves_a_quarter_of_the_places(monkeypatch, recorded):
    monkeypatch.setattr(live, "MAX_SOCKETS", 4)
    ours = Starlette(routes=http.door(live.routes(Hub([], Source(str, dict)))))
    with ExitStack() as stack:
        near = stack.enter_context(TestClient(ours, client=("10.0.0.7", 1)))
        far = stack.enter_context(TestClient(ours, client=("10.0.0.8", 1)))

        def connect(client: TestClient, viewer: int) -> WebSocketTestSession:
            cookie = {"cookie": f"hnviz-viewer={viewer:032x}"}
            return stack.enter_context(client.websocket_connect("/api/live", headers=cookie))

        for viewer in range(3):
            connect(near, viewer).send_json({"op": "leave", "id": 1})
        with pytest.raises(WebSocketDisconnect) as closed:
            connect(near, 3).receive_json()
        assert (closed.value.code, closed.value.reason[:23]) == (1013, "3 from your address are")
        other = connect(far, 4)
        other.send_json({"op": "leave"})
        refused = other.receive_json()
        assert refused == {"id": None, "error": refused["error"]}
        recorded(refused["error"])


# Buttons, with a real engine


@pytest.fixture
def app(own_runs):
    ours = http.door(
        [*live.routes(Hub(TOPICS, live.source_of(server()))), *controls.button_routes(server())]
    )
    with TestClient(Starlette(routes=ours)) as app:
        yield app


def press(app: TestClient, run: str, name: str, body: Any = None) -> Any:
    return app.post(f"/api/runs/{run}/{name}", json={} if body is None else body)


def test_a_run_is_followed_and_driven(app, monkeypatch):
    from hnviz.app.shell.server import server

    monkeypatch.setattr("hnviz.app.rooms.train.topics.MOST_POINTS", MAX_BATCHES)
    run = server().engine.train(RunConfig.for_model("Model2", epochs=400))  # outlasts the test
    points: list[float] = []
    state: dict[str, Any] = {}

    def hear(message: dict[str, Any]) -> dict[str, Any]:
        assert "error" not in message
        if message["id"] == 1:
            state.update(message["news"])
        else:
            for panel in message["news"]["panels"]:
                if panel["name"] == "loss" and "figure" in panel:
                    state["trace"] = mini_batches(panel["figure"])
                    points[:] = panel["figure"]["data"][state["trace"]]["x"]
                elif panel["name"] == "loss":
                    trace = panel["traces"][state["trace"]]
                    points[trace["from"] :] = trace["x"]
        return state

    def made(status: str) -> dict[str, Any]:
        ended = status == "stopped"
        return {"status": status, "is_live": not ended, "resumable": ended}

    with app.websocket_connect("/api/live") as said:
        said.send_json(follow(1, "run", run))
        said.send_json(follow(2, "curves", run))
        until(said, lambda message: hear(message)["status"] == "running" and len(points) > 3)
        answer = press(app, run, "pause")
        assert (answer.status_code, answer.json()) == (200, made("paused"))
        until(said, lambda message: hear(message)["at_rest"])
        step = state["step"]
        while len(points) < step:
            hear(told(said))
        assert press(app, run, "step").json() == made("paused")
        until(said, lambda message: hear(message)["step"] == step + 1 == len(points))
        assert points == list(range(step + 1))
        assert press(app, run, "speed", {"speed": 5}).json() == made("paused")
        until(said, lambda message: hear(message)["speed"] == 5)
        assert press(app, run, "speed", {"speed": None}).status_code == 200
        assert press(app, run, "go_on").json() == made("running")
        until(said, lambda message: hear(message)["status"] == "running" and len(points) > step + 2)
        assert press(app, run, "stop").json() == made("stopped")
        until(said, lambda message: hear(message)["status"] == "stopped")
        assert state["resumable"]
        assert not state["is_live"]
        assert press(app, run, "resume").json()["status"] in ("running", "queued")
        until(said, lambda message: hear(message)["status"] == "running")
        press(app, run, "stop")
        until(said, lambda message: hear(message)["status"] == "stopped")
    ended = server().store.record(run).ended
    assert isinstance(ended, Ended)
    assert state["snapshots"][0][0] == 0


@pytest.mark.parametrize(
    ("path", "options", "status", "numbers"),
    [
        ("Model5/pause", {"json": {}}, 409, ()),
        ("gone/pause", {"json": {}}, 404, ()),
        ("..%2f..%2fetc/stop", {"json": {}}, 404, None),
        ("idle/pause", {"json": {}}, 409, ()),
        ("idle/go_on", {"content": b"", "headers": {}}, 415, ()),
        ("idle/stop", {"data": {"a": 1}}, 415, ()),
        ("idle/step", {"json": {"n": 5}}, 422, ()),
        ("idle/step", {"json": [1]}, 422, ()),
        ("idle/stop", {"json": {"x": "y" * 5000}}, 413, (1_024,)),
        ("idle/speed", {"json": {}}, 422, ()),
        ("idle/speed", {"json": {"speed": 0}}, 422, (0.001, 10**6, 0)),
        ("idle/speed", {"json": {"speed": True}}, 422, (0.001, 10**6)),
        ("idle/speed", {"json": {"speed": "fast"}}, 422, (0.001, 10**6)),
        ("idle/speed", {"json": {"speed": 1, "x": 1}}, 422, ()),
        ("idle/speed", {"json": {"speed": 5}}, 409, ()),
        ("idle/speed", {"json": {"speed": 5e-324}}, 422, (0.001, 10**6, 5e-324)),
    ],
)
def test_a_press_that_cannot_be_done_says_why(app, path, options, status, numbers, recorded):
    if path.startswith("idle"):
        folder = server().store.create(RunConfig.for_model("Model2"))
        path = path.replace("idle", folder.id)
    if "json" in options:
        content = json.dumps(options["json"])
        options = {"content": content, "headers": {"content-type": "application/json"}}
    answer = app.post(f"/api/runs/{path}", **options)
    assert answer.status_code == status
    if numbers is not None:  # the door's own answer has no sentence
        recorded(answer.json()["error"], *numbers)
        assert "\n" not in answer.json()["error"]


def test_a_press_on_a_damaged_run_says_what_is_damaged(app):
    folder = server().store.create(RunConfig.for_model("Model2"))
    (folder.path / "events.jsonl").write_text("{}\n{}\n")
    answer = press(app, folder.id, "resume")
    assert answer.status_code == 409
    assert f"the run {folder.id} is damaged: " in answer.json()["error"]


def no_folder(run_id: str) -> None:
    raise ValueError("a bug")


@pytest.mark.parametrize("broken", [SimpleNamespace(), SimpleNamespace(folder=no_folder)])
def test_a_press_that_nobody_foresaw_is_one_sentence_and_one_line(
    app, monkeypatch, caplog, broken, recorded
):
    refused = press(app, "Model5", "pause")
    assert refused.status_code == 409 and not caplog.records
    monkeypatch.setattr(server(), "store", broken)
    answer = press(app, "Model5", "pause")
    assert answer.status_code == 500
    assert [*answer.json()] == ["error"]
    recorded(answer.json()["error"])
    (record,) = (each for each in caplog.records if each.name.startswith("hnviz"))
    assert re.match("/api/runs/Model5/pause failed: (Attribute|Value)Error", record.getMessage())


def test_a_viewer_has_so_many_presses_under_way(app, monkeypatch):
    free, begun = threading.Event(), threading.Semaphore(0)

    def wait(run_id: str) -> str:
        begun.release()
        free.wait(120)
        raise RunNotFound(run_id)

    monkeypatch.setattr(server(), "store", SimpleNamespace(folder=wait))
    with ThreadPoolExecutor(controls.OF_ONE + 1) as pool:
        presses = [pool.submit(press, app, "x", "stop") for _ in range(controls.OF_ONE)]
        for _ in presses:
            assert begun.acquire(timeout=120)
        refused = press(app, "x", "stop")
        other = {"cookie": f"hnviz-viewer={'b' * 32}"}
        passed = pool.submit(app.post, "/api/runs/x/stop", json={}, headers=other)
        assert begun.acquire(timeout=120)  # another viewer's press is not refused
        free.set()
        assert passed.result(120).status_code == 404
    assert refused.status_code == 429 and refused.headers["retry-after"] == "1"
    assert refused.json()["error"].startswith("4 of your presses are being handled")
    assert {each.result().status_code for each in presses} == {404}


@pytest.mark.parametrize("body", [b"{", b'{"speed": NaN}', b'{"speed": 1e999}', b"\xff\xfe", b"1"])
def test_a_body_that_is_no_json_says_so(app, body):
    headers = {"content-type": "application/json; charset=utf-8"}
    answer = app.post("/api/runs/Model5/speed", content=body, headers=headers)
    assert answer.status_code in (409, 422)
    assert answer.json()["error"]


def test_a_look_changes_nothing(app):
    assert app.get("/api/runs/Model5/stop").status_code == 405


def test_charts_are_topics_of_both_modes():
    charts = [topic for topic in TOPICS if isinstance(topic, Panels)]
    assert {topic.name for topic in charts} == {"curves", "schedule"}
    for topic in charts:
        for mode in ("light", "dark"):
            state = topic.draw(CurrentRun(SHORT, "running"), {"mode": mode})
            assert json.dumps(topic.news(state, None))
