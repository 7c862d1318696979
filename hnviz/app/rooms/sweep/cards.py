"""The sweep that is ready: its map fills before a class in under a minute; and the form's start."""

from typing import Any

CARD: dict[str, Any] = {
    "name": "lr by bptt of Model1, 4 \N{MULTIPLICATION SIGN} 4",
    "fixed": {"model": "Model1", "epochs": 2},
    "grid": {"bptt": [3, 10, 20, 70], "lr": [1e-3, 1e-2, 1e-1, 1.0]},
}
"""The body of POST /api/sweeps."""

GIVEN = (
    {name: str(value) for name, value in CARD["fixed"].items()}
    | {name: ", ".join(f"{value:g}" for value in values) for name, values in CARD["grid"].items()}
    | {"seed": "0"}
)
"""The first values of the form, by setting: those of the card. The other fields are in its fold."""

QUESTION = "How large may the steps be, and how far must gradients reach back, for 2 epochs?"
