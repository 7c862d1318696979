"""The questions of hnviz.observe and their parameters, known without loading torch.

A test compares this table with hnviz.observe.QUESTIONS. Only kinds are checked here; the engine
checks ranges, which depend on the model. A parameter with the default None may be left out.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hnviz.data import KINDS
from hnviz.data.stream import SPLITS
from hnviz.questions.params import Param


class Question(NamedTuple):
    """One question: its parameters, and whether it reads a split, which may take a second."""

    params: Mapping[str, Param]
    slow: bool = False
    measures: bool = False  # seconds of this computer, so its answers are for now and here
    version: int = 1
    """Of the code that answers: raise it with any change of what it answers, then run
    ``python -m hnviz ship --answers``. The package's answers of another version are not used."""


_INT, _FLOAT, _BOOL, _IDS = (Param(kind, None) for kind in ("int", "float", "bool", "ints"))
_SPLIT = Param(SPLITS, None)
_SHOW = Param("text", None)  # "state" or a gate, which depends on the model
_NEEDED, _NEEDED_IDS = Param("int"), Param("ints")

_STRETCH = {"ids": _IDS, "split": _SPLIT, "first": _INT, "n": _INT, "layer": _INT}
_PLACE = {"split": _SPLIT, "batch": _INT}
_UNITS = {"units": _IDS, "value": _FLOAT, "hold": _BOOL}
_CHANGE = {"ids": _NEEDED_IDS, "other": _IDS, "layer": _INT, **_UNITS}

QUESTIONS: dict[str, Question] = {
    "accuracy_by_position": Question({"split": _SPLIT, "reset": _BOOL}, slow=True),
    "attention": Question({"ids": _NEEDED_IDS}),
    "backward_costs": Question({"bptt": _INT}, slow=True, measures=True),
    "cell": Question({**_PLACE, "row": _INT, "layer": _INT, "unit": _INT}),
    "count_on": Question({"number": _NEEDED, "given": _INT, "n": _INT}),
    "counted_number": Question({"number": _NEEDED, "given": _INT}),
    "counting_accuracy": Question({"given": _INT}, slow=True),
    "cursor": Question(_PLACE),
    "find": Question(
        {**_STRETCH, "start": _INT, "length": _INT, "threshold": _FLOAT, "edges": _BOOL},
        slow=True,
    ),
    "handover": Question({}, slow=True),
    "look_back": Question({"ids": _NEEDED_IDS, "row": _INT}),
    "next_word": Question(
        {"ids": _NEEDED_IDS, "n": _INT, "temperature": _FLOAT, "top_k": _INT, "seed": _INT}
    ),
    "pair": Question(_PLACE),
    "pinned": Question({"line": _INT, "tensor": _INT}),
    "probe": Question(
        {"layer": _INT, "positions": Param(("due", "comma", "all"), None)}, slow=True
    ),
    "second_backward": Question({}),
    "state_gradients": Question({"first": _INT, "every": _BOOL}),
    "state_path": Question({"layer": _INT, "first": _INT, "last": _INT}, slow=True),
    "surgery": Question({**_CHANGE, "n": _INT}),
    "surgery_claims": Question(_CHANGE, slow=True),
    "undetached": Question({}, slow=True, measures=True),
    "unit_codes": Question({"layer": _INT}, slow=True),
    "unit_order": Question({**_STRETCH, "show": _SHOW}),
    "units": Question({**_STRETCH, "show": _SHOW}),
    "worst_places": Question({"split": _SPLIT, "kind": Param(KINDS, None), "top": _INT}, slow=True),
}
