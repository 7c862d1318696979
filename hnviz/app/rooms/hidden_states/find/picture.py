"""Find it elsewhere: the units that are on over chosen tokens, and where else they are on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.drawn import MODE, look_of
from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.kit.tabled import Tabled
from hnviz.app.rooms.hidden_states.stretch import TEXT_PARAMS, stretch_in
from hnviz.app.rooms.hidden_states.units.picture import LAYER, layer_of
from hnviz.config import RunConfig
from hnviz.data import stream_of
from hnviz.data.phrase import KEPT_FIRST
from hnviz.data.places import split_places
from hnviz.data.stream import SPLITS
from hnviz.figures import code_text
from hnviz.figures.code_text import Found
from hnviz.figures.found import FoundPlace, found_places
from hnviz.figures.query import NARROW, WIDE, Queried, query_lines
from hnviz.models.catalogue import entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

CONTEXT = 5  # words at each side of a place
START, LENGTH = 23, 2  # of the first range: the network has read some numbers before it
THRESHOLD = 0.6  # of the scale
NOTE = (
    "The best 8 of each split; no two overlap. Places where more units agree come "
    "first; in a tie, those whose means over the range are closer to these."
)


def _find(look: Look) -> Reply:
    """Draw the units that are on over the range, and list the places that agree with them."""
    stretch, layer = stretch_in(look), layer_of(look)
    n = len(stretch.tokens)
    start = min(look.params["start"], max(0, n - LENGTH))
    length = min(look.params["length"], n - start)
    text = {**stretch.asked, "layer": layer}
    values = look.ask("units", text).arrays["values"]
    scale = _scale(look.run.record.config.model, values)
    params = {
        **text,
        "start": start,
        "length": length,
        "threshold": round(look.params["threshold"] * scale, 4),
        "edges": look.params["edges"],
    }
    answer = look.ask("find", params)
    queried = Queried(
        values=values,
        words=stretch.tokens,
        units=answer.arrays["units"].tolist(),
        start=start,
        length=length,
        threshold=look.params["threshold"] * scale,
        scale=max(scale, float(np.ceil(10 * values.max()) / 10)),
    )
    return _shown(look, queried, answer)


def _scale(model: str, values: NDArray[np.floating]) -> float:
    """Return what a threshold is a share of: 1 for tanh; for relu, a value that few exceed."""
    if entry(model).nonlinearity == "tanh":
        return 1.0
    return max(0.1, float(np.ceil(10 * np.percentile(values, 95)) / 10))


def _shown(look: Look, queried: Queried, answer: Reply) -> Reply:
    theme, sentence = look_of(look), _sentence(queried, answer, edges=look.params["edges"])
    splits = SPLITS if queried.units else ()
    listed = sorted(
        (
            place
            for split in splits
            for place in _places(answer, split, queried.length, look.run.record.config)
        ),
        key=lambda place: -place.agree,
    )
    meta: dict[str, Any] = {
        "words": queried.words,
        "start": queried.start,
        "length": queried.length,
        "wide": query_lines(queried, theme, sentence, WIDE),
        "narrow": query_lines(queried, theme, sentence, NARROW),
        "places": found_places(listed, len(queried.units), theme) if queried.units else "",
        "note": NOTE if queried.units else "",
        "tables": [_table(queried).sent, _found_table(listed, len(queried.units)).sent],
    }
    return Reply({}, meta, sentence)


def _table(queried: Queried) -> Tabled:
    """Tabulate the units that are on, over the text."""
    values = queried.values[list(queried.units)].T.tolist()
    return Tabled(
        "The units that are on over the range, after each token",
        ["token", "word", *(f"unit {unit}" for unit in queried.units)],
        [
            [at, word, *row]
            for at, (word, row) in enumerate(zip(queried.words, values, strict=True))
        ],
    )


def _found_table(places: Sequence[FoundPlace], n_units: int) -> Tabled:
    return Tabled(
        f"Where else these {n_units} units are on",
        ["split", "token", "number", "words", "units"],
        [[each.split, each.at, each.number, " ".join(each.words), each.agree] for each in places],
    )


def _sentence(queried: Queried, answer: Reply, *, edges: bool) -> str:
    splits = SPLITS if queried.units else ()
    slots = [answer.meta[f"{split}_slots"] for split in splits]
    found = Found(
        units=queried.units,
        words=queried.words[queried.start : queried.start + queried.length],
        threshold=queried.threshold,
        edges=edges,
        ranges={split: int(answer.arrays[f"{split}_tally"][-1]) for split in splits},
        slots=np.sum(slots, axis=0).tolist() if slots else (),
        most=max(
            (int(answer.arrays[f"{split}_agree"].max(initial=0)) for split in splits), default=0
        ),
    )
    return code_text.found_sentence(found)


def _places(answer: Reply, split: str, length: int, config: RunConfig) -> list[FoundPlace]:
    """Read the places of a split with their context."""
    stream, numbers = stream_of(config), split_places(split, config).number
    ids = stream.ids(split)

    def words(first: int, end: int) -> list[str]:
        return [stream.vocab.itos[index] for index in ids[max(0, first) : end].tolist()]

    found = zip(answer.arrays[f"{split}_at"], answer.arrays[f"{split}_agree"], strict=True)
    return [
        FoundPlace(
            split=split,
            at=int(at),
            number=int(numbers[at]),
            agree=int(agree),
            before=words(at - CONTEXT, at),
            words=words(at, at + length),
            after=words(at + length, at + length + CONTEXT),
        )
        for at, agree in found
    ]


_PARAMS = {
    **TEXT_PARAMS,
    "layer": LAYER,
    "start": Param("int", START, low=0),
    "length": Param("int", LENGTH, low=1),
    "threshold": Param("float", THRESHOLD, low=0, high=0.95),
    "edges": Param("bool", False),
    "mode": MODE,
}
FIND_VIEW = View("find_elsewhere", _PARAMS, _find, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(FIND_VIEW, at="rest", text=KEPT_FIRST)]),
    "long": Example("Model5", [ask(FIND_VIEW, at="rest", split="valid", first=0, n=300)]),
}

FIND = Picture(
    __file__,
    Place("states_find", "994px", "1813px"),
    views=(FIND_VIEW,),
    isolate=False,
    examples=EXAMPLES,
)
