"""The runs that ship with hnviz: real ones, whole, and small."""

from dataclasses import replace
from shutil import copytree

import pandas as pd
import pytest

from hnviz.cli.parser import CommandError
from hnviz.cli.ship import read_train
from hnviz.config import RunConfig
from hnviz.models.catalogue import CATALOGUE, LADDER
from hnviz.runs import BLOCKS, SHIPPED_DIR, DamagedRun, RunFolder, RunStore, ship, shipped_configs
from hnviz.runs.ruler import own_answers
from hnviz.runs.shipped import write_events
from tests.conftest import DATA

MOST_BYTES = 45e6  # thirteen runs and 3e6 of answers; LSTM and Transformer take 8.2e6 each
# Model3 drifts with the order of the machine's sums; the others come out as on the reference's.
CLOSE = {"Model3": 0.5}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return RunStore(tmp_path_factory.mktemp("none"))


def test_each_model_ships_once_and_one_run_is_on_held_out_blocks(store):
    assert list(shipped_configs()) == [*CATALOGUE, BLOCKS]
    assert sorted(store.ids()) == sorted(shipped_configs())
    models = [run_id for run_id in store.ids() if run_id != BLOCKS]
    assert models == list(CATALOGUE), "in the order in which they build on each other"
    assert store.ids().index(BLOCKS) == models.index("Model5") + 1
    for model in CATALOGUE:
        assert shipped_configs()[model] == RunConfig.for_model(model, seed=0, device="cpu")
    assert shipped_configs()[BLOCKS] == replace(shipped_configs()["Model5"], split="blocks")


@pytest.mark.parametrize("name", shipped_configs())
def test_a_shipped_run_is_the_recipes_and_whole(store, name):
    folder = store.folder(name)
    record = folder.read()
    assert folder.shipped and record.status == "finished"
    assert folder.config == shipped_configs()[name]
    assert len(record.batches) == record.started.n_steps == record.step
    steps = folder.snapshots()
    assert len(steps) >= 30 and steps[0] == 0 and steps[-1] == record.step
    assert steps[len(steps) // 2] < record.step / 2  # denser early
    for step in steps:
        folder.load_snapshot(step)


@pytest.mark.parametrize("model", LADDER)
def test_a_shipped_run_ends_where_the_reference_does(store, model):
    table = pd.read_csv(DATA / "fastai_v1_seed0.csv")
    theirs = table[(table.model == model) & (table.bn_init == "ones")].iloc[-1]
    ours = store.record(model).epochs[-1]
    close = CLOSE.get(model, 1e-3)
    assert ours.train_loss == pytest.approx(theirs.train_loss, abs=close)
    assert ours.valid_loss == pytest.approx(theirs.valid_loss, abs=close)


def test_the_run_on_held_out_blocks_gets_right_what_the_notebooks_split_does_not(store):
    """The reference holds no run on blocks: these are what this machine's run came to."""
    ours, theirs = (store.record(name).epochs[-1] for name in (BLOCKS, "Model5"))
    assert ours.train_accuracy == pytest.approx(0.995, abs=0.003)
    assert ours.accuracy == pytest.approx(0.956, abs=0.003)
    assert theirs.accuracy == pytest.approx(0.832, abs=0.003)


@pytest.mark.parametrize("name", shipped_configs())
def test_a_shipped_run_knows_what_its_last_weights_get_right_on_train(store, name, tmp_path):
    """What `hnviz ship --train-pass` writes down, for a copy that lacks it."""
    folder, copy = store.folder(name), RunFolder(tmp_path / name, shipped=True)
    record = folder.read()
    copytree(folder.path, copy.path)
    write_events(replace(record, train_pass=None), copy.path)
    assert copy.read().train_pass is None
    read_train(folder.config, copy.path)
    again = copy.read()
    assert replace(again, train_pass=None) == replace(record, train_pass=None)
    kept, made = record.train_pass, again.train_pass
    assert (made.step, made.loss) == (kept.step, pytest.approx(kept.loss, rel=1e-3))
    assert made.accuracy == pytest.approx(kept.accuracy, abs=2e-4)  # kept: before float16
    assert sum(each.n for each in kept.kinds.values()) == len(own_answers(folder.config, "train"))


def test_no_pass_over_train_is_made_up(tmp_path):
    config = shipped_configs()["Model0"]
    with pytest.raises(DamagedRun):
        read_train(config, tmp_path / "Model0")
    ship(RunStore(tmp_path / "runs").create(replace(config, epochs=1)), tmp_path / "Model0")
    with pytest.raises(CommandError, match="is not the finished run of this recipe"):
        read_train(config, tmp_path / "Model0")


def test_all_shipped_runs_are_small():
    files = [path for path in SHIPPED_DIR.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
