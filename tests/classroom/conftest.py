"""One class a test: the service, a phone, the teacher's browser, and what else one needs."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from hnviz.classroom import guesses
from hnviz.web.classroom import connections, lessons
from hnviz.web.classroom.service import ClassService
from tests.classroom import LESSON, LIVE, a_service, another, as_teacher, joined, site, visiting

AClass = Callable[..., ClassService]


@pytest.fixture
def own_lessons(monkeypatch):
    for module in (guesses, lessons, connections):
        monkeypatch.setattr(module, "lessons", lambda: {LESSON.id: LESSON})
    monkeypatch.setattr(connections, "COUNT_SECONDS", 0.01)


@pytest.fixture
def under_way():
    """The runs that train."""
    return []


@pytest.fixture
def a_class(tmp_path, under_way):
    """Begin a class, or go on with that of the test's folder; all are closed at the end."""
    with ExitStack() as held:

        def begun(**options: Any) -> ClassService:
            made = a_service(tmp_path, under_way=under_way, **options)
            held.callback(made.close)
            return made

        yield begun


@pytest.fixture
def service(a_class):
    return a_class()


@pytest.fixture
def phone(service):
    with visiting(site(service)) as client:
        yield client


@pytest.fixture
def teacher(phone, service):
    return as_teacher(another(phone, "10.0.0.2"), service)


@pytest.fixture
def hello(phone):
    """Open a phone's connection; all are closed at the end."""
    with ExitStack() as lines:

        def opened(token: str, have: tuple[str, ...] = ()) -> Any:
            said = lines.enter_context(phone.websocket_connect(LIVE))
            said.send_json({"op": "hello", "token": token, "have": list(have)})
            return said

        yield opened


@pytest.fixture
def join(phone, service) -> Callable[[int], list[str]]:
    """Let phones join, each from an address of its own; return their tokens."""
    return lambda n: [joined(another(phone, f"10.0.1.{at}"), service) for at in range(n)]
