"""Presses over HTTP: POST /api/runs, /api/lr-tests and /api/runs/{id}/<action>.

A start lists what to train: a model with the settings that differ from its recipe, or a run like
another one except for some settings. A run that already exists is not trained again. A range test
takes one entry of this kind, and is shared in the same way. A student of a class gets an order in
place of a run that the student's own device trains: `hnviz.web.classroom.runs`.

The answer to a press on a run's button is the run's new status, or one sentence that says why the
press is refused.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hnviz.classroom import ClassError
from hnviz.config import SETTINGS, ConfigError, RunConfig
from hnviz.engine.client import Engine, EngineError
from hnviz.lr_finder import range_test
from hnviz.questions.params import quoted
from hnviz.runs import DamagedRun, RunFolder, RunStore, RunSummary, trash
from hnviz.runs.folder import read_label, write_label
from hnviz.runs.typed import keep_typed
from hnviz.web.classroom.orders import order_for
from hnviz.web.classroom.service import ClassService, Visitor
from hnviz.web.http import NO_STORE, Body, Refusal, json_body, nothing, only, refused_values
from hnviz.web.limits import Quota, Rate, viewer_of
from hnviz.web.state import ServerState

MAX_STARTS = 20  # per request: a card compares all models
START_THREADS = 8
START_RATE = 2, 6  # starts per viewer: per second, and in a burst
THREADS = 24  # presses handled at once; stopping a run may take seconds
OF_ONE = 4  # per viewer
MIN_SPEED, MAX_SPEED = 0.001, 10**6  # steps a second; below, the time left may be no number
RATE = 10, 20  # presses per viewer: per second, and in a burst; more wait

ACTIONS = ("pause", "go_on", "step", "stop", "resume", "start_again")
STARTS = ("resume", "start_again")
"""The ACTIONS that put a run in the queue; the engine limits a viewer's queued runs."""

NOBODY = Visitor()

_REUSED = ("finished", "running", "queued", "paused")

Do = Callable[[Request, Body], Mapping[str, Any]]
"""Carries out a press in a thread, and returns the answer."""

Permit = Callable[[Request, str, str], None]
"""(request, action, run's id): raises Refusal if the sender may not do this."""


class Presses:
    """Makes routes for POST requests. They have their own threads, so none waits for a picture.

    The Content-Type must be JSON, which no form on another site can send.
    """

    def __init__(self, threads: int, quota: Quota, rate: Rate) -> None:
        """`quota` and `rate` limit one viewer; a press that comes too fast waits."""
        self._limiter, self._quota, self._rate = CapacityLimiter(threads), quota, rate

    def route(self, path: str, do: Do) -> Route:
        """Return the route of one kind of press."""

        async def endpoint(request: Request) -> Response:
            viewer = viewer_of(request.scope)
            with self._quota.taken(viewer):
                await asyncio.sleep(self._rate.delay(viewer))
                return await self._answer(partial(do, request, await json_body(request)))

        return Route(path, endpoint, methods=["POST"])

    def look(self, path: str, do: Callable[[Request], Mapping[str, Any]]) -> Route:
        """Return the route of a GET request: the same threads, without limits."""

        async def endpoint(request: Request) -> Response:
            return await self._answer(partial(do, request))

        return Route(path, endpoint)

    async def _answer(self, do: Callable[[], Mapping[str, Any]]) -> Response:
        answer = await to_thread.run_sync(do, limiter=self._limiter)
        return JSONResponse(answer, headers=NO_STORE)


@dataclass(frozen=True, slots=True)
class Starter:
    """The sender of a start: a viewer, who in a class is the teacher or a member."""

    state: ServerState
    viewer: str  # name@address
    classroom: ClassService | None = None
    visitor: Visitor = NOBODY

    def start(self, config: RunConfig, *, range_test: bool = False) -> str:
        """Start a run, or a learning rate range test; return its id.

        Raises EngineError, and ClassError where the class forbids it.
        """
        train = partial(self.state.engine.train, config, self.viewer, range_test=range_test)
        if self.classroom is None or self.visitor.teacher:
            return train()
        return self.classroom.start(self.visitor.member, train)

    def train_all(self, body: Body) -> dict[str, Any]:
        """Find or start each run of a request.

        Returns {"runs": [{"run": id, "new": bool}, ...], "refused": sentence}; for a student's
        device an entry is {"order": order}. If a start is refused after others were made, those
        remain, and the sentence says why. Raises Refusal and EngineError.
        """
        wanted = only(body, "runs", "[settings, ...]", list)
        if not 1 <= len(wanted) <= MAX_STARTS:
            raise Refusal(f"one request trains from 1 to {MAX_STARTS} runs; got {len(wanted)}")
        configs = [config_of(each, self.state.store) for each in wanted]
        known = self.state.store.summaries()
        made: list[dict[str, Any]] = []
        for config in configs:
            ordered = sum("order" in each for each in made)
            pairs = zip(configs, made, strict=False)  # a device that gets equal orders trains one
            same = [done for one, done in pairs if "run" in done and are_equal(one, config)]
            try:
                again = {**same[0], "new": False} if same else None
                made.append(again or self._found_or_started(config, known, ordered))
            except (EngineError, Refusal) as error:
                if not made:
                    raise
                return {"runs": made, "refused": str(error)}
        return {"runs": made, "refused": ""}

    def find_rate(self, body: Body) -> dict[str, Any]:
        """Find or start the range test of some settings; return {"run": id, "new": bool}.

        Raises Refusal and EngineError.
        """
        store = self.state.store
        config = range_test(config_of(body, store))
        return self._found_or_started(config, store.range_tests(), range_test=True)

    def _found_or_started(
        self,
        config: RunConfig,
        known: Iterable[RunSummary],
        ordered: int = 0,
        *,
        range_test: bool = False,
    ) -> dict[str, Any]:
        """`ordered`: how many other runs the request has the sender's own device train."""
        there = equal_run(config, known, self.state.engine)
        if there is not None:
            return {"run": there.id, "new": False}
        try:
            if self.classroom is not None and not range_test:
                order = order_for(self.classroom, self.visitor.member, config, ordered)
                if order is not None:
                    return {"order": order}
            return {"run": self.start(config, range_test=range_test), "new": True}
        except ClassError as error:
            raise Refusal(str(error), 403) from error


def start_routes(state: ServerState, classroom: ClassService | None = None) -> list[Route]:
    """Return the routes; in a class only members may start runs."""
    quota = Quota(1, "your last press is still being handled; press again in a moment")
    presses = Presses(START_THREADS, quota, Rate(*START_RATE))

    def route(path: str, start: Callable[[Starter, Body], dict[str, Any]]) -> Route:
        def do(request: Request, body: Body) -> Mapping[str, Any]:
            who = NOBODY if classroom is None else classroom.visitor(request.cookies)
            return start(Starter(state, viewer_of(request.scope).asker, classroom, who), body)

        return presses.route(path, do)

    return [route("/api/runs", Starter.train_all), route("/api/lr-tests", Starter.find_rate)]


def equal_run(config: RunConfig, lines: Iterable[RunSummary], engine: Engine) -> RunSummary | None:
    """Return a run with the same settings and seed, on any device; a finished one first."""
    equal = [
        line
        for line in lines
        if line.config is not None
        and line.status in _REUSED
        and are_equal(line.config, config)
        and (line.status == "finished" or engine.job(line.id) is not None)
    ]
    return min(equal, key=lambda line: _REUSED.index(line.status), default=None)


def are_equal(one: RunConfig, other: RunConfig) -> bool:
    """Return whether two runs have the same settings and seed, on any device."""
    decisive = SETTINGS.keys() - {"device"}
    return all(getattr(one, name) == getattr(other, name) for name in decisive)


def config_of(asked: Any, store: RunStore) -> RunConfig:
    """Read one entry of a request. Raises Refusal, RunNotFound or DamagedRun."""
    if not isinstance(asked, dict):
        raise Refusal(f"each of runs must be a JSON object; got {quoted(asked)}")
    options = {str(name): value for name, value in asked.items()}
    like, same = options.pop("like", None), options.pop("same", False)
    for name in options:
        if name not in SETTINGS:
            raise Refusal(
                f"no setting is named {quoted(name)}; there are {', '.join(sorted(SETTINGS))}"
            )
        if SETTINGS[name].kind == "word" and not isinstance(options[name], str):
            raise Refusal(f"{name} must be a text; got {quoted(options[name])}")
    try:
        if like is None:
            model = options.pop("model", RunConfig().model)
            return RunConfig.for_model(model, same=same is True, **options)
        return replace(store.folder(str(like)).config, **options)
    except ConfigError as error:
        raise Refusal(str(error)) from error


def anyone(request: Request, name: str, run_id: str) -> None:
    """Permit every action to everyone."""


def button_routes(state: ServerState, permit: Permit = anyone) -> list[Route]:
    """Return the routes of a run's buttons, and of one that stores a sentence for a link.

    `permit` is called in a thread before each press on a run.
    """
    quota = Quota(OF_ONE, f"{OF_ONE} of your presses are being handled; press again in a moment")
    presses, buttons = Presses(THREADS, quota, Rate(*RATE)), Buttons(state)

    def keep(request: Request, body: Body) -> Mapping[str, Any]:
        text = only(body, "text", "a sentence", str)
        with refused_values():
            return {"name": keep_typed(state.store.root, text)}

    def route(name: str) -> Route:
        def press(request: Request, body: Body) -> Mapping[str, Any]:
            run_id = request.path_params["run_id"]
            permit(request, name, run_id)
            if name in CHANGES:
                return CHANGES[name](buttons, run_id, body)
            return buttons.act(name, run_id, body, viewer_of(request.scope).asker)

        return presses.route(f"/api/runs/{{run_id}}/{name}", press)

    buttons_of_runs = [route(name) for name in (*ACTIONS, "speed", *CHANGES)]
    return [*buttons_of_runs, presses.route("/api/typed", keep)]


class Buttons:
    """Carries out presses on a run. May raise Refusal, RunNotFound, RunBusy or RunWriteError."""

    def __init__(self, state: ServerState) -> None:
        self._state = state

    def act(self, name: str, run_id: str, body: Body, viewer: str) -> Mapping[str, Any]:
        """Have the engine carry out an action; return what it makes of the run."""
        self._own(run_id)
        engine = self._state.engine
        if name == "speed":
            engine.set_speed(run_id, _speed(body))
        else:
            nothing(body, name)
            getattr(engine, name)(run_id, *((viewer,) if name in STARTS else ()))
        try:
            now = self._state.current(run_id)
        except DamagedRun as error:  # 409, as if the engine had refused the run
            raise Refusal(str(error), 409) from error
        return {"status": now.status, "is_live": now.is_live, "resumable": now.resumable}

    def rename(self, run_id: str, body: Body) -> Mapping[str, Any]:
        """Name a run; an empty name restores the one made from its settings."""
        name, path = only(body, "name"), self._own(run_id).path
        with refused_values():
            write_label(path, replace(read_label(path), name=name))
        return {"name": read_label(path).name}

    def pin(self, run_id: str, body: Body) -> Mapping[str, Any]:
        """Pin a run, so that lists show it first, or unpin it."""
        pinned = only(body, "pinned")
        if not isinstance(pinned, bool):
            raise Refusal(f"pinned must be true or false; got {quoted(pinned)}")
        path = self._own(run_id).path
        write_label(path, replace(read_label(path), pinned=pinned))
        return {"pinned": pinned}

    def delete(self, run_id: str, body: Body) -> Mapping[str, Any]:
        """Delete a run that is not training; it can be restored for an hour."""
        nothing(body, "delete")
        folder = self._own(run_id)
        if self._state.engine.job(run_id) is not None:
            raise Refusal(f"the run {run_id} still trains: stop it first, then delete it", 409)
        trash.delete(folder)
        return {"deleted": True}

    def restore(self, run_id: str, body: Body) -> Mapping[str, Any]:
        """Bring a deleted run back."""
        nothing(body, "restore")
        store = self._state.store
        store.check_id(run_id)
        trash.restore(store.root, run_id)
        return {"restored": True}

    def _own(self, run_id: str) -> RunFolder:
        """Return the folder of one of the user's own runs, which may be changed."""
        folder = self._state.store.folder(run_id)
        if folder.shipped:
            raise Refusal(f"the run {run_id} is pre-trained: you can only look at it", 409)
        return folder


CHANGES: Mapping[str, Callable[[Buttons, str, Body], Mapping[str, Any]]] = {
    "rename": Buttons.rename,
    "pin": Buttons.pin,
    "delete": Buttons.delete,
    "restore": Buttons.restore,
}
"""Actions that need no engine. In a class only the teacher may do them."""


def _speed(body: Body) -> float | None:
    speed: float | None = only(body, "speed", "steps a second, or null")
    if speed is not None:
        is_number = isinstance(speed, (int, float)) and not isinstance(speed, bool)
        if not is_number or not MIN_SPEED <= speed <= MAX_SPEED:
            wanted = f"from {MIN_SPEED} to {MAX_SPEED:,}, or null"
            raise Refusal(f"speed must be {wanted}; got {quoted(speed)}")
    return speed
