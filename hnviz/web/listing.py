"""Lists of runs: GET /api/runs, GET /api/runs/{id}."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz.engine.client import live_status
from hnviz.questions.params import Param, read_query
from hnviz.runs import RunSummary
from hnviz.web.curves import Namer
from hnviz.web.kept import Entry
from hnviz.web.lanes import Lane, Shared
from hnviz.web.replies import entry_reply, until_gone
from hnviz.web.standing import Standing, engine, snapshot_version, standing, store
from hnviz.web.viewer import viewer_of
from hnviz.web.wire import to_json

THREADS, LONGEST_LINE = 2, 64

_NEWEST = {"limit": Param("int", 200, 1, 10_000)}


def routes(namer: Namer = lambda config, given, shipped: given) -> list[Route]:
    """Return the routes that list runs and describe one; `namer` says how a run is called."""
    listing = Listing(namer)
    return [
        Route("/api/runs", until_gone(listing.runs), name="runs"),
        Route("/api/runs/{run_id}", until_gone(listing.run), name="run"),
    ]


class Listing:
    """Reads run folders in its own threads, once for all requests that arrive at the same time."""

    def __init__(self, namer: Namer) -> None:
        self._namer = namer
        self._shared, self._lane = Shared(), Lane(THREADS, LONGEST_LINE)

    async def runs(self, request: Request) -> Response:
        """List the newest runs, then the pre-trained ones."""
        pairs = request.query_params.multi_items()
        limit = read_query(_NEWEST, pairs, "the list of runs")["limit"]
        return await self._reply(request, f"/{limit}", lambda: all_runs(limit, self._namer))

    async def run(self, request: Request) -> Response:
        """Describe one run: config, status, figures, and the versions of its snapshots."""
        read_query({}, request.query_params.multi_items(), "a run")
        run_id = request.path_params["run_id"]
        store().folder(run_id)
        return await self._reply(request, run_id, lambda: one_run(run_id))

    async def _reply(self, request: Request, key: str, read: Callable[[], Any]) -> Response:
        entry = await self._shared.result(
            key, lambda: Entry.of(to_json(read())), self._lane, viewer_of(request.scope)
        )
        return entry_reply(request, entry, "application/json", immutable=False)


def all_runs(limit: int, namer: Namer) -> dict[str, Any]:
    """Return the newest runs as dicts, damaged ones with their problem."""
    return {"runs": [_summary(each, namer) for each in store().summaries(limit)]}


def _summary(summary: RunSummary, namer: Namer) -> dict[str, Any]:
    job = None if summary.shipped else engine().job(summary.id)
    config = summary.config.to_dict() if summary.config else None
    fields = {name: getattr(summary, name) for name in RunSummary.__dataclass_fields__}
    status = summary.status if summary.problem else live_status(summary.status, job)
    name = namer(summary.config, summary.given, summary.shipped) if summary.config else summary.id
    return {**fields, "name": name, "model": summary.model, "config": config, "status": status}


def one_run(run_id: str) -> dict[str, Any]:
    """Return one run as a dict. Raises RunNotFound or DamagedRun."""
    folder, now = store().folder(run_id), standing(run_id)
    versions = [(step, snapshot_version(folder, step)) for step in folder.snapshots()]
    return {
        "id": run_id,
        "status": now.status,
        "shipped": now.shipped,
        "created": folder.created,
        "device": folder.device,
        "versions": folder.versions,
        "config": now.record.config.to_dict(),
        "summary": _figures(now),
        "epochs": [asdict(epoch) for epoch in now.record.epochs],
        "snapshots": [[step, version] for step, version in versions if version is not None],
    }


def _figures(now: Standing) -> dict[str, Any]:
    record = now.record
    last = record.epochs[-1] if record.epochs else None
    return {
        "step": record.step,
        "n_steps": record.started.n_steps if record.started else None,
        "epoch": last.epoch if last else None,
        "train_loss": last.train_loss if last else None,
        "valid_loss": last.valid_loss if last else None,
        "accuracy": last.accuracy if last else None,
        "train_accuracy": record.train_accuracy,
        "message": record.ended.message if record.ended else "",
        "place": now.place,
        "wait_seconds": now.wait_seconds,
        "seconds_left": now.seconds_left,
        "speed": now.speed,
    }
