"""The networks as pictures, built from the catalogue: unrolled, and as a loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hnviz.figures.svg import RADIUS, Drawing
from hnviz.figures.theme import Theme
from hnviz.models.catalogue import LADDER, ModelEntry, entry, previous

WORDS = ("eight", "thousand", "one")
NEXT = ("thousand", "one", ",")

WIDTH, HEIGHT = 300, 272
_Y_IN, _Y_OUT = 228, 48
_EDGE = RADIUS + 2  # an arrow starts and ends this far from a circle's middle
_BESIDE = 11  # px between two arrows that pass together


@dataclass(frozen=True, slots=True)
class NotebookFigure:
    """One of the notebook's five pictures of a network."""

    title: str
    caption: str
    draw: Callable[[Theme], str]


def unrolled(model: str, look: Theme, *, mark_new: bool = False) -> str:
    """Draw a model's steps side by side: word in, state, answer.

    With `mark_new`, a frame marks each thing that the model before does not have.
    """
    net = entry(model)
    drawing = Drawing(WIDTH, HEIGHT, look)
    levels = _levels(net.n_layers)
    left, right = (66, 62) if net.stateful else (46, 40)
    gap = (WIDTH - left - right) / (len(WORDS) - 1)
    columns = [left + gap * step for step in range(len(WORDS))]
    for step, x in enumerate(columns):
        _column(drawing, x, levels, WORDS[step])
        if net.predicts == "every" or step == len(WORDS) - 1:
            _answer(drawing, x, levels[-1], NEXT[step])
    if net.attends:
        _looks(drawing, columns, levels)
    for y in () if net.attends else levels:
        for before, after in pairwise(columns):
            _across(drawing, before + _EDGE, after - _EDGE, y, net)
        _start(drawing, columns[0], y, net)
        if net.stateful:
            _across(drawing, columns[-1] + _EDGE, WIDTH, y, net)
            drawing.cut(columns[-1] + 32, y)
    if net.stateful:
        drawing.text(5, levels[-1] - 12, _kept(net), anchor="start", muted=True)
        drawing.text(WIDTH - 1, levels[-1] - 22, "detach", anchor="end", muted=True)
    if mark_new and (older := previous(model)) is not None:
        _frame_new(drawing, net, entry(older), columns)
    return drawing.render(f"{model}, unrolled", _describe(net))


def rolled(model: str, look: Theme, *, mark_new: bool = False) -> str:
    """Draw a model as a loop; the frame holds what is repeated for each word.

    With `mark_new`, that frame is marked if the model before has no loop.
    """
    net = entry(model)
    drawing = Drawing(WIDTH, HEIGHT, look)
    levels = _levels(net.n_layers)
    middle = WIDTH / 2
    every = net.predicts == "every"
    top = 8 if every else levels[-1] - 58
    drawing.frame(40, top, WIDTH - 80, HEIGHT - top - 2)
    drawing.text(WIDTH - 50, top + (40 if every else 20), "for each word", anchor="end", muted=True)
    _column(drawing, middle, levels, "word")
    _answer(drawing, middle, levels[-1], "next word" if every else "the word after the last")
    for y in () if net.attends else levels:
        drawing.loop(middle, y)
        _start(drawing, middle, y, net)
    for y in levels if net.attends else ():
        below = y + (levels[0] - levels[1] if y < levels[0] else _Y_IN - levels[0])
        drawing.arrow("h_h", 74, below, middle - _EDGE, y + 4)
        drawing.text(70, below + 4, "earlier", anchor="end", muted=True)
    if net.stateful:
        drawing.text(2, levels[-1] - 12, _kept(net), anchor="start", muted=True)
    if mark_new and adds_loop(model):
        drawing.new(34, top - 4, WIDTH - 68, HEIGHT - top + 4)
    return drawing.render(f"{model}, as a loop", _describe(net))


def legend(look: Theme, *, scissors: bool = True, since: str = "", attends: bool = False) -> str:
    """Explain the three roles, as short arrows, and the shapes; HTML.

    `scissors` says whether one of the diagrams has them; `since` names the model before, if
    what it lacks is framed; `attends` says that brown is attention. What is left out keeps its
    room, so the page does not move.
    """
    names = {
        "i_h": "from word to state, i_h",
        "h_h": "from word to later words, attention"
        if attends
        else "from state to state, h_h (rnn)",
        "h_o": "from state to answer, h_o",
    }
    items = []
    for role, words in names.items():
        drawing = Drawing(34, 14, look)
        drawing.arrow(role, 1, 7, 32, 7)
        svg = drawing.render(words, "").replace("width:100%", "width:34px")
        items.append(f"<span>{svg}{words}</span>")
    shapes = ("square: word read", "circle: state", "triangle: answer")
    items += [f"<span>{words}</span>" for words in shapes]
    plus = f'<b style="color:{look.primary}">+</b>new since {since or LADDER[0]}'
    extra = {plus: bool(since), "scissors: gradients stop": scissors}
    for words in sorted(extra, key=lambda each: not extra[each]):  # hidden ones last
        hidden = "" if extra[words] else ' style="visibility:hidden"'
        items.append(f"<span{hidden}>{words}</span>")
    return f'<div class="hnviz-legend">{"".join(items)}</div>'


NOTEBOOK_FIGURES = (
    NotebookFigure(
        "1. Three layers, written out",
        "Three words in, one answer out: each layer takes the state so far (brown) "
        "and one more word (green). Model0.",
        lambda look: unrolled("Model0", look),
    ),
    NotebookFigure(
        "2. The same, as a loop",
        "The three layers share their weights, so one layer in a loop is the same network; the "
        "answer (blue) is given once, after the loop. Model1.",
        lambda look: rolled("Model1", look),
    ),
    NotebookFigure(
        "3. An answer after every word",
        "Each state already knows the words so far, so it can answer at once: three times as many "
        "answers from the same work. Model2.",
        lambda look: unrolled("Model2", look),
    ),
    NotebookFigure(
        "4. The answers in the loop",
        "The third figure rolled up: word, state and answer are repeated. Model2 and, with its "
        "state kept, Model3.",
        lambda look: rolled("Model2", look),
    ),
    NotebookFigure(
        "The stacked network, unrolled",
        "The lower layer's state is the upper layer's input. With so many layers, training gets "
        "hard, which leads to the GRU. Model5.",
        lambda look: unrolled("Model5", look),
    ),
)
"""The notebook's five figures, four of them numbered there."""


def _frame_new(
    drawing: Drawing, net: ModelEntry, before: ModelEntry, columns: Sequence[float]
) -> None:
    """Frame what `net` has and `before` lacks: answers, a state, cells, layers, norms."""
    levels, first, last = _levels(net.n_layers), columns[0], columns[-1]
    low, high = levels[0] + _EDGE + 4, levels[-1] - _EDGE - 4
    if (net.predicts, before.predicts) == ("every", "last"):
        for x in columns[:-1]:
            drawing.new(x - 34, 12, 68, high - 12)
    if net.dropout and not before.dropout:  # on the way from the state to the answer
        under = _Y_OUT + RADIUS + 4
        drawing.new(first - 34, under, last - first + 68, high - under)
    if net.stateful and not before.stateful:
        drawing.new(1, high - 22, first - _EDGE - 4, low - high + 22)
        drawing.new(last + _EDGE + 2, high - 22, WIDTH - last - _EDGE - 3, low - high + 22)
    more_layers = net.n_layers > before.n_layers
    normed = net.norm_in_loop and not before.norm_in_loop  # between one state and the next
    other = (cell_kind(net), net.nonlinearity) != (cell_kind(before), before.nonlinearity)
    if other or more_layers or normed:
        if not other and more_layers:
            low = levels[before.n_layers] + _EDGE + 4
        drawing.new(first - _EDGE - 6, high, last - first + 2 * _EDGE + 12, low - high)


def adds_loop(model: str) -> bool:
    """Return whether a model has a loop where the model before has copies."""
    before = previous(model)
    return before is not None and bool(entry(before).max_bptt) and not entry(model).max_bptt


def cell_kind(net: ModelEntry) -> str:
    """Name the class of torch.nn that makes the next state: "Linear", "RNN", "GRU", "LSTM"."""
    return next((part.kind for part in net.parts if part.role == "h_h"), "")


def _levels(n_layers: int) -> list[float]:
    """Return the y of the layers' circles, the lowest layer first."""
    if n_layers == 1:
        return [140]
    return [174 - 66 * layer / (n_layers - 1) for layer in range(n_layers)]


def _column(drawing: Drawing, x: float, levels: list[float], word: str) -> None:
    """Draw one step: the word, and a circle for each layer above it."""
    drawing.square(x, _Y_IN)
    drawing.text(x, _Y_IN + 28, word)
    drawing.arrow("i_h", x, _Y_IN - RADIUS + 1, x, levels[0] + _EDGE)
    for y in levels:
        drawing.circle(x, y)
    for below, above in pairwise(levels):
        drawing.arrow("h_h", x, below - _EDGE, x, above + _EDGE)


def _answer(drawing: Drawing, x: float, y: float, word: str) -> None:
    drawing.arrow("h_o", x, y - _EDGE, x, _Y_OUT + RADIUS)
    drawing.triangle(x, _Y_OUT)
    drawing.text(x, _Y_OUT - 18, f"**{word}" if word == "," else word)


def _start(drawing: Drawing, x: float, y: float, net: ModelEntry) -> None:
    """Draw what comes before the first word: the state of the window before, or zeros."""
    _across(drawing, 2, x - _EDGE, y, net)
    if not net.stateful:
        drawing.text(4, y - 10, "0", anchor="start", muted=True)


def _across(drawing: Drawing, left: float, right: float, y: float, net: ModelEntry) -> None:
    """Draw what passes from step to step: an arrow for each tensor of the state."""
    n = len(net.state)
    for number in range(n):
        at = y + _BESIDE * (number - (n - 1) / 2)
        drawing.arrow("h_h", left, at, right, at)


def _looks(drawing: Drawing, columns: Sequence[float], levels: list[float]) -> None:
    """Draw attention: in each layer, each word looks at all words before it, one layer below."""
    for below, y in pairwise((_Y_IN, *levels)):
        for number, x in enumerate(columns):
            for earlier in columns[:number]:
                start = (earlier + _EDGE * 0.8, below - _EDGE * 0.7)
                drawing.arrow("h_h", *start, x - _EDGE * 0.9, y + _EDGE * 0.6)


def _kept(net: ModelEntry) -> str:
    """Name what is kept, in the little room that there is."""
    return ", ".join(net.state) if len(net.state) > 1 else f"{net.state[0]} kept"


def _describe(net: ModelEntry) -> str:
    """Say in words what the picture shows."""
    layers = "one layer" if net.n_layers == 1 else f"{net.n_layers} layers"
    answer = "after every word" if net.predicts == "every" else "once, after the last word"
    if net.attends:
        return (
            f"{layers} of attention, in which each word looks at itself and at all words before "
            f"it; answers {answer}; there is no state, and each window starts from nothing."
        )
    start = (
        "comes from the mini-batch before, cut off from its gradients"
        if net.stateful
        else "starts from zeros"
    )
    n = len(net.state)
    parts = f" of {n} tensors, {' and '.join(net.state)}," if n > 1 else ""
    return f"{layers} of hidden state; answers {answer}; the state{parts} {start}."
