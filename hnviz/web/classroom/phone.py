"""What a phone can train. A run that a student's device sends is refused if no phone can train it.

A phone trains few models, up to some size. So the class can show every run that it takes.
"""

import math
from dataclasses import fields

from hnviz.browser.form import IN_BROWSER
from hnviz.config import RunConfig
from hnviz.data import stream_of
from hnviz.estimate import GIGABYTE, Budget
from hnviz.events import Event
from hnviz.models.catalogue import entry
from hnviz.runs import RunFolder
from hnviz.runs.answers import RECORDED_ANSWERS
from hnviz.runs.archive import Door
from hnviz.runs.events import decode, shortened
from hnviz.runs.files import EVENTS, RESUME, Tensors, read_bounded
from hnviz.runs.recorded import RECORDED

MODELS = IN_BROWSER
"""The models that a phone trains."""

MAX_NH = 256
MAX_TOKENS = 250_000  # of the text that a phone trains on
SIZE = Budget(memory=2 * GIGABYTE, where="on a phone")  # for gradients, pictures and steps
MAX_UNPACKED_BYTES = 32_000_000
MAX_EVENTS_BYTES = 2**24  # as in export/js/runzip.js
MAX_LOSS = 3.5e38  # single precision has none above

SHARES, LOSSES = ("accuracy", "train_accuracy"), ("loss", "smooth_loss", "train_loss", "valid_loss")
"""Fields of events: shares of right answers, and losses; nan where a run has none."""


def problem_of(config: RunConfig) -> str:
    """Say why a student's device cannot train these settings; "" if it can."""
    if config.model not in MODELS:
        return f"a phone trains {', '.join(MODELS)}; got {config.called}"
    if config.nh > MAX_NH:
        return f"a phone trains up to {MAX_NH} units; got nh {config.nh}"
    stream = stream_of(config)
    n_tokens = len(stream.train) + len(stream.valid)
    if n_tokens > MAX_TOKENS:
        return f"a phone trains on up to {MAX_TOKENS:,} tokens; the text has {n_tokens:,}"
    return SIZE.problem(config) or ""


def problem_in(run: RunFolder) -> str:
    """Say what in a run no phone can have written; "" if nothing. Raises DamagedRun."""
    if not (run.path / EVENTS).is_file():
        return f"it has no {EVENTS}"
    try:
        content = read_bounded(run.path / EVENTS, MAX_EVENTS_BYTES)
        for line in content.split(b"\n")[:-1]:
            if problem := _wrong_figure(decode(line)):
                return problem
    except (OSError, ValueError) as error:
        return f"{EVENTS} cannot be read: {error}"
    step = run.read().step
    for at in run.snapshots():
        if at > step:
            return f"snapshots end with its events, at step {step:,}; got one at step {at:,}"
        if problem := _wrong_tensor(run.load_snapshot(at), run.config):
            return f"the snapshot at step {at:,} {problem}"
    return ""


def _wrong_figure(event: Event) -> str:
    for name in (each.name for each in fields(event)):
        value = getattr(event, name)
        if name in SHARES and not (math.isnan(value) or 0 <= value <= 1):
            return f"{name} is a number from 0 to 1; got {shortened(value)}"
        if name in LOSSES and abs(value) > MAX_LOSS:
            return f"{name} is a number up to {MAX_LOSS:g}; got {shortened(value)}"
    return ""


def _wrong_tensor(tensors: Tensors, config: RunConfig) -> str:
    """Compare a snapshot with a learner's; `check_weights` has compared most weights' shapes."""
    model, nv = entry(config.model), len(stream_of(config).vocab)
    weights = {f"{part.name}.{each.name}" for part in model.parts for each in part.weights}
    states = ("state", *(f"state.{each}" for each in model.state[1:]))
    means = ("bn.running_mean", "bn.running_var") if model.norm == "bn" else ()
    counts = ("bn.num_batches_tracked",) if model.norm == "bn" else ()
    names = weights | {*states, *means, *counts}
    for added in sorted(tensors.keys() - names):
        return f"has the {len(names)} tensors of {config.model} alone; got {added[:60]!r} as well"
    for missing in sorted(names - tensors.keys()):
        return f"has the {len(names)} tensors of {config.model}; got none named {missing}"
    shapes = {**dict.fromkeys(states, (config.bs, config.nh)), **dict.fromkeys(means, (config.nh,))}
    shapes |= {f"{model.part('i_h').name}.weight": (nv, config.nh), **dict.fromkeys(counts, ())}
    for name, wanted in shapes.items():
        if tensors[name].shape[-2:] != wanted:
            return f"has {name} of shape {wanted}; got {tensors[name].shape}"
    for name, each in tensors.items():
        if each.dtype.kind != ("i" if name in counts else "f"):
            return f"has numbers in {name}; got {each.dtype}"
    return ""


DOOR = Door(
    most=MAX_UNPACKED_BYTES,
    most_events=MAX_EVENTS_BYTES,
    without=(RECORDED, RECORDED_ANSWERS, RESUME),
    config=problem_of,
    run=problem_in,
)
"""Takes what a phone sends."""
