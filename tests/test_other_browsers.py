"""The engine in Chromium, Firefox and WebKitGTK: one page trains each model, and prints JSON.

Debian's packages have all three. CI installs Chromium alone, and there three models are enough.
"""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hnviz.browser.form import IN_BROWSER, form_of
from hnviz.events import BatchEnd
from tests.browser_engine import CHAOTIC, CLOSE, SOON, Subject, passed, recipe
from tests.conftest import require_chromium
from tests.drivers import FIREFOX, MINI_BROWSER, Tab, chromium, firefox, wait_for, webkit
from tests.engine_page import engine_site
from tests.sentences import Recorded
from tests.small import small_config, small_stream

WEBKIT = all([MINI_BROWSER, shutil.which("WebKitWebDriver"), shutil.which("Xvfb")])
OTHERS = {
    "Firefox": (firefox, FIREFOX, "no Firefox: apt-get install firefox-esr"),
    "AppleWebKit": (webkit, WEBKIT, "no WebKitGTK: apt-get install webkit2gtk-driver xvfb"),
}
"""What a browser calls itself -> what starts it, whether it is here, and what to do if not."""

MINUTES = 600.0  # s that all models may take, on a machine that others use too


@cache
def _subject(model: str) -> dict[str, Any]:
    """Return a job, and the losses of torch's first steps."""
    run = Subject.of(recipe(model), Path())
    n = CHAOTIC.get(model, 40)
    told = [each for each in passed(run.learner(), n) if isinstance(each, BatchEnd)]
    return {"job": run.job, "losses": [each.loss for each in told[:n]]}


def _refused() -> dict[str, Any]:
    """Return jobs that the engine does not train."""
    job = Subject.of(small_config("Model5"), Path(), small_stream()).job
    settings = {"nh": 513, "bs": 0, "bptt": 4097}
    jobs = {
        f"{name} {value}": job | {"config": job["config"] | {name: value}}
        for name, value in settings.items()
    }
    return {**jobs, "dropout": job | {"form": form_of("Model5Reg")}, "no text": job | {"train": []}}


def _printed(start: Callable[[], AbstractContextManager[Tab]], models: tuple[str, ...]) -> Any:
    """Let a browser's page train the models; return what it prints."""
    asked = {"subjects": models, "refused": _refused()}
    with engine_site({model: _subject(model) for model in models}) as site, start() as tab:
        tab.open(f"{site.url}/")
        wait_for(tab, "'engine' in globalThis")
        tab.evaluate(f"void engine.print({json.dumps(asked)})")
        wait_for(tab, "document.title === 'printed'", MINUTES)
        return json.loads(tab.evaluate("document.body.textContent"))


def _hold(start: Callable[[], AbstractContextManager[Tab]], models: tuple[str, ...]) -> Any:
    """Hold the losses to torch's, in a worker and without; return all that is printed."""
    printed = _printed(start, models)
    print(json.dumps(printed))
    assert [*printed["models"]] == [*models]
    for model, found in printed["models"].items():
        n = len(_subject(model)["losses"])
        for thread, workers in {"worker": 1, "page": 0}.items():
            told = found[thread]
            assert (told["steps"], told["workers"]) == (n, workers), (model, thread)
            assert told["apart"] < CLOSE, (model, thread)
    assert printed["faults"] == []
    return printed


def _hold_sentences(recorded: Recorded, printed: Any) -> None:
    """Hold what is said of each refused job, by a worker and by the page's thread the same."""
    numbers = [("1", "512", "513"), ("1", "4096", "0"), ("1", "4096", "4097"), (), ()]
    for messages, given in zip(printed["refused"].values(), numbers, strict=True):
        assert len({*messages}) == 1 and len(messages) == 2
        recorded(messages[0].removeprefix("failed: "), *given)


@pytest.mark.browser
def test_a_page_in_chromium_trains_three_models_as_torch(recorded):
    require_chromium()
    _hold_sentences(recorded, _hold(chromium, SOON))


@pytest.mark.slow
def test_a_page_in_chromium_trains_each_model_as_torch():
    require_chromium()
    _hold(chromium, IN_BROWSER)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_a_page_in_another_browser_trains_each_model_as_torch(name, recorded):
    start, is_here, missing = OTHERS[name]
    if not is_here:
        pytest.skip(missing)
    printed = _hold(start, IN_BROWSER)
    assert name in printed["agent"] and "Chrom" not in printed["agent"]
    _hold_sentences(recorded, printed)
