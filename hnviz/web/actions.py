"""The buttons of a run: POST /api/runs/{id}/<one of ACTIONS>, and .../speed.

The Content-Type must be JSON, which no form on another site can send. The answer is the run's
status after the press, or one sentence that says why it cannot be done. The calls run in their
own threads, so they never wait behind pictures or news.
"""

from collections.abc import Callable, Mapping
from functools import partial
from math import isfinite
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hnviz.runs import DamagedRun
from hnviz.web.bodies import json_body
from hnviz.web.parameters import quoted
from hnviz.web.standing import engine, standing, store
from hnviz.web.views import Refusal

ACTIONS = ("pause", "go_on", "step", "stop", "resume", "start_again")
THREADS = 24  # presses handled at the same time; stopping a run may take seconds

Press = Callable[[str, Mapping[str, Any]], None]
"""Applies a request's body to a run."""

Permit = Callable[[Request, str, str], None]
"""Raises Refusal if the sender of a request may not do a named action to a run."""


def anyone(request: Request, name: str, run_id: str) -> None:
    """Permit every action to everyone."""


def routes(permit: Permit = anyone) -> list[Route]:
    """Return the routes of the buttons; `permit` is called in a thread before each press."""
    limiter = CapacityLimiter(THREADS)

    def route(name: str, press: Press) -> Route:
        async def endpoint(request: Request) -> Response:
            def permitted(run_id: str, body: Mapping[str, Any]) -> None:
                permit(request, name, run_id)
                press(run_id, body)

            return await _answer(request, permitted, limiter)

        return Route(f"/api/runs/{{run_id}}/{name}", endpoint, methods=["POST"])

    return [*(route(name, partial(_press, name)) for name in ACTIONS), route("speed", _set_speed)]


async def _answer(request: Request, press: Press, limiter: CapacityLimiter) -> Response:
    body, run_id = await json_body(request), request.path_params["run_id"]
    status = await to_thread.run_sync(partial(_do, press, run_id, body), limiter=limiter)
    return JSONResponse({"status": status}, headers={"Cache-Control": "no-store"})


def _do(press: Press, run_id: str, body: Mapping[str, Any]) -> str:
    """Press a button; return the run's status after it.

    Raises Refusal, RunNotFound or EngineError.
    """
    if store().folder(run_id).shipped:
        raise Refusal(f"the run {run_id} is pre-trained: you can only look at it", 409)
    press(run_id, body)
    try:
        return standing(run_id).status
    except DamagedRun as error:  # 409, as when the engine refuses such a run
        raise Refusal(str(error), 409) from error


def _press(name: str, run_id: str, body: Mapping[str, Any]) -> None:
    if body:
        raise Refusal(f"{name} takes no values; got {quoted(next(iter(body)))}")
    getattr(engine(), name)(run_id)


def _set_speed(run_id: str, body: Mapping[str, Any]) -> None:
    if set(body) != {"speed"}:
        raise Refusal(f'the body must be {{"speed": steps a second, or null}}; {_got(body)}')
    speed = body["speed"]
    if speed is not None:
        is_number = isinstance(speed, (int, float)) and not isinstance(speed, bool)
        if not is_number or not 0 < speed < 1e6 or not isfinite(speed):
            raise Refusal(f"speed must be a number above 0 or null; got {quoted(speed)}")
    engine().set_speed(run_id, speed)


def _got(body: Mapping[str, Any]) -> str:
    return f"got {', '.join(map(quoted, list(body)[:5]))}" if body else "got nothing"
