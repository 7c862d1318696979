"""Runs over HTTP: GET /api/runs, GET /api/runs/{id}, and GET /api/curves?runs=a,b,c.

The curves of many runs are one answer. A run is read once for all viewers until its files change.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz.config import RunConfig
from hnviz.data import KINDS, CorpusError
from hnviz.data.stream import measured
from hnviz.engine.client import live_status
from hnviz.events import EpochEnd, KindFigures
from hnviz.models.catalogue import CATALOGUE
from hnviz.questions.frame import pack
from hnviz.questions.params import Param, quoted
from hnviz.questions.view import Reply
from hnviz.runs import DamagedRun, RunFolder, RunNotFound, RunSummary, notebook_table
from hnviz.runs.files import CONFIG, EVENTS, stamp
from hnviz.runs.folder import read_label
from hnviz.runs.record import POINT_COLUMNS, Curves, read_curves
from hnviz.runs.reference import spread_of
from hnviz.web.http import Entry, Refusal, query, until_gone
from hnviz.web.state import BEGUN, CurrentRun, ServerState, snapshot_version
from hnviz.web.work import Pool, Shared

MAX_RUNS = 300  # per answer
MAX_POINTS = 60_000  # of all runs in one answer
MIN_RUN_POINTS, MAX_RUN_POINTS = 100, 2_000
MAX_ID_CHARS = 100
MAX_SPREAD_RUNS = 12  # with their spread over seeds
MAX_READ_RUNS = 1_024  # kept in memory
POOL = 2, 64  # threads, waiting requests
CURVES_POOL = 2, 64, 16, 1  # the same, then requests and threads per viewer

EPOCH_COLUMNS = (
    *("epoch", "step", "train_loss", "valid_loss", "accuracy", "train_accuracy", "seconds"),
)
"""An epoch's first columns; then one per kind of token in valid, then the same for train."""

COMPARED_KINDS = (*KINDS, "other")

Namer = Callable[[Any, str, bool], str]
"""(config, name given by its user, whether it is pre-trained) -> the run's name."""

_NEWEST = {"limit": Param("int", 200, 1, 10_000)}
_ASKED = {"runs": Param("text"), "points": Param("bool", True)}


def run_routes(
    state: ServerState, namer: Namer = lambda config, given, shipped: given
) -> list[Route]:
    """Return the routes that list runs and describe one; `namer` returns a run's name."""
    lists = RunLists(state, namer)
    return [
        Route("/api/runs", until_gone(lists.runs), name="runs"),
        Route("/api/runs/{run_id}", until_gone(lists.run), name="run"),
    ]


def curve_routes(state: ServerState, namer: Namer) -> list[Route]:
    """Return the route of the curves; `namer` returns a run's name."""
    reader = CurveReader(state, namer)
    return [Route("/api/curves", until_gone(reader.curves), name="curves")]


class RunLists:
    """Reads run folders in its own threads, once for all equal requests that arrive together."""

    def __init__(self, state: ServerState, namer: Namer) -> None:
        self._state, self._namer = state, namer
        self._shared = Shared(Pool(*POOL))

    async def runs(self, request: Request) -> Response:
        """List the newest runs, then the pre-trained ones."""
        limit = query(request, _NEWEST, "the list of runs")["limit"]
        return await self._shared.json_reply(request, limit, partial(self._listed, limit))

    async def run(self, request: Request) -> Response:
        """Describe one run: config, status, figures, and the versions of its snapshots."""
        query(request, {}, "a run")
        run_id = request.path_params["run_id"]
        self._state.store.folder(run_id)
        return await self._shared.json_reply(request, run_id, partial(self._described, run_id))

    def _listed(self, limit: int) -> dict[str, Any]:
        """Describe the newest runs, damaged ones with their problem."""
        return {"runs": [self._line(each) for each in self._state.store.summaries(limit)]}

    def _line(self, summary: RunSummary) -> dict[str, Any]:
        job = None if summary.shipped else self._state.engine.job(summary.id)
        config = summary.config
        named = config and self._namer(config, summary.given, summary.shipped)
        return {
            **{name: getattr(summary, name) for name in RunSummary.__dataclass_fields__},
            "name": named or summary.id,
            "model": summary.model,
            "config": config,
            "status": summary.status if summary.problem else live_status(summary.status, job),
        }

    def _described(self, run_id: str) -> dict[str, Any]:
        """Describe one run. Raises RunNotFound or DamagedRun."""
        folder, now = self._state.store.folder(run_id), self._state.current(run_id)
        info = folder.info()
        versions = [(step, snapshot_version(folder, step)) for step in folder.snapshots()]
        return {
            "id": run_id,
            "status": now.status,
            "shipped": now.shipped,
            "created": info.created,
            "device": info.device,
            "versions": info.versions,
            "config": now.record.config,
            "summary": _figures(now),
            "epochs": now.record.epochs,
            "snapshots": [[step, version] for step, version in versions if version is not None],
        }


def _figures(now: CurrentRun) -> dict[str, Any]:
    record = now.record
    last = record.epochs[-1] if record.epochs else None
    return {
        "step": record.step,
        "n_steps": record.started.n_steps if record.started else None,
        "epoch": last.epoch if last else None,
        "train_loss": last.train_loss if last else None,
        "valid_loss": last.valid_loss if last else None,
        "accuracy": record.accuracies.valid,
        "train_accuracy": record.accuracies.train,
        "message": record.ended.message if record.ended else "",
        "place": now.place,
        "wait_seconds": now.wait_seconds,
        "seconds_left": now.seconds_left,
        "speed": now.speed,
    }


class Drawn(NamedTuple):
    """One run, read for drawing."""

    folder: RunFolder
    curves: Curves
    epochs: NDArray[np.float32]
    config: Mapping[str, Any]
    given: str
    stamp: Any  # identifies the state of the files that were read


class CurveReader:
    """Reads run folders in its own threads, each run once until it changes."""

    def __init__(self, state: ServerState, namer: Namer) -> None:
        self._state, self._namer = state, namer
        self._shared = Shared(Pool(*CURVES_POOL))
        self._read: LRUCache[tuple[str, int], Drawn] = LRUCache(MAX_READ_RUNS)
        self._lock = threading.Lock()

    async def curves(self, request: Request) -> Response:
        """Answer with the curves of the runs in the address, in that order."""
        asked = query(request, _ASKED, "a comparison")
        ids, whole = run_ids(asked["runs"]), asked["points"]
        make = partial(self.answer, ids, whole)
        return await self._shared.reply(request, (ids, whole), make)

    def answer(self, ids: Sequence[str], whole: bool = True) -> Entry:
        """Pack the curves of some runs, with the names of those that cannot be read.

        Without `whole` it packs only their epochs, which are read in a third of the time.
        """
        share = max(MIN_RUN_POINTS, MAX_POINTS // max(1, len(ids)))
        points = min(MAX_RUN_POINTS, share) if whole else 0
        found: list[Drawn] = []
        missing: list[str] = []
        damaged: dict[str, str] = {}
        for run_id in ids:
            try:
                found.append(self._drawn(self._state.store.folder(run_id), points))
            except RunNotFound:
                missing.append(run_id)
            except DamagedRun as error:
                damaged[run_id] = str(error)
        lines = self._state.store.summaries() if len(found) <= MAX_SPREAD_RUNS else []
        runs = _placed([self._about(each) for each in found], found, lines)
        stamps = tuple(each.stamp for each in found)
        key = ("curves", str(runs), stamps, tuple(missing), str(damaged), points)
        known = self._state.cache.get(key)
        if known is not None:
            return known
        meta = {
            "columns": POINT_COLUMNS,
            "epoch_columns": EPOCH_COLUMNS,
            "kinds": COMPARED_KINDS,
            "missing": missing,
            "damaged": damaged,
            "notebook": _notebook(found),
            "runs": runs,
        }
        entry = Entry.of(pack(Reply(_arrays(found), meta)))
        self._state.cache.put(key, entry)
        return entry

    def _drawn(self, folder: RunFolder, points: int) -> Drawn:
        key = (str(folder.path), points)
        now = (*(stamp(folder.path / name) for name in (CONFIG, EVENTS)), folder.is_alive())
        given = "" if folder.shipped else read_label(folder.path).name
        with self._lock:
            known = self._read.get(key)
        if known is None or known.stamp != now:
            curves = read_curves(folder, points)
            record = curves.record
            known = Drawn(folder, curves, _epochs(record.epochs), asdict(record.config), given, now)
            with self._lock:
                self._read[key] = known
        return known._replace(given=given)

    def _about(self, drawn: Drawn) -> dict[str, Any]:
        """Describe a run, without its arrays."""
        record, shipped = drawn.curves.record, drawn.folder.shipped
        started, run_id = record.started, drawn.folder.id
        job = None if shipped else self._state.engine.job(run_id)
        status = live_status(record.status, job)
        return {
            "run": run_id,
            "name": self._namer(record.config, drawn.given, shipped),
            "given": drawn.given,
            "called": record.config.called,
            "created": drawn.folder.created,
            "shipped": shipped,
            "status": status,
            "live": status in BEGUN,
            "config": drawn.config,
            "device": started.device if started else "",  # in use; config has the requested one
            "step": drawn.curves.step,
            "n_steps": started.n_steps if started else None,
            "n_batches": started.n_batches if started else None,
            "every": drawn.curves.every,
            "train_accuracy": record.accuracies.train,
            "message": record.ended.message if record.ended else "",
            **_text_of(record.config),
        }


def _text_of(config: RunConfig) -> dict[str, Any]:
    """Describe a run's tokens; with blanks if its text is missing."""
    try:
        return measured(config)._asdict()
    except CorpusError:
        return {"text": config.corpus, "tokens": "", "bits": None, "unknown": 0.0}


def run_ids(text: str) -> tuple[str, ...]:
    """Read the ids of runs, separated by commas; each counts once. Raises Refusal."""
    ids = tuple(dict.fromkeys(part for part in text.split(",") if part))
    if not ids:
        raise Refusal("runs must be at least one run's id, such as runs=Model4,Model5; got none")
    if len(ids) > MAX_RUNS:
        raise Refusal(f"a comparison takes at most {MAX_RUNS} runs; got {len(ids):,}: take fewer")
    for each in ids:
        if len(each) > MAX_ID_CHARS:
            raise Refusal(f"no run has an id of {len(each):,} characters: {quoted(each)}")
    return ids


def _epochs(epochs: Iterable[EpochEnd]) -> NDArray[np.float32]:
    """Return a row for each epoch, float32 (epochs, EPOCH_COLUMNS + 2 * kinds)."""
    rows = [
        [
            *(getattr(each, name) for name in EPOCH_COLUMNS),
            *(_share(each.valid_kinds.get(kind)) for kind in COMPARED_KINDS),
            *(_share(each.train_kinds.get(kind)) for kind in COMPARED_KINDS),
        ]
        for each in epochs
    ]
    width = len(EPOCH_COLUMNS) + 2 * len(COMPARED_KINDS)
    return np.array(rows, dtype=np.float32).reshape(-1, width)


def _share(figures: KindFigures | None) -> float:
    return figures.right / figures.n if figures is not None and figures.n else float("nan")


def _placed(
    about: Iterable[dict[str, Any]], found: Sequence[Drawn], lines: Sequence[RunSummary]
) -> list[dict[str, Any]]:
    """Add each run's rows of the arrays; with `lines`, also how far figures spread over seeds."""
    placed, point, epoch = [], 0, 0
    for each, drawn in zip(about, found, strict=True):
        n_points, n_epochs = len(drawn.curves.points), len(drawn.epochs)
        spread = spread_of(drawn.curves.record.config, lines) if lines else None
        placed.append(
            {
                **each,
                "points": [point, point + n_points],
                "epochs": [epoch, epoch + n_epochs],
                "spread": asdict(spread) if spread else None,
            }
        )
        point, epoch = point + n_points, epoch + n_epochs
    return placed


def _arrays(found: Sequence[Drawn]) -> Mapping[str, NDArray[np.float32]]:
    points = [
        np.empty((0, len(POINT_COLUMNS)), np.float32),
        *(each.curves.points for each in found),
    ]
    return {
        "points": np.concatenate(points),
        "epochs": np.concatenate([_epochs(()), *(each.epochs for each in found)]),
    }


def _notebook(found: Iterable[Drawn]) -> dict[str, list[list[float]]]:
    """Return the figures that the notebook prints for these models."""
    models = {each.curves.record.config.model for each in found}
    tables = {model: notebook_table(model) for model in sorted(models & set(CATALOGUE))}
    columns = ["epoch", "train_loss", "valid_loss", "accuracy"]
    return {
        model: table[columns].to_numpy(dtype=float).tolist()
        for model, table in tables.items()
        if not table.empty
    }
