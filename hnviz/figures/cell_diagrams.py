"""A GRU's and an LSTM's cell as pictures: how the gates make the next state."""

from collections.abc import Callable

from hnviz.figures.svg import RADIUS, Drawing
from hnviz.figures.theme import Theme
from hnviz.models.spec import GRU, LSTM, Gate

_EDGE = RADIUS + 2  # an arrow starts and ends this far from a circle's middle


def gru_cell(look: Theme) -> str:
    """Draw how a GRU makes the next state: three gates, each reading the word and the state."""
    drawing = Drawing(400, 300, look)
    reset, update, candidate = GRU.gates
    for gate, x in ((reset, 66), (candidate, 200), (update, 334)):
        _gate(drawing, gate, x, 104)
        if gate is candidate:  # torch lets r scale what the state's weights made of it
            drawing.text(x + 2, 279, "r · (Wh + b)", anchor="start")
        else:
            drawing.text(x + 26, 279, "h")
    drawing.arrow("h_h", 120, 160, 146, 160)
    drawing.circle(40, 56)
    drawing.text(40, 30, "h before")
    drawing.circle(362, 56)
    drawing.text(362, 30, "h after")
    drawing.arrow("h_h", 40 + _EDGE, 56, 218, 56)
    drawing.box(256, 56, 72, 34)
    drawing.text(256, 61, "**mix")
    drawing.arrow("h_h", 294, 56, 362 - _EDGE, 56)
    drawing.arrow("h_h", 206, 135, 240, 76)
    drawing.text(200, 108, candidate.letter, anchor="end", muted=True)
    drawing.arrow("h_h", 328, 135, 274, 76)
    drawing.text(326, 108, update.letter, anchor="start", muted=True)
    return drawing.render(
        "A GRU's cell",
        "The reset gate r scales what the candidate n gets from the old state, after the matrix; "
        "the update gate z mixes the old state and the candidate into the new state.",
    )


def lstm_cell(look: Theme) -> str:
    """Draw how an LSTM makes the next cell and the next state with four gates."""
    drawing = Drawing(480, 300, look)
    _lstm_gates(drawing)
    boxes = ((112, 56, "· f"), (225, 76, "+ i · g"), (388, 70, "o · tanh"))
    for x, wide, words in boxes:
        drawing.box(x, 56, wide, 34)
        drawing.text(x, 61, f"**{words}")
    for x, words, anchor in (
        (26, "c before", "start"),
        (316, "c after", ""),
        (464, "h after", "end"),
    ):
        drawing.circle(x, 56)
        end = {"start": x - RADIUS, "end": x + RADIUS}.get(anchor, x)
        drawing.text(end, 26, words, anchor=anchor or "middle")
    for left, right in ((40, 84), (140, 187), (263, 302), (330, 353), (423, 450)):
        drawing.arrow("h_h", left, 56, right, 56)
    return drawing.render(
        "An LSTM's cell",
        "The forget gate f scales the old cell c; the input gate i scales the candidate g, which "
        "is added to it; the output gate o scales tanh of the new cell, which gives the state h.",
    )


def _lstm_gates(drawing: Drawing) -> None:
    """Draw the gates, each reading the word and the state, and where each arrow ends."""
    put_in, forget, candidate, put_out = LSTM.gates
    places = ((forget, 60, 104), (put_in, 170, 212), (candidate, 280, 238), (put_out, 388, 388))
    for gate, x, end in places:
        _gate(drawing, gate, x, 96)
        drawing.text(x + 24, 279, "h")
        start = x + (0 if end == x else 8 if end > x else -8)
        drawing.arrow("h_h", start, 136, end, 76)
        drawing.text((start + end) / 2 + (16 if end < x else -12), 110, gate.letter, muted=True)


def _gate(drawing: Drawing, gate: Gate, x: float, width: float) -> None:
    """Draw a gate, and below it the word and the state that it reads."""
    side = width / 4
    drawing.box(x, 160, width, 46)
    drawing.text(x, 157, f"**{gate.name} {gate.letter}")
    drawing.text(x, 174, gate.squash, muted=True)
    drawing.square(x - side, 250)
    drawing.arrow("i_h", x - side, 238, x - side, 186)
    drawing.text(x - side, 279, "word")
    drawing.circle(x + side, 250)
    drawing.arrow("h_h", x + side, 236, x + side, 186)


CELLS: dict[str, Callable[[Theme], str]] = {"GRU": gru_cell, "LSTM": lstm_cell}
"""The picture of each part of torch.nn that has gates."""
