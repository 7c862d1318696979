"""The runs that ship with hnviz: real ones, whole, and small."""

import pandas as pd
import pytest

from hnviz.catalogue import CATALOGUE
from hnviz.config import RunConfig
from hnviz.runs import SHIPPED_DIR, RunStore
from tests.conftest import DATA

MOST_BYTES = 16e6
# Model3 drifts with the order of the machine's sums; the others come out as on the reference's.
CLOSE = {"Model3": 0.5}


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> RunStore:
    return RunStore(tmp_path_factory.mktemp("none"))


@pytest.mark.parametrize("model", CATALOGUE)
def test_a_shipped_run_is_the_recipes_and_whole(store, model):
    folder = store.folder(model)
    record = folder.read()
    assert folder.shipped and record.status == "finished"
    assert folder.config == RunConfig.for_model(model, seed=0, device="cpu")
    assert len(record.batches) == record.started.n_steps == record.step
    steps = folder.snapshots()
    assert len(steps) >= 30 and steps[0] == 0 and steps[-1] == record.step
    assert steps[len(steps) // 2] < record.step / 2  # denser early
    for step in steps:
        folder.load_snapshot(step)


@pytest.mark.parametrize("model", CATALOGUE)
def test_a_shipped_run_ends_where_the_reference_does(store, model):
    table = pd.read_csv(DATA / "fastai_v1_seed0.csv")
    theirs = table[(table.model == model) & (table.bn_init == "ones")].iloc[-1]
    ours = store.record(model).epochs[-1]
    close = CLOSE.get(model, 1e-3)
    assert ours.train_loss == pytest.approx(theirs.train_loss, abs=close)
    assert ours.valid_loss == pytest.approx(theirs.valid_loss, abs=close)


def test_all_shipped_runs_are_small():
    files = [path for path in SHIPPED_DIR.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
