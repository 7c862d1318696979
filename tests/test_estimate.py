"""What a run needs is known before it starts, and a run that needs too much is refused."""

import math
import subprocess
import sys
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace

import pytest

from hnviz import estimate
from hnviz.bench.devices import step_seconds_by_size, write
from hnviz.config import RunConfig
from hnviz.data import stream_of
from hnviz.engine.client import Engine, EngineError
from hnviz.engine.scheduler import Limits
from hnviz.engine.timing import TIMED, Trial, first_losses, step_seconds
from hnviz.engine.trainers import Trainers
from hnviz.engine.workers import Workers
from hnviz.estimate import (
    MEASURED,
    Budget,
    Measured,
    checkpoint_bytes,
    cost,
    measured_in,
    observer_bytes,
    snapshot_bytes,
    step_flops,
    uses_gpu,
)
from hnviz.learn import Learner, device_of
from hnviz.models.catalogue import CATALOGUE
from hnviz.runs import RunStore
from hnviz.runs.files import write_checkpoint, write_tensors
from hnviz.schedule import snapshot_steps
from hnviz.sweeps.runner import FORWARD, START_SECONDS, Duration, duration
from tests.sentences import Recorded
from tests.small import small_config

PEAK = """
import re, sys, torch
from hnviz.config import RunConfig
from hnviz.data import stream_of
from hnviz.learn import Learner
torch.set_num_threads(1)
model, nh, bs, bptt = sys.argv[1], *map(int, sys.argv[2:])
config = RunConfig.for_model(model, nh=nh, bs=bs, bptt=bptt, epochs=1)
learner = Learner(config, stream_of(config))
events = learner.events()
next(events), next(events)  # the start, and one step
learner.checkpoint()
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
@pytest.mark.parametrize(
    ("model", "nh", "bs", "bptt"),
    [
        pytest.param(*("Model1", 128, 512, 32), marks=pytest.mark.slow),
        pytest.param(*("Model2", 64, 512, 64), marks=pytest.mark.slow),
        pytest.param(*("Model4", 256, 128, 64), marks=pytest.mark.slow),
        ("Model5", 64, 64, 20),
        pytest.param(*("Model5", 64, 512, 64), marks=pytest.mark.slow),
        ("Model5", 512, 64, 20),
    ],
)
def test_a_trainer_stays_within_the_estimate(model: str, nh: int, bs: int, bptt: int) -> None:
    told = cost(RunConfig.for_model(model, nh=nh, bs=bs, bptt=bptt, epochs=1)).memory
    command = [sys.executable, "-c", PEAK, model, *map(str, (nh, bs, bptt))]
    peak = 1024 * int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert told / 2 < peak < told


@pytest.mark.parametrize("model", ["Model2", "Model5"])
def test_files_of_tensors_are_as_large_as_estimated(model: str, tmp_path: Path) -> None:
    config = small_config(model, nh=64, bs=32)
    learner = Learner(config)
    write_tensors(tmp_path / "0", learner.snapshot())
    write_checkpoint(tmp_path / "1", tmp_path / "2", learner.checkpoint())
    for name, told in (("0", snapshot_bytes(config)), ("1", checkpoint_bytes(config))):
        assert told / 3 < (tmp_path / name).stat().st_size < told


def test_a_folder_stays_within_the_estimate(tmp_path: Path) -> None:
    need = cost(config := small_config("Model5"))
    assert need.steps == Learner(config).n_steps
    many = len(snapshot_steps(int(need.steps), int(need.steps) // config.epochs))
    assert many * snapshot_bytes(config) + 2 * checkpoint_bytes(config) < need.disk


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("steps", "raise bs or bptt"),
        ("memory", "lower bs, bptt or nh"),
        ("disk", "lower nh"),
        ("hours", "lower epochs"),
    ],
)
def test_one_unit_too_much_is_refused_with_the_numbers(name: str, cure: str) -> None:
    config, unbounded = (
        RunConfig(epochs=1000, bs=4096, bptt=64),
        dict.fromkeys(Budget.__slots__, math.inf),
    )
    needed = getattr(cost(config), name)
    assert Budget(**unbounded | {name: needed}).problem(config) is None
    said = Budget(**unbounded | {name: needed * 0.99}).problem(config)
    assert said is not None and said.startswith("this run would need about ") and cure in said
    most = needed - 1 if name == "steps" else needed * 0.9999
    barely = Budget(**unbounded | {name: most}).problem(config)
    assert barely is not None
    needs, takes = barely[len("this run would need about ") :].split(", and one run may take ")
    assert not takes.startswith(needs), "the two amounts can be told apart"


def test_a_run_whose_states_take_too_much_memory_is_refused() -> None:
    config, unbounded = RunConfig(nh=256, bs=2, bptt=2), dict.fromkeys(Budget.__slots__, math.inf)
    needed = cost(config).observer
    assert Budget(**unbounded | {"memory": needed}).problem(config) is None
    said = Budget(**unbounded | {"memory": needed * 0.99}).problem(config)
    assert said is not None and "of memory for its pictures" in said and "lower nh" in said


def test_a_text_that_nobody_reads_as_a_whole_needs_no_memory_for_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = RunConfig()
    n_floats = 2 * config.nh + len(stream_of(config).vocab)
    monkeypatch.setattr("hnviz.estimate.MOST_READ", 50_079 * n_floats)
    assert cost(config).observer > observer_bytes()
    monkeypatch.setattr("hnviz.estimate.MOST_READ", 50_079 * n_floats - 1)
    assert cost(config).observer == observer_bytes()


def test_the_largest_configs_are_refused_by_default(tmp_path: Path) -> None:
    here = Budget.here(1, tmp_path, {})
    for options, unit in (
        ({"nh": 2048, "bs": 4096, "bptt": 4096}, "GB of memory"),
        ({"nh": 2048}, "GB of disk for its snapshots"),
        ({"bs": 2, "bptt": 1, "epochs": 1000}, "25,040,000 steps"),
    ):
        assert unit in (here.problem(RunConfig(**options)) or "")
    for model in ("Model0", "Model3", "Model5"):
        assert here.problem(RunConfig.for_model(model)) is None


def test_the_environment_sets_the_budget(tmp_path: Path) -> None:
    environ = {f"HNVIZ_MAX_RUN_{name}": "3" for name in ("MB", "DISK_MB", "STEPS", "HOURS")}
    assert Budget.here(1, tmp_path, environ) == Budget(3e6, 3e6, 3, 3)
    half, whole = (Budget.here(trainers, tmp_path, {}).memory for trainers in (2, 1))
    assert half == whole / 2
    with pytest.raises(ValueError, match="HNVIZ_MAX_RUN_MB must be a number of at least 1"):
        Budget.here(1, tmp_path, {"HNVIZ_MAX_RUN_MB": "much"})


@pytest.mark.parametrize("name", estimate.LIMITS_OF_CONTAINERS)
def test_a_container_has_the_memory_that_it_may_use(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "CGROUP", tmp_path)
    machine = Budget.here(1, tmp_path, {}).memory
    (tmp_path / name).parent.mkdir(exist_ok=True)
    for said, memory in (("max\n", machine), (f"{2**62}\n", machine), ("1000000000\n", 5e8)):
        (tmp_path / name).write_text(said)
        assert Budget.here(1, tmp_path, {}).memory == memory


def test_the_engine_and_the_command_refuse_before_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HNVIZ_MAX_RUN_STEPS", "399")
    engine = Engine(tmp_path)
    try:
        with pytest.raises(EngineError, match="about 400 steps, and one run may take 399 steps"):
            engine.train(RunConfig())
    finally:
        engine.close()
    command = [sys.executable, "-m", "hnviz", "train", "--runs-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "about 400 steps" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["engine.log"]


class Timed:
    """An engine whose steps take so long, by window."""

    def __init__(self, busy: float, taken: float = 0.0) -> None:
        self.taken, self.asked = (busy, max(busy, taken)), []

    def step_seconds(self, configs):
        self.asked += configs
        return [self.taken for _ in configs]


def test_a_sweeps_time_is_that_of_its_steps_on_the_workers_that_take_them() -> None:
    configs = [RunConfig.for_model("Model1", bptt=20, seed=seed) for seed in range(5)]
    need = cost(configs[0])
    pace = 0.01 * need.steps / (3600 * need.hours)
    run = 0.01 * (need.steps + FORWARD * need.checks) + pace * START_SECONDS
    timed = Timed(0.01)
    assert duration(configs, 1, timed).least == pytest.approx(5 * run)
    assert len(timed.asked) == 1  # they differ in the seed alone
    assert duration(configs, 2, timed).least == pytest.approx(3 * run)  # the last one trains alone
    busy = duration(configs, 1, Timed(0.01, 0.02))  # others take every second moment
    assert (busy.least, busy.most) == pytest.approx((5 * run, 10 * run))


def test_few_runs_of_a_sweep_are_timed_the_shortest_and_the_longest_steps_among_them() -> None:
    windows = (3, 5, 10, 20, 35, 50, 70)
    timed = Timed(0.01)
    duration([RunConfig.for_model("Model1", bptt=bptt) for bptt in windows], 1, timed)
    assert [each.bptt for each in timed.asked] == [3, 10, 35, 70]


def test_without_a_measurement_an_estimate_is_wide() -> None:
    class Busy:
        def step_seconds(self, configs):
            raise EngineError("somebody else asks", "busy")

    found = duration([RunConfig.for_model("Model1")], 1, Busy())
    assert found.most > 1.5 * found.least > 0


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (31, 44, "about 35 to 45 seconds"),
        (0.4, 0.9, "about 1 second"),
        (1.2, 2, "about 2 seconds"),
        (2.1, 3.4, "about 3 to 4 seconds"),
        (80, 300, "about 2 to 5 minutes"),
        (6000, 8000, "about 2 to 3 hours"),
    ],
)
def test_a_duration_is_written_in_whole_units(least: float, most: float, said: str) -> None:
    assert str(Duration(least, most)) == said


class Slow:
    """Processes that never answer, until they are killed."""

    def __init__(self) -> None:
        self.pipe, self._theirs = Pipe()
        self.killed = False

    def start(self, target: str, nice: int) -> "Slow":
        return self

    def tell(self, *message: object) -> None:
        self.told = message

    def kill(self) -> None:
        self.killed = True
        self._theirs.close()

    def end(self, patience: float = 0.0) -> None:
        self.pipe.close()


def test_a_run_that_diverges_at_once_has_a_timed_step(monkeypatch: pytest.MonkeyPatch) -> None:
    class Diverging(Learner):
        def __init__(self, config: RunConfig) -> None:
            super().__init__(config)
            for weights in self.model.parameters():
                weights.data.fill_(math.nan)

    monkeypatch.setattr("hnviz.learn.Learner", Diverging)
    config = RunConfig.for_model("Model1", device="cpu", nh=8)
    assert min(step_seconds(config)) > 0 and first_losses(config, 5) == []


def test_steps_that_cannot_be_timed_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: Recorded
) -> None:
    worker, refused = Slow(), []
    ways = (lambda *reply: None, lambda asker, error: refused.append((asker, str(error))))
    timing = Trial(TIMED, worker, *ways)
    with pytest.raises(EngineError, match="1 to 6 runs can be tried; got 7"):
        timing.ask(1, [RunConfig()] * 7, str(tmp_path))
    timing.ask(1, [RunConfig()], str(tmp_path))
    assert worker.told == (str(tmp_path), RunConfig().to_dict())
    assert 0 < timing.next_deadline() < math.inf
    with pytest.raises(EngineError, match="timed for another viewer"):
        timing.ask(2, [RunConfig()], str(tmp_path))
    timing.tick()
    assert not worker.killed
    late = SimpleNamespace(monotonic=lambda: math.inf)
    monkeypatch.setattr("hnviz.engine.timing.time", late)
    timing.tick()
    timing.hear()
    ends = Slow()
    ends.kill()
    other = Trial(TIMED, ends, *ways)
    monkeypatch.undo()
    other.ask(2, [RunConfig()], str(tmp_path))
    other.hear()  # its process has ended before its time was up
    assert worker.killed and [asker for asker, _ in refused] == [1, 2]
    recorded(refused[0][1], 8)
    recorded(refused[1][1])
    assert timing.pipe is other.pipe is None


def test_auto_trains_small_networks_on_the_processor_and_large_ones_on_the_card():
    """The notebook's six are small: a card would wait for the launches of their kernels."""
    cards = ("cpu", "cuda")
    recipes = [RunConfig.for_model(name) for name in CATALOGUE]
    assert not any(uses_gpu(each, cards) for each in recipes)
    large = RunConfig.for_model("Model5", nh=1024)
    assert uses_gpu(large, cards) and not uses_gpu(large, ("cpu",))
    assert uses_gpu(RunConfig.for_model("Model5", device="cuda"), cards)
    assert not uses_gpu(RunConfig.for_model("Model5", nh=1024, device="cpu"), cards)


def test_auto_takes_what_was_faster_at_the_nearest_size(tmp_path: Path) -> None:
    cards, small = ("cpu", "cuda"), RunConfig.for_model("Model5")
    large = RunConfig.for_model("Model5", nh=1024)
    rows = [
        Measured("Model5", small.nh, step_flops(small), cpu=0.02, cuda=0.01),
        Measured("Model5", large.nh, step_flops(large), cpu=0.1, cuda=0.2),
    ]
    write(tmp_path, rows, {"cpu": "one", "cuda": "another"}, "2.13")
    measured = measured_in(tmp_path)
    assert measured == rows
    assert uses_gpu(small, cards, measured) and not uses_gpu(large, cards, measured)
    assert uses_gpu(RunConfig.for_model("Model5", nh=128), cards, measured)
    assert not uses_gpu(RunConfig.for_model("Model5", nh=512), cards, measured)
    assert uses_gpu(RunConfig.for_model("LSTM", nh=1024), cards, measured)  # it was not measured
    assert not uses_gpu(small, ("cpu",), measured)
    assert device_of(large, measured) == "cpu"


def test_a_run_has_a_slot_of_the_card_where_the_card_was_faster(tmp_path: Path) -> None:
    config = RunConfig.for_model("Model5")
    trainers = Trainers(RunStore(tmp_path), Limits(trainers=1), Workers())
    trainers.devices = ("cpu", "cuda")
    runs = [trainers.train(config, "")]
    write(tmp_path, [Measured("Model5", 64, step_flops(config), cpu=0.02, cuda=0.01)], {}, "2.13")
    runs.append(trainers.train(config, ""))
    assert [trainers.scheduler.tasks[run].gpu for run in runs] == [False, True]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"steps": 1}',
        '{"steps": [{"model": "Model5"}]}',
        '{"steps": [{"model": "Model5", "nh": 1, "flops": 0, "cpu": 1, "cuda": 1}]}',
        '{"steps": [{"model": "Model5", "nh": 1, "flops": "1", "cpu": 1, "cuda": 1}]}',
    ],
)
def test_figures_that_cannot_be_read_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / MEASURED).write_text(content)
    assert measured_in(tmp_path) == []


def test_the_bench_times_a_step_of_each_size_on_both_devices() -> None:
    (found,) = step_seconds_by_size(["Model1"], sizes=(8,), card="cpu")
    config = RunConfig.for_model("Model1", nh=8)
    assert (found.model, found.nh, found.flops) == ("Model1", 8, step_flops(config))
    assert 0 < found.cpu < 1 and 0 < found.cuda < 1
