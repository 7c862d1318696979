"""Programs that measure, load or attack, each once and briefly: nobody sees them rot otherwise."""

import os
import re
import subprocess
import sys
from math import nan
from types import SimpleNamespace

import numpy as np
import pytest

from tests.conftest import CHROMIUM, ROOT
from tests.load.page_training import seconds, step_ms
from tests.load.seeds import ends, row
from tests.load.viewer import News
from tests.small import small_config

MEASURED = (
    *("start", "export", "train", "text", "batches", "models", "time", "states", "map", "compare"),
)
PROGRAMS = {
    **{f"measure {part}": f"-m tests.browser.measure {part}" for part in MEASURED},
    "pages": "-m tests.browser.pages",
    "rooms": "-m tests.browser.rooms",
    "busy": "-m tests.browser.busy",
    "screenshots": "-m tests.browser.screenshots",
    "gallery": "-m tests.browser.screenshots {folder}",
    "load": "-m tests.load --seconds 2 --viewers 2 --watchers 2 --every 1",
    "class": "-m tests.load --class --size 3 --seconds 2",
    "attack": "-m tests.load.attack --seconds 3",
    "against": "-m tests.load.against . --rounds 5 --starts 1",
    "browser against": "-m tests.browser.against .",
    "paint": "-m tests.browser.paint .",
    "crowds": "-m tests.browser.crowds . --turns 1 --seconds 2 --viewers 2 --watchers 2 --every 1",
    "sizes": "-m tests.load.sizes --only memory",
    "seeds": "-m tests.load.seeds --seeds 3 --epochs 1 Model3",
    "recorded": "-m tests.load.recorded --seeds 2 --recorded 1 Model2",
    "page_training": "-m tests.load.page_training --rounds 1 --epochs 1 --seconds .2 Model3",
    "phone": "-m tests.load.page_training --phone --rounds 1 --epochs 1 --seconds .2 Model3",
    "failpoints": "-m tests.chaos --only failpoints",
    "bench": "-m hnviz bench --model Model0 --pairs 1",
}
MISSED = 1  # the exit status of a program that held figures to its limits: not here, in seconds


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_still_works(name, tmp_path):
    if not CHROMIUM and any(word in PROGRAMS[name] for word in ("browser", "page_training")):
        pytest.skip("no chromium")
    words = PROGRAMS[name].format(folder=tmp_path).split()
    environ = {**os.environ, "HNVIZ_BRIEF": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=600
    )
    if said := re.search("^Skipped: (.*)$", done.stderr, re.MULTILINE):
        pytest.skip(said[1])
    assert "Traceback" not in done.stderr and done.returncode in (0, MISSED), done.stderr
    assert done.stdout.strip()


def test_a_steps_time_is_of_steps_within_an_epoch():
    """Steps take 2, 4 and 9 ms; an epoch's end counts for the whole run alone."""
    times = [("batch", 0.0), ("batch", 2.0), ("batch", 4.0), ("epoch", 400.0)]
    times += [("batch", 500.0), ("batch", 504.0), ("epoch", 600.0)]
    times += [("batch", 700.0), ("batch", 709.0), ("epoch", 800.0), ("ended", 1000.0)]
    assert step_ms(times) == 4.0
    assert seconds(times) == 1.0
    assert np.isnan(step_ms(times[:1]))


def test_news_that_come_before_the_disk_is_read_are_timed_when_it_is():
    disk = SimpleNamespace(written={2: 1.0})
    news = News(0, "run", disk, heard=[(2, 1.5), (3, 2.0), (4, 2.0)])
    assert news.late == [500.0]
    disk.written |= {3: 2.004, 4: 1.0}
    assert news.late == [500.0, 0.0, 1000.0]


def test_seeds_that_are_kept_are_not_trained_again(tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr("tests.load.seeds.end", lambda config: trained.append(config) or (0.5, nan))
    configs, kept = [small_config("Model3", seed=seed) for seed in range(3)], tmp_path / "kept"
    assert ends(configs[:2], kept).shape == (2, 2)
    accuracies = ends(configs, kept)
    assert trained == configs
    np.testing.assert_array_equal(accuracies, [[0.5, nan]] * 3)
    ends([small_config("Model3", lr=0.5)], kept)
    assert len(trained) == 4


def test_the_interval_over_seeds_uses_students_t():
    """For .01, .02 and .03: .02 ± 4.3 · .01 / √3. An unfinished run is left out."""
    found = np.array([[0.5, 0.51], [0.6, 0.62], [0.7, 0.73], [0.8, np.nan]])
    said, is_same = row("Model3", found)
    assert "+0.0200, 95 % interval -0.0048 to +0.0448, 3 seeds, 1 left out" in said and is_same
    assert not row("Model3", found + np.array([0, 0.01]))[1]
    assert row("Model3", np.full((5, 2), 0.4))[1]
    assert not row("Model3", np.full((5, 2), np.nan))[1]
