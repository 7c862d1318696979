"""The words, tables and charts of a report, as HTML.

Text becomes HTML only through Markup's format and join, which escape everything that is not Markup.
So a field of a run, which may come from another computer, can never be anything but text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from hnviz.app.run import text as run_text
from hnviz.app.run.names import rate
from hnviz.config import SETTINGS, RunConfig
from hnviz.data import KINDS, corpus_of
from hnviz.data.corpora import corpus
from hnviz.data.stream import SPLITS, bits_per_character, measured, tokens_of
from hnviz.data.tokens import upright
from hnviz.events import KindFigures
from hnviz.figures.numbers import accuracy, percent, points, unbroken
from hnviz.figures.overlay import NARROW, WIDE, Course, Overlay, overlay, sample, stroke_of
from hnviz.figures.panel import Stroke
from hnviz.figures.ruler import merged, merged_losses
from hnviz.figures.ruler_text import lines_note
from hnviz.figures.sentences import listed
from hnviz.figures.split_words import valid_holds
from hnviz.figures.theme import Theme, theme
from hnviz.models.catalogue import called
from hnviz.own.network import is_own, network_of
from hnviz.runs import RunRecord
from hnviz.runs.archive import TEXT, repeat_command
from hnviz.runs.ruler import MAX_ONCE_SHARE, Bound, run_bounds

NAMES = ("text", "muted", "border", "train", "valid", "bound")
MAX_NAME_CHARS = 34  # characters of a run's name in a chart

Columns = Mapping[str, tuple[str, str]]

MEASURES: Mapping[str, tuple[str, bool]] = {
    "accuracy": ("Right on valid", True),
    "train_accuracy": ("Right on train, running", True),
    "valid_loss": ("Loss on valid, nats per token", False),
}
"""A field of an epoch -> the title of its chart, and whether it is a share."""

STYLE = Path(__file__).parent / "report.css"

COUNTED = (*KINDS, "other")
MISSING = "\N{EN DASH}"
NO_KINDS = "This run is older than the counts by kind of token: train it again to have them."

Cells = Sequence[str]

_BOLD = Markup("<b>{}</b>")
_NOTE = Markup('\n<p class="note">{}</p>')


def variable_theme() -> Theme:
    """Return a theme with CSS variables as colours, so one drawing serves both modes and paper."""
    look = theme("light")
    runs = tuple(f"var(--hn-run-{at})" for at in range(len(look.categorical)))
    named: dict[str, Any] = {name: f"var(--hn-{name})" for name in NAMES}
    return replace(look, categorical=runs, **named)


def colours(mode: str) -> dict[str, str]:
    """Return the variables of `variable_theme` in a mode."""
    look = theme(mode)
    runs = {f"--hn-run-{at}": color for at, color in enumerate(look.categorical)}
    return {**{f"--hn-{name}": getattr(look, name) for name in NAMES}, **runs}


def run_charts(record: RunRecord, bounds: Mapping[str, Sequence[Bound]]) -> Iterator[Markup]:
    """Draw a run's loss, and its accuracy on train and on valid with the memory ruler's lines."""
    look = variable_theme()
    strokes = {"train": Stroke(look.train, "7 4", 2), "valid": Stroke(look.valid, "", 2.5, True)}
    steps = [epoch.step for epoch in record.epochs]
    losses = [epoch.valid_loss for epoch in record.epochs]
    yield _figure(
        Overlay(
            title="Loss, nats per token",
            said=f"Loss by training step: valid ends at {losses[-1]:.3f}.",
            courses=[
                _losses(record, "train", strokes["train"]),
                Course(f"valid {losses[-1]:.2f}", steps, losses, strokes["valid"]),
            ],
            levels=[(line.best, line.name) for line in merged_losses(bounds["valid"])],
        ),
        f"{lines_note(bounds['valid']).capitalize()}.",
    )
    for split, column in zip(SPLITS, ("train_accuracy", "accuracy"), strict=True):
        shares = [getattr(epoch, column) for epoch in record.epochs]
        name = f"{'running' if split == 'train' else split} {accuracy(shares[-1])}"
        lines = merged(bounds[split])
        yield _figure(
            Overlay(
                title=MEASURES[column][0],
                said=f"{MEASURES[column][0]}, by training step: it ends at {accuracy(shares[-1])}.",
                courses=[Course(name, steps, shares, strokes[split])],
                levels=[(line.best, line.name) for line in lines],
                share=True,
            ),
            "Thin lines: what the last few tokens give at this run's own answers." if lines else "",
        )


def together_charts(records: Mapping[str, RunRecord]) -> Iterator[Markup]:
    """Draw the runs over each other: both accuracies and both losses."""
    look = variable_theme()
    strokes = {name: stroke_of(at, look) for at, name in enumerate(records)}
    for column, (title, share) in MEASURES.items():
        courses = []
        for name, record in records.items():
            values = [getattr(epoch, column) for epoch in record.epochs]
            steps = [epoch.step for epoch in record.epochs]
            stroke = replace(strokes[name], dots=len(values) == 1)
            courses.append(Course(_short(name), steps, values, stroke))
        yield _together(title, courses, share=share)
    losses = [_losses(each, _short(name), strokes[name]) for name, each in records.items()]
    yield _together("Loss on train, nats per token", losses, share=False)


def _losses(record: RunRecord, name: str, stroke: Stroke) -> Course:
    """Return the train loss of each step, a running mean."""
    steps = [batch.step + 1 for batch in record.batches]
    values = [batch.smooth_loss for batch in record.batches]
    said = f"{name} {values[-1]:.2f}" if name == "train" and values else name
    return Course(said, steps, values, stroke)


def _together(title: str, courses: Sequence[Course], *, share: bool) -> Markup:
    ends = {each.name: each.end for each in courses}
    said = ", ".join(
        f"{name} {'has no figure' if end is None else accuracy(end) if share else f'{end:.2f}'}"
        for name, end in ends.items()
    )
    return _figure(Overlay(title=title, said=f"At the end: {said}.", courses=courses, share=share))


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME_CHARS else f"{name[: MAX_NAME_CHARS - 1]}…"


def _figure(chart: Overlay, note: str = "") -> Markup:
    look = variable_theme()
    drawn = [Markup(overlay(chart, look, width)) for width in (WIDE, NARROW)]  # escapes its text
    sizes = Markup('<div class="wide">{}</div><div class="narrow">{}</div>').format(*drawn)
    below = Markup('<p class="note">{}</p>').format(note) if note else ""
    return Markup("<figure><figcaption>{}</figcaption>{}{}</figure>").format(
        chart.title, sizes, below
    )


def marked(sentence: str) -> Markup:
    """Return a sentence with its **bold** parts."""
    pieces = upright(unbroken(sentence)).split("**")
    return Markup().join(_BOLD.format(part) if at % 2 else part for at, part in enumerate(pieces))


def heading(text: str) -> Markup:
    """Return the heading of a section."""
    return Markup("<h2>{}</h2>").format(text)


def prose(*sentences: str) -> Markup:
    """Return a paragraph."""
    return Markup("<p>{}</p>").format(marked(" ".join(each for each in sentences if each)))


def lead(sentence: str, *more: str) -> Markup:
    """Return the first sentence in large type, and the other facts."""
    first = Markup('<p class="lead">{}</p>').format(marked(sentence))
    return first + Markup().join(_NOTE.format(marked(each)) for each in more)


def day(seconds: float) -> str:
    """Write a moment, in seconds since 1970: "27 Nov 2026, 09:12 UTC"."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at.day} {at:%b %Y}, {at:%H:%M} UTC"


def headline(records: Mapping[str, RunRecord]) -> str:
    """Say which run ends highest, and which lowest."""
    if len({tokens_of(record.config) for record in records.values()}) > 1:
        return _headline_in_bits(records)
    shares = {name: record.accuracies.valid for name, record in records.items()}
    ends = {name: share for name, share in shares.items() if share is not None}
    if not ends:
        return "No run has an accuracy on valid."
    first, last = max(ends, key=ends.__getitem__), min(ends, key=ends.__getitem__)
    return (
        f"{first} ends highest, with **{accuracy(ends[first])}** right on valid; {last} lowest, "
        f"with **{accuracy(ends[last])}**: {points(ends[first], ends[last])} apart."
    )


def _headline_in_bits(records: Mapping[str, RunRecord]) -> str:
    """Compare runs on words, characters or byte pairs by their bits per character."""
    ends = {
        name: bits_per_character(record.epochs[-1].valid_loss, record.config)
        for name, record in records.items()
    }
    first, last = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
    return (
        "These runs read different tokens, so only bits per character can compare them: "
        f"{first} ends lowest on valid, with **{ends[first]:.2f}**; {last} highest, with "
        f"**{ends[last]:.2f}**."
    )


def bits_notes(records: Mapping[str, RunRecord]) -> list[str]:
    """Say how well bits per character compare runs on different tokens, as Compare does."""
    if len({tokens_of(record.config) for record in records.values()}) < 2:
        return []
    found = {name: measured(record.config) for name, record in records.items()}
    notes = []
    if len({each.text for each in found.values()}) > 1:
        notes.append("These runs read different texts, so the text matters as well as the network.")
    unknown = [
        f"{name}, {accuracy(each.unknown)}" for name, each in found.items() if each.unknown >= 0.001
    ]
    if unknown:
        notes.append(
            "Words that train lacks become xxunk, and their letters cost nothing: "
            f"{listed(unknown)} of valid."
        )
    return notes


def ends(records: Mapping[str, RunRecord]) -> Markup:
    """Tabulate the last figures of several runs, each with a sample of its line in the charts."""
    look = variable_theme()
    heads = ("run", "right on valid", "right on train", "loss on valid", "running loss on train")
    rows = []
    for at, (name, record) in enumerate(records.items()):
        last, reached = record.epochs[-1], record.accuracies
        figures = (accuracy(reached.valid), accuracy(reached.train))
        losses = (f"{last.valid_loss:.3f}", f"{last.train_loss:.3f}")
        seconds = f"{sum(epoch.seconds for epoch in record.epochs):.1f}"
        of = f"{len(record.epochs)} of {record.config.epochs}"
        line = Markup("{} {}").format(Markup(sample(stroke_of(at, look))), upright(name))
        rows.append((line, *figures, *losses, of, seconds, record.status))
    return _table(
        "Last epoch; losses in nats per token", (*heads, "epochs", "seconds", "state"), rows
    )


def epochs(record: RunRecord) -> Markup:
    """Tabulate a run's epochs."""
    running = ("train loss, running", "valid loss", "right on train, running")
    heads = ("epoch", *running, "right on valid", "seconds")
    rows = [
        (
            *(str(each.number), f"{each.train_loss:.3f}", f"{each.valid_loss:.3f}"),
            *(accuracy(each.train_accuracy), accuracy(each.accuracy), f"{each.seconds:.2f}"),
        )
        for each in record.epochs
    ]
    return _table("Losses in nats per token, and shares of right answers", heads, rows)


def kinds_of_one(record: RunRecord) -> Markup:
    """Tabulate a run's right answers by the kind of the true token."""
    last = record.epochs[-1]
    if not last.valid_kinds:
        return prose(NO_KINDS)
    found = [kind for kind in COUNTED if kind in last.valid_kinds or kind in last.train_kinds]
    on_train = "right on train" if record.train_pass else "right on train, running"
    train = record.train_pass.kinds if record.train_pass else last.train_kinds
    heads = ("kind", "right on valid", "of tokens", on_train, "of tokens")
    rows = [(kind, *_share(last.valid_kinds.get(kind)), *_share(train.get(kind))) for kind in found]
    return _table("Right answers by the kind of the true token", heads, rows)


def kinds_of_several(records: Mapping[str, RunRecord]) -> Markup:
    """Tabulate runs by kinds."""
    lasts = {name: record.epochs[-1].valid_kinds for name, record in records.items()}
    found = [kind for kind in COUNTED if any(kind in each for each in lasts.values())]
    if not found:
        return prose(NO_KINDS)
    rows = [(name, *(_share(each.get(kind))[0] for kind in found)) for name, each in lasts.items()]
    return _table("Share right on valid, last epoch", ("run", *found), rows)


def bounds_of(config: RunConfig) -> Mapping[str, Sequence[Bound]]:
    """Return the memory ruler's bounds at a run's own answers, on both splits."""
    return {split: run_bounds(config, split) for split in SPLITS}


def bounds_table(bounds: Mapping[str, Sequence[Bound]]) -> Markup:
    """Tabulate what some tokens of memory give, and what they cannot exceed."""
    splits = ("valid", "train")
    rows = [
        (str(k + 1), *(cell for split in splits for cell in _bound(bounds[split], k)))
        for k in range(max(map(len, bounds.values())))
    ]
    heads = (
        "k",
        *(f"{figure} {split}" for split in splits for figure in ("give on", "at most on")),
    )
    said = (
        "What the last k tokens give at these answers: by the table of the whole text, and at "
        "most, by a table made for just these answers"
    )
    table = _table(said, heads, rows)
    mark = any(not bound.shown for each in bounds.values() for bound in each)
    note = (
        f"* More than {percent(MAX_ONCE_SHARE)} of these answers have a context that occurs only "
        "once, so the bound says little."
    )
    return table + _NOTE.format(note) if mark else table


def remembered(records: Mapping[str, RunRecord]) -> Markup:
    """Say what each run's accuracy proves, and list the bounds of equal answers."""
    said = [
        Markup("<li><b>{}</b>: {}</li>").format(
            upright(name), marked(run_text.remember(each, bounds_of(each.config)))
        )
        for name, each in records.items()
    ]
    alike: dict[tuple[Sequence[Bound], ...], list[str]] = {}  # runs that answer at equal places
    for name, each in records.items():
        alike.setdefault(tuple(bounds_of(each.config).values()), []).append(name)
    tables = [
        (prose(f"{listed(names)}; {_text_of(records[names[0]])}.") if len(alike) > 1 else Markup())
        + bounds_table(dict(zip(SPLITS, bounds, strict=True)))
        for bounds, names in alike.items()
    ]
    return Markup("<ul>{}</ul>{}").format(Markup().join(said), Markup().join(tables))


def _text_of(record: RunRecord) -> str:
    return f"{corpus_of(record.config).title}: valid holds {valid_holds(record.config)}"


def settings_of_one(config: RunConfig) -> Markup:
    """Tabulate all settings beside the model's recipe."""
    usual = asdict(RunConfig.for_model(config.model))
    rows = [
        (
            SETTINGS[name].meaning,
            (_BOLD if value != usual[name] else Markup("{}")).format(_value(name, value)),
            _value(name, usual[name]),
        )
        for name, value in asdict(config).items()
    ]
    return _table(
        f"Settings, beside {config.called}'s recipe", ("setting", "this run", "recipe"), rows
    )


def settings_of_several(configs: Mapping[str, RunConfig]) -> Markup:
    """Tabulate the settings in which runs differ; list the others in a sentence."""
    told = {name: asdict(config) for name, config in configs.items()}
    first = next(iter(told.values()))
    differ = [
        field for field in first if any(each[field] != first[field] for each in told.values())
    ]
    same = ", ".join(
        f"{SETTINGS[each].meaning} {_value(each, first[each])}"
        for each in first
        if each not in differ
    )
    equal = _NOTE.format(f"The same in all: {same}.")
    if not differ:
        return prose("No setting differs.") + equal
    heads = ("run", *(SETTINGS[each].meaning for each in differ))
    rows = [
        (name, *(_value(field, each[field]) for field in differ)) for name, each in told.items()
    ]
    return _table("The settings in which the runs differ", heads, rows) + equal


def commands(runs: Iterable[tuple[str, RunConfig]], versions: Mapping[str, str]) -> Markup:
    """Return the command that repeats each run, and what it needs."""
    shown = list(runs)
    lines = "\n".join(repeat_command(config) for _, config in shown)
    made = ", ".join(f"{name} {version}" for name, version in versions.items())
    notes = [f"Made with {made}." if made else ""]
    notes.append("The same versions give the same figures on the same kind of processor.")
    if any(f"--text {TEXT}" in repeat_command(config) for _, config in shown):
        notes.append(f"{TEXT} is in the run's zip file: python -m hnviz export run ID.")
    if any(network_of(config.model) for _, config in shown):
        notes.append("A loop outside hnviz trained the recorded runs: only that loop repeats them.")
    elif any(is_own(config.model) for _, config in shown):
        notes.append("Add --models FILE, with the file that holds the model.")
    return Markup("<pre><code>{}</code></pre>\n{}").format(upright(lines), prose(*notes))


def _table(caption: str, heads: Cells, rows: Iterable[Cells]) -> Markup:
    """Return a table; the first cell of a row names it."""
    head = _cells('<th scope="col">{}</th>', heads)
    body = Markup().join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            _upright(first), _cells("<td>{}</td>", rest)
        )
        for first, *rest in rows
    )
    return Markup(
        '<div class="table" tabindex="0" role="region" aria-label="{0}"><table>'
        "<caption>{0}</caption><thead><tr>{1}</tr></thead><tbody>{2}</tbody></table></div>"
    ).format(caption, head, body)


def _cells(cell: str, texts: Cells) -> Markup:
    return Markup().join(Markup(cell).format(_upright(each)) for each in texts)


def _upright(text: str) -> str:
    return text if isinstance(text, Markup) else upright(text)


def _share(figures: KindFigures | None) -> tuple[str, str]:
    if figures is None or not figures.n:
        return MISSING, "0"
    return unbroken(accuracy(figures.right / figures.n)), f"{figures.n:,}"


def _bound(bounds: Sequence[Bound], at: int) -> tuple[str, str]:
    if at >= len(bounds):
        return MISSING, MISSING
    mark = "" if bounds[at].shown else " *"
    return f"{accuracy(bounds[at].accuracy)}{mark}", f"{accuracy(bounds[at].most)}{mark}"


def _value(name: str, value: object) -> str:
    if name == "model":
        return called(str(value))
    if name == "lr":
        return rate(float(str(value)))
    if name == "corpus":
        return corpus(str(value)).title
    return f"{value:,}" if isinstance(value, int) and name != "seed" else str(value)
