"""A setting of a run is one field and its use: added to a copy as docs/settings.md says."""

import json
from pathlib import Path

import pytest

from hnviz.config import SETTINGS
from tests import guide
from tests.sentences import Recorded

PAGE = "docs/settings.md"
CHANGED = {"hnviz/config.py", "hnviz/learn/learner.py"}
TRAIN = ("train", "--model", "Model0", "--epochs", "1")
BOTH = f"""
from hnviz.cli import main
for more in ((), ("--smoothing", "0.1")):
    assert main([*{TRAIN}, *more, "--json"]) == 0
"""

SAYS = """
from hnviz.app.rooms.compare.curves.picture import settings
from hnviz.app.rooms.train.form.picture import known
from hnviz.app.run.made import read, written
from hnviz.config import RunConfig
from hnviz.figures.offers import without_notebook
from hnviz.sweeps.plan import make_plan
import json
config = RunConfig(smoothing=0.1)
print(json.dumps({
    "field": next(each for each in known()["settings"] if each["name"] == "smoothing"),
    "compared": [each["name"] for each in settings([])["fields"]],
    "link": read(written(config)) == config,
    "plan": [each.smoothing for each in make_plan("s", {}, {"smoothing": [0.0, 0.1]}).configs],
    "ids": [make_plan("s", fixed, {"seed": [0]}).id for fixed in ({}, {"smoothing": 0.1})],
    "stored": ["smoothing" in each.to_dict() for each in (RunConfig(), config)],
    "without": without_notebook(config),
}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project that has the setting."""
    copy = guide.copied(tmp_path_factory.mktemp("copy"))
    guide.follow(PAGE, copy)
    return copy


def test_two_files_are_touched() -> None:
    assert {act.file for act in guide.acts(PAGE) if act.verb != "runs"} == CHANGED


def test_a_run_trains_with_it(folder: Path) -> None:
    trained = guide.python(folder, "-c", BOTH)
    assert trained.returncode == 0, trained.stderr
    without, with_it = map(json.loads, trained.stdout.splitlines())
    assert without["valid_loss"] != with_it["valid_loss"]


def test_what_it_may_be_is_said(folder: Path, recorded: Recorded) -> None:
    refused = guide.python(folder, "-m", "hnviz", *TRAIN, "--smoothing", "1")
    assert refused.returncode == 2
    recorded(refused.stderr, 0, 1, 1.0, part="smoothing must be a number")
    helped = guide.python(folder, "-m", "hnviz", "train", "--help")
    assert "--smoothing" in helped.stdout


def test_forms_links_plans_and_files_know_it(folder: Path, recorded: Recorded) -> None:
    asked = guide.python(folder, "-c", SAYS)
    assert asked.returncode == 0, asked.stderr
    said = json.loads(asked.stdout)
    assert (said["field"]["label"], said["field"]["kind"]) == ("Label smoothing", "real")
    assert "smoothing" in said["compared"] and said["link"]
    assert said["plan"] == [0.0, 0.1]
    assert len(set(said["ids"])) == 2 and said["stored"] == [False, True]
    recorded(said["without"])


def test_a_plan_keeps_its_id(folder: Path) -> None:
    """The id of a plan without the setting is that of a version without it."""
    asked = (
        "from hnviz.sweeps.plan import make_plan; print(make_plan('s', {}, {'seed': [0, 1]}).id)"
    )
    with_it, without = (guide.python(path, "-c", asked).stdout for path in (folder, guide.ROOT))
    assert with_it == without != ""


def test_each_setting_says_what_it_is() -> None:
    assert all(each.meaning and each.label for each in SETTINGS.values())
    assert all(each.help for name, each in SETTINGS.items() if name != "model")
