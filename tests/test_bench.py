"""The bench: that both sides of a pair do the same work, and what is printed of them."""

import json
import re
from itertools import islice
from pathlib import Path

import pytest

from hnviz import cli
from hnviz.bench.speed import Comparison, Pair, compare, main, plain_loop, verdict
from hnviz.config import RunConfig
from hnviz.engine.machine import processor
from hnviz.estimate import Measured, measured_in
from hnviz.events import BatchEnd, EpochEnd
from hnviz.learn import MODELS, fit
from hnviz.models.catalogue import LADDER
from tests.sentences import Recorded


@pytest.mark.parametrize(
    "model",
    [each if each in LADDER else pytest.param(each, marks=pytest.mark.slow) for each in MODELS],
)
def test_the_plain_loop_trains_as_hnviz_does(model: str) -> None:
    config = RunConfig.for_model(model, bs=512, nh=32, epochs=1, device="cpu")
    *batches, epoch = (e for e in fit(config) if isinstance(e, (BatchEnd, EpochEnd)))
    *losses, figures = list(plain_loop(config))
    assert losses[-1] == pytest.approx([event.loss for event in batches], rel=1e-5)
    assert figures == pytest.approx([epoch.valid_loss, epoch.accuracy], rel=1e-5)


def test_a_comparison_is_of_whole_epochs() -> None:
    """Model2's fast form is let off with no less than the promised speed."""
    config = RunConfig.for_model("Model2", form="fast", epochs=2, device="cpu")
    for _ in range(3):  # others use the machine too
        comparison = compare(config, n_pairs=3)
        if comparison.ratio < 1 / 1.2:
            break
    assert (comparison.model, comparison.form, len(comparison.pairs)) == ("Model2", "fast", 4)
    assert all(pair.hnviz > 0 and pair.plain > 0 for pair in comparison.pairs)
    assert comparison.ratio < 1 / 1.2


def test_the_median_of_the_ratios_and_the_ratio_of_the_sums() -> None:
    pairs = (Pair(2.0, 1.0), Pair(1.0, 1.0), Pair(9.0, 10.0))
    comparison = Comparison("Model2", "plain", pairs)
    assert (comparison.hnviz, comparison.plain, comparison.ratio) == (2.0, 1.0, 1.0)
    assert comparison.total_ratio == 1.0


@pytest.mark.parametrize(
    ("form", "ratio", "words"),
    [
        ("plain", 1.05, "as promised"),
        ("plain", 1.06, "above 1.05"),
        ("fast", 0.8, "1.25 times faster, as promised"),
        ("fast", 0.9, "1.11 times faster, below 1.2"),
    ],
)
def test_a_verdict_is_a_word(form: str, ratio: float, words: str) -> None:
    assert verdict(Comparison("Model2", form, (Pair(ratio, 1.0),))) == words


@pytest.mark.parametrize(
    ("form", "hnviz", "ratio", "total", "words"),
    [  # seconds beside a plain epoch of one
        ("plain", (1.0, 1.0, 1.3), 1.0, 1.1, "above 1.05"),  # an early epoch has many snapshots
        ("plain", (1.0, 1.1, 1.1), 1.1, 1.067, "above 1.05"),
        ("plain", (1.0, 1.0, 1.12), 1.0, 1.04, "as promised"),
        ("fast", (0.5, 0.5, 2.0), 0.5, 1.0, "1.00 times faster, below 1.2"),
        ("fast", (0.1, 0.8, 0.8), 0.8, 0.567, "1.25 times faster, as promised"),
        ("fast", (0.1, 0.9, 0.9), 0.9, 0.633, "1.11 times faster, below 1.2"),
    ],
)
def test_the_worse_of_both_ratios_is_judged(
    form: str, hnviz: tuple[float, ...], ratio: float, total: float, words: str
) -> None:
    comparison = Comparison("Model2", form, tuple(Pair(seconds, 1.0) for seconds in hnviz))
    assert comparison.ratio == ratio
    assert comparison.total_ratio == pytest.approx(total, abs=0.001)
    assert verdict(comparison) == words


def test_what_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def timed(config: RunConfig, n_pairs: int) -> Comparison:
        return Comparison(config.model, config.form, (Pair(0.1, 0.2),) * n_pairs)

    monkeypatch.setattr("hnviz.bench.speed.compare", timed)
    assert main(models=["Model2", "Model5"], n_pairs=2) == 0
    text = capsys.readouterr().out
    assert "torch 2" in text
    assert "; 1 thread" in text
    rows = [line.split() for line in text.splitlines() if line.startswith("Model")]
    assert [row[:5] for row in rows] == [
        ["Model2", "plain", "0.200", "0.100", "0.500"],
        ["Model2", "fast", "0.200", "0.100", "0.500"],
        ["Model5", "plain", "0.200", "0.100", "0.500"],
    ]
    assert main(models=["Model5"], n_pairs=2, as_json=True) == 0
    machine, row = map(json.loads, capsys.readouterr().out.splitlines())
    assert machine["threads"] == 1
    assert {"python", "torch", "numpy", "hnviz"} <= machine["machine"]["versions"].keys()
    assert (row["ratio"], row["n_epochs"], row["verdict"]) == (0.5, 2, "as promised")


def test_the_report_names_the_processor_and_the_worse_ratio(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processor as Linux tells it, read here once more."""
    pairs = (Pair(1.0, 1.0), Pair(1.0, 1.0), Pair(1.3, 1.0))
    timed = Comparison("Model5", "plain", pairs)
    monkeypatch.setattr("hnviz.bench.speed.compare", lambda config, n_pairs: timed)
    assert main(models=["Model5"], n_pairs=3) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    told = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*: (.+)$", told.read_text() if told.exists() else "", re.M)
    assert first.startswith(f"{named[1].strip() if named else processor()}; ")
    assert last.split()[-4:] == ["1.000", "1.100", "above", "1.05"]


def test_the_bench_of_devices_writes_what_auto_reads(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    recorded: Recorded,
) -> None:
    steps = [Measured("Model5", 64, 1e8, cpu=0.02, cuda=0.01)]
    machine = {"devices": ["cpu", "cuda"], "device_names": {}, "versions": {"torch": "2.13"}}
    monkeypatch.setattr("hnviz.bench.devices.step_seconds_by_size", lambda models: iter(steps))
    monkeypatch.setattr("hnviz.engine.machine.describe", lambda: machine)
    command = ["bench", "devices", "--runs-dir", str(tmp_path / "runs")]
    assert cli.main(command) == 0
    assert capsys.readouterr().out.split() == [
        *("Model5", "nh", "64", "0.020000", "s", "a", "step", "on", "the", "cpu"),
        *("0.010000", "s", "on", "cuda"),
    ]
    assert measured_in(tmp_path / "runs") == steps
    machine["devices"] = ["cpu"]
    assert cli.main(command) == 2
    recorded(capsys.readouterr().err, part="there is no graphics card")


def test_the_plain_loop_does_nothing_that_is_not_asked_for() -> None:
    steps = plain_loop(RunConfig.for_model("Model0", device="cpu"))
    assert len(next(iter(islice(steps, 4, None)))) == 5
