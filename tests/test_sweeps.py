"""Sweeps: which runs a plan has, and that each is trained once, whatever happens meanwhile."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from hnviz.cli.main import main
from hnviz.config import RunConfig
from hnviz.engine.client import Engine
from hnviz.engine.pool.engine import PoolEngine
from hnviz.learn import fit, last_epoch
from hnviz.runs import RunStore, RunWriteError
from hnviz.runs.files import NOTE_NAME
from hnviz.sweeps.plan import MAX_RUNS, Plan, SweepError, SweepNotFound, make_plan, read_plan
from hnviz.sweeps.runner import Backend, SweepRunner
from hnviz.sweeps.store import Sweep, SweepStore
from tests.conftest import ROOT
from tests.engines import InThread, slowed, two_trainers
from tests.small import figures
from tests.test_cli import start
from tests.test_kill import alive, wait_for
from tests.tiny_disk import enlarge, needs_root, tiny_disk

OLD = ROOT / "tests/data/sweep_0_5_0.json"
FIXED = {"model": "Model1", "epochs": 1, "nh": 8, "device": "cpu"}

# --- Plans --------------------------------------------------------------------------------------


def test_a_grid_has_every_combination_with_the_models_own_recipe():
    plan = read_plan(b'[fixed]\nmodel = "Model2"\n[grid]\nlr = [1e-3, 1e-2]\nseed = [0, 1, 2]', "s")
    assert (plan.name, plan.axes, len(plan.configs)) == ("s", ("lr", "seed"), 6)
    assert [(each.lr, each.seed) for each in plan.configs][:4] == [
        (1e-3, 0), (1e-3, 1), (1e-3, 2), (1e-2, 0),
    ]  # fmt: skip
    assert {each.epochs for each in plan.configs} == {RunConfig.for_model("Model2").epochs}
    ladder = make_plan("fair", {"same": True}, {"model": ["Model3", "Model5"]})
    assert [each.lr for each in ladder.configs] == [RunConfig.for_model("Model3").lr] * 2


def test_a_random_draw_is_the_same_each_time_and_inside_its_bounds():
    text = b"[random]\ndraws = 200\nseed = 3\nnh = {low = 8, high = 64}\n"
    text += b'model = ["Model1", "Model2"]\n'
    text += b'lr = {low = 1e-4, high = 1.0, scale = "log"}'
    plan = read_plan(text, "s")
    assert plan == read_plan(text, "s") and len(plan.configs) == 200
    assert {each.model for each in plan.configs} == {"Model1", "Model2"}
    assert all(8 <= each.nh <= 64 and 1e-4 <= each.lr <= 1 for each in plan.configs)
    below_a_hundredth = sum(each.lr < 1e-2 for each in plan.configs)
    assert 75 < below_a_hundredth < 125  # half of the decades
    assert read_plan(text.replace(b"seed = 3", b"seed = 4"), "s").configs != plan.configs


WRONG = {
    b"\xff": "UTF-8",
    b"= 3": "not TOML",
    b"[[" + b"[" * 9000: "TOML",
    b"grid = 3": "grid must be a table",
    b"[name]\nx = 1": "name must be text",
    b"other = 1": "this one has 'other'",
    b"name = 'x'": "needs either [grid] or [random]",
    b"[grid]\nlr = [1]\n[random]\ndraws = 1": "needs either [grid]",
    b"[grid]": "has no run",
    b"[grid]\nlr = []": "[grid] lr must be a list of values",
    b"[grid]\nlr = 0.1": "[grid] lr must be a list of values",
    b"[grid]\nlrr = [1]": "[grid] lrr is not a setting of a run; the settings are model, bptt, lr",
    b"[fixed]\nx = 1\n[grid]\nlr = [1.0]": "[fixed] x is not a setting",
    b"[fixed]\nlr = 1.0\n[grid]\nlr = [1.0]": "lr is both fixed and varied",
    b"[grid]\nlr = [-1.0]": "one run of the sweep is not possible: lr must be",
    b"[grid]\nlr = ['x']": "one run of the sweep is not possible: lr must be",
    b"[grid]\nmodel = ['Model9']": "one run of the sweep is not possible: no model named 'Model9'",
    b"[grid]\nmodel = [[1]]": "one run of the sweep is not possible:",
    b"[fixed]\nsame = 3\n[grid]\nlr = [1.0]": "same must be true or false",
    b"[grid]\nseed = [" + b"1," * 1000 + b"]\nlr = [" + b"1.0," * 1000 + b"]": "1,000,000 runs",
    b"[random]\ndraws = 1e6\nlr = [1.0]": "draws = a whole number",
    b"[random]\ndraws = 1000000\nlr = [1.0]": "1,000,000 runs; at most 2,000",
    b"[random]\ndraws = 3": "has no run",
    b"[random]\ndraws = 3\nlr = {low = 0, high = 1, scale = 'log'}": "lr must be a list, or",
    b"[random]\ndraws = 3\nlr = {low = 2, high = 1}": "lr must be a list, or",
    b"[random]\ndraws = 3\nlr = {low = 2, high = 3, step = 1}": "lr must be a list, or",
    b"#" * 100_001: "at most 100,000 bytes",
    # Found by make fuzz:
    b"[grid]\nlr = [" + b"9" * 5000 + b"]": "a number has too many digits",
    b"grid = " + b"[" * 9000: "a value is nested too deep",
    b"[random]\ndraws = 1\nlr = {low = 1, high = 1" + b"0" * 400 + b"}": "lr must be a list, or",
    b"[random]\ndraws = 1\nnh = {low = -1e308, high = 1e308}": "nh must be a list, or",
    b'[grid]\n"a\\n\\u2028b" = [1]': "[grid] a\ufffd\ufffdb is not a setting",
    b"[grid]\nlr = ['" + b"x" * 9000 + b"']": "lr must be a finite number above 0; got 'xxx",
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=range(len(WRONG)))
def test_a_wrong_plan_is_one_sentence(tmp_path, capsys, text, said):
    path = tmp_path / "plan.toml"
    path.write_bytes(text)
    assert main(["sweep", str(path), "--runs-dir", str(tmp_path / "runs")]) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1 and str(path) in told
    assert not (tmp_path / "runs").exists()


def test_what_the_command_cannot_do_is_one_sentence(tmp_path, capsys):
    path = tmp_path / "plan.toml"
    path.write_text("[grid]\nnh = [2048]\nbs = [4096]\nbptt = [4096]\n")
    assert main(["sweep", str(path), "--runs-dir", str(tmp_path / "runs")]) == 2
    assert "this run would need about" in capsys.readouterr().err
    assert main(["sweep", str(tmp_path / "none.toml")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err
    assert main(["sweep", str(path), "--workers", "0"]) == 2
    assert "workers must be" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


# --- The file -----------------------------------------------------------------------------------


def plan_of(n_seeds: int = 3, **fixed: object) -> Plan:
    return make_plan("seeds", FIXED | fixed, {"seed": list(range(n_seeds))})


LOG = {"low": 1e-4, "high": 1e-2, "scale": "log"}
DRAWN = {"lr": LOG, "model": ["Model4", "Model5"], "draws": 5, "seed": 3}


@pytest.mark.parametrize(
    ("plan", "made"),
    [
        (("seeds", {"model": "Model3"}, {"seed": [0, 1, 2]}), "00717c745b84"),
        (("4 x 4", {}, {"lr": [0.01, 0.003], "bptt": [10, 20]}), "a35e01ba1e62"),
        (("drawn", {"same": True}, None, DRAWN), "b3c3dfcebb27"),
    ],
)
def test_plans_have_the_ids_that_0_5_0_gave_them(plan, made):
    assert make_plan(*plan).id == made


def test_a_plan_of_before_the_times_sign_has_the_same_id():
    ids = {
        make_plan(name, FIXED, {"seed": [0]}).id
        for name in ("4 x 4", "4 \N{MULTIPLICATION SIGN} 4")
    }
    assert len(ids) == 1
    assert make_plan("4 by 4", FIXED, {"seed": [0]}).id not in ids


def test_a_run_that_begins_costs_a_line_and_a_torn_one_is_left_out(tmp_path):
    sweeps, sweep = SweepStore(tmp_path), Sweep.of(plan_of(), 12.5)
    sweeps.save(sweep)
    path = sweeps.path(sweep.id)
    whole = path.read_bytes()
    one = sweep.with_member(0, run="a-run", tries=1)
    sweeps.append(one, 0)
    assert path.read_bytes() == whole + b'[0, "a-run", 1]\n'
    two = one.with_member(0, tries=2).with_member(1, run="b-run", tries=1)
    sweeps.append(two, 0)
    noted = path.read_bytes()
    sweeps.append(two, 1)
    assert sweeps.load(sweep.id) == two
    path.write_bytes(path.read_bytes()[:-1])  # torn
    assert sweeps.load(sweep.id) == one.with_member(0, tries=2)
    for wrong in (b"[-1, null, 0]\n", b"[99999, null, 0]\n", b'[0, 5, "x"]\n', b"{}\n", b"[]\n"):
        path.write_bytes(noted + wrong)
        with pytest.raises(SweepError, match=f"the sweep {sweep.id} is damaged"):
            sweeps.load(sweep.id)
    path.unlink()
    sweeps.append(two, 0)
    assert sweeps.load(sweep.id) == two


def test_a_sweep_of_0_5_0_opens_and_is_resumed(tmp_path):
    plan = make_plan(
        "lr by bptt, 2 x 2", {"model": "Model1", "epochs": 2}, {"bptt": [3, 70], "lr": [0.01, 0.1]}
    )
    sweeps = SweepStore(tmp_path)
    sweeps.folder.mkdir()
    shutil.copy(OLD, sweeps.path(plan.id))  # plans keep their ids
    sweep = sweeps.load(plan.id)
    assert (sweep.name, sweep.axes, sweep.created) == (plan.name, plan.axes, 1795824000.5)
    assert sweep.stopped and tuple(each.config for each in sweep.members) == plan.configs
    assert [(each.run, each.tries) for each in sweep.members] == [
        ("20261128-101500-Model1-a1b2", 1),
        ("20261128-101502-Model1-c3d4", 3),
        (None, 0),
        (None, 0),
    ]
    resumed = sweep.resumed()
    sweeps.save(resumed)
    begun = resumed.with_member(2, run="a-run", tries=1)
    sweeps.append(begun, 2)
    assert sweeps.load(plan.id) == begun and not begun.stopped


def test_a_sweep_is_read_as_it_was_saved(tmp_path):
    sweeps = SweepStore(tmp_path)
    sweep = Sweep.of(plan_of(), 12.5).with_member(1, run="a-run", tries=2)
    sweeps.save(sweep)
    assert sweeps.load(sweep.id) == sweep
    (path,) = sweeps.folder.iterdir()
    assert sweeps.sweeps() == [sweep]
    content = json.loads(path.read_text())
    damaged = {
        "not json": "{",
        "another format": json.dumps(content | {"format": 2}),
        "no member": json.dumps(content | {"members": []}),
        "too many": json.dumps(content | {"members": content["members"] * MAX_RUNS}),
        "no config": json.dumps(content | {"members": [{"config": {"x": 1}, "run": None}]}),
        "a date": json.dumps(content | {"created": 1e400}),
        "a list": "[]",
    }  # fmt: skip
    for name, text in damaged.items():
        path.write_text(text)
        with pytest.raises(SweepError, match=f"the sweep {sweep.id} is damaged"):
            sweeps.load(sweep.id)
        assert sweeps.sweeps() == [], name
    for name in ("../../x", "", "0" * 13, "G" * 12):
        with pytest.raises(SweepNotFound, match="12 hex digits"):
            sweeps.load(name)


# --- Training -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with two_trainers(tmp_path_factory.mktemp("runs")) as engine:
        yield engine


def runner_of(engine: Engine, plan: Plan) -> SweepRunner:
    store = RunStore(engine.runs_dir)
    try:
        sweep = SweepStore(store.root).load(plan.id)
    except SweepNotFound:
        sweep = Sweep.of(plan, time.time())
    return SweepRunner(Backend(engine, capacity=4), store, sweep)


def last_figures(engine: Engine, runner: SweepRunner) -> list[object]:
    return last_of(RunStore(engine.runs_dir), runner)


def last_of(store: RunStore, runner: SweepRunner) -> list[object]:
    return [figures(store.record(each.run).epochs[-1]) for each in runner.sweep.members]


def trained_alone(plan: Plan) -> list[object]:
    ends = (last_epoch(fit(config)) for config in plan.configs)
    return [figures(end) for end in ends]


def test_a_sweep_gives_the_figures_of_its_single_runs(engine):
    plan, heard = plan_of(), []
    runner = runner_of(engine, plan)
    ended = runner.run(threading.Event(), heard.append)
    assert ended.is_over and heard[-1] == ended
    assert [each.n_done for each in heard] == sorted(each.n_done for each in heard)
    assert last_figures(engine, runner) == trained_alone(plan)
    runs = [each.run for each in runner.sweep.members]
    again = runner_of(engine, plan)
    assert again.run(threading.Event()).is_over
    assert [each.run for each in again.sweep.members] == runs  # nothing is trained twice
    assert [each.tries for each in again.sweep.members] == [1, 1, 1]


def test_a_killed_trainer_costs_a_try_and_no_figure(engine, monkeypatch):
    plan, store, killed = plan_of(4, epochs=3), RunStore(engine.runs_dir), []
    runner = runner_of(engine, plan)
    runs = slowed(monkeypatch, engine, 20.0)  # so that none ends before the kill

    def kill() -> None:
        wait_for(lambda: len(runs) == 4 and store.record(runs[0]).batches)
        note = json.loads((store.folder(runs[0]).path / NOTE_NAME).read_text())
        os.kill(note["pid"], signal.SIGKILL)
        killed.append(runs[0])
        wait_for(lambda: any(each.tries > 1 for each in runner.sweep.members))
        for run in runs:
            engine.set_speed(run, None)

    thread = threading.Thread(target=kill)
    thread.start()
    assert runner.run(threading.Event()).is_over
    thread.join()
    assert killed and sum(each.tries for each in runner.sweep.members) > len(plan.configs)
    assert last_figures(engine, runner) == trained_alone(plan)


@pytest.mark.slow  # tests/test_sweep_page.py kills the server, and the engine with it
def test_a_killed_engine_ends_nothing_that_had_ended(engine):
    plan = plan_of(5, epochs=2)
    runner = runner_of(engine, plan)
    stopping, done = threading.Event(), []

    def listen(now):
        if now.n_done >= 2 and not done:
            done.extend(index for index, status in enumerate(now.statuses) if status == "finished")
            stopping.set()

    assert not runner.run(stopping, listen).is_over
    os.kill(engine.pid, signal.SIGKILL)
    runs = {index: runner.sweep.members[index].run for index in done}
    folder = RunStore(engine.runs_dir)
    stamps = {
        run: (folder.folder(run).path / "events.jsonl").stat().st_mtime_ns for run in runs.values()
    }
    again = runner_of(engine, plan)
    assert again.run(threading.Event()).is_over
    assert {index: again.sweep.members[index].run for index in done} == runs
    assert stamps == {
        run: (folder.folder(run).path / "events.jsonl").stat().st_mtime_ns for run in stamps
    }
    assert last_figures(engine, again) == trained_alone(plan)


def test_a_run_that_cannot_be_trained_is_given_up_and_named(engine):
    plan = make_plan("too large", FIXED | {"bs": 4096, "nh": 2048}, {"bptt": [4096]})
    runner = runner_of(engine, plan)
    ended = runner.run(threading.Event())
    assert ended.statuses == ("failed",) and not ended.is_over
    assert "this run would need about" in runner.problems[0]


def test_the_command_trains_prints_and_goes_on(tmp_path, capsys, monkeypatch):
    for name in ("TRAINERS", "QUEUE", "QUEUE_OF_ONE"):  # the command sets them for its engine
        monkeypatch.setenv(f"HNVIZ_MAX_{name}", "1")
    before = set(psutil.Process().children())
    path = tmp_path / "plan.toml"
    path.write_text(
        '[fixed]\nmodel="Model1"\nepochs=1\nnh=8\ndevice="cpu"\n[grid]\nlr=[0.01,10.0]\n'
    )
    command = ["sweep", str(path), "--workers", "1", "--runs-dir", str(tmp_path / "runs")]
    assert main(command) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split("\t") == ["lr", "status", "train_loss", "valid_loss", "accuracy", "run"]
    assert [row.split("\t")[0] for row in rows] == ["0.01", "10.0"]
    assert all(row.split("\t")[1] in ("finished", "diverged") for row in rows)
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == [head, *rows]
    assert len(RunStore(tmp_path / "runs").ids(10)) == 2 + len(RunStore(tmp_path).ids(0))
    assert alive([*set(psutil.Process().children()) - before]) == []


@pytest.mark.slow
def test_ray_trains_to_the_figures_of_the_local_engine_though_a_worker_is_killed(
    engine, tmp_path, monkeypatch
):
    pytest.importorskip("ray")
    plan = plan_of(6, epochs=3, bptt=10)
    (tmp_path / "seeds.toml").write_text(
        "[fixed]\nmodel='Model1'\nepochs=3\nnh=8\nbptt=10\ndevice='cpu'\n"
        "[grid]\nseed=[0,1,2,3,4,5]\n"
    )
    short = Path(tempfile.mkdtemp(prefix="r"))  # a socket's path has at most 107 bytes
    with monkeypatch.context() as patch:
        patch.setenv("TMPDIR", str(short))
        by_ray = start(
            *("sweep", str(tmp_path / "seeds.toml"), "--engine", "ray", "--workers", "2"),
            *("--runs-dir", str(tmp_path / "runs")),
            stdout=subprocess.PIPE,
        )
    store = RunStore(tmp_path / "runs")

    notes: list[Path] = []

    def one_trains() -> bool:
        runs = [store.record(run) for run in store.ids() if not store.folder(run).shipped]
        train = [run.id for run in runs if run.status == "running" and run.batches]
        notes.extend(store.root / run / NOTE_NAME for run in train)
        time.sleep(0.02)  # leaves the processors to those that train
        return bool(notes)

    try:
        wait_for(one_trains)
        os.kill(json.loads(notes[0].read_text())["pid"], signal.SIGKILL)
        local = runner_of(engine, plan)
        assert local.run(threading.Event()).is_over
        out, err = by_ray.communicate(timeout=300)
    finally:
        by_ray.kill()
    assert by_ray.returncode == 0, err
    assert err.startswith("6 runs on 2 workers of ray\n") and "6 of 6 runs done" in err
    assert len(out.splitlines()) == 7
    on_ray = SweepStore(store.root).load(plan.id)
    assert sum(each.tries for each in on_ray.members) > 6
    for mine, theirs in zip(on_ray.members, local.sweep.members, strict=True):
        epochs = RunStore(engine.runs_dir).record(theirs.run).epochs
        assert [*map(figures, store.record(mine.run).epochs)] == [*map(figures, epochs)]
    short.rmdir()  # Ray's own folder is gone


@needs_root
def test_a_disk_that_is_full_ends_a_sweep_with_a_sentence_and_costs_no_finished_run(tmp_path):
    with tiny_disk(tmp_path / "disk", "300k") as disk, ThreadPoolExecutor(1) as threads:
        plan = plan_of(4, bptt=70)
        store = RunStore(disk)
        engine = PoolEngine(store, InThread(threads))
        backend = Backend(engine, 1, engine.tend)
        runner = SweepRunner(backend, store, Sweep.of(plan, 1.0))
        try:
            assert not runner.run(threading.Event(), every=0.01).is_over
            said = set(filter(None, map(runner.failure, range(4))))
        except RunWriteError as error:  # the sweep's own file found no room, or a new run
            said = {str(error)}
        assert said and all("No space left on device" in each for each in said)
        done = {run: stamp for run, (status, stamp) in ends(disk).items() if status == "finished"}
        assert 1 <= len(done) < 4
        enlarge(disk)
        again = SweepRunner(backend, store, runner.sweep.resumed())
        assert again.run(threading.Event(), every=0.01).is_over
        after = ends(disk)
        assert {run: after[run][1] for run in done} == done
        assert last_of(store, again) == trained_alone(plan)


@needs_root
@pytest.mark.slow
def test_the_command_says_that_the_disk_is_full_and_goes_on_when_there_is_room(
    tmp_path, capfd, monkeypatch
):
    for name in ("TRAINERS", "QUEUE", "QUEUE_OF_ONE"):
        monkeypatch.setenv(f"HNVIZ_MAX_{name}", "1")
    monkeypatch.setenv("HNVIZ_MAX_RUN_DISK_MB", "100")
    path = tmp_path / "plan.toml"
    path.write_text(
        '[fixed]\nmodel="Model1"\nepochs=1\nnh=8\nbptt=70\ndevice="cpu"\n[grid]\nseed=[0,1,2,3]\n'
    )
    with tiny_disk(tmp_path / "disk", "300k") as disk:
        command = ["sweep", str(path), "--workers", "1", "--runs-dir", str(disk)]
        assert main(command) in (1, 2)
        err = capfd.readouterr().err
        said = [line for line in err.splitlines() if line.startswith("hnviz: ")]
        assert "No space left on device" in said[0] and len(said) <= 4 and "Traceback" not in err
        done = {run: stamp for run, (status, stamp) in ends(disk).items() if status == "finished"}
        assert 1 <= len(done) < 4
        enlarge(disk)
        assert main(command) == 0
        after = ends(disk)
        assert [status for status, _ in after.values()].count("finished") == 4
        assert {run: after[run][1] for run in done} == done


def ends(runs_dir: Path) -> dict[str, tuple[str, int]]:
    """The status of each run, and when its events were last written."""
    store = RunStore(runs_dir)
    own = [run for run in store.ids() if not store.folder(run).shipped]
    events = {run: store.folder(run).path / "events.jsonl" for run in own}
    return {
        run: (store.record(run).status, path.stat().st_mtime_ns if path.exists() else 0)
        for run, path in events.items()
    }
