"""What a page says about one forward pass, line by line, in the observer's own numbers."""

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from hnviz.figures.sentences import plural
from hnviz.figures.state_text import number
from hnviz.models.catalogue import entry, previous

Meta = Mapping[str, Any]

DEEPEST = 1  # dots in a submodule's name: what it calls in turn is drawn, and not described
_RELU = re.compile(r"relu\((\w+)\(")


def step_sentences(meta: Meta) -> list[str]:
    """Say what the line at each step of a trace did, with its result's numbers."""
    return [step_sentence(step, meta) for step in meta["steps"]]


def step_sentence(step: Meta, meta: Meta) -> str:
    """Say what one line did when it ran; **two stars** mark bold text."""
    line = meta["source"]["first_line"] + step["line"]
    loops = "".join(f", {name} = {value}" for name, value in step["loops"].items())
    return f"Line {line}{loops}: {_deed(step, meta['tensors'])}."


def opening_step(meta: Meta) -> int:
    """Choose the step that a reader sees first: where the state is made, at t = 2 if there is one.

    After three tokens the state no longer depends on zeros alone.
    """
    steps = meta["steps"]
    made = [{meta["tensors"][each["tensor"]]["role"] for each in step["made"]} for step in steps]
    makes = [at for at, roles in enumerate(made) if "h_h" in roles]
    third = [at for at in makes if 2 in steps[at]["loops"].values()]
    return (third or makes or [0])[0]


def row_names(words: Sequence[Sequence[str]]) -> list[str]:
    """Name each row of a mini-batch by its first tokens."""
    return [f"row {row}: {' '.join(tokens[:3])} …" for row, tokens in enumerate(words)]


def reading_line(meta: Meta, shape: tuple[int, int], model: str) -> str:
    """Say what a model's lines ran on, and that + marks those that the model before lacks.

    `shape` is the shape of the ids read, (rows, steps).
    """
    rows, steps = shape
    before = previous(model)
    window = meta["window"]
    marks = f"; + marks lines that {before} does not have" if before else ""
    cut = f"the first {steps} of {window} tokens" if window > steps else plural(steps, "token")
    kept = ""
    if before and entry(model).stateful and not entry(before).stateful:
        kept = (
            f" The idea of {model} is not in these lines: the state that they return becomes the h "
            "of the next mini-batch."
        )
    return (
        f"Run on mini-batch {meta['batch']} of the {meta['split']} numbers: "
        f"{plural(rows, 'row')}, {cut} each, in eval mode. "
        f"Lines are numbered as in their file{marks}.{kept}"
    )


def _deed(step: Meta, tensors: Sequence[Meta]) -> str:
    if step["does"] == "if":
        if step["taken"]:
            return f"is {step['text']}? **Yes**, so the line below runs"
        return f"is {step['text']}? **No**, so its lines are skipped"
    if step["does"] == "for":
        taken = ", ".join(f"{name} = {value}" for name, value in step["plain"].items())
        return f"the loop takes **{taken}**" if taken else "the loop is done"
    relu = _RELU.search(step["text"])
    said = list[str]()
    for made in step["made"]:
        if made["module"] and made["module"].count(".") <= DEEPEST:
            said.append(_call(made, tensors[made["tensor"]]))
        if relu and made["module"] == relu[1]:
            share = 100 * tensors[made["tensor"]]["above"]
            said.append(f"relu keeps the **{share:.0f} %** of the values that are above zero")
    said = list(dict.fromkeys(said))  # one call may return two tensors
    if not relu and (lies := _lies(step, tensors)):
        said.append(lies)
    for name, words in step["plain"].items():
        said.append(f"{name} is {'an empty list' if words == 'a list of 0' else f'now {words}'}")
    if not said:
        return "nothing is made"
    return f"{'; '.join(said[:-1])}, and {said[-1]}" if len(said) > 1 else said[0]


def _call(made: Meta, tensor: Meta) -> str:
    """Say what a submodule did."""
    name, shape, kind = f"**{made['module']}**", tensor["shape"], made["kind"]
    n, units = prod(shape[:-1]), shape[-1] if shape else 1
    if kind == "Embedding":
        return f"{name} looks up {plural(units, 'number')} for each of {plural(n, 'token')}"
    if kind == "Linear" and tensor["role"] == "h_o":
        return f"{name} turns {plural(n, 'state')} into {plural(units, 'logit')} each"
    if kind == "Linear":
        return f"{name} turns {plural(n, 'state')} of {plural(units, 'unit')} into {n:,} new ones"
    if kind == "BatchNorm1d":
        return f"{name} shifts and scales each of {plural(units, 'unit')}"
    if kind == "LayerNorm":
        return f"{name} shifts and scales the {plural(units, 'number')} of each token"
    if kind == "Dropout":
        return f"{name} changes nothing here: it acts in training alone"
    if kind == "Attention":
        return f"{name} lets each token look at itself and at those before it"
    if kind == "Sequential":
        return f"{name} turns {plural(n, 'state')} into {n:,} new ones, each alone"
    if kind in ("RNN", "GRU", "LSTM"):
        return f"{name} reads every token in one call"
    return f"{name} returns a tensor of shape ({', '.join(map(str, shape))})"


def _lies(step: Meta, tensors: Sequence[Meta]) -> str:
    """Say in which range the values lie that a line assigns or returns."""
    named = [made for made in step["made"] if made["names"]]
    if not named:
        return ""
    tensor, name = tensors[named[-1]["tensor"]], named[-1]["names"][-1]
    lowest, highest = (number(tensor[end]) for end in ("lowest", "highest"))
    return f"the values of {name} lie between **{lowest}** and **{highest}**"


def difference(value: float) -> str:
    """Write a measured difference: 0.0 only if it is exactly zero."""
    return "0.0" if value == 0 else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def pair_sentence(meta: Meta) -> str:
    """Say how far two models with the same weights agree on a mini-batch."""
    left, right = meta["names"]
    read = f"{plural(meta['rows'], 'row')} of {plural(meta['tokens'], 'token')}"
    if meta["begun"] == 0:
        return (
            f"With the same {meta['numbers']:,} weights, {left} and {right} read the same {read}: "
            f"before the first line and over {len(meta['matches']) - 1} matching lines, the "
            f"largest difference is **{difference(meta['largest'])}**."
        )
    answers = meta["differ"]
    by_step = meta["by_step"]
    ends = ""
    if len(by_step) > 1:
        ends = (
            f", **{by_step[0]}** of {meta['rows']} at step 0 and **{by_step[-1]}** at step "
            f"{len(by_step) - 1}"
        )
    return (
        f"On mini-batch {meta['batch']}, {left} starts from zeros and {right} from the state it "
        f"kept: they differ by up to **{difference(meta['begun'])}** before the first line, the "
        f"logits by up to **{difference(meta['logits'])}**; {answers:,} of {meta['answers']:,} "
        f"answers differ{ends}. With both started from zeros, the logits differ by at most "
        f"**{difference(meta['reset'])}**."
    )


def match_sentences(meta: Meta) -> list[str]:
    """Say how far each pair of matching lines differs, and the largest difference so far."""
    said, so_far = [], 0.0
    left, right = meta["names"]
    for each in meta["matches"]:
        so_far = max(so_far, each["largest"])
        if each["lines"][0] is None:
            where = "Before the first line"
        else:
            first, second = (
                source["first_line"] + line
                for source, line in zip(meta["sources"], each["lines"], strict=True)
            )
            loops = "".join(f", {name} = {value}" for name, value in each["loops"].items())
            where = f"{left} line {first}, {right} line {second}{loops}"
        said.append(
            f"{where}: largest difference **{difference(each['largest'])}**, so far "
            f"**{difference(so_far)}**."
        )
    return said
