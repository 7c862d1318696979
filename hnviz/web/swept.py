"""What a browser gets to know of sweeps: how far each is, and the figures of its runs."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any

from hnviz.data.characters import tokens_of
from hnviz.engine.client import Job
from hnviz.runs import RunNotFound, RunSummary
from hnviz.runs.reference import usual_gaps
from hnviz.sweeps import kept
from hnviz.sweeps.keeper import DONE
from hnviz.sweeps.kept import Member, Sweep
from hnviz.web.state import BEGUN, engine, store
from hnviz.web.sweeping import sweeper

LISTED = 20  # sweeps that are offered
WAITS = "waits"  # the state of a run that has not begun

FIGURES = ("accuracy", "valid_loss", "train_accuracy", "train_loss")


def newest() -> str | None:
    """Return the id of the sweep that trains, or of the newest one."""
    return sweeper().trains() or next((each.id for each in kept.sweeps(store().root)), None)


def listed() -> list[dict[str, Any]]:
    """Return the newest sweeps, one line each."""
    return [
        {"id": sweep.id, "name": sweep.name, "created": sweep.created, "runs": len(sweep.members)}
        for sweep in islice(kept.sweeps(store().root), LISTED)
    ]


def told(sweep_id: str) -> dict[str, Any]:
    """Return a sweep with its runs. Raises SweepError."""
    by = sweeper()
    sweep, does, problems = by.now(sweep_id)
    runs = [_run(sweep, index, problems) for index in range(len(sweep.members))]
    states = [each["state"] for each in runs]
    return {
        "id": sweep.id,
        "name": sweep.name,
        "created": sweep.created,
        "axes": list(axes_of(sweep)),
        "status": status_of(does, states),
        "problem": by.problem(sweep.id),
        "n_runs": len(runs),
        "n_done": sum(state in DONE for state in states),
        "tokens": sorted({tokens_of(member.config) for member in sweep.members}),
        "gaps": usual_gaps(member.config for member in sweep.members),
        "runs": runs,
    }


def status_of(does: str, states: list[str]) -> str:
    """Say in a word how far a sweep is: what it does, or what its runs show."""
    left = [state for state in states if state not in DONE]
    if not left:
        return "finished"
    if does in ("training", "stopping"):
        return does
    if any(state in BEGUN for state in left):
        return "training elsewhere"  # by the command
    if all(state == "failed" for state in left):
        return "failed"
    return does or "interrupted"


def axes_of(sweep: Sweep) -> tuple[str, ...]:
    """Return the settings in which the runs of a sweep differ by plan."""
    known = asdict(sweep.members[0].config)
    return tuple(axis for axis in sweep.axes if axis in known)


def _run(sweep: Sweep, index: int, problems: Mapping[int, str]) -> dict[str, Any]:
    member = sweep.members[index]
    config = member.config.to_dict()
    line = _line(member)
    state = "failed" if index in problems else _state(line)
    figures = {name: getattr(line, name) if line else None for name in FIGURES}
    steps = line.n_steps if line else None
    return {
        "settings": {axis: config[axis] for axis in axes_of(sweep)},
        "run": line.id if line else None,
        "state": state,
        "progress": round(line.step / steps, 3) if line and steps else 0.0,
        "message": problems.get(index) or (line.problem or line.message if line else ""),
        **(figures if state in DONE else dict.fromkeys(FIGURES)),
    }


def _line(member: Member) -> RunSummary | None:
    if member.run is None:
        return None
    try:
        return store().line(member.run)
    except RunNotFound:  # deleted meanwhile
        return None


def _state(line: RunSummary | None) -> str:
    if line is None:
        return WAITS
    if line.problem:
        return "failed"
    job: Job | None = engine().job(line.id)
    status = job.status if job is not None else line.status
    return WAITS if status == "queued" else status
