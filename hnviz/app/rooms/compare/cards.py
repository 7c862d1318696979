"""Comparisons that are ready: each is a question, and the runs that answer it."""

from dataclasses import dataclass
from typing import Any

from hnviz.config import CHOICES
from hnviz.models.catalogue import BUILT_IN

BPTTS = (3, 20, 70)
SHOWN_MODEL = "Model5"  # whose bptt and batch norm are changed


@dataclass(frozen=True, slots=True)
class Card:
    """One comparison. `runs` are the bodies of POST /api/runs."""

    title: str
    question: str
    runs: tuple[dict[str, Any], ...]
    measured: str = ""  # a view of a pre-trained run, "<run>/last/<view>", whose sentence is added


CARDS: dict[str, Card] = {
    "loop": Card(
        "Batch norm inside or outside the loop",
        "Does it help to normalise the state itself, at every token? Both with Model3's recipe.",
        ({"model": "Model3"}, {"model": "Model3BN", "same": True}),
    ),
    "state": Card(
        "Reset, keep, detach",
        "Zeros before each mini-batch (Model2), or the state kept and its history detached "
        "(Model3)? And what does it cost to keep that history too?",
        ({"model": "Model2", "same": True}, {"model": "Model3"}),
        measured="Model3/last/without_detach",
    ),
    "relu": Card(
        "relu or tanh",
        "Is a carried state better with a bound? relu has none above, tanh keeps each unit between "
        "-1 and 1. Both with Model3's recipe.",
        ({"model": "Model3"}, {"model": "Model3Tanh", "same": True}),
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
        tuple({"model": model, "same": True} for model in BUILT_IN),
    ),
}
"""Each card by its name."""
