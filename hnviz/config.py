"""The settings of a run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import isfinite
from numbers import Integral, Real
from typing import Any

from hnviz.models.catalogue import CATALOGUE, entry, recipe_for

CHOICES: dict[str, tuple[str, ...]] = {
    "model": tuple(CATALOGUE),
    "bn_init": ("ones", "uniform"),
    "reset_state": ("never", "train", "valid", "both"),
    "device": ("auto", "cpu", "cuda", "mps"),
    "form": ("plain", "fast"),
    "split": ("notebook", "blocks"),
}
"""The allowed values of fields that hold a word."""

LIMITS: dict[str, tuple[int, int]] = {
    "bs": (1, 4096),
    "bptt": (1, 4096),
    "nh": (1, 2048),
    "epochs": (1, 1000),
    "seed": (0, 2**32 - 1),
}
"""The smallest and largest value of each whole number. With the upper bounds, a mistyped digit does
not use all the memory of a machine that a class shares."""

OF_ONE_LANE = ("lr", "epochs", "pct_start", "seed", "bn_init", "form")
"""The settings in which runs that train as one program may differ (`hnviz.learn.lanes`)."""


def choices_of(field: str) -> tuple[str, ...]:
    """Return the allowed words of a field. A user's own models join those of "model" later."""
    return tuple(CATALOGUE) if field == "model" else CHOICES[field]


class ConfigError(ValueError):
    """An invalid setting; `field` names it, so that a page can show the message beside it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """All settings of a run. The defaults are Model5's recipe."""

    model: str = "Model5"
    bptt: int = 20  # tokens read per row and step
    lr: float = 1e-2  # peak of the one-cycle schedule
    epochs: int = 10
    seed: int = 0
    bs: int = 64  # rows read side by side
    nh: int = 64  # hidden units per layer
    pct_start: float = 0.3  # share of all steps in which lr rises
    bn_init: str = "ones"  # batch norm's initial weights: 1, or U(0, 1) as in torch before 1.2
    reset_state: str = "never"  # where the carried state is reset to zeros
    device: str = "auto"  # auto: the faster of cpu and cuda, as hnviz.estimate decides
    form: str = "plain"  # "fast" runs Model2 and Model3 vectorised over time
    corpus: str = "human_numbers"  # an id; older configs have no such field and mean this one
    split: str = "notebook"  # which numbers valid holds: see `hnviz.data.numbers`

    def __post_init__(self) -> None:
        for field, message in problems(asdict(self)).items():
            raise ConfigError(field, message)

    @classmethod
    def for_model(cls, model: str, *, same: bool = False, **options: Any) -> "RunConfig":
        """Fill in a model's recipe where an option is missing or None.

        With `same`, use the recipe that all models share. Raises ConfigError.
        """
        if model not in CATALOGUE:
            raise ConfigError("model", problems({"model": model})["model"])
        recipe = asdict(recipe_for(model, same=same))
        given = {name: value for name, value in options.items() if value is not None}
        return cls(model=model, **{**recipe, **given})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RunConfig":
        """Read a config from JSON. Raises ConfigError, also for an unknown field."""
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                later = "a later hnviz may have written it"
                raise ConfigError(name, f"no setting is named {name!r:.60}: {later}")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields in a form that JSON can hold."""
        return asdict(self)

    @property
    def shape(self) -> dict[str, Any]:
        """All settings but OF_ONE_LANE: runs of one shape can train as one program."""
        return {name: value for name, value in asdict(self).items() if name not in OF_ONE_LANE}


def problems(values: Mapping[str, Any]) -> dict[str, str]:
    """Return a sentence for each invalid field: what was wanted, and what came.

    Fields that are not in `values` are not checked.
    """
    found = {}
    for name, value in values.items():
        if name == "corpus":
            message = _corpus(value)
        elif name in CHOICES:
            message = _choice(name, value)
        elif name in LIMITS:
            message = _whole_number(name, value)
        else:
            message = _real_number(name, value)
        if message:
            found[name] = message
    usable = {name: value for name, value in values.items() if name not in found}
    if usable.keys() >= {"corpus", "split"} and (message := _way(usable)):
        found["split"] = message
    if usable.keys() >= {"model", "bptt"} and (message := _longest_window(usable)):
        found["bptt"] = message
    if usable.keys() >= {"model", "bptt", "bs"} and (message := _enough_to_normalise(usable)):
        found["bs"] = message
    return found


def _longest_window(values: Mapping[str, Any]) -> str | None:
    net, bptt = entry(values["model"]), values["bptt"]
    longest = net.max_bptt
    if longest is None or bptt <= longest:
        return None
    wanted = f"so bptt must be at most {longest}; got {bptt}"
    if net.attends:
        return f"{net.name} learns {longest} positions in the window, {wanted}."
    return f"{net.name} reads {longest} tokens, {wanted}. Model1 is the same network for any bptt."


def _enough_to_normalise(values: Mapping[str, Any]) -> str | None:
    """Batch norm divides by the spread of a unit's values, and a single value has no spread."""
    model, bs, bptt = values["model"], values["bs"], values["bptt"]
    if bs > 1 or entry(model).norm != "bn" or (entry(model).norm_over == "slots" and bptt > 1):
        return None
    reason = f"{model}'s batch norm compares the rows of a step"
    if entry(model).norm_over == "slots":
        reason = f"with bptt 1, {model}'s batch norm compares only the rows"
    return f"bs must be at least 2, got {bs}: {reason}, and cannot learn from one"


def _choice(name: str, value: Any) -> str | None:
    allowed = choices_of(name)
    if value in allowed:
        return None
    choices = ", ".join(allowed)
    if name == "model":
        return f"no model named {value!r:.60}; choose one of {choices}"
    return f"{name} must be one of {choices}; got {value!r:.60}"


def _corpus(value: Any) -> str | None:
    from hnviz.data.corpora import CorpusError, corpus  # needs numpy, which slows startup

    try:
        corpus(value)
    except CorpusError as error:
        return str(error)
    return None


def _way(values: Mapping[str, Any]) -> str | None:
    from hnviz.data.corpora import corpus

    return corpus(values["corpus"]).way_problem(values["split"])


def _whole_number(name: str, value: Any) -> str | None:
    low, high = LIMITS[name]
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if is_whole and low <= value <= high:
        return None
    bound = f"at least {low}" if not is_whole or value < low else f"at most {high}"
    return f"{name} must be a whole number of {bound}; got {value!r:.60}"


def _is_finite(value: Any) -> bool:
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:  # a whole number too large for a float
        return False


def _real_number(name: str, value: Any) -> str | None:
    is_number = _is_finite(value)
    if name == "pct_start":
        if is_number and 0 < value < 1:
            return None
        return f"pct_start must be a number between 0 and 1; got {value!r:.60}"
    if is_number and value > 0:
        return None
    return f"{name} must be a finite number above 0; got {value!r:.60}"
