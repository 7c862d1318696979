"""The reading machine on Start, with runs of each kind: of a task, of an own text or model."""

import re
import shutil
from urllib.parse import urlencode

import pytest

from hnviz.config import RunConfig
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.engine.trainer import run_in_folder
from hnviz.runs import RunStore
from tests.conftest import idle, start_server, stop_server, until
from tests.test_machine_browser import CELL, VIEW, drawn, says
from tests.test_own_models import command

READING = ".st-key-start_reading .hnviz[data-ready]"
SMALL = {"model": "Model4", "bs": 64, "bptt": 20, "nh": 8, "epochs": 1, "device": "cpu"}


def open_start(page, server, **query):
    page.goto(f"{server}/?{urlencode(query)}")
    page.locator(f"{READING} canvas[data-words]").wait_for()
    idle(page)


@pytest.fixture
def made(app):
    """Train a small run in the app's folder; it is gone after the test."""
    folders = []

    def make(**options):
        folder = RunStore(app.runs).create(RunConfig(**{**SMALL, **options}))
        folders.append(folder)
        ended = run_in_folder(folder)
        assert ended is not None and ended.status == "finished"
        return folder

    yield make
    for folder in folders:
        shutil.rmtree(folder.path, ignore_errors=True)


def test_a_run_that_is_deleted_under_the_machine_is_one_sentence(app, server, page, made):
    run = made()
    open_start(page, server, run=run.id)
    before = says(page)
    shutil.rmtree(run.path)
    type_text_at_start(page, "one, two")
    trouble = page.locator(f"{READING} .hnviz-trouble:visible")
    trouble.wait_for()
    told = trouble.inner_text().removesuffix("Try again").strip()
    assert told.count(".") <= 2 and run.id in told
    assert says(page) == before


def type_text_at_start(page, text):
    page.locator(f"{READING} .text").fill(text)
    page.locator(f"{READING} .text").press("Enter")


def test_irnn_and_the_models_of_the_notebook_open_on_start(server, page):
    for run, cut in (("IRNN", True), ("Model4", False), ("Model0", True)):
        open_start(page, server, run=run)
        page.locator(f"{READING} .hnviz-more summary").click()
        page.get_by_role("button", name="One word back").wait_for()
        assert page.get_by_role("button", name="Where its windows begin").count() == cut, run
        page.get_by_role("button", name="Read one word").click()
        assert "machine_word=" in page.url
    assert page.errors == []


def test_a_task_and_an_own_text_are_read(app, server, page, made, own_runs):
    run = made(corpus="task-periodic", bptt=6)
    open_start(page, server, run=run.id)
    assert page.evaluate(f"() => ({VIEW})().reading.n") > 36
    assert page.get_by_role("group", name="Sentences to try").count() == 0
    page.mouse.move(*page.evaluate(CELL, [0, 0, 0]))
    tip = page.locator(".tip")
    tip.wait_for()
    assert "follows" not in tip.inner_text(), "its tokens have no digits"
    type_text_at_start(page, "a b a")
    until(page, f"() => ({VIEW})().reading.given === 3")
    assert page.errors == []


OWN_TEXT = "the cat sat on the mat, the dog sat on the log, and the cat saw the dog. " * 40


def test_a_text_of_ones_own_is_read_and_goes_on(app, server, page, made, own_runs, monkeypatch):
    monkeypatch.setenv("HNVIZ_RUNS_DIR", str(app.runs))
    run = made(corpus=own_corpus(OWN_TEXT.encode(), Way()).id, bptt=6, bs=8)
    open_start(page, server, run=run.id)
    words = f"() => [0, 1].map((at) => ({VIEW})().reading.word(at))"
    type_text_at_start(page, "dog sat")
    until(page, f"() => ({VIEW})().reading.given === 2")
    assert page.evaluate(words) == ["dog", "sat"]
    assert page.get_by_role("group", name="Sentences to try").count() == 0
    assert page.errors == []


DELAY = '''
import torch
from torch import nn

from hnviz.learn import LanguageModel
from hnviz.models.spec import ModelEntry, Part, Recipe, Weight


class Delay(LanguageModel):
    """The newest of five state tensors also reads the oldest: what it was five words ago."""

    predicts, stateful = "every", True

    def __init__(self, nv, nh):
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)
        self.h_h = nn.Linear(nh, nh)
        self.h_o = nn.Linear(nh, nv)

    def init_state(self, bs):
        return tuple(self.h_o.bias.new_zeros(bs, self.h_o.in_features) for _ in range(5))

    def forward(self, x, state):
        h, a, b, c, d = state
        res = []
        for t in range(x.shape[1]):
            h, a, b, c, d = (self.h_h(self.i_h(x[:, t]) + h + d)).tanh(), h, a, b, c
            res.append(h)
        return self.h_o(torch.stack(res, dim=1)), (h, a, b, c, d)


LAYER = (Weight("weight", ("nh", "nh")), Weight("bias", ("nh",)))

ENTRY = ModelEntry(
    name="Delay",
    title="a loop with a delay line",
    follows="Model3",
    network_change="also reads its own state of five words ago",
    reason="Its state has five tensors.",
    predicts="every",
    stateful=True,
    recipe=Recipe(bptt=20, epochs=1, lr=1e-2),
    parts=(
        Part("i_h", "i_h", "Embedding", (Weight("weight", ("nv", "nh")),)),
        Part("h_h", "h_h", "Linear", LAYER),
        Part("h_o", "h_o", "Linear", (Weight("weight", ("nv", "nh")), Weight("bias", ("nv",)))),
    ),
    nonlinearity="tanh",
    state=("h", "a", "b", "c", "d"),
)
'''


@pytest.mark.slow
def test_an_own_model_whose_state_has_five_tensors_is_read(page, tmp_path):
    file = tmp_path / "delay.py"
    file.write_text(DELAY, encoding="utf-8")
    options = ["--bs", "256", "--bptt", "64", "--nh", "8", "--device", "cpu"]
    trained = command(
        tmp_path, "hnviz", "train", "--models", str(file), "--model", "Delay", *options
    )
    assert trained.returncode == 0, trained.stderr
    own = start_server(tmp_path, HNVIZ_MODELS=str(file))
    try:
        (run,) = (each.name for each in own.runs.iterdir() if (each / "config.json").exists())
        open_start(page, own.url, run=run)
        page.get_by_role("button", name="Read one word").click()
        assert "layer 0: 8 numbers" in drawn(page)
        assert re.search(r"changed by \d\.\d\d on average$", drawn(page), re.M)
        assert page.errors == []
    finally:
        stop_server(own)
