"""A file that trains, opened from a disk: a run of the reader's own, beside the one it holds."""

import re
import time
from collections.abc import Iterator
from functools import partial
from operator import eq
from pathlib import Path
from typing import Any

import pytest

from hnviz.browser.form import IN_BROWSER
from hnviz.config import RunConfig
from hnviz.events import EpochEnd
from hnviz.export.build import export_page
from hnviz.figures.numbers import accuracy
from hnviz.learn import Learner
from hnviz.runs import RunStore
from tests.conftest import awaited, until
from tests.yours import Reader, press, press_at, says

pytestmark = pytest.mark.browser

MODEL = "Model3"
SHOWN = """(step) => {
  const place = document.querySelector("[data-picture='machine']");
  return (place.shadowRoot ?? place).querySelector(".hnviz")?.dataset.step === step;
}"""
PAST = """(step) => {
  const far = document.querySelector(".yours p").textContent.match(/step ([\\d,]+)/)?.[1] ?? "0";
  return Number(far.replaceAll(",", "")) > step;
}"""
NO_DATABASE = "delete window.indexedDB; delete Window.prototype.indexedDB;"
STORED = """() => new Promise((tell) => {
  const opening = indexedDB.open("hnviz");
  opening.onupgradeneeded = () => opening.transaction.abort();
  opening.onerror = () => tell([]);
  opening.onsuccess = () => {
    const database = opening.result;
    const all = database.transaction("runs").objectStore("runs").getAll();
    all.onsuccess = () => (database.close(), tell(all.result.map(({ run }) => run.status)));
  };
})"""
"""The statuses of the runs that the browser has stored."""
FULL = """IDBObjectStore.prototype.put = () => {
  throw new DOMException("the disk is full", "QuotaExceededError");
};"""


@pytest.fixture(scope="module")
def files(tmp_path_factory, own_runs) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for page in ("train", "remember"):
        (folder / f"{page}.html").write_bytes(export_page(page, {"run": MODEL}, most=8))
    return folder


@pytest.fixture
def reader(browser) -> Iterator[Reader]:
    person = Reader(browser)
    yield person
    person.leave()


def _step(tab: Any) -> int:
    return int(
        re.search(r"step ([\d,]+)", tab.locator(".yours p").inner_text())[1].replace(",", "")
    )


def _rests_at(tab: Any) -> int:
    """The step of a paused run, once nothing more arrives of what was under way at the press."""
    says(tab, r"paused after step \d")
    before = -1
    while before != _step(tab):
        before = _step(tab)
        tab.wait_for_timeout(500)
    return before


def test_a_second_run_trains_and_its_figures_are_torchs(reader, files):
    tab = reader.open(files / "train.html")
    workers: list[str] = []
    tab.on("worker", lambda worker: workers.append(worker.url))
    press(tab, "Train one yourself")
    says(tab, "seed 1: all 800 steps are done")
    assert len(workers) == 1 and workers[0].startswith("blob:")
    learner = Learner(RunConfig.for_model(MODEL, device="cpu", seed=1))
    end = next(event for event in learner.events() if isinstance(event, EpochEnd))
    theirs = RunStore(files).record(MODEL).epochs[0].accuracy
    first = next(each for each in tab.evaluate("() => heard") if "After epoch 1," in each)
    assert re.findall(r"[\d.]+ %", first) == [accuracy(end.accuracy), accuracy(theirs)]


def test_pictures_follow_the_readers_run_and_say_where_they_cannot(reader, files):
    tab = reader.open(files / "train.html")
    left = tab.locator(".left-out", has_text=f"shows {MODEL}")
    assert not left.first.is_visible()
    press(tab, "Train one yourself")
    says(tab, "seed 1: all 800 steps are done")
    curves = tab.locator("[data-picture='train/curves']")
    curves.get_by_text("yours, seed 1; the faint").wait_for()
    drawn = "[data-picture='train/curves'] [data-trace='yours, valid']"
    until(tab, "(trace) => document.querySelectorAll(trace).length === 2", drawn)
    until(tab, SHOWN, "800")
    left.first.wait_for()
    press(tab, MODEL)
    until(tab, "(trace) => document.querySelectorAll(trace).length === 0", drawn)
    left.first.wait_for(state="hidden")


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(each, marks=() if each in {"Model1", "Model5"} else pytest.mark.slow)
        for each in IN_BROWSER
        if each != MODEL
    ],
)
def test_trains_page_trains_every_other_model_with_its_own_settings(reader, files, model):
    tab = reader.open(files / "train.html")
    tab.locator(".yours").get_by_label("Model", exact=True).select_option(model)
    press(tab, "Train one yourself")
    config = RunConfig.for_model(model)
    said = says(tab, r"After epoch \d+,")
    assert f"Yours, {model}, seed {config.seed + 1}" in said
    curves = tab.locator("[data-picture='train/curves']")
    curves.get_by_text("yours, seed 1; the faint").wait_for()
    done = says(tab, "steps are done")
    until(tab, SHOWN, re.search(r"all ([\d,]+) steps", done)[1].replace(",", ""))
    tab.locator(".yours").get_by_role("button", name="Another seed", exact=True).wait_for()
    tab.locator(".yours").get_by_label("Model", exact=True).select_option(MODEL)
    tab.locator(".yours").get_by_role("button", name=f"Train {MODEL}").wait_for()


def test_another_models_run_is_there_again_when_the_page_opens(reader, files, tmp_path):
    tab = reader.open(files / "train.html")
    tab.locator(".yours").get_by_label("Model", exact=True).select_option("Model1")
    press_at(tab, r"step \d", "Slow")
    press(tab, "Train one yourself")
    press(tab, "Stop")
    stopped = says(tab, "stopped after step")
    with tab.expect_download() as got:
        press(tab, "Save as zip")
    got.value.save_as(tmp_path / "run.zip")
    awaited(tab, partial(tab.evaluate, STORED), eq, ["stopped"])
    tab.close()
    again = reader.open(files / "train.html")
    assert says(again, "stopped after step") == stopped
    press_at(again, r"Model1, seed 2\b.*: step \d", "Stop")
    press(again, "Another seed")
    says(again, "Model1, seed 2.*: stopped")
    again.locator(".yours input[type=file]").set_input_files(tmp_path / "run.zip")
    says(again, "Model1, seed 1")
    press(again, "Back to Model1, seed 2")
    says(again, "Model1, seed 2")


def test_the_chosen_model_stays_when_a_reader_changes_what_the_page_shows(reader, files):
    tab = reader.open(files / "train.html")
    models = tab.locator(".yours").get_by_label("Model", exact=True)
    models.select_option("Model1")
    tab.get_by_text("By position", exact=True).click()
    tab.locator("[data-picture='train/positions']").first.wait_for()
    awaited(tab, models.input_value, eq, "Model1")
    awaited(tab, tab.locator(".yours").count, eq, 1)


CUT = """all => all
  .filter((label) => label.getBoundingClientRect().right
    > label.closest("svg").getBoundingClientRect().right)
  .map((label) => label.textContent)"""


def test_no_label_at_the_end_of_a_curve_is_cut(reader, files):
    tab = reader.open(files / "train.html")
    labels = tab.locator("[data-picture='train/curves'] svg text")
    labels.filter(has_text="notebook").first.wait_for()
    awaited(tab, labels.filter(has_text="final").count, eq, 1)
    cut = partial(labels.evaluate_all, CUT)
    awaited(tab, cut, eq, [])


def test_its_buttons_hold_it_slow_it_and_end_it(reader, files):
    tab = reader.open(files / "remember.html")
    press_at(tab, r"step \d", "Pause")
    press(tab, "Train one yourself")
    before = _rests_at(tab)
    press(tab, "Step")
    says(tab, rf"paused after step {before + 1}\b")
    press(tab, "Slow")
    begun = time.monotonic()  # a click may return long after the page has heard it
    press(tab, "Continue")
    until(tab, PAST, before + 3)
    done = _step(tab) - before - 1
    assert time.monotonic() - begun > 0.2 * (done - 1)  # at most four in a second
    press(tab, "Stop")
    stopped = says(tab, "stopped after step")
    slow = tab.locator(".yours").get_by_role("button", name="Slow", exact=True)
    slow.wait_for(state="hidden")
    press(tab, "Go on")
    says(tab, "all 800 steps are done")
    assert "seed 1" in stopped
    press(tab, "Another seed")
    says(tab, "seed 2: (step|all)")  # it is soon done


def test_closing_keeps_it_and_reopening_goes_on(reader, files):
    tab = reader.open(files / "remember.html")
    press_at(tab, "After epoch [3-9],", "Slow")  # it is not done when the page closes
    press(tab, "Train one yourself")
    says(tab, "After epoch [3-9],")
    second = reader.open(files / "remember.html")
    press(second, "Train one yourself")
    says(second, "stores its own run")
    second.close()
    awaited(tab, partial(tab.evaluate, STORED), eq, ["running"])  # with the epochs so far
    tab.close()
    again = reader.open(files / "remember.html")
    says(again, "seed 1: all 800 steps are done")
    heard = again.evaluate("() => heard")
    first = next(each for each in heard if "step" in each)
    assert "epoch 1 of 20" not in first  # it went on, and did not begin again
    again.get_by_role("button", name=MODEL, exact=True, pressed=True).wait_for()
    again.close()
    last = reader.open(files / "remember.html")
    says(last, "seed 1: all 800 steps are done")
    press(last, "yours")
    until(last, SHOWN, "800")


@pytest.mark.parametrize(
    ("before", "said"),
    [(NO_DATABASE, "stores nothing for this page"), (FULL, "has no room left for this run")],
    ids=["no database", "full"],
)
def test_where_nothing_can_be_stored_the_page_says_so_and_trains(before, said, reader, files):
    tab = reader.open(files / "remember.html", before)
    press(tab, "Train one yourself")
    says(tab, f"all 800 steps are done.*{said}")
