"""Pools of workers train the runs of a sweep in their folders: lanes, Ray, and what they share."""

import socket
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
import torch

from hnviz.cli.main import main
from hnviz.config import RunConfig
from hnviz.engine.pool.engine import MAX_LOST_WORKERS, PoolEngine, PoolError
from hnviz.engine.pool.ray import train_on_worker
from hnviz.engine.pool.worker import train_runs, train_together
from hnviz.events import Event
from hnviz.learn import fit, last_epoch
from hnviz.runs import RunFolder, RunStore
from hnviz.runs.files import NOTE_NAME, parse_json
from hnviz.runs.stop import ask_to_stop, is_asked_to_stop
from hnviz.sweeps.plan import Plan, make_plan
from hnviz.sweeps.runner import Backend, Progress, SweepRunner
from hnviz.sweeps.store import Sweep
from tests.engines import InThread
from tests.small import figures
from tests.test_kill import wait_for


@pytest.fixture(autouse=True)
def no_page_is_main(monkeypatch):
    """Let child processes start: AppTest leaves a page as this process's main module."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


FIXED = {"model": "Model1", "epochs": 1, "nh": 8, "device": "cpu"}


def plan_of(n_seeds: int = 3, **fixed: object) -> Plan:
    return make_plan("pool", FIXED | fixed, {"seed": list(range(n_seeds))})


# --- What all pools share -----------------------------------------------------------------------


@dataclass(eq=False)
class Handed:
    """A task that ends when the test says so."""

    folders: list[RunFolder]
    over: bool = False
    error: BaseException | None = None

    def done(self) -> bool:
        return self.over

    def exception(self) -> BaseException | None:
        return self.error

    def train(self) -> None:
        train_runs([str(folder.path) for folder in self.folders])
        self.over = True


@dataclass
class ByHand:
    """Two workers that wait for the test."""

    n_workers: int = 2
    tasks: list[Handed] = field(default_factory=list)

    def choose(self, waiting: Sequence[RunConfig]) -> Sequence[int]:
        return range(min(2, len(waiting)))

    def submit(self, folders: Sequence[RunFolder]) -> Handed:
        self.tasks.append(Handed(list(folders)))
        return self.tasks[-1]

    def close(self) -> None:
        self.tasks.clear()


@pytest.fixture(autouse=True)
def no_status_is_kept(monkeypatch):
    monkeypatch.setattr("hnviz.engine.pool.engine.LOOK_SECONDS", -1.0)


def pool(tmp_path: Path) -> tuple[PoolEngine, ByHand, RunStore]:
    store, executor = RunStore(tmp_path), ByHand()
    return PoolEngine(store, executor), executor, store


def statuses(engine: PoolEngine, runs: Sequence[str]) -> list[str | None]:
    jobs = map(engine.job, runs)
    return [job.status if job else None for job in jobs]


def test_runs_are_given_to_workers_in_batches_and_come_back(tmp_path):
    engine, executor, store = pool(tmp_path)
    runs = [engine.train(config) for config in plan_of(5).configs]
    assert statuses(engine, runs) == ["queued"] * 5
    engine.tend()
    assert [[folder.id for folder in task.folders] for task in executor.tasks] == [
        runs[:2], runs[2:4],
    ]  # fmt: skip
    engine.stop(runs[4])  # no worker has it
    engine.stop(runs[1])
    assert is_asked_to_stop(store.folder(runs[1]).path)
    first = executor.tasks[0]
    first.train()
    assert statuses(engine, runs) == [None, "queued", "queued", "queued", None]
    engine.tend()
    assert statuses(engine, runs)[1] is None and not is_asked_to_stop(store.folder(runs[1]).path)
    assert [store.record(run).status for run in runs[:2]] == ["finished", "queued"]
    engine.resume(runs[1])
    engine.tend()
    assert [folder.id for folder in executor.tasks[-1].folders] == [runs[1]]
    executor.tasks[-1].train()
    alone = [last_epoch(fit(config)) for config in plan_of(2).configs]
    assert [figures(store.record(run).epochs[-1]) for run in runs[:2]] == [*map(figures, alone)]


def test_a_request_to_stop_ends_a_run_that_trains_with_a_checkpoint(tmp_path):
    folder = RunStore(tmp_path).create(RunConfig.for_model("Model2", epochs=500, device="cpu"))

    def ask() -> None:
        wait_for(lambda: folder.read().step > 3)
        ask_to_stop(folder.path)

    thread = threading.Thread(target=ask)
    thread.start()
    assert train_runs([str(folder.path)]) == ""
    thread.join()
    assert folder.read().status == "stopped" and folder.load_resume() is not None
    assert not is_asked_to_stop(folder.path)


def test_workers_that_are_lost_again_and_again_end_the_sweep_with_a_sentence(tmp_path):
    engine, executor, store = pool(tmp_path)

    def lose() -> None:
        engine.tend()
        for task in executor.tasks:
            task.over, task.error = True, RuntimeError("killed by nobody\nand more")

    runner = SweepRunner(Backend(engine, 4, lose), store, Sweep.of(plan_of(2), 1.0))
    with pytest.raises(PoolError, match=f"^{MAX_LOST_WORKERS} workers .*: killed by nobody$"):
        runner.run(threading.Event(), every=0)


def test_what_a_worker_lacks_is_one_sentence(tmp_path, monkeypatch, recorded):
    recorded(train_runs(["/nowhere/run"]), part="does not see the runs")
    monkeypatch.delitem(sys.modules, "hnviz.engine.pool.worker")
    monkeypatch.setitem(sys.modules, "torch", None)  # as on a machine without it
    said = train_on_worker([str(tmp_path)])
    assert said.startswith("a worker of Ray has no torch; install")
    engine, executor, _ = pool(tmp_path)
    engine.train(plan_of(1).configs[0])
    engine.tend()
    executor.tasks[0].over, executor.tasks[0].error = True, PoolError(said)
    with pytest.raises(PoolError, match="has no torch"):
        engine.tend()


# --- Lanes --------------------------------------------------------------------------------------


def made(store: RunStore, configs: Sequence[RunConfig]) -> list[RunFolder]:
    return [store.create(config) for config in configs]


@pytest.mark.parametrize("model", ["Model1", "Model5"])
def test_lanes_write_the_folders_that_single_runs_write(tmp_path, model):
    store = RunStore(tmp_path)
    fixed = RunConfig.for_model(model, epochs=2, nh=8, bs=256, bptt=20, device="cpu")
    configs = [fixed, replace(fixed, seed=1, epochs=1), replace(fixed, lr=1e30)]
    together, singles = made(store, configs), made(store, configs)
    train_together(together)
    train_runs([str(folder.path) for folder in singles])
    for lane, single in zip(together, singles, strict=True):
        found, wanted = lane.read(), single.read()
        assert found.status == wanted.status and lane.snapshots() == single.snapshots()
        assert found.ended.step == wanted.ended.step
        assert found.ended.message == wanted.ended.message
        assert replace(found.started, time=0.0) == replace(wanted.started, time=0.0)
        assert len(found.batches) == len(wanted.batches)
        events = [*found.batches, *found.epochs, *filter(None, [found.train_pass])]
        others = [*wanted.batches, *wanted.epochs, *filter(None, [wanted.train_pass])]
        assert (found.train_pass is None) == (found.status == "diverged")
        for one, other in zip(events, others, strict=True):
            assert_alike(one, other)
        for step in lane.snapshots():
            mine, theirs = lane.load_snapshot(step), single.load_snapshot(step)
            assert {n: (a.shape, a.dtype) for n, a in mine.items()} == {
                n: (a.shape, a.dtype) for n, a in theirs.items()
            }
        assert lane.load_resume() is None
    assert [folder.read().status for folder in together] == ["finished", "finished", "diverged"]


def assert_alike(one: Event, other: Event) -> None:
    """Sums in another order: all figures are the same but for rounding that grows in training."""
    mine, theirs = figures(one), figures(other)
    for name in ("train_kinds", "valid_kinds", "kinds"):
        kinds, wanted = mine.pop(name, {}), theirs.pop(name, {})
        assert {kind: each.n for kind, each in kinds.items()} == {
            kind: each.n for kind, each in wanted.items()
        }
        for kind, each in kinds.items():
            assert each.right == pytest.approx(wanted[kind].right, abs=5 + 0.01 * each.n)
            assert each.loss == pytest.approx(wanted[kind].loss, rel=0.02)
    assert mine == pytest.approx(theirs, rel=0.01, abs=3e-3)


def test_one_run_that_a_card_has_no_memory_for_fails(tmp_path, monkeypatch):
    def lanes(configs, **options):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("hnviz.engine.pool.worker.Lanes", lanes)
    (folder,) = made(RunStore(tmp_path), [RunConfig.for_model("Model1", device="cpu")])
    train_together([folder])
    assert folder.read().status == "failed"


def test_lanes_stop_on_request_and_train_again_as_whole_runs(tmp_path, monkeypatch):
    """A sweep of two shapes: one stop, then the same figures as if nothing had been."""

    def look(folder: Path) -> bool:
        if RunFolder(folder).read().status == "running":  # it would end before it is asked
            wait_for(lambda: is_asked_to_stop(folder))
        return is_asked_to_stop(folder)

    store = RunStore(tmp_path)
    plan = make_plan("lanes", FIXED | {"epochs": 3}, {"seed": [0, 1], "bptt": [30, 70]})
    with ThreadPoolExecutor(1) as threads:
        engine = PoolEngine(store, InThread(threads, train_together))
        backend = Backend(engine, 8, engine.tend, lambda config: repr(config.shape))
        runner, stopping = SweepRunner(backend, store, Sweep.of(plan, 1.0)), threading.Event()

        def listen(now: Progress) -> None:
            if now.statuses.count("running") == 2:  # both lanes of the first shape
                stopping.set()

        with monkeypatch.context() as patch:
            patch.setattr("hnviz.engine.pool.worker.is_asked_to_stop", look)
            ended = runner.run(stopping, listen, every=0.01)
        assert sorted(ended.statuses) == ["queued", "queued", "stopped", "stopped"]
        again = SweepRunner(backend, store, runner.sweep)
        assert again.run(threading.Event()).is_over
        runs = [each.run for each in again.sweep.members]
        assert runs == [each.run for each in runner.sweep.members]
    for run, config in zip(runs, plan.configs, strict=True):
        wanted, found = last_epoch(fit(config)), store.record(run).epochs
        assert [each.epoch for each in found] == [0, 1, 2]
        assert_alike(found[-1], wanted)


def test_the_command_trains_lanes_and_others_beside_them(tmp_path, capsys):
    path = tmp_path / "plan.toml"
    path.write_text(
        '[fixed]\nepochs = 1\nnh = 8\nbptt = 50\nbs = 256\ndevice = "cpu"\n'
        '[grid]\nmodel = ["Model1", "Transformer"]\nseed = [0, 1]\n'
    )
    command = ["sweep", str(path), "--engine", "lanes", "--runs-dir", str(tmp_path / "runs")]
    assert main(command) == 0
    out, err = capsys.readouterr()
    found = rows(out)
    assert [row[:3] for row in found[1:]] == [
        [model, seed, "finished"] for model in ("Model1", "Transformer") for seed in "01"
    ]
    assert "\n4 runs on 1 workers of lanes\n" in f"\n{err}" and "4 of 4 runs done" in err
    runs = RunStore(tmp_path / "runs")
    pids = [parse_json((runs.root / run / NOTE_NAME).read_bytes())["pid"] for run in own(runs)]
    assert len(set(pids)) == 3  # the Transformer's runs train alone


def own(store: RunStore) -> list[str]:
    return [run for run in store.ids() if not store.folder(run).shipped]


# --- Ray ----------------------------------------------------------------------------------------


def rows(out: str) -> list[list[str]]:
    """The figures of each run, without its id."""
    return [line.split("\t")[:-1] for line in out.splitlines()]


def test_without_ray_or_its_cluster_the_command_says_so_and_makes_nothing(
    tmp_path, capsys, monkeypatch
):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (tmp_path / "plan.toml").write_text("[grid]\nseed = [0, 1]\n")
    command = ["sweep", str(tmp_path / "plan.toml"), "--runs-dir", str(tmp_path / "runs")]
    command += ["--engine", "ray"]
    cases = {"a:b:c": "RAY_ADDRESS must be host:port, or auto; got 'a:b:c'"}
    if find_spec("ray"):
        cases[f"127.0.0.1:{port}"] = f"no Ray cluster answers at RAY_ADDRESS=127.0.0.1:{port}: "
        cases["ray://127.0.0.1:10001"] = "RAY_ADDRESS must be host:port, or auto; got"
        for address, said in cases.items():
            monkeypatch.setenv("RAY_ADDRESS", address)
            assert main(command) == 2
            err = capsys.readouterr().err
            assert err.startswith(f"hnviz: {said}") and err.count("\n") == 1
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(command) == 2
    assert "needs the package ray" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
