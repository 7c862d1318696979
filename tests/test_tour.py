"""The README's beginning and two minutes: each command ends well, and each page of it opens."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from hnviz.cli import main
from tests.conftest import ROOT
from tests.guide import commands, tour
from tests.pages import open_page
from tests.saved import frames_of

SAYS = {
    "layout": "n_batches   13017/70/64 = 2.9056 -> 3",
    "train": "epoch",
    "task": "Train on it: python -m hnviz train --corpus task-parity",
}
"""What each command prints that the README speaks of."""


@pytest.mark.parametrize("words", commands("README.md"), ids=lambda words: words[0])
def test_a_command_of_the_tour(words, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("HNVIZ_RUNS_DIR", str(tmp_path))
    assert main(words) == 0
    assert SAYS[words[0]] in capsys.readouterr().out


@pytest.mark.parametrize(("address", "picture"), tour())
@pytest.mark.usefixtures("own_runs")
def test_a_page_of_the_tour(address, picture):
    parts = urlsplit(address)
    app = open_page(parts.path.strip("/") or "start", **dict(parse_qsl(parts.query)))
    assert not app.exception and not app.error
    assert (ROOT / f"docs/screenshots/{picture}.png").exists()


def test_every_picture_of_the_readme_is_of_the_tour():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(tour()) + 1 == readme.count("![") >= 5  # and the film


def test_the_readme_begins_with_a_film_and_says_how_the_site_is_made_and_that_there_is_no_licence():
    head = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    (film,) = re.findall(r"!\[[^]]+\]\((docs/screenshots/\w+\.gif)\)", head)
    assert (ROOT / film).stat().st_size < 3e6
    frames, seconds = frames_of(ROOT / film)
    assert len(frames) == 60 and abs(seconds - 4) < 0.02
    assert "make app" in head and "python -m hnviz export site DIR" in head
    has_licence = bool([*ROOT.glob("LICEN[CS]E*")])
    assert has_licence != ("**Licence.**" in head)
