"""Pages of a run on an own text, in a browser: its byte pairs merging, its batches, its units."""

import re

import pytest
from playwright.sync_api import expect

from hnviz.config import RunConfig
from hnviz.data.corpora.own import Way, merging, own_corpus
from hnviz.engine.trainer import run_in_folder
from hnviz.runs import RunStore
from tests.conftest import fits, idle, until

TEXT = "the cat sat on the mat, the dog sat on the log, and the cat saw the dog. " * 20


@pytest.fixture(scope="module")
def run(app) -> tuple[str, str]:
    """A finished run on byte pairs: its id, and its corpus."""
    read = own_corpus(TEXT.encode(), Way(level="bpe", merges=12))
    small = {"bs": 2, "bptt": 4, "nh": 4, "epochs": 1, "device": "cpu"}
    folder = RunStore(app.runs).create(RunConfig(corpus=read.id, **small))
    ended = run_in_folder(folder)
    assert ended is not None and ended.status == "finished"
    return folder.id, read.id


def test_byte_pairs_merge_step_by_step(server, page, run, recorded):
    run_id, corpus_id = run
    shown = merging(corpus_id)
    page.goto(f"{server}/data?run={run_id}&data_merge=1")
    page.get_by_text("Watch the byte pairs merge").scroll_into_view_if_needed()
    told = page.locator(".told").filter(has_text="Merge")
    left, right, times = shown.merges[0]
    expect(told).to_contain_text(f"“{left}” and “{right}”")
    recorded.shown(told, "they were neighbours", 1, 12, times)
    pieces = page.locator(".pieces .piece")
    line = "".join(piece for word in shown.words for piece in word)
    assert "".join(pieces.all_text_contents()) == line
    fresh = page.locator(".pieces .piece.fresh").all_text_contents()
    assert set(fresh) == {left + right}
    n_before = pieces.count()
    recorded.shown(page, "characters, now", len(line), n_before)
    page.get_by_role("button", name="Back").last.click()
    recorded.shown(page, "each character is a token", 12)
    assert pieces.count() == len(line) and n_before < len(line)
    until(page, "() => location.search.includes('data_merge=0')")
    page.get_by_role("slider", name="Merges done").fill("12")
    expect(page.get_by_text("Merge 12 of 12 joins")).to_be_visible()
    expect(page.get_by_role("button", name="Next merge")).to_be_disabled()
    until(page, "() => !location.search.includes('data_merge')")
    assert page.errors == []


def test_batches_shows_the_text_of_the_run(server, page, run):
    run_id, _ = run
    page.goto(f"{server}/batches?run={run_id}&batches_bs=2&batches_bptt=4")
    page.locator("[data-ready][data-cell]").first.wait_for()
    idle(page)
    said = page.get_by_test_id("batches_sentence")
    expect(said).to_contain_text(re.compile("x is xxbos, its target y is the"))
    page.get_by_text("How good can a short memory").click()
    page.get_by_text("An example: in train").wait_for()
    assert page.errors == []


def test_its_units_have_no_matrix_and_its_sentence_is_said_once(server, page, run):
    run_id, _ = run
    page.goto(f"{server}/states?run={run_id}")
    page.locator("canvas.map[data-paints]").wait_for()
    idle(page)
    expect(page.get_by_text("How much of each unit")).to_be_hidden()
    expect(page.get_by_text("need the human numbers")).to_have_count(1)
    expect(page.get_by_label("Order of the units")).to_have_value("clustered")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, width)
    assert page.errors == []
