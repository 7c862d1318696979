"""A PyTorch that is there and cannot be loaded: one sentence that says why, everywhere."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hnviz.config import RunConfig
from hnviz.engine.client import Engine
from hnviz.engine.protocol import EngineError
from tests.sentences import Recorded

ROOT = Path(__file__).parent.parent
RAISES = """raise OSError("libc.so.6: version `GLIBC_2.38' not found\\n(needed by libgomp.so.1)")"""
UNITS = {"first": 0, "n": 5, "split": "valid", "layer": 0}


@pytest.fixture(params=[RAISES, "import torch_which_is_nowhere"])
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder whose torch raises an error; returns the path to find it first."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(request.param)
    return os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.fixture
def engine(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("PYTHONPATH", broken)
    engine = Engine(tmp_path / "runs")
    yield engine
    engine.close()


def test_a_command_says_why(tmp_path: Path, broken: str, recorded: Recorded) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hnviz", "train", "--runs-dir", str(tmp_path / "runs")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": broken},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("hnviz: ")
    assert done.stderr.count("\n") == 1
    recorded(done.stderr, *(() if "not installed" in done.stderr else (6, 2.38, 1)))
    assert not (tmp_path / "runs").exists()


def test_a_question_and_a_run_are_told_why(engine: Engine, recorded: Recorded) -> None:
    for ask in (
        lambda: engine.observe("Model5", 400, "units", UNITS),
        lambda: engine.train(RunConfig.for_model("Model1")),
    ):
        with pytest.raises(EngineError) as error:
            ask()
        raised = () if "No module" in str(error.value) else (6, 2.38, 1)
        recorded(str(error.value), 1, *raised)


@pytest.mark.skipif(sys.platform == "win32", reason="it is so there in any case")
def test_where_nothing_forks_the_log_says_why(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HNVIZ_START_METHOD", "spawn")
    with pytest.raises(EngineError, match=r"the observer cannot start; engine.log says why"):
        engine.observe("Model5", 400, "units", UNITS)
    assert (
        "PyTorch or another library cannot be loaded: "
        in (engine.runs_dir / "engine.log").read_text()
    )
