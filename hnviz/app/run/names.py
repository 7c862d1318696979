"""How runs are named: by the model and what differs from its recipe, then by the time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

from hnviz.config import RunConfig
from hnviz.data import corpus_of
from hnviz.figures.sentences import plural, scientific
from hnviz.figures.split_words import split_words
from hnviz.tasks.reach import is_task
from hnviz.tasks.task import task_stream

_RESET = {"train": "train", "valid": "valid", "both": "train and valid"}


@dataclass(frozen=True, slots=True)
class Named:
    """What a run's label is made of."""

    id: str
    config: RunConfig | None = None  # None: it cannot be read
    created: float = 0.0  # seconds since 1970
    shipped: bool = False
    whose: str = ""  # in a class: "student 7" or "yours"
    given: str = ""  # the name that its user gave it
    problem: str = "damaged"  # why it cannot be read


@lru_cache(maxsize=1024)  # a page names up to 50 runs each time its script runs
def run_name(config: RunConfig, *, shipped: bool = False) -> str:
    """Name a run by its model and each setting that is not the recipe's: "Model5, seed 1".

    Two configs never have the same name. All pre-trained runs were trained on the CPU.
    """
    usual = asdict(RunConfig.for_model(config.model))
    if shipped:
        usual["device"] = config.device
    changed = [name for name, value in asdict(config).items() if value != usual[name]]
    return ", ".join([config.called, *(_said(config, name) for name in changed)])


def shown_name(config: RunConfig, given: str = "", shipped: bool = False) -> str:
    """Name a run as its user does, or else by its settings."""
    return given or run_name(config, shipped=shipped)


def _said(config: RunConfig, name: str) -> str:
    value = getattr(config, name)
    match name:
        case "lr":
            return f"lr {rate(value)}"
        case "epochs":
            return plural(value, "epoch")
        case "pct_start":
            return f"warm-up {100 * value:.6g} %"
        case "bn_init":
            return "batch norm from 0 to 1"
        case "reset_state":
            return f"state reset before {_RESET[value]}"
        case "device":
            return f"on {value}"
        case "form":
            return f"{value} form"
        case "corpus":
            return task_stream(value).title if is_task(value) else corpus_of(config).title
        case "split":
            return split_words(config).note
    return f"{name} {value}"


def rate(lr: float) -> str:
    """Write a learning rate with all its digits: 1.0e-2, 1.25e-2, 1,000."""
    short = scientific(lr)
    return short if lr < 1 and float(short) == lr else f"{lr:,.15g}"


def labels(runs: Sequence[Named], zone: tzinfo, now: float) -> dict[str, str]:
    """Return a label for each run's id; no two look alike."""
    today = datetime.fromtimestamp(now, zone)
    said = {run.id: _label(run, today, "%H:%M") for run in runs}
    count = Counter(said.values())
    said |= {run.id: _label(run, today, "%H:%M:%S") for run in runs if count[said[run.id]] > 1}
    count = Counter(said.values())
    return {run: label if count[label] == 1 else f"{label}, {run}" for run, label in said.items()}


def _label(run: Named, today: datetime, clock: str) -> str:
    if run.config is None:
        return f"{run.id}, {run.problem}"
    if run.shipped:
        return f"{run_name(run.config, shipped=True)}, pre-trained"
    at = datetime.fromtimestamp(run.created, today.tzinfo)
    day = f"{at.day} {at:%b}" if at.year == today.year else f"{at.day} {at:%b %Y}"
    day = "today" if at.date() == today.date() else day
    whose = run.whose and f" · {run.whose}"
    return f"{shown_name(run.config, run.given)}{whose}, {day} {at.strftime(clock)}"
