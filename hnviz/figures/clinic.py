"""A patient of the clinic as HTML: its evidence, the diagnoses, and the mended loop beside it."""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from hnviz.exercises.clinic import (
    BUGS,
    CURVES,
    HEALTHY,
    PASSES,
    Case,
    Ends,
    Run,
    blind,
    lines_of,
    measured,
    softmax_floor,
)
from hnviz.figures.numbers import percent
from hnviz.figures.panel import Axis, Panel, Stroke, round_ticks
from hnviz.figures.state_text import number
from hnviz.figures.svg import Drawing
from hnviz.figures.theme import Theme

WIDTH, HEIGHT = 340, 220  # px of a chart
ACCURACY = "valid accuracy"
UNIT = {"train loss": "nats per token", "valid loss": "nats per token", ACCURACY: ""}
RATE = ((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %"))
ILL, MENDED = "the patient", "the loop without a bug"

NAMES = {
    "curves": "A curve",
    "batch": "The mini-batch",
    "layout": "The layout",
    "doctor": "The doctor",
}
"""What a student can point at, as it is called on the page."""


def task() -> str:
    """Say what all patients have in common, and how good a healthy loop gets."""
    well = [run.last(ACCURACY) for run in measured().runs[HEALTHY]]
    return (
        "Each patient is a loop, run from five seeds. A GRU reads the numbers 1 to 2,000 as words, "
        f"in {PASSES} passes; valid is 20 blocks of 20 numbers that are not in train. At most one "
        f"line is wrong. A healthy loop ends with {_shares(Ends.of(well))} of valid right."
    )


def headline(case: Case) -> str:
    """Say how a patient's five seeds end."""
    train, valid = case.ends("train loss")[0], case.ends(ACCURACY)[0]
    return (
        f"Patient {case.bed}: train loss ends at **{_range(train)}**, valid accuracy at "
        f"**{_shares(valid)}**. What is wrong?"
    )


def curves(case: Case, look: Theme, *, mended: bool = False) -> str:
    """Draw the three curves of the patient's seeds, and of the mended ones, as HTML."""
    charts = "".join(_chart(case, curve, look, mended=mended) for curve in CURVES)
    key = f'<span><b style="color:{look.wrong}">━</b> {ILL}, five seeds</span>'
    if mended:
        key += f"<span>╌ {MENDED}, five seeds</span>"
    return _block(f'<div class="hn-charts">{charts}</div><p class="hn-key">{key}</p>', look)


def mini_batch(case: Case, look: Theme) -> str:
    """Write three rows of a mini-batch, what each row's state begins with, and words of valid."""
    run, size = case.ill[0], measured()
    rows, n_words = [], len(run.x[0])
    for at, (x, y, state) in enumerate(zip(run.x, run.y, run.states, strict=True)):
        rows.append([f"row {at}, read", *x, ""])
        rows.append(["target", *y, ", ".join(map(number, state))])
    valid = [[f"valid, row {at}", *words, ""] for at, words in enumerate(run.valid_x)]
    head = ["", *map(str, range(n_words)), "state, three units"]
    note = (
        f"The mini-batch has {size.rows} rows of {size.steps} words; here are the first {n_words} "
        f"words of the first {len(run.x)} rows. “State” is the state with which a row begins "
        f"mini-batch 1. The state that the loop carries has {run.n_states} rows."
    )
    return _block(_table("One mini-batch", head, [*rows, *valid]) + f"<p>{note}</p>", look)


def layout(case: Case, look: Theme) -> str:
    """Write which words of the text three rows of three mini-batches hold."""
    run, wide = case.ill[0], measured().steps
    rows = [
        [f"row {row}", *(f"{start:,} to {start + wide - 1:,}" for start in starts)]
        for row, starts in enumerate(zip(*run.starts, strict=True))
    ]
    head = ["words of the text", *(f"mini-batch {at}" for at in range(len(run.starts)))]
    return _block(_table("The layout", head, rows), look)


def diagnoses(case: Case, look: Theme) -> str:
    """Write the diagnoses; each opens to what contradicts it, or to why it is right."""
    return _folds(
        "clinic-name",
        ((BUGS[name].title, verdict(case, name)) for name in case.offered),
        look,
    )


def verdict(case: Case, name: str) -> str:
    """Say whether a diagnosis is right, and what of the patient's evidence decides it."""
    right = "Right." if name == case.name else "No."
    return f"{right} {SIGNS[name](case)}"


def evidence(case: Case, look: Theme) -> str:
    """Write what a student can point at; each opens to whether it shows the bug."""
    found = case.shows()
    said = ((title, pointed(case, name, name in found)) for name, title in NAMES.items())
    return _folds("clinic-evidence", said, look)


def pointed(case: Case, name: str, shows: bool) -> str:
    """Say whether some evidence shows the bug, with its numbers."""
    yes = "Yes." if shows else "No."
    return f"{yes} {_POINTED[name](case)}"


def mend(case: Case, look: Theme) -> str:
    """Write what *Mend* opens: the line, and the mended seeds beside the patient's."""
    if case.name == HEALTHY:
        first = "<p>There is nothing to mend. Dashed are five other seeds of the same loop.</p>"
    else:
        ill, whole = lines_of(case.name)
        lines = (f"<div>- {escape(ill)}</div>" if ill else "") + f"<div>+ {escape(whole)}</div>"
        style = f"background:{look.code['background']};color:{look.code['text']}"
        first = f'<div class="hn-code hn-one" style="{style}">{lines}</div>'
    rows = [
        [curve, *(_shares(each) if curve == ACCURACY else _range(each) for each in ends)]
        for curve in CURVES
        for ends in [case.ends(curve)]
    ]
    table = _table("After the last pass", ["after the last pass", ILL, MENDED], rows)
    said = f"The doctor on {ILL}: {_said(case.ill[0])}", f"On {MENDED}: {_said(case.mended[0])}"
    doctor = "".join(f"<p>{escape(each)}</p>" for each in said)
    inside = first + curves(case, look, mended=True) + table + doctor
    return _block(f'<details class="hn-clinic"><summary>Mend</summary>{inside}</details>', look)


def _chart(case: Case, curve: str, look: Theme, *, mended: bool) -> str:
    sides = [(case.ill, Stroke(look.wrong, width=1.6))]
    if mended:
        sides.append((case.mended, Stroke(look.text, dash="5 3", width=1.4)))
    lines = [(_points(run, curve), stroke) for runs, stroke in sides for run in runs]
    high = 1.0 if curve == ACCURACY else max(max(y) for (_, y), _ in lines)
    ticks = RATE if curve == ACCURACY else round_ticks(high)
    drawing = Drawing(WIDTH, HEIGHT, look)
    y = Axis(0, max(tick for tick, _ in ticks), HEIGHT - 44, 34)
    panel = Panel(drawing, Axis(0, PASSES, 46, WIDTH - 12), y)
    panel.grid(ticks)
    panel.bottom([(each, str(each)) for each in range(0, PASSES + 1, 2)], "passes over train")
    panel.heading(curve, UNIT[curve])
    for (x, values), stroke in lines:
        panel.curve(x, values, stroke)
    ends = case.ends(curve)[: 1 + mended]
    said = [_shares(each) if curve == ACCURACY else _range(each) for each in ends]
    told = " and ".join(
        f"{who} ends at {end}" for who, end in zip((ILL, MENDED), said, strict=False)
    )
    return drawing.render(f"{curve} of patient {case.bed}", told)


def _points(run: Run, curve: str) -> tuple[list[float], list[float]]:
    """Return a curve as x, in passes, and y."""
    if curve == "train loss":
        n = len(run.steps)
        return [PASSES * (at + 0.5) / n for at in range(n)], run.steps
    column = CURVES.index(curve)
    return [*map(float, range(1, PASSES + 1))], [each[column] for each in run.passes]


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="hn-scroll" tabindex="0" role="region" aria-label="{title}">'
        f'<table class="hn-table"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _folds(group: str, folds: Iterable[tuple[str, str]], look: Theme) -> str:
    """Write lines of which one at a time is open."""
    each = "".join(
        f'<details class="hn-clinic" name="{group}"><summary>{escape(title)}</summary>'
        f"<p>{escape(said)}</p></details>"
        for title, said in folds
    )
    return _block(each, look)


def _block(content: str, look: Theme) -> str:
    style = f"--hn-border:{look.border};--hn-muted:{look.muted};--hn-mark:{look.primary}"
    return f'<div class="hn-ward" style="{style}">{content}</div>'


def _range(ends: Ends, digits: int = 2) -> str:
    """Write the lowest and the highest of five seeds."""
    low, high = (f"{end:.{digits}f}" for end in ends)
    return low if low == high else f"{low} to {high}"


def _shares(ends: Ends) -> str:
    low, high = map(percent, ends)
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def _said(run: Run) -> str:
    wrong = [each for each in run.doctor if each.startswith("Wrong")]
    return wrong[0] if wrong else "Nothing wrong was found."


def _in_pass(case: Case, curve: str, at: int) -> Ends:
    return case.ends(curve, at)[0]


def _shift(case: Case) -> str:
    run = case.ill[0]
    words = "1 word" if run.shift == 1 else f"{run.shift} words"
    return f"the target of “{run.x[0][0]}” is “{run.y[0][0]}”, {words} later"


def _go_on(case: Case) -> str:
    return f"{_shares(Ends.of([run.go_on for run in case.ill]))} of the rows go on"


def _state(case: Case) -> str:
    first = ", ".join(number(state[0]) for state in case.ill[0].states)
    return f"the first unit is {first} in the first three rows"


def _healthy(case: Case) -> str:
    if case.name == HEALTHY:
        return (
            f"The target is the next word, {_go_on(case)}, each row has a state of its own, the "
            "curves lie among those of other healthy seeds, and the doctor finds nothing."
        )
    first = case.shows()[0]
    return f"A healthy loop differs from this one. {_POINTED[first](case)}"


SIGNS: dict[str, Callable[[Case], str]] = {
    "not-shifted": lambda case: (
        f"With this bug, each target is the word itself. Here {_shift(case)}."
    ),
    "shifted-twice": lambda case: (
        f"With this bug, each target is 2 words later. Here {_shift(case)}."
    ),
    "looks-ahead": lambda case: (
        "With this bug, the targets are one word later, and yet valid accuracy is above 90 % in "
        f"the third pass. Here {_shift(case)}, and the accuracy in the third pass is "
        f"{_shares(_in_pass(case, ACCURACY, 2))}."
    ),
    "rows-at-random": lambda case: (
        "With this bug, rows jump to other places in the text: look at the layout. "
        f"Here {_go_on(case)} where the mini-batch before stopped."
    ),
    "one-row": lambda case: (
        f"With this bug, all rows of the mini-batch have the same state. Here {_state(case)}."
    ),
    "batch-first": lambda case: (
        f"With this bug, the state has a row for each of the {measured().steps} steps instead of "
        f"one for each of the {measured().rows} rows: look below the mini-batch. Here it has "
        f"{case.ill[0].n_states} rows."
    ),
    "softmax-twice": lambda case: (
        "With this bug, the train loss cannot fall below "
        f"{softmax_floor(measured().words):.2f} nats, the least that a softmax of probabilities "
        f"allows, and it comes near: below {blind(measured().words) - 0.3:.2f}. Here it ends at "
        f"{_range(case.ends('train loss')[0])}."
    ),
    "not-zeroed": lambda case: (
        "With this bug, both losses rise. Here train loss is "
        f"{_range(_in_pass(case, 'train loss', 0))} in the first pass and "
        f"{_range(_in_pass(case, 'train loss', -1))} in the last; valid loss is "
        f"{_range(_in_pass(case, 'valid loss', 0))} and {_range(_in_pass(case, 'valid loss', -1))}."
    ),
    "not-updated": lambda case: (
        "No curve shows this bug, but the doctor finds a weight that no optimizer has. Here "
        f"it finds {'one' if 'not-updated' in case.ill[0].wrong else 'none'}."
    ),
    "reshaped": lambda case: (
        "With this bug, the answers meet the targets of other places, and the valid loss stays "
        f"near {blind(measured().words):.2f} nats, as if all words were equally likely. Here it "
        f"ends at {_range(case.ends('valid loss')[0])}."
    ),
    "own-vocabulary": lambda case: (
        "With this bug, the train loss falls as it should, and the valid loss stays above "
        f"{blind(measured().words):.2f} nats, as if all words were equally likely. Here they end "
        f"at {_range(case.ends('train loss')[0])} and {_range(case.ends('valid loss')[0])}."
    ),
    HEALTHY: _healthy,
}
"""What each bug would show, and what this patient shows in that place."""


def _parted(case: Case) -> str:
    if parted := case.parted():
        ill, whole = case.ends(parted[0])
        say = _shares if parted[0] == ACCURACY else _range
        return (
            f"The {parted[0]} ends at {say(ill)}, and without the bug at {say(whole)}: the "
            "loops are further apart than the five seeds of either."
        )
    meet = sum(Ends.meets(*case.ends(curve, at)) for curve in CURVES for at in range(PASSES))
    return (
        f"The ranges of the patient's five seeds and of five healthy ones overlap in {meet} of "
        f"{len(CURVES) * PASSES} places: three curves in each of {PASSES} passes."
    )


def _batch(case: Case) -> str:
    run, whole = case.ill[0], case.mended[0]
    said = []
    if run.shift != whole.shift:
        said.append(_shift(case))
    if run.n_states != whole.n_states:
        said.append(f"the state has {run.n_states} rows, and the mini-batch {measured().rows}")
    if run.spread == 0:
        said.append(_state(case))
    if run.valid_x != whole.valid_x:
        said.append(f"valid begins with “{' '.join(run.valid_x[0])}”: these are not numbers")
    if said:
        return f"There {'; and '.join(said)}."
    return "The targets are the next words, each row has its own state, and valid holds numbers."


def _laid_out(case: Case) -> str:
    return f"There {_go_on(case)} where the mini-batch before stopped."


_POINTED: dict[str, Callable[[Case], str]] = {
    "curves": _parted,
    "batch": _batch,
    "layout": _laid_out,
    "doctor": lambda case: f"The doctor says: {_said(case.ill[0])}",
}
