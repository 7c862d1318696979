"""The buttons of a run: POST /api/runs/{id}/<one of ACTIONS or KEEPING>, and .../speed.

The Content-Type must be JSON, which no form on another site can send. The answer is the run's
status after the press, or one sentence that says why it cannot be done. The calls run in their
own threads, so they never wait behind pictures or news.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from math import isfinite
from typing import Any, NamedTuple

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hnviz.questions.params import quoted
from hnviz.runs import DamagedRun
from hnviz.web.bodies import json_body
from hnviz.web.errors import Refusal
from hnviz.web.keeping import KEEPING, Keep
from hnviz.web.quota import Quota, Rate
from hnviz.web.standing import engine, standing, store
from hnviz.web.viewer import viewer_of

ACTIONS = ("pause", "go_on", "step", "stop", "resume", "start_again")
THREADS = 24  # presses handled at the same time; stopping a run may take seconds
OF_ONE = 4  # of them one viewer's
A_SECOND, AT_ONCE = 10, 20  # of one viewer: more wait

STARTS = ("resume", "start_again")
"""Those of ACTIONS that make a run wait for its turn; one viewer's are limited."""


class Pressed(NamedTuple):
    """A press on a button."""

    run_id: str
    body: Mapping[str, Any]
    viewer: str  # name@address


Press = Callable[[Pressed], None]

Do = Callable[[Pressed], Mapping[str, Any]]
"""Does what a press asks for; returns the answer."""

Permit = Callable[[Request, str, str], None]
"""Raises Refusal if the sender of a request may not do a named action to a run."""


def anyone(request: Request, name: str, run_id: str) -> None:
    """Permit every action to everyone."""


def routes(permit: Permit = anyone) -> list[Route]:
    """Return the routes of the buttons; `permit` is called in a thread before each press."""
    limiter = CapacityLimiter(THREADS)
    quota = Quota(OF_ONE, f"{OF_ONE} presses of yours are under way; press again in a moment")
    rate = Rate(A_SECOND, AT_ONCE)

    def route(name: str, do: Do) -> Route:
        async def endpoint(request: Request) -> Response:
            def permitted(pressed: Pressed) -> Mapping[str, Any]:
                permit(request, name, pressed.run_id)
                return do(pressed)

            viewer, run_id = viewer_of(request.scope), request.path_params["run_id"]
            with quota.taken(viewer):
                await asyncio.sleep(rate.delay(viewer))
                pressed = Pressed(run_id, await json_body(request), viewer.asker)
                answer = await to_thread.run_sync(permitted, pressed, limiter=limiter)
            return JSONResponse(answer, headers={"Cache-Control": "no-store"})

        return Route(f"/api/runs/{{run_id}}/{name}", endpoint, methods=["POST"])

    presses: dict[str, Press] = {name: partial(_press, name) for name in ACTIONS}
    presses["speed"] = _set_speed
    return [
        *(route(name, partial(_status_after, press)) for name, press in presses.items()),
        *(route(name, partial(_kept, keep)) for name, keep in KEEPING.items()),
    ]


def _kept(keep: Keep, pressed: Pressed) -> Mapping[str, Any]:
    return keep(pressed.run_id, pressed.body)


def _status_after(press: Press, pressed: Pressed) -> Mapping[str, Any]:
    """Press a button; return the run's status after it.

    Raises Refusal, RunNotFound or EngineError.
    """
    run_id = pressed.run_id
    if store().folder(run_id).shipped:
        raise Refusal(f"the run {run_id} is pre-trained: you can only look at it", 409)
    press(pressed)
    try:
        return {"status": standing(run_id).status}
    except DamagedRun as error:  # 409, as when the engine refuses such a run
        raise Refusal(str(error), 409) from error


def _press(name: str, pressed: Pressed) -> None:
    if pressed.body:
        raise Refusal(f"{name} takes no values; got {quoted(next(iter(pressed.body)))}")
    viewer = (pressed.viewer,) if name in STARTS else ()
    getattr(engine(), name)(pressed.run_id, *viewer)


def _set_speed(pressed: Pressed) -> None:
    body = pressed.body
    if set(body) != {"speed"}:
        raise Refusal(f'the body must be {{"speed": steps a second, or null}}; {_got(body)}')
    speed = body["speed"]
    if speed is not None:
        is_number = isinstance(speed, (int, float)) and not isinstance(speed, bool)
        if not is_number or not 0 < speed < 1e6 or not isfinite(speed):
            raise Refusal(f"speed must be a number above 0 or null; got {quoted(speed)}")
    engine().set_speed(pressed.run_id, speed)


def _got(body: Mapping[str, Any]) -> str:
    return f"got {', '.join(map(quoted, list(body)[:5]))}" if body else "got nothing"
