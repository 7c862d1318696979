"""What a page writes of a run that it trains: files as torch's runs have them."""

import json
import subprocess
from pathlib import Path

import pytest
from safetensors.numpy import load, save

from hnviz.browser.form import IN_BROWSER, job_of
from hnviz.config import RunConfig
from hnviz.events import BatchEnd
from hnviz.learn import Learner
from hnviz.runs.files import checkpoint_content, read_tensors
from tests.browser_engine import NODE, needs_node
from tests.conftest import ROOT

STEPS = 3


def reached(config: RunConfig, steps: int) -> Learner:
    learner = Learner(config)
    for event in learner.events():
        if isinstance(event, BatchEnd) and event.step == steps - 1:
            break
    return learner


@needs_node
@pytest.mark.parametrize("model", IN_BROWSER)
def test_torch_goes_on_from_a_pages_checkpoint(model, tmp_path):
    config = RunConfig.for_model(model, nh=12, device="cpu")
    asked = {"job": job_of(config), "steps": STEPS, "out": str(tmp_path)}
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    command = [str(NODE), str(ROOT / "tests/js/saved_run.js"), str(tmp_path / "asked.json")]
    losses = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    content = (tmp_path / "snapshot").read_bytes()
    assert save(load(content)) == content
    learner = reached(config, STEPS)
    assert _shapes(load(content)) == _shapes(learner.snapshot())

    checkpoint = read_tensors(Path(tmp_path / "checkpoint"), 10**8)
    assert checkpoint_content(checkpoint) == (tmp_path / "checkpoint").read_bytes()
    theirs = _shapes(learner.checkpoint())
    assert theirs.pop("rng") and _shapes(checkpoint) == theirs
    resumed = Learner(config)
    resumed.restore(checkpoint)
    told = [next(each for each in resumed.events() if isinstance(each, BatchEnd)) for _ in losses]
    assert [each.step for each in told] == [STEPS, STEPS + 1]
    assert [each.loss for each in told] == pytest.approx(losses, rel=1e-4)


def _shapes(tensors):
    return {name: (each.dtype.str, each.shape) for name, each in tensors.items()}
