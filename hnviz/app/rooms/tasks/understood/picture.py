"""A network for parity, understood to the last weight: its graph, and the path of its state."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.tasks.parity import AFTER_ONE, AFTER_ZERO, LENGTH, Network, parity_network


@cache
def _settings() -> Mapping[str, Any]:
    """Return the weights, what each is worth, and the regions of the state: some 3 kB."""
    network = parity_network()
    regions = [
        [each.odd, each.bit, *([*low, *high] for low, high in [_on_the_plane(region)])]
        for each, region in network.regions().items()
    ]
    return {
        "parts": {part.name: getattr(network, part.name).tolist() for part in fields(Network)},
        "weights": [list(weight) for weight in network.weights],
        "regions": regions,
        "plane": [AFTER_ZERO, AFTER_ONE],
        "length": LENGTH,
    }


def _on_the_plane(region: Any) -> tuple[list[float], list[float]]:
    shown = [AFTER_ZERO, AFTER_ONE]
    low, high = (each[shown].round(4).tolist() for each in region)
    return low, high


EXAMPLES = {"ready": Example(settings=_settings), "long": Example(settings=_settings)}

UNDERSTOOD = Picture(
    __file__, Place("tasks_understood", "620px", "1120px"), silent=True, examples=EXAMPLES
)


def understood_network() -> None:
    """Draw it."""
    UNDERSTOOD(settings=_settings())
