"""Two equal models in different code, line by line: which lines match, and how far they differ."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.learn.state import mapped, seen, tensors
from hnviz.models.catalogue import entry, partner
from hnviz.observe.packing import Packer, Sizes, describe_source, label
from hnviz.observe.question import question
from hnviz.observe.reading import Place, Reading, read
from hnviz.observe.subject import Subject
from hnviz.observe.tracing import Made, Step, Trace, trace
from hnviz.questions.view import Reply

PAIR_ROWS = 32  # shown for two models; the comparison uses all


class Match(NamedTuple):
    """Two lines that do the same."""

    left: int  # step of the left trace
    right: int
    made: tuple[Made, Made]  # the lines' results: their last comparable tensors
    largest: float  # largest difference over all comparable tensors


@question()
def ask_pair(subject: Subject, at: Place) -> Reply:
    """Run the model and its partner in the catalogue, with the same weights, on one mini-batch.

    Lines that call the same submodule are matched, and their tensors are compared.
    arrays: "values", as in "cursor". meta: "names"; "sources"; "matches", each with its two
    lines, the "largest" difference there and a picture's two tensors; "largest" of all;
    "numbers", the count of weights; "begun", the difference of the initial states; "logits", the
    difference of the answers; "answers" and "differ", how many likeliest tokens there are and how
    many differ, also "by_step"; "reset", the difference of the answers if both start from zeros.
    """
    other = twin(subject)
    own = replace(subject, config=replace(subject.config, bptt=other.config.bptt))
    left, right = sorted((own, other), key=_name)
    readings = [read(each, at) for each in (left, right)]
    rows, steps = readings[0].x.shape
    traces = [
        trace(each.model, reading.x, reading.state, entry(_name(each)).roles)
        for each, reading in zip((left, right), readings, strict=True)
    ]
    said = [each.steps[-1].made[-1].value for each in traces]
    packer = Packer(Sizes(min(PAIR_ROWS, rows), steps))
    matches = [_begun(readings, packer), *_described(traces, packer)]
    meta = {
        "names": [_name(left), _name(right)],
        "sources": [describe_source(each) for each in traces],
        "matches": matches,
        "largest": max(each["largest"] for each in matches),
        "begun": matches[0]["largest"],
        "tensors": packer.described,
        "scales": packer.scales(),
        "rows": rows,
        "numbers": sum(weight.numel() for weight in left.model.parameters()),
        "tokens": steps,
        **at._asdict(),
        **_answers((left, right), readings, said),
    }
    return Reply({"values": packer.values()}, meta)


def twin(subject: Subject) -> Subject:
    """Make the partner model with a subject's weights: the same network in other code.

    Raises ValueError if there is none.
    """
    other = partner(_name(subject))
    if other is None:
        raise ValueError(f"no other model has the same weights as {_name(subject)}")
    longest = [each.max_bptt for each in (entry(other), entry(_name(subject))) if each.max_bptt]
    config = replace(subject.config, model=other, bptt=min([subject.config.bptt, *longest]))
    weights = {name: value.numpy() for name, value in subject.model.state_dict().items()}
    return Subject.load(config, weights, subject.vocab)


def _name(subject: Subject) -> str:
    return subject.config.model


def _answers(
    subjects: tuple[Subject, Subject], readings: list[Reading], said: list[NDArray[Any]]
) -> dict[str, Any]:
    """Compare both models' answers, from their own states and from zeros."""
    fresh = said
    if any(seen(reading.state).any() for reading in readings):
        with torch.no_grad():
            fresh = [
                each.model(reading.x, mapped(reading.state, torch.zeros_like))[0].numpy()
                for each, reading in zip(subjects, readings, strict=True)
            ]
    differ = said[0].argmax(-1) != said[1].argmax(-1)
    return {
        "logits": largest_difference(*said),
        "reset": largest_difference(*fresh),
        "answers": differ.size,
        "differ": int(differ.sum()),
        "by_step": differ.reshape(len(differ), -1).sum(axis=0).tolist(),
    }


def _begun(readings: list[Reading], packer: Packer) -> dict[str, Any]:
    """Compare the states before the first line."""
    states = [tensors(reading.state)[0].numpy() for reading in readings]
    largest = largest_difference(*states)
    return {
        "lines": [None, None],
        "lasts": [None, None],
        "loops": {},
        "label": "h, before the first line",
        "largest": largest,
        "tensors": _three(states[0], states[1], packer, ("h", "h", "h_h")),
    }


def _described(traces: list[Trace], packer: Packer) -> list[dict[str, Any]]:
    left, right = traces
    return [_describe_match(each, left, right, packer) for each in match(left, right)]


def _describe_match(each: Match, left: Trace, right: Trace, packer: Packer) -> dict[str, Any]:
    steps = (left.steps[each.left], right.steps[each.right])
    labels = (label(left, steps[0], each.made[0]), label(right, steps[1], each.made[1]))
    values = [made.value for made in each.made]
    return {
        "lines": [step.line for step in steps],
        "lasts": [
            trace.source.last_line(step.line)
            for trace, step in zip((left, right), steps, strict=True)
        ],
        "loops": steps[0].loops or steps[1].loops,
        "label": labels[1],
        "largest": each.largest,
        "tensors": _three(values[0], values[1], packer, (*labels, each.made[0].role)),
    }


def _three(
    left: NDArray[Any], right: NDArray[Any], packer: Packer, names: tuple[str, str, str]
) -> list[int | None]:
    """Pack two tensors, and their difference if there is one."""
    first, second, role = names
    n = len(left)
    one, two = (each[: packer.sizes.rows] for each in (left, right))
    away = np.abs(one - two)
    return [
        packer.add(one, first, role, n),
        packer.add(two, second, role, n),
        packer.add(away, "difference", role, n) if away.any() else None,
    ]


def match(left: Trace, right: Trace) -> list[Match]:
    """Match the lines that call the same submodule, k-th call with k-th call.

    The return lines match each other.
    """
    places = {call: at for at, calls in enumerate(_by_step(right)) for call in calls}
    found = []
    for number, (step, calls) in enumerate(zip(left.steps, _by_step(left), strict=True)):
        partner = next((places[call] for call in calls if call in places), None)
        if number == len(left.steps) - 1:
            partner = len(right.steps) - 1
        if partner is None:
            continue
        compared = _compared(step, right.steps[partner])
        if compared:
            largest = max(largest_difference(one.value, two.value) for one, two in compared)
            found.append(Match(number, partner, compared[-1], largest))
    return found


def largest_difference(left: NDArray[Any], right: NDArray[Any]) -> float:
    """Return the largest absolute difference between two tensors of one shape."""
    return float(np.abs(left.astype(np.float64) - right.astype(np.float64)).max(initial=0))


def _by_step(trace: Trace) -> list[list[tuple[str, int]]]:
    """List each step's calls: (submodule, number of its earlier calls)."""
    seen: dict[str, int] = {}
    steps = []
    for step in trace.steps:
        calls = []
        for name in dict.fromkeys(made.module for made in step.made if made.module):
            calls.append((name, seen.get(name, 0)))
            seen[name] = seen.get(name, 0) + 1
        steps.append(calls)
    return steps


def _compared(left: Step, right: Step) -> list[tuple[Made, Made]]:
    """Pair the tensors that have the same name or come from the same submodule."""
    pairs = []
    for one in left.made:
        for two in right.made:
            same = set(one.names) & set(two.names) or (one.module and one.module == two.module)
            if same and one.value.shape == two.value.shape:
                pairs.append((one, two))
                break
    return pairs
