"""A class for tests: its own lessons, a desk with a clock that a test moves, and its routes."""

from collections.abc import Callable, Collection
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient

from hnviz.app.rooms.classroom.join.page import join_page
from hnviz.classroom import Limits
from hnviz.lessons import Guess, Lesson, Step
from hnviz.web.classroom.desk import TEACHER, Desk
from hnviz.web.classroom.files import LessonFiles
from hnviz.web.classroom.gate import gate
from hnviz.web.classroom.routes import class_routes
from hnviz.web.guard import Rules, guard
from hnviz.web.routes import door

HOST = "testserver"  # as the test client names it for a WebSocket
CHOICE, NUMBER, CURVE, SQUARE = (f"counting.{number}" for number in (1, 2, 3, 4))
NO_GUESS = "counting.5"

GUESSES = (
    Guess(kind="choice", ask="Which?", why="So.", answers=("one", "two", "three"), truth=1),
    Guess(kind="number", ask="How many?", why="So.", low=0, high=100, unit="words", truth=47),
    Guess(
        kind="curve",
        ask="How does it fall?",
        why="So.",
        answers=("0", "100", "200"),
        low=0,
        high=4,
        truth=(3.6, 1.2, 0.4),
    ),
    Guess(kind="square", ask="Where?", why="So.", answers=("a", "b", "c", "d"), columns=2, truth=3),
    None,
)
LESSON = Lesson(
    id="counting",
    title="Counting",
    about="A lesson for tests.",
    steps=tuple(
        Step(title=f"Step {at}", text="Look.", page="data", point="data/guess", guess=guess)
        for at, guess in enumerate(GUESSES, 1)
    ),
)


class Clock:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_desk(
    path: Path, view: str = "free", jobs: Callable[[], Collection[str]] = lambda: (), **limits: int
) -> Desk:
    return Desk(path, view=view, limits=Limits(**limits), clock=Clock(), jobs=jobs)


def site(
    desk: Desk,
    folder: Path | None = None,
    more: Collection[Any] = (),
    write: Callable[[str], bytes] | None = None,
) -> Starlette:
    """The class's routes behind the guard, as the app has them."""
    rules = Rules(hosts=(HOST,))
    closed = [gate(desk, lambda: "")] if desk.view == "coded" else []
    ours = [*class_routes(desk, join_page(), LessonFiles(folder, write)), *more]
    return Starlette(routes=door(ours), middleware=[guard(lambda: rules), *closed])


@contextmanager
def visiting(app: Starlette, address: str = "10.0.0.7"):
    """A browser at an address, with cookies of its own; all of an app share its event loop."""
    with TestClient(app, base_url=f"http://{HOST}", client=(address, 50_000)) as client:
        yield client


def another(client: TestClient, address: str) -> TestClient:
    """Another browser at the same server."""
    made = TestClient(client.app, base_url=f"http://{HOST}", client=(address, 50_000))
    made.portal = client.portal
    return made


def as_teacher(client: TestClient, desk: Desk) -> TestClient:
    client.cookies.set(TEACHER, desk.room.secret)
    return client


def joined(client: TestClient, desk: Desk) -> str:
    """Join; return the token."""
    answer = client.post("/api/class/join", json={"code": desk.room.code})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])
