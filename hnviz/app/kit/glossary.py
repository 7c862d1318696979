"""Where each term of hnviz.figures.terms can be seen: a page, its settings, and the picture there.

The Words page lists all; `terms` on a page marks those that the page uses (kit/terms).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlencode

from hnviz.app.kit.component import publish
from hnviz.figures.terms import TERMS


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a term can be seen. `spelt` is how a page writes it, if not as its name."""

    page: str  # the page's file, as hnviz.app.shell.navigation names it
    picture: str  # the key of its mount
    params: Mapping[str, str] = field(default_factory=dict)
    spelt: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The address below the app's own."""
        return f"{self.page}?{urlencode(self.params)}" if self.params else self.page


_SPLIT = {"batches_split": "train"}
_EPOCHS = {"train_view": "By epoch"}
_MAP = {"predictions_view": "Counting map"}
_LOOP = {"models_model": "Model2"}

GLOSSARY: dict[str, Seen] = {
    "token": Seen("data", "data_guess"),
    "id": Seen("data", "data_guess", spelt=("id",)),
    "vocabulary": Seen("data", "data_guess", {"data_vocabulary": "true"}),
    "xxbos": Seen("data", "data_guess"),
    "xxunk": Seen("data", "data_guess"),
    "train": Seen(
        *("batches", "batches_grid", _SPLIT),
        ("on train", "of train", "train and valid", "train to valid", "train text"),
    ),
    "valid": Seen("batches", "batches_grid", {"batches_split": "valid"}),
    "bs, rows": Seen("batches", "batches_grid", spelt=("bs",)),
    "bptt, steps": Seen("batches", "batches_grid", spelt=("bptt",)),
    "mini-batch": Seen("batches", "batches_grid"),
    "target": Seen("batches", "batches_grid", {"cell": "0-1-4"}),
    "slot": Seen("batches", "batches_grid"),
    "epoch": Seen("train", "train_epoch_table", _EPOCHS),
    "training step": Seen("train", "train_curves"),
    "lr": Seen("train", "train_schedule", _EPOCHS, ("lr", "learning rate")),
    "recipe": Seen("models", "models_cursor", {"models_shares": "true"}),
    "seed": Seen("compare", "compare_curves", spelt=("seed", "seeds")),
    "snapshot": Seen("states", "states_strip"),
    "run": Seen("train", "train_runs", spelt=("a run", "the run", "this run", "each run")),
    "pre-trained": Seen("train", "train_runs"),
    "hidden state": Seen("states", "states_picture"),
    "unit": Seen("states", "states_codes", {"states_view": "What each unit codes"}),
    "batch norm": Seen("models", "models_cursor", _LOOP),
    "gate": Seen("states", "states_picture", {"states_show": "update"}),
    "attention": Seen("predictions", "predictions_attention", {"run": "Transformer"}),
    "dropout": Seen("models", "models_cursor", {"models_model": "Model5Reg"}),
    "logits": Seen("models", "models_cursor", {"models_model": "Model0"}),
    "loss": Seen("train", "train_curves"),
    "perplexity": Seen("train", "train_curves"),
    "bits per character": Seen("compare", "compare_curves"),
    "best loss": Seen("batches", "batches_reach", {"batches_memory": "true"}, ("least loss",)),
    "surprise": Seen("predictions", "predictions_reading"),
    "accuracy": Seen("train", "train_inside"),
    "running figure": Seen("train", "train_epoch_table", _EPOCHS),
    "gradient": Seen("time", "time_lanes"),
    "one-cycle": Seen("train", "train_schedule", _EPOCHS),
    "truncated backpropagation through time": Seen("time", "time_lanes"),
    "detach": Seen("time", "time_lanes", {"time_between": "detach"}),
    "vanishing gradient": Seen("time", "time_reach"),
    "generalisation": Seen("predictions", "map_picture", {**_MAP, "run": "Model5-blocks"}),
    "extrapolation": Seen("predictions", "map_picture", _MAP),
    "memory ruler, bound": Seen(
        "batches", "batches_reach", {"batches_memory": "true"}, ("memory ruler",)
    ),
    "position in the number": Seen(
        "states", "states_codes", {"states_view": "What each unit codes"}
    ),
    "linear probe": Seen("states", "states_probes", {"states_view": "What the whole state shows"}),
    "temperature": Seen("predictions", "predictions_saying", {"predictions_temperature": "1"}),
}
"""Every term of TERMS."""


@cache
def published(titles: tuple[tuple[str, str], ...]) -> str:
    """Return the address of the glossary for the browser; `titles` are those of the pages.

    A list of {name, meaning, spelt, title, address}, in the order of TERMS.
    """
    named = dict(titles)
    listed = [
        {
            "name": name,
            "meaning": meaning,
            "spelt": GLOSSARY[name].spelt or (name,),
            "title": named[GLOSSARY[name].page],
            "address": GLOSSARY[name].address,
        }
        for name, meaning in TERMS.items()
    ]
    return publish(json.dumps(listed).encode(), ".json")
