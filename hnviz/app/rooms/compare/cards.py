"""Comparisons that are ready: each is a question, and the runs that answer it."""

from dataclasses import dataclass
from typing import Any

from hnviz.catalogue import CATALOGUE
from hnviz.config import CHOICES

BPTTS = (3, 20, 70)
SHOWN_MODEL = "Model5"  # whose bptt and batch norm are changed


@dataclass(frozen=True, slots=True)
class Card:
    """One comparison. `runs` are the bodies of POST /api/runs."""

    title: str
    question: str
    runs: tuple[dict[str, Any], ...]


CARDS: dict[str, Card] = {
    "loop": Card(
        "Batch norm inside or outside the loop",
        "Does it help to normalise the state itself, at every token? Both with Model3's recipe.",
        ({"model": "Model3"}, {"model": "Model3BN", "same": True}),
    ),
    "state": Card(
        "Reset or keep the state",
        "Zeros before each mini-batch (Model2), before each pass (Model3), or never (Model3). "
        "Where it is kept, its history is always detached.",
        (
            {"model": "Model2", "same": True},
            {"model": "Model3", "reset_state": "both"},
            {"model": "Model3"},
        ),
    ),
    "norm": Card(
        "Ones or uniform batch norm",
        "Does it matter where batch norm's weights start: at 1, or drawn from 0 to 1 as in 2019?",
        tuple({"model": SHOWN_MODEL, "bn_init": start} for start in CHOICES["bn_init"]),
    ),
    "bptt": Card(
        f"bptt {BPTTS[0]}, {BPTTS[1]} or {BPTTS[2]}",
        "How far must gradients reach back before the network can count?",
        tuple({"model": SHOWN_MODEL, "bptt": bptt} for bptt in BPTTS),
    ),
    "ladder": Card(
        "The fair ladder",
        "All models with one recipe, Model3's: what is due to the network alone?",
        tuple({"model": model, "same": True} for model in CATALOGUE),
    ),
}
"""Each card by its name."""
