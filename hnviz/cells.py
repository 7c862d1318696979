"""How torch's recurrent parts compute their next state: their gates, in words and equations.

Does not import torch. A model's entry in `hnviz.catalogue` names its cell; all code that needs
gates reads them from there.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate of a recurrent part: a layer with one output for each unit."""

    name: str  # in the question "units"
    title: str  # in sentences
    letter: str  # in equations
    squash: str  # "sigmoid", from 0 to 1, or "tanh", from -1 to 1
    equation: str  # LaTeX
    meaning: str

    @property
    def signed(self) -> bool:
        """Whether the gate can be negative."""
        return self.squash == "tanh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How a recurrent part of torch computes its next state."""

    gates: tuple[Gate, ...] = ()  # in the order in which torch stacks their weights
    equation: str  # of the next state, LaTeX
    meaning: str
    in_words: str = ""  # how the gates make the next state, beside their choice on a page
    keeper: str = ""  # the gate that says how much of the old memory stays


RNN = Cell(
    equation=r"h' = \tanh(W_{ih}\,x + b_{ih} + W_{hh}\,h + b_{hh})",
    meaning="one layer that reads the word and the state",
)
IRNN = Cell(
    equation=r"h' = \mathrm{relu}(W_{ih}\,x + b_{ih} + W_{hh}\,h + b_{hh})",
    meaning="one layer that reads the word and the state, and cuts off what is below zero",
)
GRU = Cell(
    gates=(
        Gate(
            name="reset",
            title="reset gate",
            letter="r",
            squash="sigmoid",
            equation=r"r = \sigma(W_{ir}\,x + b_{ir} + W_{hr}\,h + b_{hr})",
            meaning="how much of the matrix times the old state goes into the candidate",
        ),
        Gate(
            name="update",
            title="update gate",
            letter="z",
            squash="sigmoid",
            equation=r"z = \sigma(W_{iz}\,x + b_{iz} + W_{hz}\,h + b_{hz})",
            meaning="how much of each unit is kept as it was",
        ),
        Gate(
            name="candidate",
            title="candidate",
            letter="n",
            squash="tanh",
            equation=r"n = \tanh(W_{in}\,x + b_{in} + r \odot (W_{hn}\,h + b_{hn}))",
            meaning="what each unit would be if nothing were kept",
        ),
    ),
    equation=r"h' = (1 - z) \odot n + z \odot h",
    meaning="the mix of both",
    in_words="A unit's new state is (1 \N{MINUS SIGN} update) · candidate + update · old. "
    "The reset gate acts after the matrix: it sets how much of W times the old state goes into the "
    "candidate.",
    keeper="update",
)
LSTM = Cell(
    gates=(
        Gate(
            name="input",
            title="input gate",
            letter="i",
            squash="sigmoid",
            equation=r"i = \sigma(W_{ii}\,x + b_{ii} + W_{hi}\,h + b_{hi})",
            meaning="how much of the candidate is added to each unit's cell",
        ),
        Gate(
            name="forget",
            title="forget gate",
            letter="f",
            squash="sigmoid",
            equation=r"f = \sigma(W_{if}\,x + b_{if} + W_{hf}\,h + b_{hf})",
            meaning="how much of each unit's cell is kept: 1 keeps all of it",
        ),
        Gate(
            name="candidate",
            title="candidate",
            letter="g",
            squash="tanh",
            equation=r"g = \tanh(W_{ig}\,x + b_{ig} + W_{hg}\,h + b_{hg})",
            meaning="what could be added to each unit's cell",
        ),
        Gate(
            name="output",
            title="output gate",
            letter="o",
            squash="sigmoid",
            equation=r"o = \sigma(W_{io}\,x + b_{io} + W_{ho}\,h + b_{ho})",
            meaning="how much of each unit's cell the state shows",
        ),
    ),
    equation=r"\begin{aligned} c' &= f \odot c + i \odot g \\ h' &= o \odot \tanh(c') "
    r"\end{aligned}",
    meaning="the cell c is updated, and the state h is what the output gate lets through",
    in_words="A unit's new cell is forget · old cell + input · candidate. Its new state is "
    "output · tanh(new cell).",
    keeper="forget",
)
