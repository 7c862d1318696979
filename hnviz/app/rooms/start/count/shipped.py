"""How often each pre-trained network counts on correctly, measured once and kept.

The question "counting_accuracy" takes seconds on a busy machine, and the first sentence of the
first page must not wait for it. A test measures all of them again.
"""

from typing import NamedTuple


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
    "Model5-blocks": Shares(0.993373, 0.9785),
}
"""By run, at its last snapshot."""
