"""The sweep that is ready: its map fills in front of a class in less than a minute."""

from typing import Any

CARD: dict[str, Any] = {
    "name": "lr by bptt of Model1, 4 \N{MULTIPLICATION SIGN} 4",
    "fixed": {"model": "Model1", "epochs": 2},
    "grid": {"bptt": [3, 10, 20, 70], "lr": [1e-3, 1e-2, 1e-1, 1.0]},
}
"""The body of POST /api/sweeps."""

QUESTION = "How large may the steps be, and how far must gradients reach back, for 2 epochs?"
