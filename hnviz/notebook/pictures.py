"""What `hnviz.show` can show: options, answers, a sentence, a still picture and a live page."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from hnviz.app.kit.picture import Ask, Example, Picture
from hnviz.app.machine.picture import READING_MACHINE, machine_asks, machine_settings
from hnviz.app.rooms.batches.grid.picture import GRID, grid_settings
from hnviz.app.rooms.batches.reading import SMALL, Reading, side_problem, window_problem
from hnviz.app.rooms.hidden_states.units.picture import (
    ROWS_VIEW,
    UNITS,
    UNITS_VIEW,
    orders_for,
)
from hnviz.app.rooms.train.curves.picture import CURVES
from hnviz.app.rooms.train.topics import Curves
from hnviz.app.run import text as run_text
from hnviz.data import (
    NOTEBOOK,
    BatchLayout,
    Choice,
    ShuffledLayout,
    TextChoice,
    corpus_of,
    kind_in,
    split_text,
)
from hnviz.data.corpora import BUILT_IN
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.data.phrase import READ_FIRST, example
from hnviz.data.stream import SPLITS
from hnviz.figures.numbers import percent
from hnviz.figures.sentences import layout_sentence, plural, when
from hnviz.figures.theme import MODES
from hnviz.models.catalogue import entry
from hnviz.notebook.page import Height, Page
from hnviz.notebook.still import Heat, batch_still, curve_still, machine_still, state_still
from hnviz.questions.frame import pack, to_json
from hnviz.questions.params import read_query
from hnviz.questions.view import Look, Reply
from hnviz.web.corpora import stream_file
from hnviz.web.state import CurrentRun

if TYPE_CHECKING:
    from hnviz.analysis.run import Run

MOST_SNAPSHOTS = 6  # of a training that one cell can go through
AS_IS = "!~*'()"  # signs that JavaScript's encodeURIComponent leaves in an address
VERSION = "cell"  # of every snapshot: they never change

CURVE_HEIGHT = Height("545px", "1020px", 920)
MACHINE_HEIGHT = Height("530px, 270px + 0.307 * min(100cqw - 32px, 1165px)", "715px", 600)
"""Measured, as those below: tests/test_notebook_browser.py."""


def _batch_height(bs: int) -> Height:
    """A row is 26 px high, and all are at most 560, or 360 where the frame is narrow."""
    return Height(f"{700 + min(26 * bs, 560)}px", f"{1045 + min(26 * bs, 360)}px", 680)


def _state_height(n_words: int) -> Height:
    """The unit's line has some 12 words, or 6 where the frame is narrow."""
    wide, narrow = (-(-n_words // each) - 1 for each in (12, 6))
    return Height(f"{min(965 + 100 * wide, 1810)}px", f"{min(1740 + 97 * narrow, 2600)}px", 840)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One picture: its sentence, in which `**` marks what is bold, and its two forms."""

    sentence: str
    still: str  # an SVG file
    page: Page
    height: Height


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """A text and how it is cut. Without a text: a run's own, or the human numbers."""

    text: str = ""  # any text, or the id of a corpus of hnviz
    bs: int | None = None
    bptt: int | None = None
    split: str = SPLITS[0]
    shuffled: bool = False

    def __post_init__(self) -> None:
        _check_text(self.text)
        for name in SMALL._fields:
            side = getattr(self, name)
            if side is None:
                continue
            wrong = None if _is_whole(side) else f"{name} must be a whole number; got {side!r:.40}"
            if said := wrong or side_problem(name, side):
                raise ValueError(said)
        if self.split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {self.split!r:.40}")


@dataclass(frozen=True, kw_only=True)
class CurveOptions:
    """Curves show a whole training, so there is nothing to choose."""


@dataclass(frozen=True, kw_only=True)
class StateOptions:
    """What a network reads, and which of its units are shown after each token."""

    text: str = ""
    step: int | str = "last"
    layer: int = -1  # the last one
    values: str = "state"  # or a gate: "update"

    def __post_init__(self) -> None:
        _check_text(self.text)
        if not _is_whole(self.layer):
            raise ValueError(f"layer must be a whole number; got {self.layer!r:.40}")


@dataclass(frozen=True, kw_only=True)
class MachineOptions:
    """What the reading machine reads at first."""

    text: str = ""
    step: int | str = "last"  # the last of those that its slider shows

    def __post_init__(self) -> None:
        _check_text(self.text)


# --- Mini-batches -------------------------------------------------------------------------------


def batches(run: "Run | None", options: BatchOptions) -> Drawn:
    """Show x and y of a text's mini-batches. Raises ValueError."""
    choice = _text_of(run, options.text)
    known = (run.config.bs, run.config.bptt) if run and not options.text else SMALL
    size = (options.bs or known[0], options.bptt or known[1])
    text = split_text(options.split, choice)
    layout = (ShuffledLayout if options.shuffled else BatchLayout)(len(text.ids), *size)
    if wrong := window_problem(layout):
        raise ValueError(wrong)
    reading = Reading(text, layout, choice)
    kind = kind_in(corpus_of(choice))
    page = _page("batches", GRID, Example(settings=grid_settings(reading)))
    page.add_file(reading.address, stream_file(text.ids, text.vocab, kind))
    rows = f"Each of **{layout.bs} rows**" if layout.bs > 1 else "**One row**"
    sentence = (
        f"{rows} reads **{plural(layout.bptt, 'token')}** of {options.split} in a mini-batch. "
        f"{layout_sentence(layout)}"
    )
    still = batch_still(sentence, layout.batch(text.ids, 0), text.vocab, kind)
    return Drawn(sentence=sentence, still=still, page=page, height=_batch_height(layout.bs))


def _text_of(run: "Run | None", text: str) -> TextChoice:
    """Return a run's text, a corpus of hnviz, or the reader's own. Raises CorpusError."""
    if not text:
        return run.config if run else NOTEBOOK
    if text in BUILT_IN:
        return Choice(text, BUILT_IN[text].ways[0])
    own = own_corpus(text.encode(errors="replace"), Way())
    return Choice(own.id, own.ways[0])


# --- A run --------------------------------------------------------------------------------------


def curves(run: "Run", options: CurveOptions) -> Drawn:
    """Show a run's loss and accuracy. Raises ValueError for a run without a step."""
    moment = _moment(run)
    if not moment.record.batches:
        raise ValueError(f"{run.name} has not trained one step yet, so it has no curves")
    sentence = run_text.lead(moment)
    page = _page("curves", CURVES, Example(run.folder.id, settings={"sentence": sentence}))
    topic = Curves()
    for mode in MODES:
        news, _ = topic.news(topic.draw(moment, {"mode": mode}), None)
        page.add_news(topic.name, {"mode": mode}, json.loads(to_json(news)))
    _add_run(page, moment, run.snapshots[-1:])
    still = curve_still(sentence, moment.record)
    return Drawn(sentence=sentence, still=still, page=page, height=CURVE_HEIGHT)


def states(run: "Run", options: StateOptions) -> Drawn:
    """Show a layer's units over the tokens of a text. Raises ValueError."""
    shows = entry(run.config.model).shows
    if options.values not in shows:
        raise ValueError(f"values must be one of {', '.join(shows)}; got {options.values!r:.40}")
    step, text = run.folder.resolve_step(options.step), _phrase(run, options.text)
    params = {"text": text, "layer": options.layer, "show": options.values}
    orders = orders_for(run.config)
    asks = [Ask(ROWS_VIEW, params, "end"), Ask(UNITS_VIEW, params, "step")]
    page = _page("states", UNITS, Example(run.folder.id, asks, {"orders": orders}))
    asked = Asked(run, page, _moment(run))
    seen = asked.keep(asks[1], step)
    rows = asked.keep(asks[0], step)
    for order in orders:
        asked.keep(Ask(ROWS_VIEW, {**params, "order": order}, "end"), step)
    _add_run(page, asked.moment, [step])
    units = rows.arrays["order"]
    heat = Heat(
        words=seen.meta["words"],
        values=seen.arrays["values"][units],
        scale=seen.meta["scale"],
        signed=seen.meta["signed"],
        what=seen.meta["what"],
        named=f"{plural(len(units), 'unit')}, in the order of the live picture",
    )
    still = state_still(seen.sentence, heat)
    return Drawn(
        sentence=seen.sentence, still=still, page=page, height=_state_height(len(heat.words))
    )


def machine(run: "Run", options: MachineOptions) -> Drawn:
    """Show the reading machine, with a slider through the training. Raises ValueError."""
    text, last = _phrase(run, options.text), run.folder.resolve_step(options.step)
    steps = spaced([step for step in run.snapshots if step <= last])
    reading, *codes = machine_asks(text)
    sent = Example(run.folder.id, [reading, *codes], machine_settings(text, tries=()))
    page = _page("machine", READING_MACHINE, sent)
    asked = Asked(run, page, _moment(run))
    replies = [asked.keep(reading, step) for step in steps]
    for ask in codes:
        asked.keep(ask, last)
    _add_run(page, asked.moment, steps)
    sentence, guesses = _next_words(run, last, replies[-1])
    arrays, meta = replies[-1].arrays, replies[-1].meta
    words = [meta["words"][str(index)] for index in arrays["ids"].tolist()]
    layer = arrays["states"][-1]  # (n, nh)
    heat = Heat(
        words=words,
        values=layer.T,
        scale=meta["scale"],
        signed=True,
        what="the state",
        named=f"{plural(layer.shape[1], 'unit')} of the last layer",
    )
    still = machine_still(sentence, heat, meta["given"], guesses)
    return Drawn(sentence=sentence, still=still, page=page, height=MACHINE_HEIGHT)


def _next_words(run: "Run", step: int, reply: Reply) -> tuple[str, list[tuple[str, float]]]:
    """Say what follows the text, and list the likeliest words with their shares."""
    arrays, names, given = reply.arrays, reply.meta["words"], reply.meta["given"]
    pairs = zip(
        arrays["best"][given - 1].tolist(), arrays["shares"][given - 1].tolist(), strict=True
    )
    guesses = [(names[str(index)], share) for index, share in pairs if index >= 0]
    ids = arrays["ids"].tolist()
    said = corpus_of(run.config).joined([names[str(index)] for index in ids[given : given + 8]])
    word, share = guesses[0]
    last = names[str(ids[given - 1])]
    sentence = (
        f"After “{last}”, {run.config.called} gives **{percent(share)}** to “**{word}**” "
        f"({when(step)}). It reads {plural(given, 'token')}, then says: “{said} …”"
    )
    return sentence, guesses


@dataclass(frozen=True)
class Asked:
    """Asks a run in this process, and stores what a page needs of the answers."""

    run: "Run"
    page: Page
    moment: CurrentRun

    def keep(self, ask: Ask, step: int) -> Reply:
        """Answer a picture's question about a snapshot. Raises ValueError."""
        sent = ask.sent()
        typed = read_query(ask.view.params, sent["params"].items(), f"the question {ask.view.name}")
        reply = ask.view.answer(Look(self.moment, step, typed, self._answer))
        path = f"api/runs/{quote(self.run.folder.id, safe=AS_IS)}/{step}/{ask.view.name}"
        self.page.add_answer(path, sent["params"], pack(reply._replace(seconds=0.0)))
        return reply

    def _answer(
        self, other: str, step: int | str, question: str, params: Mapping[str, Any]
    ) -> Reply:
        return self.run.ask(question, step, **params).reply


def spaced(steps: Sequence[int], most: int = MOST_SNAPSHOTS) -> list[int]:
    """Return at most so many of the steps, evenly spaced, the first and the last among them."""
    places = np.linspace(0, len(steps) - 1, min(most, len(steps))).round().astype(int)
    return [steps[at] for at in dict.fromkeys(places.tolist())]


def _phrase(run: "Run", text: str) -> str:
    """Return a text that the run can read. Raises ValueError for a word that it does not know."""
    text = text or example(run.config, READ_FIRST)
    run.check_words(text)
    return text


def _page(name: str, picture: Picture, shown: Example) -> Page:
    return Page(name=name, data=picture.sent(f"cell_{name}", shown), isolate=picture.isolate)


def _moment(run: "Run") -> CurrentRun:
    record = run.record()
    return CurrentRun(record=record, status=record.status, shipped=run.folder.shipped)


def _add_run(page: Page, moment: CurrentRun, steps: Sequence[int]) -> None:
    """Store what a picture's timeline asks: how far the run is, and its snapshots."""
    record = moment.record
    page.snapshots = [(step, VERSION) for step in steps]
    facts = {
        "model": record.config.called,
        "status": record.status,
        "is_live": False,  # the cell holds a moment
        "step": record.step,
        "n_steps": record.started.n_steps if record.started else None,
        "snapshots": page.snapshots,
    }
    page.add_news("run", {}, facts)


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise ValueError(f"text must be a string; got {type(text).__name__}")


@dataclass(frozen=True)
class Shows:
    """A name that `hnviz.show` takes."""

    options: type[Any]
    draw: Callable[[Any, Any], Drawn]
    needs_run: bool = True

    def read(self, name: str, given: Mapping[str, Any]) -> Any:
        """Return the options. Raises ValueError for one that there is not."""
        known = [each.name for each in fields(self.options)]
        if unknown := [each for each in given if each not in known]:
            takes = f"takes {', '.join(known)}" if known else "takes no options"
            raise ValueError(f"{name!r} {takes}; got {', '.join(unknown)}")
        return self.options(**given)


PICTURES: Mapping[str, Shows] = {
    "batches": Shows(BatchOptions, batches, needs_run=False),
    "curves": Shows(CurveOptions, curves),
    "states": Shows(StateOptions, states),
    "machine": Shows(MachineOptions, machine),
}
"""Every name, in the order in which errors list them."""
