"""What each answer looks back at: one row, the whole map, and the same words read by others."""

import math
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.shell.server import server
from hnviz.data import NOTEBOOK, Choice, TextChoice, corpus, stream_of
from hnviz.data.phrase import Phrase, read_phrase
from hnviz.figures.sentences import when
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View
from hnviz.web.http import Refusal

LONGEST = 44  # words that can be written at a map's sides
DEFAULT_PHRASE = "4311 to 4314"
COMPARED = {"Model5": 3, "Model4": 1, "Model3": 2}  # pre-trained runs beside the one shown: style
UNTRAINED = 4  # its style


@lru_cache(maxsize=64)
def read_words(text: str, corpus_id: str = NOTEBOOK.corpus) -> Phrase:
    """Read the words of the map. Raises ValueError."""
    read = corpus(corpus_id)
    vocab = stream_of(Choice(corpus_id, read.ways[0])).vocab  # all ways have its words
    phrase = read_phrase(text, vocab, read)
    if len(phrase.tokens) <= LONGEST:
        return phrase
    remark = f"The map has room for {LONGEST} words: the first {LONGEST} are shown."
    return Phrase(phrase.tokens[:LONGEST], remark)


def _row(look: Look) -> Reply:
    """Return one answer's row: "norms", float32 (row + 1,), of its word and those before it."""
    words, ids = _words(look)
    row = look.params["row"]
    row = len(words) - 1 if row < 0 else min(row, len(words) - 1)
    found = look.ask("look_back", {"ids": ids, "row": row})
    norms = found.arrays["norms"][0, : row + 1].astype(np.float32)
    return Reply({"norms": norms}, {**_facts(look, words, found), "row": row})


def _map(look: Look) -> Reply:
    """Return all answers' rows: "norms", float32, the lower triangle of the map row by row."""
    words, ids = _words(look)
    found = look.ask("look_back", {"ids": ids})
    return Reply({"norms": _triangle(found)}, _facts(look, words, found))


def _without(look: Look) -> Reply:
    """Say what the answer after a row's word loses without the earlier word that counts most.

    meta: "row"; "at", that word's place, or None where there is none; "p" and "without", the
    probabilities of the answer, None where the model does not answer after so few words.
    """
    (words, ids), config = _words(look), look.run.record.config
    row = len(words) - 1 if look.params["row"] < 0 else min(look.params["row"], len(words) - 1)
    window = len(ids) if entry(config.model).stateful else config.bptt
    first = max(0, row + 1 - window)
    if row == first:
        return Reply({}, {"row": row, "at": None})
    found = look.ask("look_back", {"ids": ids, "row": row})
    at = first + int(found.arrays["norms"][0, first:row].argmax())
    (answer,) = _numbered(found.meta["answers"], config)
    texts = ids[: row + 1], [*ids[:at], *ids[at + 1 : row + 1]]
    p, without = (_probability(look, [*text[-window:], answer]) for text in texts)
    return Reply({}, {"row": row, "at": at, "p": p, "without": without})


def _probability(look: Look, ids: list[int]) -> float | None:
    """Return the probability of the last of some words after the others."""
    bits = float(look.ask("reading", {"ids": ids, "n": 0}).arrays["surprise"][-1])
    return None if math.isnan(bits) else 2.0**-bits


def _words(look: Look) -> tuple[tuple[str, ...], list[int]]:
    words = read_words(look.params["text"], look.run.record.config.corpus).tokens
    return words, _numbered(words, look.run.record.config)


def _numbered(words: Sequence[str], text: TextChoice) -> list[int]:
    """Return the ids of words: each split numbers its vocabulary in its own order."""
    return stream_of(text).vocab.numericalize(words).tolist()


def _facts(look: Look, words: Sequence[str], found: Reply) -> dict[str, Any]:
    config = look.run.record.config
    return {
        "words": words,
        "answers": found.meta["answers"],
        "name": f"{config.called} {when(look.step)}",
        "window": None if entry(config.model).stateful else config.bptt,
    }


def _triangle(found: Reply) -> NDArray[np.float32]:
    norms = found.arrays["norms"]
    return norms[np.tril_indices(len(norms))].astype(np.float32)


class _Line(NamedTuple):
    """Another network that reads the same words."""

    name: str
    style: int
    run: str
    step: int


def _others(look: Look) -> Reply:
    """Return the map of pre-trained models and of the run before training.

    "norms", float32 (lines, cells), a row each as `_map` has it. meta "lines": of each its "name",
    "style", "run" and "step", by which the browser leaves out the one that it shows.
    """
    words = read_words(look.params["text"], look.run.record.config.corpus).tokens
    norms, lines = [], []
    for line in _compared(look):
        ids = _numbered(words, server().store.record(line.run).config)
        try:
            found = look.ask("look_back", {"ids": ids}, step=line.step, run=line.run)
        except Refusal:  # the run's own line needs no other
            continue
        norms.append(_triangle(found))
        lines.append(line._asdict())
    cells = len(words) * (len(words) + 1) // 2
    stacked = np.stack(norms) if norms else np.zeros((0, cells), np.float32)
    return Reply({"norms": stacked}, {"lines": lines})


def _compared(look: Look) -> list[_Line]:
    record = look.run.record
    found = []
    # Other texts have other words, which the pre-trained runs do not know.
    compared = COMPARED if record.config.corpus == NOTEBOOK.corpus else {}
    for name, style in compared.items():
        net = CATALOGUE[name]
        kind = net.recurrent.kind if net.recurrent and net.gates else net.nonlinearity
        trained = " trained" if record.id == name else ""  # beside its own other snapshot
        with suppress(ValueError):  # a run of this name that was damaged or deleted
            last = int(server().store.folder(name).resolve_step("last"))
            found.append(_Line(f"{name}{trained} ({kind})", style, name, last))
    if 0 in record.snapshots:
        found.append(_Line(f"{record.config.called} untrained", UNTRAINED, record.id, 0))
    return found


_TEXT = {"text": Param("text", DEFAULT_PHRASE)}
_ROW = Param("int", -1, low=-1)  # -1: the last
ROW_VIEW = View("look_back_row", {**_TEXT, "row": _ROW}, _row)
MAP_VIEW = View("look_back_map", _TEXT, _map)
OTHERS_VIEW = View("look_back_others", _TEXT, _others)
WITHOUT_VIEW = View("look_back_without", {**_TEXT, "row": _ROW}, _without)


def _example(text: str) -> Example:
    row, rows = ask(ROW_VIEW, text=text), ask(MAP_VIEW, text=text, late=True)
    others = ask(OTHERS_VIEW, text=text, at="end", late=True)
    without = ask(WITHOUT_VIEW, at="rest", text=text, late=True)
    return Example("Model5", [row, rows, others, without], {"models": list(CATALOGUE)})


EXAMPLES = {
    "ready": _example(DEFAULT_PHRASE),
    "long": _example("1201 to 1240"),  # more words than there is room for
}

LOOK_BACK = Picture(
    __file__,
    Place("time_lookback", "647px", "1153px"),
    views=(ROW_VIEW, MAP_VIEW, OTHERS_VIEW, WITHOUT_VIEW),
    silent=True,
    examples=EXAMPLES,
)
