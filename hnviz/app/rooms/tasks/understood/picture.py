"""A network for parity, understood to the last weight: its weights, and its state bit by bit."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.tasks.parity import AFTER_ONE, AFTER_ZERO, LENGTH, Network, parity_network


@cache
def _settings() -> Mapping[str, Any]:
    """Return the weights and what each is worth: some 3 kB."""
    network = parity_network()
    return {
        "parts": {part.name: getattr(network, part.name).tolist() for part in fields(Network)},
        "weights": [list(weight) for weight in network.weights],
        "plane": [AFTER_ZERO, AFTER_ONE],
        "answers": 2 ** (LENGTH + 1) - 2,  # one to each input of 1 to LENGTH bits
    }


EXAMPLES = {"ready": Example(settings=_settings), "long": Example(settings=_settings)}

UNDERSTOOD = Picture(
    __file__, Place("tasks_understood", "440px", "670px"), silent=True, examples=EXAMPLES
)


def understood_network() -> None:
    """Draw it."""
    UNDERSTOOD(settings=_settings())
