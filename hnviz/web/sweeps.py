"""Sweeps over HTTP: start a plan; list, read, stop and resume sweeps.

The body of POST /api/sweeps is a plan as in hnviz/sweeps/plan.py: {"name": ..., "fixed": {...},
"grid": {...}}. In a class only the teacher trains sweeps.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from hnviz.data.stream import tokens_of
from hnviz.questions.params import quoted
from hnviz.runs import RunNotFound, RunSummary
from hnviz.runs.reference import usual_gaps
from hnviz.sweeps.plan import Plan, make_plan
from hnviz.sweeps.runner import DONE
from hnviz.sweeps.service import SweepService
from hnviz.sweeps.store import Sweep
from hnviz.web.classroom.service import ClassService
from hnviz.web.controls import Do, Presses
from hnviz.web.http import Body, Refusal, nothing
from hnviz.web.limits import Quota, Rate
from hnviz.web.state import BEGUN

THREADS = 4
RATE = 4, 12  # presses per viewer: per second, and in a burst
PLANS = 6  # per viewer, whose time is being estimated
PARTS = ("name", "fixed", "grid", "random")
LISTED = 20  # sweeps in a list
WAITS = "waits"  # the state of a run that has not started
FIGURES = ("accuracy", "valid_loss", "train_accuracy", "train_loss")


def sweep_routes(sweeps: SweepService, classroom: ClassService | None = None) -> list[Route]:
    """Return the routes; in a class those that train are the teacher's."""
    rate = Rate(*RATE)
    presses = Presses(
        THREADS, Quota(2, "two of your presses are being handled; press again in a moment"), rate
    )
    # An estimate takes seconds: no press waits for it.
    plans = Presses(1, Quota(PLANS, f"{PLANS} of your plans are being timed; wait a moment"), rate)

    def post(path: str, do: Do) -> Route:
        def press(request: Request, body: Body) -> Mapping[str, Any]:
            if classroom is not None and not classroom.visitor(request.cookies).teacher:
                raise Refusal("in a class only the teacher trains sweeps", 403)
            return do(request, body)

        return presses.route(path, press)

    def act(action: Callable[[str], None], request: Request, body: Body) -> Mapping[str, Any]:
        nothing(body, "this")
        action(_id(request))
        return {"sweep": _id(request)}

    actions: dict[str, Callable[[str], None]] = {
        "stop": sweeps.stop,
        "resume": sweeps.resume,
        "retry": partial(sweeps.resume, failed=True),
    }
    return [
        presses.look("/api/sweeps", lambda request: {"sweeps": listed(sweeps)}),
        post("/api/sweeps", partial(_start, sweeps)),
        plans.route("/api/sweeps/estimate", partial(_estimate, sweeps)),
        presses.look("/api/sweeps/{sweep_id}", lambda request: sweep_view(sweeps, _id(request))),
        *(
            post(f"/api/sweeps/{{sweep_id}}/{name}", partial(act, action))
            for name, action in actions.items()
        ),
    ]


def _start(sweeps: SweepService, request: Request, body: Body) -> Mapping[str, Any]:
    plan = read_body(body)
    return {"new": sweeps.start(plan), "sweep": plan.id, "runs": len(plan.configs)}


def _estimate(sweeps: SweepService, request: Request, body: Body) -> Mapping[str, Any]:
    """Return how many runs a plan has, and the fewest and the most seconds they should take."""
    plan = read_body(body)
    found = sweeps.duration(plan)
    seconds = {"least": round(found.least, 1), "most": round(found.most, 1)}
    return {"runs": len(plan.configs), **seconds}


def _id(request: Request) -> str:
    return str(request.path_params["sweep_id"])


def read_body(body: Body) -> Plan:
    """Read a plan. Raises Refusal or SweepError."""
    for name, value in body.items():
        if name not in PARTS:
            raise Refusal(f"a sweep has {', '.join(PARTS)}; got {quoted(name)}")
        wanted, kind = ("a text", str) if name == "name" else ("an object", dict)
        if not isinstance(value, kind):
            raise Refusal(f"{name} must be {wanted}; got {quoted(value)}")
    given = (body.get("fixed", {}), body.get("grid"), body.get("random"))
    return make_plan(body.get("name", "sweep"), *given)


def listed(sweeps: SweepService) -> list[dict[str, Any]]:
    """Return the newest sweeps, one line each."""
    return [
        {"id": sweep.id, "name": sweep.name, "created": sweep.created, "runs": len(sweep.members)}
        for sweep in sweeps.sweeps.sweeps()[:LISTED]
    ]


def sweep_view(sweeps: SweepService, sweep_id: str) -> dict[str, Any]:
    """Return a sweep with its runs. Raises SweepError."""
    sweep, does, problems = sweeps.state(sweep_id)
    known = asdict(sweep.members[0].config)
    axes = [axis for axis in sweep.axes if axis in known]
    runs = [_run_view(sweeps, sweep, index, axes, problems) for index in range(len(sweep.members))]
    states = [each["state"] for each in runs]
    return {
        "id": sweep.id,
        "name": sweep.name,
        "created": sweep.created,
        "axes": axes,
        "status": _status(does, states),
        "problem": sweeps.problem(sweep.id),
        "n_runs": len(runs),
        "n_done": sum(state in DONE for state in states),
        "tokens": sorted({tokens_of(member.config) for member in sweep.members}),
        "gaps": usual_gaps(member.config for member in sweep.members),
        "runs": runs,
    }


def _status(does: str, states: list[str]) -> str:
    """Return what a sweep is doing, or how its runs ended, in one or two words."""
    left = [state for state in states if state not in DONE]
    if not left:
        return "finished"
    if does in ("training", "stopping"):
        return does
    if any(state in BEGUN for state in left):
        return "training elsewhere"  # by the command `hnviz sweep`
    if all(state == "failed" for state in left):
        return "failed"
    return does or "interrupted"


def _run_view(
    sweeps: SweepService, sweep: Sweep, index: int, axes: list[str], problems: Mapping[int, str]
) -> dict[str, Any]:
    member = sweep.members[index]
    config = asdict(member.config)
    line: RunSummary | None = None
    if member.run is not None:
        try:
            line = sweeps.runs.line(member.run)
        except RunNotFound:  # it was deleted
            line = None
    state = "failed" if index in problems else _run_state(sweeps, line)
    steps = line.n_steps if line else None
    return {
        "settings": {axis: config[axis] for axis in axes},
        "run": line.id if line else None,
        "state": state,
        "progress": round(line.step / steps, 3) if line and steps else 0.0,
        "message": problems.get(index) or (line.problem or line.message if line else ""),
        **{name: getattr(line, name) if state in DONE else None for name in FIGURES},
    }


def _run_state(sweeps: SweepService, line: RunSummary | None) -> str:
    if line is None:
        return WAITS
    if line.problem:
        return "failed"
    job = sweeps.engine().job(line.id)
    status = job.status if job is not None else line.status
    return WAITS if status == "queued" else status
