"""Hostile requests and messages: every route of the server, without Streamlit and without torch.

An engine that takes nothing is in place of ours. An answer may be a refusal, and never a 500;
nothing is logged as an error; the server goes on.
"""

import json
import logging
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlencode

from hypothesis import strategies as st
from starlette.applications import Starlette

from hnviz.app.shell.server import server
from hnviz.classroom import guesses
from hnviz.classroom.codes import MAX_WAIT_SECONDS
from hnviz.engine.client import EngineError
from hnviz.engine.scheduler import Limits
from hnviz.questions.table import QUESTIONS
from hnviz.sweeps.service import SweepService
from hnviz.web import controls, corpora, live
from hnviz.web.answers import observation_routes
from hnviz.web.classroom import lessons as class_lessons
from hnviz.web.classroom.service import MEMBER, TEACHER, ClassService
from hnviz.web.controls import start_routes
from hnviz.web.guard import Rules, guard
from hnviz.web.http import door
from hnviz.web.limits import COOKIE
from hnviz.web.runs import curve_routes, run_routes
from hnviz.web.sweeps import sweep_routes
from tests.classroom import CHOICE, HOST, LESSON, Clock, a_service, site
from tests.fuzz.asgi import Client
from tests.fuzz.odd import as_json, cut_up, json_of, leaves, texts
from tests.fuzz.targets import Feed, Place, Target

CLOSED = {1003, 1008, 1009, 4403}
"""The codes with which the server may close a WebSocket that sends what no page sends."""

ERRORS = {400, 403, 404, 405, 409, 410, 411, 413, 415, 422, 429, 503}


RUN = {"losses": [3.5] * 40, "valid_losses": [3.1], "accuracies": [0.2], "diverged": False}
"""A run of a class's experiment."""

_NO_SERVER_PASSES = re.compile(rb"[\0\r\n]")


class NoEngine:
    """An engine that is busy."""

    pid = None

    def __init__(self, runs_dir: Path) -> None:
        self.runs_dir = runs_dir

    def start(self) -> None:
        return

    def job(self, run_id: str) -> None:
        return None

    def jobs(self) -> list[Any]:
        return []

    def limits(self) -> Limits:
        return Limits.from_environ({}, self.runs_dir)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*given: object, **more: object) -> None:
            raise EngineError("the engine takes nothing here", "conflict")

        return refuse


def _enter_world(place: Place) -> None:
    """Let the web's parts find the runs of a place, and no engine, until the place is closed."""
    root, world = place.story.root, place.world
    engine = NoEngine(root)
    world.enter_context(patch("hnviz.web.state.shared_engine", lambda: engine))
    for module in (guesses, class_lessons):
        world.enter_context(patch.object(module, "lessons", lambda: {LESSON.id: LESSON}))
    world.enter_context(patch.dict(os.environ, {"HNVIZ_RUNS_DIR": str(root)}))
    server.cache_clear()
    world.callback(server.cache_clear)


class _Errors(logging.Handler):
    """Holds what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@contextmanager
def no_errors() -> Iterator[None]:
    """Fail if the server logs an error."""
    heard = _Errors()
    log = logging.getLogger("hnviz")
    log.addHandler(heard)
    try:
        yield
    finally:
        log.removeHandler(heard)
    assert heard.said == []


def _views() -> list[Any]:
    from hnviz.app.pictures import VIEWS

    return list(VIEWS)


def _sweeps() -> SweepService:
    return SweepService(lambda: server().engine, server().store)


def _door(place: Place) -> Starlette:
    from hnviz.app.run.names import shown_name

    ours = [
        *start_routes(server()),
        *sweep_routes(_sweeps()),
        *run_routes(server(), shown_name),
        *curve_routes(server(), shown_name),
        *corpora.routes(),
        *observation_routes(server(), _views()),
        *controls.button_routes(server()),
    ]
    return Starlette(routes=door(ours), middleware=[guard(lambda: Rules(hosts=(HOST,)))])


# Requests


def _addresses(place: Place) -> st.SearchStrategy[tuple[str, dict[str, str]]]:
    runs = st.sampled_from(("Model5", "Model5", place.run.id, "last")) | texts
    steps = st.sampled_from(("last", "0", "400", "00", "1e3")) | texts
    params = {name: dict(each.params) for name, each in QUESTIONS.items()}
    params |= {view.name: dict(view.params) for view in _views()}
    usual = ("3", "true", "train", "0.5", "1,2,3", "valid", "state")

    @st.composite
    def observed(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
        name = draw(st.sampled_from(sorted(params)))
        keys = st.sampled_from((*params[name], "v", "steps")) | texts
        given = draw(st.dictionaries(keys, st.sampled_from(usual) | texts, max_size=4))
        step = draw(st.just("many") | steps)
        return f"/api/runs/{_quoted(draw(runs))}/{_quoted(step)}/{_quoted(name)}", given

    listed = st.tuples(
        st.sampled_from(("/api/runs", "/api/curves", "/api/corpora", "/api/corpora/train/layout"))
        | st.builds(lambda part: f"/api/corpora/{_quoted(part)}", texts)
        | st.builds(lambda part: f"/api/runs/{_quoted(part)}", runs)
        | st.builds(lambda part: f"/api/sweeps/{_quoted(part)}", texts)
        | st.builds(lambda part: f"/api/{_quoted(part)}", texts),
        st.dictionaries(
            st.sampled_from(("runs", "points", "limit", "corpus", "way", "bs", "bptt", "shuffled"))
            | texts,
            st.sampled_from((*usual, "Model5", "Model5,Model3", "human-numbers", "blocks")) | texts,
            max_size=4,
        ),
    )
    return st.one_of(observed(), observed(), listed)


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace") if len(text) < 2000 else text[:2000]


def _get(place: Place) -> Feed:
    client = _client(place)

    def feed(given: tuple[str, dict[str, str]]) -> None:
        path, query = given
        asked = urlencode(query, errors="replace")
        _answered(client, "GET", f"{path}?{asked}"[:60_000], b"", {})

    return feed


def _bodies(place: Place) -> st.SearchStrategy[tuple[str, bytes]]:
    run = place.run.id
    settings = {"model": "Model1", "lr": 0.1, "seed": 0, "bs": 8, "corpus": "human-numbers"}
    plan = {"name": "s", "fixed": {"model": "Model1", "epochs": 1}, "grid": {"seed": [0, 1]}}
    given: dict[str, Any] = {
        "/api/runs": {"runs": [settings, {"like": "Model5", "seed": 3}, {"model": "x"}]},
        "/api/sweeps": plan,
        "/api/sweeps/estimate": plan,
        f"/api/runs/{run}/speed": {"speed": 4},
        f"/api/runs/{run}/rename": {"name": "mine"},
        f"/api/runs/{run}/pin": {"pinned": True},
        f"/api/runs/{run}/delete": {},
        f"/api/runs/{run}/restore": {},
        f"/api/runs/{run}/resume": {},
        "/api/runs/Model5/rename": {"name": "x"},
    }
    paths = st.sampled_from(sorted(given)) | st.builds(
        lambda name, action: f"/api/runs/{_quoted(name)}/{action}",
        texts,
        st.sampled_from((*controls.ACTIONS, "speed", "delete", "restore", "rename")),
    )
    return paths.flatmap(
        lambda path: st.tuples(st.just(path), json_of(given.get(path, {"name": "x"})))
    )


def _post(place: Place) -> Feed:
    client = _client(place)

    def feed(given: tuple[str, bytes]) -> None:
        path, body = given
        _answered(client, "POST", path, body, {"content-type": "application/json"})
        _answered(client, "GET", "/api/sweeps", b"", {})  # whatever is kept now can be listed

    return feed


def _headers(place: Place) -> st.SearchStrategy[dict[str, str]]:
    plain = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
    known = st.sampled_from(
        (
            *(HOST, f"http://{HOST}", "null", "http://evil.example", f"https://{HOST}:99999"),
            *("http://[::1", f"http://{HOST}@x", "a" * 5000, "same-origin", "cross-site"),
            *("bytes=0-", "gzip;q=0", 'W/"x"', f"{COOKIE}=x; y", "=;=", "application/json"),
        )
    )
    names = st.sampled_from(
        (
            *("host", "origin", "sec-fetch-site", "cookie", "range", "accept-encoding"),
            *("if-none-match", "content-type", "content-length", "x-forwarded-for", "upgrade"),
        )
    )
    return st.dictionaries(names, known | plain, max_size=4)


def _head(place: Place) -> Feed:
    client = _client(place)

    def feed(headers: dict[str, str]) -> None:
        plain = {name: value.encode("latin-1", "replace") for name, value in headers.items()}
        sent = {
            name: _NO_SERVER_PASSES.sub(b"", each).decode("latin-1") for name, each in plain.items()
        }
        for method in ("GET", "POST"):
            _answered(client, method, "/api/runs/Model5", b"", sent)

    return feed


def _client(place: Place) -> Client:
    return place.world.enter_context(closing(Client(_door(place), HOST)))


def _answered(client: Client, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    """Ask; hold the answer to be an answer or a refusal with its sentence."""
    own = {"cookie": f"{COOKIE}={secrets.token_hex(16)}"}  # no other's quota, and no waiting
    reply = client.ask(method, path, body, {**own, **headers})
    told = (path, reply.status, reply.content[:300])
    assert reply.status in {200, 202, 304} | ERRORS, told
    if reply.status >= 400 and path.startswith("/api/"):
        said = reply.json()["error"]
        assert said and "\n" not in said and len(said) < 2500, said
        said.encode()


# WebSockets


def _messages(sample: list[dict[str, Any]]) -> st.SearchStrategy[list[str]]:
    each = st.one_of(
        st.sampled_from(sample).flatmap(lambda message: json_of(message)).map(_text),
        cut_up(list(map(as_json, sample))).map(_text),
        leaves.map(as_json).map(_text),
    )
    return st.lists(each, min_size=1, max_size=3)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _live_messages(place: Place) -> st.SearchStrategy[list[str]]:
    from hnviz.app.topics import topics

    follows = [
        {"op": "follow", "id": 7, "topic": topic.name, "have": None, "params": {}}
        | ({"run": place.run.id} if topic.of_run else {})
        for topic in topics(_sweeps())
    ]
    return _messages([*follows, {"op": "leave", "id": 7}, {**follows[0], "have": {"a": [1, 2]}}])


def _live(place: Place) -> Feed:
    from hnviz.app.topics import topics

    found = live.Hub(topics(_sweeps()), live.source_of(server()))
    client = place.world.enter_context(closing(Client(Starlette(routes=live.routes(found)), HOST)))
    return partial(_talk, client, "/api/live", [], {"op": "leave"})


def _class_messages(place: Place) -> st.SearchStrategy[list[str]]:
    return _messages(
        [
            {"op": "guess", "id": 7, "step": CHOICE, "value": 2},
            {"op": "guess", "id": 8, "step": "counting.3", "value": [1, 2, 3.5]},
            {"op": "hello", "token": "x", "have": ["counting.1"]},
            {"op": "look", "have": []},
            {"op": "teach", "have": []},
        ]
    )


def _class(place: Place) -> Feed:
    service = a_service(place.root.parent / "live")
    member = service.admit("10.0.0.1").result(10)
    place.world.callback(service.close)
    client = place.world.enter_context(closing(Client(site(service), HOST)))
    hello = {"op": "hello", "token": member, "have": []}
    return partial(_talk, client, "/api/class/live", [json.dumps(hello)], {"op": "x", "id": 99})


def _class_bodies(place: Place) -> st.SearchStrategy[tuple[str, bytes]]:
    given = {
        "join": {"code": "K7QW4M", "token": "x"},
        "teach": {"secret": "x"},
        "reveal": {"step": CHOICE},
        "cover": {"step": CHOICE},
        "remove": {"students": [1, 2]},
        "restore": {"students": [1]},
        "lessons": {},
        "experiment": {"model": "Model3", "epochs": 1, "grid": {"lr": [0.003, 0.01]}},
        "experiment/task": {"experiment": 1},
        "experiment/guess": {"experiment": 1, "choice": 1},
        "experiment/result": {"experiment": 1, "seed": 0, "squares": [0, 1], "runs": [RUN, RUN]},
        "experiment/reveal": {"experiment": 1},
    }
    return st.sampled_from(sorted(given)).flatmap(
        lambda name: st.tuples(st.just(name), json_of(given[name]))
    )


def _class_post(place: Place) -> Feed:
    clock = Clock()
    service = ClassService(place.root.parent / "posted", clock=clock)
    member = service.admit("10.0.0.1").result(10)
    place.world.callback(service.close)
    app = site(service, write=lambda lesson: b"<!doctype html>")
    client = place.world.enter_context(closing(Client(app, HOST)))
    teacher = {
        "content-type": "application/json",
        "cookie": f"{TEACHER}={service.room.secret}; {MEMBER}={member}",
    }

    def feed(given: tuple[str, bytes]) -> None:
        name, body = given
        clock.now += 2 * MAX_WAIT_SECONDS  # nobody waits after a wrong code: each is looked at
        _answered(client, "POST", f"/api/class/{name}", body, teacher)

    return feed


def _talk(
    client: Client, path: str, first: list[str], last: dict[str, Any], given: list[str]
) -> None:
    """Send messages, and then one that is answered; the server answers it or has hung up."""
    texts = [*first, *given, json.dumps(last)]
    talk = client.talk(path, texts, partial(_is_answer, number=last.get("id")))
    assert talk.closed is None or talk.closed in CLOSED, talk.closed


def _is_answer(frame: Any, number: int | None) -> bool:
    for message in frame if isinstance(frame, list) else [frame]:
        error = message.get("error", "")
        assert "\n" not in error and len(error) < 2500
        json.dumps(error, ensure_ascii=False).encode()
        if error and message.get("id") == number:
            return True
    return False


# Pages


def _queries(place: Place) -> st.SearchStrategy[tuple[int, dict[str, str]]]:
    from hnviz.app.shell.keys import ADDRESS
    from tests.pages import EVERY_PAGE

    names = sorted({key.name for key in ADDRESS if "*" not in key.name})
    usual = st.sampled_from(("1", "true", "Model3", "7", "0.5", "LSTM", "blocks", "train", "reset"))
    numbers = st.integers(-(10**20), 10**20).map(str) | st.floats().map(str)
    given = st.dictionaries(st.sampled_from(names), usual | texts | numbers, max_size=6)
    return st.tuples(st.integers(0, len(EVERY_PAGE) - 1), given)


def _page(place: Place) -> Feed:
    from hnviz.web.log import no_warnings
    from tests.pages import EVERY_PAGE, open_page

    def feed(given: tuple[int, dict[str, str]]) -> None:
        number, query = given
        page = EVERY_PAGE[number % len(EVERY_PAGE)]
        sent = {name: text.encode("utf-8", "replace").decode() for name, text in query.items()}
        with no_warnings():
            app = open_page(page, **sent)
        assert not app.exception, [each.value for each in app.exception]

    return feed


def _in_world(make: Callable[[Place], Feed]) -> Callable[[Place], Feed]:
    """Prepare a target where the web's parts find its runs; its errors are looked for."""

    def made(place: Place) -> Feed:
        _enter_world(place)
        feed = make(place)

        def guarded(given: Any) -> None:
            with no_errors():
                feed(given)

        return guarded

    return made


WEB_TARGETS: dict[str, Target] = {
    "get": Target(_addresses, _in_world(_get)),
    "post": Target(_bodies, _in_world(_post)),
    "headers": Target(_headers, _in_world(_head)),
    "live": Target(_live_messages, _in_world(_live)),
    "class-live": Target(_class_messages, _in_world(_class)),
    "class-post": Target(_class_bodies, _in_world(_class_post)),
    "pages": Target(_queries, _in_world(_page), every=25),
}
