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
from hnviz.lessons.panel import page_path


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
        below = page_path(self.page)
        return f"{below}?{urlencode(self.params)}" if self.params else below


_BATCHES = {"feed_part": "Batches"}
_SPLIT = {**_BATCHES, "batches_split": "train"}
_MEMORY = {**_BATCHES, "batches_memory": "true"}
_WHOLE = {"states_view": "What the whole state shows"}
_EPOCHS = {"train_view": "By epoch"}
_MAP = {"count_part": "Counting map"}
_RUNS = {"train_part": "Compare runs"}
_SURPRISING = {"machine_text": "4316 to 4318", "machine_word": "4"}

GLOSSARY: dict[str, Seen] = {
    "token": Seen("feed", "data_guess"),
    "id": Seen("feed", "data_guess", spelt=("id",)),
    "vocabulary": Seen("feed", "data_guess", {"data_vocabulary": "true"}),
    "xxbos": Seen("feed", "data_guess"),
    "xxunk": Seen("feed", "data_guess"),
    "train": Seen(
        *("feed", "batches_grid", _SPLIT),
        ("on train", "of train", "train and valid", "train to valid", "train text"),
    ),
    "valid": Seen("feed", "batches_grid", {**_BATCHES, "batches_split": "valid"}),
    "bs, rows": Seen("feed", "batches_grid", _BATCHES, spelt=("bs",)),
    "bptt, steps": Seen("feed", "batches_grid", _BATCHES, spelt=("bptt",)),
    "mini-batch": Seen("feed", "batches_grid", _BATCHES),
    "target": Seen("feed", "batches_grid", {**_BATCHES, "cell": "0-1-4"}),
    "slot": Seen("feed", "batches_grid", _BATCHES),
    "epoch": Seen("train", "train_curves"),
    "training step": Seen("train", "train_curves"),
    "lr": Seen("train", "train_schedule", _EPOCHS, ("lr", "learning rate")),
    "recipe": Seen("build", "models_cursor", {"models_shares": "true"}),
    "seed": Seen("train", "compare_curves", _RUNS, spelt=("seed", "seeds")),
    "snapshot": Seen("remember", "states_bar"),
    "run": Seen("train", "compare_runs", _RUNS, spelt=("a run", "the run", "this run", "each run")),
    "pre-trained": Seen("train", "compare_runs", _RUNS),
    "hidden state": Seen("remember", "states_picture"),
    "unit": Seen("remember", "states_picture"),
    "batch norm": Seen("build", "models_cursor", {"models_model": "Model2"}),
    "gate": Seen("remember", "states_picture", {"states_show": "update"}),
    "attention": Seen("start", "start_reading", {"run": "Transformer"}),
    "dropout": Seen("build", "models_cursor", {"models_model": "Model5Reg"}),
    "logits": Seen("build", "models_cursor", {"models_model": "Model0"}),
    "loss": Seen("train", "train_curves"),
    "perplexity": Seen("train", "train_curves"),
    "bits per character": Seen("train", "compare_curves", _RUNS),
    "best loss": Seen("feed", "batches_reach", _MEMORY, ("least loss",)),
    "surprise": Seen("start", "start_reading", _SURPRISING),
    "accuracy": Seen("train", "train_inside"),
    "running figure": Seen("train", "train_curves"),
    "gradient": Seen("learn_back", "time_lanes"),
    "one-cycle": Seen("train", "train_schedule", _EPOCHS),
    "truncated backpropagation through time": Seen("learn_back", "time_lanes"),
    "detach": Seen("learn_back", "time_lanes", {"time_between": "detach"}),
    "vanishing gradient": Seen("learn_back", "time_lanes", {"time_between": "untrained"}),
    "generalisation": Seen("start", "map_picture", {**_MAP, "run": "Model5-blocks"}),
    "extrapolation": Seen("start", "map_picture", _MAP),
    "memory ruler, bound": Seen("feed", "batches_reach", _MEMORY, ("memory ruler",)),
    "position in the number": Seen("remember", "states_picture"),
    "linear probe": Seen("remember", "states_probes", _WHOLE),
    "temperature": Seen("start", "start_reading", {"machine_temperature": "1"}),
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
