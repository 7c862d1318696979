"""A small corpus, and short runs on it."""

from dataclasses import fields
from typing import Any

from hnviz.config import RunConfig
from hnviz.data import Texts, TokenStream, number_words
from hnviz.events import Event


def small_stream() -> TokenStream:
    """1..60 to learn from and 61..75 to be judged on: 156 and 44 tokens."""
    numbers = [number_words(number) for number in range(1, 76)]
    return TokenStream.from_texts(Texts(", ".join(numbers[:60]), ", ".join(numbers[60:])))


def small_config(model: str, **options: Any) -> RunConfig:
    """A run of a few steps an epoch: 4 mini-batches, and 13 for Model0's three tokens."""
    given = {"bs": 4, "nh": 6, "epochs": 3, "lr": 0.02, "bptt": None, **options}
    if given["bptt"] is None:
        given["bptt"] = 3 if model == "Model0" else 10
    return RunConfig.for_model(model, **given)


def figures(event: Event) -> dict[str, Any]:
    """An event less what the clock says."""
    names = {field.name for field in fields(event)} - {"time", "seconds"}
    return {"event": event.kind, **{name: getattr(event, name) for name in names}}
