"""A model is one class and one entry: added in a temporary folder, it is on all pages.

Mixer, with gates and a memory, is walked; Leaky is the one of docs/own_models.md, moved into hnviz
as the page's last part says.
"""

from pathlib import Path

import pytest

from hnviz.app.shell.navigation import PAGES
from hnviz.models.catalogue import BUILT_IN
from tests import guide
from tests.conftest import ROOT

OWN = ROOT / "tests/data/own_model"
PAGE = "docs/own_models.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package to which classes and entries have been added, and nothing else."""
    copy = guide.copied(tmp_path_factory.mktemp("own"))
    guide.follow(PAGE, copy)
    text = (copy / "my_models.py").read_text()
    start, end = text.index("class Leaky"), text.index("ENTRY = ")
    entry = text[end:].removeprefix("ENTRY = ").strip()
    moved = {
        "learn/beyond": ("\n\nMODELS: dict", f"\n\n{text[start:end]}MODELS: dict", "model"),
        "models/catalogue": ("\n)\n\nLADDER", f"\n    {entry},\n)\n\nLADDER", "entry"),
    }
    for module, (old, new, mixer) in moved.items():
        path = copy / f"hnviz/{module}.py"
        source = path.read_text()
        assert source.count(old) == 1
        guide.rewrite(path, source.replace(old, new) + (OWN / f"{mixer}.txt").read_text())
    return copy


@pytest.mark.walk
@pytest.mark.slow
def test_it_trains_and_every_page_shows_its_run(folder):
    trained = guide.python(folder, "-m", "hnviz", "train", "--model", "Mixer", "--nh", "16")
    assert trained.returncode == 0, trained.stderr
    (run,) = (path.name for path in (folder / "runs").iterdir() if (path / "config.json").exists())
    assert "Mixer" in run
    walked = guide.python(folder, "-m", "tests.walk", run, "Mixer")
    assert walked.returncode == 0, walked.stderr
    asked = dict(line.split() for line in walked.stdout.splitlines())
    assert set(asked) == {name for pages in PAGES.values() for name in pages}
    looking = ("start", "build", "remember", "learn_back")
    assert all(int(asked[page]) > 0 for page in looking), asked


def test_the_commands_know_it(folder):
    shown = guide.python(folder, "-m", "hnviz", "task", "show", "parity")
    assert "Mixer" in shown.stdout and "Leaky" in shown.stdout, shown.stderr
    refused = guide.python(folder, "-m", "hnviz", "train", "--model", "Mixture")
    assert refused.returncode == 2 and ", ".join([*BUILT_IN, "Leaky", "Mixer"]) in refused.stderr
    code = "from hnviz.models.catalogue import IN_LANES; print('Leaky' in IN_LANES, *IN_LANES)"
    known = guide.python(folder, "-c", code).stdout.split()
    assert known[0] == "False" and "Model3" in known
