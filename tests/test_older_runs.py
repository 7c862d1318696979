"""Runs that hnviz 0.5.0 wrote open, with the figures that it read from them.

tests/data/of_0_5_0 has a finished run with a label, the same run stopped halfway, a run on a user's
own text as a zip file, and `held.json`: what 0.5.0 said of each.
"""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hnviz.engine.trainer import run_in_folder
from hnviz.events import BatchEnd, EpochEnd, KindFigures
from hnviz.runs import RunFolder, RunStore
from hnviz.runs.archive import unpack
from hnviz.runs.record import read_curves
from tests.conftest import DATA
from tests.small import figures

WRITTEN = DATA / "of_0_5_0"
HELD = json.loads((WRITTEN / "held.json").read_text())
FINISHED, STOPPED, IN_ZIP = HELD


@pytest.fixture
def store(tmp_path):
    shutil.copytree(WRITTEN, tmp_path / "runs")
    return RunStore(tmp_path / "runs", tmp_path / "none")


def read(store: RunStore, folder: RunFolder) -> dict[str, object]:
    folder.check_sources()
    line, record = store.line(folder.id), folder.read()
    last = folder.load_snapshot("last")
    names = set(HELD[FINISHED]) - {"losses", "snapshots", "weights", "train_accuracy"}
    assert line.train_accuracy is None  # 0.5.0 measured no pass over train at the end
    return {
        **{name: getattr(line, name) for name in names},
        "train_accuracy": record.epochs[-1].train_accuracy,
        "losses": [each.loss for each in record.batches],
        "snapshots": list(record.snapshots),
        "weights": float(sum(abs(each.astype("f8")).sum() for each in last.values())),
    }


@pytest.mark.parametrize("run", [FINISHED, STOPPED])
def test_a_run_has_the_figures_that_were_held(store, run):
    assert {FINISHED, STOPPED} == set(store.ids())
    folder = store.folder(run)
    assert read(store, folder) == HELD[run]
    assert folder.versions["hnviz"] == "0.5.0"
    points = read_curves(folder, 100).points
    np.testing.assert_allclose(points[:, 1], HELD[run]["losses"], rtol=1e-6)


def test_a_zip_file_has_the_figures_that_were_held(store):
    folder = unpack(store, WRITTEN / "own_text.zip")
    assert read(store, folder) == HELD[IN_ZIP]


def test_a_stopped_run_resumes_and_ends_as_if_it_had_never_stopped(store):
    wanted, folder = store.folder(FINISHED), store.folder(STOPPED)
    ended = run_in_folder(folder)
    assert ended is not None and ended.status == "finished"
    for mine, theirs in zip(told(folder), told(wanted), strict=True):
        assert list(mine) == list(theirs)
        # Counts are equal to the digit; in a float32's last bits processors differ.
        np.testing.assert_allclose(list(mine.values()), list(theirs.values()), rtol=1e-6)


def told(folder: RunFolder) -> list[dict[str, float]]:
    """All figures of a run by their names, those of each kind of token by its name too."""
    record = folder.read()
    events: list[BatchEnd | EpochEnd] = [*record.batches, *record.epochs]
    return [dict(flat(figures(each))) for each in events]


def flat(told: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield from flat({f"{name} {key}": each for key, each in value.items()})
        elif isinstance(value, KindFigures):
            yield from flat({f"{name} {key}": each for key, each in value._asdict().items()})
        elif name != "event":
            yield name, value
