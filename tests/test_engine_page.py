"""Bad input and bad luck of the engine in a page of Chromium: one sentence, and the page lives.

Each case is tried in a worker and on the page's own thread. Then the same page trains once more.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hnviz.data import Texts, TokenStream
from tests.browser_engine import CLOSE, Subject, passed, recipe
from tests.conftest import require_chromium
from tests.drivers import SECONDS, ChromiumTab, chromium, wait_for
from tests.engine_page import POLICY, engine_site
from tests.small import small_config, small_stream

pytestmark = pytest.mark.browser

SMALL = Subject.of(small_config("Model3"), Path(), small_stream())
WAYS = {"worker": "", "page": "engine.withoutWorkers"}
"""Where a run trains -> the function of tests/js/engine_page.js that sees to it."""


def _with(**settings: Any) -> dict[str, Any]:
    """Return the small job with other settings, whatever Python says of them."""
    return SMALL.job | {"config": SMALL.job["config"] | settings}


def _of(text: str) -> dict[str, Any]:
    """Return a job with a text, to train on and to be judged on."""
    stream = TokenStream.from_texts(Texts(text, text))
    return Subject.of(small_config("Model3"), Path(), stream).job


def _train(tab: ChromiumTab, way: str, job: Any, options: str = "{}") -> list[dict[str, Any]]:
    """Train a job, or an expression of JavaScript that makes it; return the events."""
    order = job if isinstance(job, str) else json.dumps(job)
    run = f"engine.trained({{ job: {order} }}, {options})"
    events = tab.evaluate(f"{WAYS[way]}(() => {run})" if WAYS[way] else run)
    assert [each["event"] for each in events].count("ended") == 1
    assert events[-1]["event"] == "ended"
    return list(events)


def _losses(events: list[dict[str, Any]]) -> list[float]:
    return [each["loss"] for each in events if each["event"] == "batch"]


@pytest.fixture(scope="module")
def torchs() -> list[float]:
    """The losses of the small run in torch."""
    told = passed(SMALL.learner(), SMALL.learner().n_steps)
    return [each.loss for each in told if each.kind == "batch"]


@contextmanager
def _page(flags: Sequence[str] = (), policy: str = POLICY) -> Iterator[ChromiumTab]:
    require_chromium()
    with engine_site(policy=policy) as site, chromium(flags) as tab:
        tab.open(f"{site.url}/")
        wait_for(tab, "'engine' in globalThis")
        yield tab


@pytest.fixture(scope="module")
def shared() -> Iterator[ChromiumTab]:
    """One page for all cases: whatever came before, it lives."""
    with _page() as tab:
        yield tab


@pytest.fixture
def tab(shared, torchs) -> Iterator[ChromiumTab]:
    """The page; after the test it has to train again, in a worker and without."""
    yield shared
    _hold_life(shared, torchs)


def _hold_life(tab: ChromiumTab, torchs: list[float]) -> None:
    for way in WAYS:
        events = _train(tab, way, SMALL.job)
        assert _losses(events) == pytest.approx(torchs, rel=CLOSE)
        assert events[-1]["status"] == "finished"
    assert tab.evaluate("engine.faults") == []


TRAINED = {
    "nh 1": _with(nh=1),
    "nh 512": _with(nh=512, epochs=1),
    "bs 3": _with(bs=3),
    "bptt 1": _with(bptt=1),
    "a text of one word": _of("one"),
    "one long row": _with(bs=2, bptt=4096, epochs=1),
}


@pytest.mark.parametrize("name", TRAINED)
def test_an_odd_job_trains_to_its_end(name, tab):
    for way in WAYS:
        events = _train(tab, way, TRAINED[name])
        (started, *_), ended = events, events[-1]
        assert (ended["status"], ended["step"]) == ("finished", started["n_steps"])
        assert len(_losses(events)) == started["n_steps"] and np.isfinite(_losses(events)).all()


def _sentence(tab: ChromiumTab, job: Any, status: str = "failed") -> str:
    """Return what a run says as it ends, in a worker and on the page's thread the same."""
    ends = [_train(tab, way, job)[-1] for way in WAYS]
    assert [each["status"] for each in ends] == [status] * len(WAYS)
    (message,) = {each["message"] for each in ends}
    return str(message)


REFUSED = {
    "nh 513": (_with(nh=513), (1, 512, 513)),
    "bs 0": (_with(bs=0), (1, "4096", 0)),
    "bs 1": (_with(bs=1), (2, 1)),
    "no text": (SMALL.job | {"train": []}, ()),
    "an unknown id": (SMALL.job | {"valid": [0, 99]}, (1, 0, len(SMALL.stream.vocab) - 1, 99)),
}
"""Jobs that the engine does not take, and the numbers in its sentence."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_job_is_refused_in_one_sentence(name, tab, recorded):
    job, numbers = REFUSED[name]
    recorded(_sentence(tab, job), *numbers)


def test_a_rate_that_diverges_ends_the_run_in_one_sentence(tab, recorded):
    run = Subject.of(small_config("Model3", lr=1e38), Path(), SMALL.stream)
    *_, theirs = run.learner().events()
    said = _sentence(tab, run.job, "diverged")
    assert said == theirs.message
    recorded(said, 1, "1e+38")


def test_settings_that_need_too_much_memory_are_refused_in_one_sentence(tab, recorded):
    """States of 512 numbers of 4 bytes, for 4,096 rows and as many steps: 34 GB for them alone."""
    said = _sentence(tab, _with(nh=512, bs=4096, bptt=4096))
    needed = int(said.split()[3].replace(",", ""))  # MB
    assert 4 * 512 * 4096**2 / 1e6 < needed < 100 * 4 * 512 * 4096**2 / 1e6
    recorded(said, needed, 2**30 // 10**6)


def test_memory_that_runs_out_is_one_sentence(torchs, recorded):
    """This Chromium gives WebAssembly no more than 1 MB; a recipe's run needs 2.8 MB."""
    with _page(["--js-flags=--wasm-max-mem-pages=16"]) as tab:
        recorded(_sentence(tab, _recipe_job()), 3)
        _hold_life(tab, torchs)


def _recipe_job(model: str = "Model3") -> dict[str, Any]:
    """Return the job of a model's recipe."""
    return Subject.of(recipe(model), Path()).job


def test_a_browser_without_simd_says_so_in_one_sentence(recorded):
    """Chromium has no SIMD on a processor without SSE4.1."""
    with _page(["--js-flags=--no-enable-sse4-1"]) as tab:
        assert tab.evaluate("typeof WebAssembly") == "object"
        said = _sentence(tab, SMALL.job)
        recorded(said, 91, 89, "16.4")
        assert _sentence(tab, SMALL.job) == said  # the page lives, and says it again
        assert tab.evaluate("engine.faults") == []


def test_a_policy_without_webassembly_is_one_sentence(recorded):
    with _page(policy=POLICY.replace(" 'wasm-unsafe-eval'", "")) as tab:
        recorded(_sentence(tab, SMALL.job))
        assert tab.evaluate("engine.faults") == []


def test_a_worker_that_does_not_load_is_replaced_by_the_pages_thread(tab, torchs):
    events = _train(tab, "worker", SMALL.job, "{ address: '/no/worker.js' }")
    assert _losses(events) == pytest.approx(torchs, rel=CLOSE)


def test_a_policy_without_workers_leaves_the_pages_thread(torchs):
    with _page(policy=f"{POLICY}; worker-src 'none'") as tab:
        _hold_life(tab, torchs)


def test_a_job_that_the_browser_cannot_copy_is_one_sentence(tab, recorded):
    (ended,) = _train(tab, "worker", f"{{ ...{json.dumps(SMALL.job)}, later: () => 47 }}")
    assert ended["status"] == "failed"
    recorded(ended["message"], 47)


RUN = """globalThis.heard = [];
globalThis.run = ({way}(() => engine.trained({ job: {job} }, { hear: (event, buttons) => {
  heard.push(event);
  globalThis.buttons = buttons;
} })));"""


@contextmanager
def _long_run(tab: ChromiumTab, way: str) -> Iterator[None]:
    """Train for as long as the test goes on; then stop, and hold each step to its place."""
    job = _recipe_job("Model5")  # minutes, also on a fast machine
    job["config"] = {**job["config"], "epochs": 1000}
    act = WAYS[way] or "(act => act())"
    tab.evaluate(RUN.replace("{way}", act).replace("{job}", json.dumps(job)) + "void 0")
    wait_for(tab, "heard.length > 5")
    yield
    before = _n_steps(tab)
    wait_for(tab, f"heard.length > {before} + 20")  # it goes on
    tab.evaluate("buttons.press('stop')")
    ended = tab.evaluate("run.then((events) => events.at(-1))")
    steps = tab.evaluate("heard.flatMap(({ event, step }) => event === 'batch' ? [step] : [])")
    assert ended["status"] == "stopped"
    assert steps == [*range(ended["step"])]
    assert np.isfinite(tab.evaluate("engine.lossesOf(heard)")).all()


def _n_steps(tab: ChromiumTab) -> int:
    return int(tab.evaluate("engine.lossesOf(heard).length"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.slow)])
def test_a_tab_that_is_hidden_trains_on(seconds, way, tab):
    with _long_run(tab, way):
        tab.show("minimized")
        before = _n_steps(tab)
        time.sleep(seconds)
        wait_for(tab, f"engine.lossesOf(heard).length > {before} + 10")
        assert tab.evaluate("document.visibilityState") == "hidden"
        tab.show("normal")


def _rests(tab: ChromiumTab) -> int:
    """Wait until a tab does nothing; return how many steps it has made."""
    end = time.monotonic() + SECONDS
    before = -1
    while before != (now := _n_steps(tab)):
        assert time.monotonic() < end, "it is not frozen"
        before = now
        time.sleep(0.5)
    return before


@pytest.mark.parametrize("way", WAYS)
def test_a_tab_that_is_frozen_for_five_seconds_goes_on_where_it_was(way, tab):
    with _long_run(tab, way):
        tab.show("minimized")  # a browser freezes tabs that nobody sees
        tab.freeze(True)
        before = _rests(tab)
        time.sleep(5)
        assert _n_steps(tab) == before
        tab.freeze(False)
        tab.show("normal")
