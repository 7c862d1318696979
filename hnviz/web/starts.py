"""Starting runs over HTTP: POST /api/runs, and POST /api/lr-tests.

The body lists what to train: a model with the settings that differ from its recipe, or a run that
is like another one but for some settings. A run that exists already is not trained again. A range
test takes one such entry, and is shared in the same way.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hnviz.classroom import ClassError
from hnviz.config import CHOICES, ConfigError, RunConfig
from hnviz.engine.client import EngineError
from hnviz.lr_finder import range_test
from hnviz.questions.params import quoted
from hnviz.runs import RunSummary
from hnviz.runs.reference import same_but_seed
from hnviz.web.asked import engine_refusal
from hnviz.web.bodies import json_body
from hnviz.web.classroom.service import ClassService, Visitor
from hnviz.web.errors import Refusal
from hnviz.web.quota import Quota, Rate
from hnviz.web.standing import engine, store
from hnviz.web.viewer import viewer_of

MOST = 20  # runs of one request: a card compares all models
THREADS = 8
A_SECOND, AT_ONCE = 2, 6  # presses of one viewer

_SETTINGS = frozenset(each.name for each in fields(RunConfig))
NOBODY = Visitor()

_WORDS = frozenset({*CHOICES, "corpus"})
_REUSED = ("finished", "running", "queued", "paused")


@dataclass(frozen=True, slots=True)
class Starter:
    """Who starts runs: a viewer, in a class as its teacher or a member."""

    viewer: str  # name@address
    classroom: ClassService | None = None
    visitor: Visitor = NOBODY

    def start(self, config: RunConfig, *, range_test: bool = False) -> str:
        """Start a run, or a learning rate range test; return its id.

        Raises EngineError, and ClassError where the class forbids it.
        """
        train = partial(engine().train, config, self.viewer, range_test=range_test)
        if self.classroom is None or self.visitor.teacher:
            return train()
        return self.classroom.start(self.visitor.member, train)


Work = Callable[[Mapping[str, Any], Starter], dict[str, Any]]
"""(body, who asks) -> the answer. Raises Refusal."""


def start_routes(classroom: ClassService | None = None) -> list[Route]:
    """Return the routes; in a class only those who have joined start runs."""
    limiter = CapacityLimiter(THREADS)
    quota = Quota(1, "another press of yours is under way; press again in a moment")
    rate = Rate(A_SECOND, AT_ONCE)

    def route(path: str, work: Work) -> Route:
        async def start(request: Request) -> Response:
            viewer = viewer_of(request.scope)
            who = NOBODY if classroom is None else classroom.visitor(request.cookies)
            with quota.taken(viewer):
                await asyncio.sleep(rate.delay(viewer))
                body, starter = await json_body(request), Starter(viewer.asker, classroom, who)
                answer = await to_thread.run_sync(work, body, starter, limiter=limiter)
            return JSONResponse(answer, headers={"Cache-Control": "no-store"})

        return Route(path, start, methods=["POST"])

    return [route("/api/runs", train_all), route("/api/lr-tests", find_rate)]


def train_all(body: Mapping[str, Any], starter: Starter) -> dict[str, Any]:
    """Find or start each run of a request.

    Returns {"runs": [{"run": id, "new": bool}, ...], "refused": sentence}: where a start is
    refused after others were made, those stay and the sentence says why. Raises Refusal.
    """
    configs = [config_of(each) for each in _listed(body)]
    known = store().summaries()
    made: list[dict[str, Any]] = []
    for config in configs:
        there = equal_run(config, known)
        if there is not None:
            made.append({"run": there.id, "new": False})
            continue
        try:
            made.append({"run": starter.start(config), "new": True})
        except (EngineError, ClassError) as error:
            if not made:
                raise _refusal(error) from error
            return {"runs": made, "refused": str(error)}
    return {"runs": made, "refused": ""}


def find_rate(body: Mapping[str, Any], starter: Starter) -> dict[str, Any]:
    """Find or start the range test of some settings; return {"run": id, "new": bool}.

    Raises Refusal.
    """
    config = range_test(config_of(body))
    there = equal_run(config, store().range_tests())
    if there is not None:
        return {"run": there.id, "new": False}
    try:
        return {"run": starter.start(config, range_test=True), "new": True}
    except (EngineError, ClassError) as error:
        raise _refusal(error) from error


def equal_run(config: RunConfig, lines: Iterable[RunSummary]) -> RunSummary | None:
    """Return a run with the same settings and seed, on any device; a finished one first."""
    wanted = same_but_seed(config)
    equal = [
        line
        for line in lines
        if line.config is not None
        and line.config.seed == config.seed
        and line.status in _REUSED
        and same_but_seed(line.config) == wanted
        and (line.status == "finished" or engine().job(line.id) is not None)
    ]
    return min(equal, key=lambda line: _REUSED.index(line.status), default=None)


def config_of(asked: Any) -> RunConfig:
    """Read one entry of a request. Raises Refusal, RunNotFound or DamagedRun."""
    if not isinstance(asked, dict):
        raise Refusal(f"each of runs must be a JSON object; got {quoted(asked)}")
    options = {str(name): value for name, value in asked.items()}
    like, same = options.pop("like", None), options.pop("same", False)
    for name in options:
        if name not in _SETTINGS:
            raise Refusal(
                f"no setting is named {quoted(name)}; there are {', '.join(sorted(_SETTINGS))}"
            )
        if name in _WORDS and not isinstance(options[name], str):
            raise Refusal(f"{name} must be a text; got {quoted(options[name])}")
    try:
        if like is None:
            model = options.pop("model", RunConfig().model)
            return RunConfig.for_model(model, same=same is True, **options)
        return replace(store().folder(str(like)).config, **options)
    except ConfigError as error:
        raise Refusal(str(error)) from error


def _listed(body: Mapping[str, Any]) -> list[Any]:
    wanted = body.get("runs")
    if set(body) != {"runs"} or not isinstance(wanted, list):
        got = ", ".join(map(quoted, list(body)[:5])) or "nothing"
        raise Refusal(f'the body must be {{"runs": [settings, ...]}}; got {got}')
    if not 1 <= len(wanted) <= MOST:
        raise Refusal(f"one request trains from 1 to {MOST} runs; got {len(wanted)}")
    return wanted


def _refusal(error: EngineError | ClassError) -> Refusal:
    return engine_refusal(error) if isinstance(error, EngineError) else Refusal(str(error), 403)
