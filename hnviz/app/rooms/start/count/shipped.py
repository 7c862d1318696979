"""What the first page opens with, measured once and kept.

The question "counting_accuracy" takes seconds on a busy machine, and loading torch takes two. The
first page must not wait for either. A test measures all of this again.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Shares(NamedTuple):
    """Shares of whole numbers that are right."""

    train: float
    valid: float


SHARES = {
    "Model0": Shares(0.00025, 0.0),
    "Model1": Shares(0.00025, 0.0),
    "Model2": Shares(0.000125, 0.0),
    "Model3": Shares(0.305951, 0.0),
    "Model4": Shares(0.664791, 0.0005),
    "Model5": Shares(0.993498, 0.06053),
    "LSTM": Shares(0.99875, 0.072536),
    "Model3BN": Shares(0.919355, 0.0005),
    "Transformer": Shares(0.835459, 0.350675),
    "Model5Reg": Shares(0.988872, 0.069535),
    "IRNN": Shares(0.946737, 0.076038),
    "Model3Tanh": Shares(0.230183, 0.005503),
    "Model5-blocks": Shares(0.993373, 0.9785),
}
"""By run, at its last snapshot."""


@cache
def counted(run_id: str) -> Mapping[str, Mapping[str, Any]]:
    """Return what a pre-trained network's last snapshot says, by the number after which it counts.

    Each is an answer to the question "count_on". Only the numbers that the page offers are here,
    and only of the run with which it opens; of the others there are none.
    """
    kept = files("hnviz.app.rooms.start.count").joinpath("counted.json").read_text()
    found: Mapping[str, Mapping[str, Any]] = json.loads(kept).get(run_id, {})
    return found
