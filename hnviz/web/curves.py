"""The curves of many runs in one answer: GET /api/curves?runs=a,b,c.

A run is read once for all viewers, for as long as its files stay the same.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz.config import RunConfig
from hnviz.data import KINDS, CorpusError
from hnviz.data.characters import measured
from hnviz.engine.client import live_status
from hnviz.events import EpochEnd, KindFigures
from hnviz.models.catalogue import CATALOGUE
from hnviz.questions.params import Param, quoted, read_query
from hnviz.runs import DamagedRun, RunFolder, RunNotFound, notebook_table
from hnviz.runs.folder import CONFIG, EVENTS, read_label
from hnviz.runs.record import POINT_COLUMNS, Curves, read_curves
from hnviz.runs.reference import spread_of
from hnviz.web.errors import Refusal
from hnviz.web.kept import Entry, kept_entries
from hnviz.web.lanes import Lane, Shared
from hnviz.web.replies import entry_reply, until_gone
from hnviz.web.standing import BEGUN, engine, store
from hnviz.web.viewer import viewer_of
from hnviz.web.wire import Parcel, pack

MOST_RUNS = 300  # in one answer
MOST_POINTS = 60_000  # of all runs of one answer
FEWEST, MOST = 100, 2_000  # points of one run
LONGEST_ID = 100
FEW = 12  # runs, for which the spread over seeds is looked up
READ = 1_024  # runs that are kept
KEPT_BYTES = 24 * 2**20
THREADS, LONGEST_LINE, OF_ONE, AT_ONCE = 2, 64, 16, 1

EPOCH_COLUMNS = (
    *("epoch", "step", "train_loss", "valid_loss", "accuracy", "train_accuracy", "seconds"),
)
"""The first columns of an epoch; a column for each kind of valid's tokens follows, then train's."""

COMPARED_KINDS = (*KINDS, "other")

Namer = Callable[[Any, str, bool], str]
"""(config, name given by its user, whether it is pre-trained) -> the run's name."""

_ASKED = {"runs": Param("text"), "points": Param("bool", True)}


class Drawn(NamedTuple):
    """One run, read for drawing."""

    folder: RunFolder
    curves: Curves
    epochs: NDArray[np.float32]
    config: Mapping[str, Any]
    given: str
    stamp: Any  # of the files that it was read from


def curve_routes(namer: Namer) -> list[Route]:
    """Return the route; `namer` says how a run is called."""
    return [Route("/api/curves", until_gone(CurvesDoor(namer).curves), name="curves")]


class CurvesDoor:
    """Reads run folders in its own threads, each run once until it changes."""

    def __init__(self, namer: Namer) -> None:
        self._namer = namer
        self._shared = Shared()
        self._lane = Lane(THREADS, LONGEST_LINE, OF_ONE, AT_ONCE)
        self._kept = kept_entries(KEPT_BYTES)
        self._read: OrderedDict[tuple[str, int], tuple[Any, Drawn]] = OrderedDict()
        self._lock = threading.Lock()

    async def curves(self, request: Request) -> Response:
        """Answer with the curves of the runs in the address, in that order."""
        asked = read_query(_ASKED, request.query_params.multi_items(), "a comparison")
        ids, whole = run_ids(asked["runs"]), asked["points"]
        entry = await self._shared.result(
            (ids, whole), lambda: self.answer(ids, whole), self._lane, viewer_of(request.scope)
        )
        return await to_thread.run_sync(lambda: entry_reply(request, entry, immutable=False))

    def answer(self, ids: Sequence[str], whole: bool = True) -> Entry:
        """Pack the curves of some runs; what cannot be read is named beside them.

        Without `whole` the answer has their epochs alone, which are read in a third of the time.
        """
        points = min(MOST, max(FEWEST, MOST_POINTS // max(1, len(ids)))) if whole else 0
        found: list[Drawn] = []
        missing: list[str] = []
        damaged: dict[str, str] = {}
        for run_id in ids:
            try:
                found.append(self._drawn(store().folder(run_id), points))
            except RunNotFound:
                missing.append(run_id)
            except DamagedRun as error:
                damaged[run_id] = str(error)
        runs = _placed([self._about(each) for each in found], found)
        stamps = tuple(each.stamp for each in found)
        stamp = (str(runs), stamps, tuple(missing), tuple(damaged), points)
        known = self._kept.get(stamp)
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
        entry = Entry.of(pack(Parcel(_arrays(found), meta)))
        self._kept.put(stamp, entry)
        return entry

    def _drawn(self, folder: RunFolder, points: int) -> Drawn:
        key = (str(folder.path), points)
        stamp = (*(_stamp(folder, name) for name in (CONFIG, EVENTS)), folder.is_alive())
        given = "" if folder.shipped else read_label(folder.path).name
        with self._lock:
            known = self._read.get(key)
            if known is not None and known[0] == stamp:
                self._read.move_to_end(key)
                return known[1]._replace(given=given)
        curves = read_curves(folder, points)
        record = curves.record
        drawn = Drawn(folder, curves, _epochs(record.epochs), record.config.to_dict(), given, stamp)
        with self._lock:
            self._read[key] = (stamp, drawn)
            while len(self._read) > READ:
                self._read.popitem(last=False)
        return drawn

    def _about(self, drawn: Drawn) -> dict[str, Any]:
        """Describe a run: all that is no array."""
        record, shipped = drawn.curves.record, drawn.folder.shipped
        started, run_id = record.started, drawn.folder.id
        job = None if shipped else engine().job(run_id)
        status = live_status(record.status, job)
        return {
            "run": run_id,
            "name": self._namer(record.config, drawn.given, shipped),
            "given": drawn.given,
            "created": drawn.folder.created,
            "shipped": shipped,
            "status": status,
            "live": status in BEGUN,
            "config": drawn.config,
            "device": started.device if started else "",  # in use; config has the one asked for
            "step": drawn.curves.step,
            "n_steps": started.n_steps if started else None,
            "n_batches": started.n_batches if started else None,
            "every": drawn.curves.every,
            "message": record.ended.message if record.ended else "",
            **_text_of(record.config),
        }


def _text_of(config: RunConfig) -> dict[str, Any]:
    """Say what a run's tokens are; nothing if its text is not there."""
    try:
        return measured(config)._asdict()
    except CorpusError:
        return {"text": config.corpus, "tokens": "", "bits": None, "unknown": 0.0}


def run_ids(text: str) -> tuple[str, ...]:
    """Read a list of runs: ids with commas between, each once. Raises Refusal."""
    ids = tuple(dict.fromkeys(part for part in text.split(",") if part))
    if not ids:
        raise Refusal("runs must be at least one run's id, such as runs=Model4,Model5; got none")
    if len(ids) > MOST_RUNS:
        raise Refusal(f"a comparison takes at most {MOST_RUNS} runs; got {len(ids):,}: take fewer")
    for each in ids:
        if len(each) > LONGEST_ID:
            raise Refusal(f"no run has an id of {len(each):,} characters: {quoted(each)}")
    return ids


def _stamp(folder: RunFolder, name: str) -> tuple[int, int] | None:
    try:
        status = (folder.path / name).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


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


def _placed(about: Iterable[dict[str, Any]], found: Sequence[Drawn]) -> list[dict[str, Any]]:
    """Say which rows of the arrays are whose; of few runs also what the seed alone changes."""
    lines = store().summaries() if len(found) <= FEW else []
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
    """Return the notebook's printed figures of the models that are compared."""
    models = {each.curves.record.config.model for each in found}
    tables = {model: notebook_table(model) for model in sorted(models & set(CATALOGUE))}
    columns = ["epoch", "train_loss", "valid_loss", "accuracy"]
    return {
        model: table[columns].to_numpy(dtype=float).tolist()
        for model, table in tables.items()
        if not table.empty
    }
