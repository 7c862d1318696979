"""A model is one class and one entry: added in a temporary folder, it is on all pages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hnviz.app.shell.navigation import PAGES
from tests.conftest import ROOT

OWN = ROOT / "tests/data/own_model"
NOT_HERE = {"lesson"}  # it shows no run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package to which a class and an entry have been added, and nothing else."""
    copy = tmp_path_factory.mktemp("own")
    ignored = shutil.ignore_patterns("shipped", "__pycache__", "*.js", "node_modules", "data")
    for name in ("hnviz", "pages"):
        shutil.copytree(
            ROOT / name, copy / name, ignore=shutil.ignore_patterns("shipped", "__pycache__")
        )
    shutil.copytree(ROOT / "tests", copy / "tests", ignore=ignored)
    (copy / "hnviz/shipped").symlink_to(ROOT / "hnviz/shipped")
    for part, module in (("model", "learn/models"), ("entry", "catalogue")):
        with (copy / f"hnviz/{module}.py").open("a") as file:
            file.write((OWN / f"{part}.txt").read_text())
    return copy


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, "HNVIZ_RUNS_DIR": str(folder / "runs"), "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=500,
    )


@pytest.mark.walk
def test_it_trains_and_every_page_shows_its_run(folder):
    trained = command(folder, "hnviz", "train", "--model", "Mixer", "--nh", "16")
    assert trained.returncode == 0, trained.stderr
    (run,) = (path.name for path in (folder / "runs").iterdir() if (path / "config.json").exists())
    assert "Mixer" in run
    walked = command(folder, "tests.walk", run, "Mixer")
    assert walked.returncode == 0, walked.stderr
    asked = dict(line.split() for line in walked.stdout.splitlines())
    assert set(asked) == {name for pages in PAGES.values() for name in pages} - NOT_HERE
    looking = ("start", "models", "states", "predictions", "time")
    assert all(int(asked[page]) > 0 for page in looking), asked


def test_the_commands_know_it(folder):
    shown = command(folder, "hnviz", "task", "show", "parity")
    assert "Mixer" in shown.stdout, shown.stderr
    refused = command(folder, "hnviz", "train", "--model", "Mixture")
    assert refused.returncode == 2 and "Model3Tanh, Mixer" in refused.stderr
