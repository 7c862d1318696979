"""hnviz.compare: two settings on the same seeds."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import hnviz
from hnviz.analysis.pairs import paired
from hnviz.analysis.training import runs_of
from hnviz.config import RunConfig
from hnviz.engine.trainer import run_in_folder
from hnviz.observe import QUESTIONS, Subject
from hnviz.runs import RunFolder, RunStore
from hnviz.runs.answers import KeptAnswers, named, release
from tests import guide
from tests.browser_engine import NODE, needs_node
from tests.conftest import ROOT
from tests.made_runs import moved
from tests.test_analysis import PAGE, TINY, refusal

pytestmark = pytest.mark.usefixtures("no_runs")

ONE, OTHER = {"model": "Model3", **TINY}, {"bptt": 32}
SEEDS = 3
NUMBER = re.compile(r"[+-]?\d+\.?\d*")


def trained(store: RunStore, config: RunConfig) -> RunFolder:
    folder = store.create(config)
    run_in_folder(folder)
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> RunStore:
    """The runs of two settings, three seeds each."""
    made = RunStore(tmp_path_factory.mktemp("runs"))
    for seed in range(SEEDS):
        one = RunConfig.for_model(**ONE, seed=seed)
        for config in (one, replace(one, **OTHER)):
            trained(made, config)
    return made


@pytest.fixture(scope="module")
def compared(store):
    return hnviz.compare(ONE, OTHER, seeds=SEEDS, runs_dir=store.root)


# The interval


def as_the_app_has_it(pairs: list[list[float]]) -> dict[str, float]:
    code = f"""import {{ paired }} from "{ROOT}/hnviz/app/kit/js/seeds.js";
    console.log(JSON.stringify(paired({json.dumps(pairs)})));"""
    command = [str(NODE), "--input-type=module", "-e", code]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@needs_node
@pytest.mark.parametrize("n", [2, 3, 10, 31])
def test_the_interval_is_that_of_the_app(n):
    chance = np.random.default_rng(n)
    pairs = chance.normal(0.8, 0.1, (n, 2)).tolist()
    assert paired(pairs)._asdict() == pytest.approx(as_the_app_has_it(pairs), rel=1e-8)


@needs_node
def test_equal_sides_differ_by_nothing():
    same = [[0.5, 0.5], [0.5, 0.5]]
    assert paired(same)._asdict() == as_the_app_has_it(same)


@given(st.lists(st.tuples(*[st.floats(-1e3, 1e3)] * 2), min_size=2, max_size=9))
def test_the_mean_is_inside_its_interval_and_turns_with_the_sides(pairs):
    found, back = paired(pairs), paired([(to, one) for one, to in pairs])
    assert found.low <= found.mean <= found.high
    assert found.mean == pytest.approx(-back.mean) and found.low == pytest.approx(-back.high)
    assert found.ways == found.n**2 and 0 <= found.against <= found.ways


# The figures


def test_each_figure_is_that_of_its_run(compared, store):
    assert compared.pairs.index.tolist() == [0, 1, 2]
    for seed, row in compared.pairs.iterrows():
        for side, bptt in (("a", 64), ("b", 32)):
            folder = store.folder(row[f"run_{side}"])
            assert (folder.config.seed, folder.config.bptt) == (seed, bptt)
            last = folder.read().epochs[-1]
            assert row[f"accuracy_{side}"] == last.accuracy
            assert row[f"loss_{side}"] == last.valid_loss
            subject = Subject.load(folder.config, folder.load_snapshot("last"))
            told = QUESTIONS["counting_accuracy"](subject, {"given": 3})
            assert row[f"numbers_{side}"] == told.meta["valid"]


def test_the_table_has_the_differences_of_the_pairs(compared, recorded):
    table = compared.frame()
    gaps = compared.pairs.loss_b - compared.pairs.loss_a
    assert table.loc["loss", "mean"] == pytest.approx(gaps.mean())
    assert table.loc["loss", "b"] == pytest.approx(fmean(compared.pairs.loss_b))
    half = 4.302653 * gaps.std() / 3**0.5  # Student's t, two degrees of freedom
    assert table.loc["loss", "low"] == pytest.approx(gaps.mean() - half)
    assert set(compared.pairs.numbers_a) == set(compared.pairs.numbers_b) == {0}
    shown = []
    for name, scale, digits in (("accuracy", 100, 1), ("loss", 1, 3)):
        found = compared.differences[name]
        figures = [f"{scale * each:+.{digits}f}" for each in (found.mean, found.low, found.high)]
        shown += [*figures[:1], 95, *figures[1:], *([0] if found.low <= 0 <= found.high else [])]
    numbers = [each.lstrip("+-") if isinstance(each, str) else each for each in shown]
    recorded(repr(compared), 64, 32, 3, *numbers)


def test_runs_that_are_here_are_not_trained_again(store, compared, monkeypatch):
    def begun(*_: object, **__: object) -> None:
        raise AssertionError("there is nothing to train")

    monkeypatch.setattr(subprocess, "Popen", begun)
    before = store.ids()
    again = hnviz.compare(compared.a, compared.b, seeds=[2, 0], runs_dir=store.root)
    assert store.ids() == before
    assert again.pairs.loc[2].tolist() == compared.pairs.loc[2].tolist()


@pytest.mark.parametrize("device", ["cuda", "mps", "cuda:3"])
def test_runs_of_another_machine_are_no_hindrance(store, compared, tmp_path, monkeypatch, device):
    """A run on a device that is not here is only another run; its figures count where they are."""
    monkeypatch.setattr("hnviz.learn.build.usable_devices", lambda: ["cpu"])
    shutil.copytree(store.root, tmp_path, dirs_exist_ok=True)
    for run in (compared.pairs.run_a[0], compared.pairs.run_b[0]):
        copy = RunFolder(shutil.copytree(store.folder(run).path, tmp_path / f"{run}0"))
        moved(copy, device=device, seed=9)
    found = hnviz.compare(compared.a, compared.b, seeds=2, runs_dir=tmp_path)
    assert found.pairs.equals(compared.pairs.iloc[:2])
    if device != "cuda:3":  # the settings of that run are none that this version knows
        there = {"device": device}
        one, other = (replace(each, **there) for each in (compared.a, compared.b))
        with pytest.raises(ValueError, match=f"device '{device}' is not available"):
            hnviz.compare(one, other, seeds=[9, 10], runs_dir=tmp_path)
        assert len(RunStore(tmp_path).ids(99)) == len(store.ids(99)) + 2
        assert [each.config.seed for each in runs_of([replace(one, seed=9)], RunStore(tmp_path))]


def test_slow_answers_are_stored_where_the_app_looks_for_them(store, compared):
    run = compared.pairs.run_a[0]
    at = named(store.folder(run), 2, "counting_accuracy", {"given": 3})
    assert KeptAnswers(store.root).get(at.name(release())) is not None


def test_a_side_is_a_run_a_model_a_config_or_settings(store, compared):
    config = RunConfig.for_model(**ONE)
    run = hnviz.open(compared.pairs.run_a[1], store.root)
    for side in (config, run, run.folder.path, ONE):
        found = hnviz.compare(side, {**ONE, **OTHER}, seeds=2, runs_dir=store.root)
        assert found.pairs.equals(compared.pairs.iloc[:2])


def test_a_seed_that_diverged_is_left_out_and_said(tmp_path, recorded):
    store = RunStore(tmp_path)
    one = RunConfig.for_model("Model3", **TINY)
    other = replace(one, lr=0.05)
    for seed in range(3):
        trained(store, replace(one, seed=seed))
        trained(store, replace(other, seed=seed))
    lost = next(each for each in store.ids(3) if store.folder(each).config.lr == 0.05)
    path = store.folder(lost).path / "events.jsonl"
    path.write_text(path.read_text().replace('"finished"', '"diverged"'))
    found = hnviz.compare(one, other, 3, tmp_path)
    assert found.pairs.isna().any(axis=1).sum() == 1 and found.differences["loss"].n == 2
    recorded(repr(found).rpartition("; ")[2], 1)


# What is refused


def test_bad_sides_and_seeds_are_sentences(tmp_path, monkeypatch, recorded):
    def say(a, b, *numbers, seeds=2) -> None:
        recorded(refusal(lambda: hnviz.compare(a, b, seeds, tmp_path)), *numbers)

    say("Model5", {"bptt": 70}, 2, 1000, 1, seeds=1)
    say("Model5", {"bptt": 70}, 2, 1000, 1, seeds=[4, 4])
    say("Model5", {"bptt": 70}, 0, 4294967295, 2.5, seeds=2.5)
    say("Model5", {"seed": 3})
    say({"bptt": 70}, "Model5")
    say("Model5", {"btt": 70})
    say("Model5", {"bptt": 0}, 1, 0)
    say("Model5", {"split": "blocks"})
    monkeypatch.setenv("HNVIZ_MAX_RUN_STEPS", "300")
    say("Model5", {"bptt": 30}, 400, 300)
    assert list(tmp_path.iterdir()) == []


# Training


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_a_run_that_writes_a_lot_to_stderr_ends_with_its_last_words(tmp_path, monkeypatch):
    program = tmp_path / "python"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.exit('warning ' * 50_000 + 'it fails')"
    )
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ValueError, match=r"did not come to its end: .{280,299}it fails$"):
        runs_of([RunConfig.for_model(**ONE)], RunStore(tmp_path / "runs"))


@pytest.mark.slow
def test_missing_runs_are_trained_beside_the_notebook_and_stopped_ones_go_on(tmp_path):
    store, heard = RunStore(tmp_path), list[str]()
    config = RunConfig.for_model(**ONE)
    known = trained(store, config)
    waiting = store.create(replace(config, seed=1))
    threads, random = torch.get_num_threads(), torch.get_rng_state()
    configs = [replace(config, seed=seed) for seed in range(3)]
    folders = runs_of(configs, store, heard.append)
    assert [each.id for each in folders[:2]] == [known.id, waiting.id]
    assert heard[-1].startswith("2 of 2 runs")
    assert torch.get_num_threads() == threads and torch.equal(torch.get_rng_state(), random)
    again = RunStore(tmp_path / "again")
    for folder in folders:
        mine = trained(again, folder.config)
        assert [each.loss for each in mine.read().batches] == [
            each.loss for each in folder.read().batches
        ]


@pytest.mark.slow
def test_an_interrupted_comparison_goes_on_when_it_is_called_again(tmp_path):
    store = RunStore(tmp_path, shipped=tmp_path / "none")
    config = RunConfig.for_model("Model3", device="cpu", epochs=40)

    def press() -> None:
        while not any(store.line(each).step for each in store.ids()):
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        runs_of([config], store)
    (run,) = store.ids()
    stopped = store.folder(run).read()
    assert stopped.status == "stopped" and 0 < stopped.step < 1600
    (folder,) = runs_of([config], store)
    assert folder.id == run and folder.read().status == "finished"


@pytest.mark.slow
def test_the_comparison_of_the_page_shows_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, *others = guide.cells(PAGE)
    names: dict[str, object] = {}
    guide.shown(first[0], names)
    for code, said in (each for each in others if "compared" in each[0]):
        shown, wanted = guide.shown(code, names), said
        assert NUMBER.sub("N", shown).split() == NUMBER.sub("N", wanted).split()
        pairs = zip(NUMBER.findall(shown), NUMBER.findall(wanted), strict=True)
        for one, other in pairs:  # another processor sums in another order
            assert float(one) == pytest.approx(float(other), rel=0.1, abs=0.02)
