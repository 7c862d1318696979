"""What every page can follow: the run in view, and the list of runs."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from hnviz.app.run import text as run_text
from hnviz.app.run.list.rows import row
from hnviz.app.run.names import shown_name
from hnviz.app.shell.classroom import class_service
from hnviz.app.shell.server import server
from hnviz.runs import RunNotFound
from hnviz.web.live import Listing
from hnviz.web.state import CurrentRun, snapshot_version
from hnviz.web.topics import Fields, Topic, short_hash

_HASH = 8  # characters of a row's hash


class Run(Fields):
    """How far a run has come, in numbers and sentences."""

    name = "run"

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a run's state; `**` in a sentence marks what is bold."""
        record, left = moment.record, moment.seconds_left
        return {
            "name": shown_name(record.config, moment.given, moment.shipped),
            "model": record.config.called,
            "status": moment.status,
            "is_live": moment.is_live,
            "shipped": moment.shipped,
            "resumable": moment.resumable,
            "recorded": record.recorded,
            "step": record.step,
            "n_steps": record.started.n_steps if record.started else None,
            "progress": round(min(1.0, record.progress), 4),
            "progress_text": run_text.progress(moment),
            "seconds_left": None if left is None else ceil(left),
            "speed": moment.speed,
            "at_rest": moment.at_rest,
            "snapshots": snapshots(moment),
        }


class Runs(Topic):
    """The list of runs.

    News: {"rows": {id: row}} with the rows that have changed; {"order": [id, ...], "rows": ...}
    with all of them if a run was added or removed.
    """

    name = "runs"
    of_run = False

    def watches(self, moment: Listing) -> Any:
        """Return the runs, and whose they are: that is known a moment after a run has begun."""
        classroom = class_service()
        return moment, classroom and classroom.room.runs

    def draw(self, moment: Listing, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the rows, in order."""
        return [row(line, moment.jobs) for line in moment.lines]

    def news(
        self, state: list[dict[str, Any]], have: Any
    ) -> tuple[Mapping[str, Any] | None, dict[str, str]]:
        """Return the rows that a follower lacks; their hashes are one string."""
        known = have if isinstance(have, dict) else {}
        order = [each["run"] for each in state]
        hashes = [short_hash(each)[:_HASH] for each in state]
        has = {"order": short_hash(order), "rows": "".join(hashes)}
        if known == has:
            return None, has
        rows = dict(zip(order, state, strict=True))
        if known.get("order") != has["order"] or not isinstance(known.get("rows"), str):
            return {"order": order, "rows": rows}, has
        before = _split(known["rows"], len(order))
        changed = [run for run, was, now in zip(order, before, hashes, strict=True) if was != now]
        return {"rows": {run: rows[run] for run in changed}}, has


def snapshots(run: CurrentRun) -> list[tuple[int, str]]:
    """Return each snapshot's step, with its version for addresses."""
    try:
        folder = server().store.folder(run.record.id)
    except RunNotFound:  # deleted since the record was read
        return []
    found = ((step, snapshot_version(folder, step)) for step in run.record.snapshots)
    return [(step, version) for step, version in found if version is not None]


def _split(hashes: str, count: int) -> Sequence[str]:
    """Split a string of hashes; a missing one is empty."""
    return [hashes[place * _HASH : (place + 1) * _HASH] for place in range(count)]
