"""The Hidden states page's controls: the text, the layer, and the state or a gate."""

from dataclasses import dataclass

from hnviz.app.kit.fields.picture import choice, controls, remark, text, whole, wrong
from hnviz.app.rooms.hidden_states.stretch import (
    FIRST,
    N,
    Stretch,
    cut_stretch,
    read_text,
)
from hnviz.app.shell import session as state
from hnviz.config import RunConfig
from hnviz.data import TextChoice, stream_of
from hnviz.data.phrase import KEPT_FIRST, example
from hnviz.figures.offers import without_numbers
from hnviz.models.catalogue import entry

PHRASE = "phrase"
TEXTS = (PHRASE, "valid", "train")
MOST_NAMED = 40  # characters of a phrase
_WORDS = "states_phrase"
_GOOD = "states_good"  # the last text that could be read


@dataclass(frozen=True, slots=True)
class Asked:
    """What the controls ask for."""

    text: Stretch
    layer: int
    show: str  # "state", another tensor of the state, or a gate


def asked_for(config: RunConfig) -> Asked:
    """Draw the controls, folded; a text that cannot be read leaves the last one in force."""
    with controls("states_controls") as row:
        read = _text_box(config)
        layer = _layer_box(config.model)
        show = _show_box(config.model)
        good = f"{_GOOD}_{config.corpus}_{config.split}"  # its ids belong to one vocabulary
        if read is None:  # the reason appears below the row
            read = state.get(good) or read_text(example(config, KEPT_FIRST), config)
            remark("states_text", f"The picture still shows {read.called}.")
        row.fold = f"Change what is shown: {_shown(config.model, read, layer, show)}"
    state.put(good, read)
    return Asked(read, layer, show)


def _shown(model: str, text: Stretch, layer: int, show: str) -> str:
    """Say what the controls are set to, as far as the model has a choice."""
    said = text.text if 0 < len(text.text) <= MOST_NAMED else text.called
    said += f", layer {layer}" if entry(model).n_layers > 1 else ""
    return f"{said}, {show}" if len(entry(model).shows) > 1 else said


def _text_box(config: TextChoice) -> Stretch | None:
    chosen = choice(
        "Text",
        TEXTS,
        "states_text",
        PHRASE,
        help="The network reads a phrase from a state of zeros. A stretch of valid or train "
        "is part of one pass over the whole split.",
    )
    if chosen != PHRASE:
        return _stretch_boxes(chosen, config)
    label = "Phrase" if without_numbers(config) else "Phrase, or a range of numbers"
    words = text(label, _WORDS, example(config, KEPT_FIRST), longest=2000)
    try:
        stretch = read_text(words, config)
    except ValueError as error:
        wrong(_WORDS, str(error))
        return None
    if stretch.remark:
        remark(_WORDS, stretch.remark)
    return stretch


def _stretch_boxes(split: str, config: TextChoice) -> Stretch | None:
    first = whole("First token", "states_first", FIRST, width=150)
    n = whole("Tokens", "states_n", N, width=150)
    try:
        return cut_stretch(config, split, first, n)
    except ValueError as error:
        is_inside = 0 <= first < len(stream_of(config).ids(split))
        wrong("states_n" if is_inside else "states_first", str(error))
        return None


def _layer_box(model: str) -> int:
    """Draw the choice of a layer; a model with one layer has none."""
    layers = tuple(range(entry(model).n_layers))
    if len(layers) == 1:
        return 0
    return choice(
        "Layer",
        layers,
        "states_layer",
        layers[0],
        help="Layer 0 reads the tokens. The model predicts from the last layer.",
    )


def _show_box(model: str) -> str:
    """Draw the choice of what is shown; none for a model with one state tensor and no gates."""
    net = entry(model)
    if len(net.shows) == 1:
        return "state"
    others = (name for name in net.shows[1:] if name not in net.gates)
    named = ["State", *others, *(["gate"] if net.gates else [])]
    return choice(
        f"{', '.join(named[:-1])} or {named[-1]}",
        net.shows,
        "states_show",
        help=net.cell.in_words if net.cell else "",
    )
