"""Sweeps over HTTP: POST /api/sweeps, GET /api/sweeps, and what is done to one of them.

The body is a plan as in hnviz/sweeps/plan.py: {"name": ..., "fixed": {...}, "grid": {...}}. In a
class the teacher alone trains sweeps.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hnviz.questions.params import quoted
from hnviz.runs import RunWriteError
from hnviz.sweeps.plan import Plan, SweepError, make_plan
from hnviz.web import swept
from hnviz.web.classroom.service import ClassService
from hnviz.web.errors import Refusal
from hnviz.web.http import json_body
from hnviz.web.limits import Quota, Rate, viewer_of
from hnviz.web.sweeping import BusyError, sweeper

THREADS = 4
A_SECOND, AT_ONCE = 4, 12  # presses of one viewer
PLANS = 6  # of one viewer whose time is being estimated
PARTS = ("name", "fixed", "grid", "random")
NAMELESS = "sweep"
TEACHERS = "in a class only the teacher trains sweeps"

Body = Mapping[str, Any]
Do = Callable[[str, Body], Mapping[str, Any]]
"""(sweep's id or "", body) -> the answer. Raises Refusal, SweepError, RunWriteError."""


def sweep_routes(classroom: ClassService | None = None) -> list[Route]:
    """Return the routes; in a class those that train are the teacher's."""
    limiter = CapacityLimiter(THREADS)
    timing = CapacityLimiter(1)  # an estimate takes seconds: no press waits for it
    presses = Quota(2, "two presses of yours are under way; press again in a moment")
    plans = Quota(PLANS, f"{PLANS} plans of yours are being timed; wait a moment")
    rate = Rate(A_SECOND, AT_ONCE)

    def post(path: str, do: Do, *, trains: bool = True) -> Route:
        quota, threads = (presses, limiter) if trains else (plans, timing)

        async def endpoint(request: Request) -> Response:
            if trains and classroom is not None and not classroom.visitor(request.cookies).teacher:
                raise Refusal(TEACHERS, 403)
            viewer = viewer_of(request.scope)
            with quota.taken(viewer):
                await asyncio.sleep(rate.delay(viewer))
                body = await json_body(request)
                sweep_id = request.path_params.get("sweep_id", "")
                return await _answer(do, sweep_id, body, threads)

        return Route(path, endpoint, methods=["POST"])

    def get(path: str, do: Do) -> Route:
        async def endpoint(request: Request) -> Response:
            sweep_id = request.path_params.get("sweep_id", "")
            return await _answer(do, sweep_id, {}, limiter)

        return Route(path, endpoint)

    return [
        get("/api/sweeps", lambda sweep_id, body: {"sweeps": swept.listed()}),
        post("/api/sweeps", _begin),
        post("/api/sweeps/estimate", _estimate, trains=False),
        get("/api/sweeps/{sweep_id}", lambda sweep_id, body: swept.told(sweep_id)),
        post("/api/sweeps/{sweep_id}/stop", _stop),
        post("/api/sweeps/{sweep_id}/resume", _resume),
        post("/api/sweeps/{sweep_id}/retry", _retry),
    ]


async def _answer(do: Do, sweep_id: str, body: Body, threads: CapacityLimiter) -> Response:
    answer = await to_thread.run_sync(_done, do, sweep_id, body, limiter=threads)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _done(do: Do, sweep_id: str, body: Body) -> Mapping[str, Any]:
    """Do what is asked for; every foreseen error becomes a sentence with its status."""
    try:
        return do(sweep_id, body)
    except BusyError as error:
        raise Refusal(str(error), 409) from error
    except RunWriteError as error:
        raise Refusal(str(error), 409) from error
    except SweepError as error:
        unknown = bool(sweep_id) and str(error).startswith(("there is no sweep", "a sweep's id"))
        raise Refusal(str(error), 404 if unknown else 422) from error


def _begin(sweep_id: str, body: Body) -> Mapping[str, Any]:
    plan = plan_of(body)
    return {"new": sweeper().begin(plan), "sweep": plan.id, "runs": len(plan.configs)}


def _estimate(sweep_id: str, body: Body) -> Mapping[str, Any]:
    """Say how many runs a plan has, and from how many to how many seconds they take."""
    plan = plan_of(body)
    found = sweeper().duration(plan)
    seconds = {"least": round(found.least, 1), "most": round(found.most, 1)}
    return {"runs": len(plan.configs), **seconds}


def _stop(sweep_id: str, body: Body) -> Mapping[str, Any]:
    _nothing_in(body)
    sweeper().stop(sweep_id)
    return {"sweep": sweep_id}


def _resume(sweep_id: str, body: Body) -> Mapping[str, Any]:
    _nothing_in(body)
    sweeper().go_on(sweep_id)
    return {"sweep": sweep_id}


def _retry(sweep_id: str, body: Body) -> Mapping[str, Any]:
    _nothing_in(body)
    sweeper().go_on(sweep_id, failed=True)
    return {"sweep": sweep_id}


def plan_of(body: Body) -> Plan:
    """Read a plan. Raises Refusal or SweepError."""
    for name, value in body.items():
        if name not in PARTS:
            raise Refusal(f"a sweep has {', '.join(PARTS)}; got {quoted(name)}")
        wanted, kind = ("a text", str) if name == "name" else ("an object", dict)
        if not isinstance(value, kind):
            raise Refusal(f"{name} must be {wanted}; got {quoted(value)}")
    given = (body.get("fixed", {}), body.get("grid"), body.get("random"))
    return make_plan(body.get("name", NAMELESS), *given)


def _nothing_in(body: Body) -> None:
    if body:
        raise Refusal(f"this takes no values; got {quoted(next(iter(body)))}")
