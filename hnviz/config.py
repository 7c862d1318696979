"""The settings of a run, each declared once: commands, the web API, forms and plans read it here.

docs/settings.md shows how to add one.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any, Literal

from hnviz.models.catalogue import CATALOGUE, called, entry, is_known, recipe_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is true of one setting of a run, whatever its value.

    Upper bounds keep a mistyped digit from using all the memory of a machine that a class shares.
    """

    kind: Literal["word", "whole", "real", "power"]  # power: a real that forms show as 1.0e-2
    meaning: str  # what a table calls it
    label: str  # of its field in a form
    help: str = ""  # a sentence or two, for forms and commands
    words: tuple[str, ...] = ()  # the allowed ones
    low: float = 0  # the smallest whole number; a real is above it
    closed: bool = False  # whether a real may be `low` itself
    high: float = inf  # the largest whole number; a real is below it
    first: bool = False  # whether a first run needs it; forms put others under "More settings"
    of_lane: bool = False  # whether runs that train as one program (`hnviz.learn.lanes`) may differ
    added: bool = False  # after version 0.5: see `RunConfig.added`


def _word(default: str, words: tuple[str, ...], **said: Any) -> Any:
    return _declared(default, Setting(kind="word", words=words, **said))


def _whole(default: int, low: int, high: int, **said: Any) -> Any:
    return _declared(default, Setting(kind="whole", low=low, high=high, **said))


def _real(default: float, **said: Any) -> Any:
    return _declared(default, Setting(**{"kind": "real", **said}))


def _declared(default: Any, setting: Setting) -> Any:
    return field(default=default, metadata={"setting": setting})


class ConfigError(ValueError):
    """An invalid setting; `field` names it, so that a page can show the message beside it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """All settings of a run. The defaults are Model5's recipe."""

    model: str = _word("Model5", (), meaning="model", label="Model", first=True)
    bptt: int = _whole(
        20,
        low=1,
        high=4096,
        meaning="tokens per row (bptt)",
        label="bptt, steps",
        help="Tokens that each row reads in one mini-batch. Gradients reach back no further.",
    )
    lr: float = _real(
        1e-2,
        kind="power",
        meaning="highest learning rate (lr)",
        label="lr, highest",
        help="The top of the one-cycle schedule: lr rises to it, then falls to almost zero.",
        first=True,
        of_lane=True,
    )
    epochs: int = _whole(
        10,
        low=1,
        high=1000,
        meaning="epochs",
        label="Epochs",
        help="Passes over train, 50,079 tokens; with blocks held out, 50,829.",
        first=True,
        of_lane=True,
    )
    seed: int = _whole(
        0,
        low=0,
        high=2**32 - 1,
        meaning="seed",
        label="Seed",
        help="It decides the first weights: with the same seed, the same run comes out again.",
        of_lane=True,
    )
    bs: int = _whole(
        64,
        low=1,
        high=4096,
        meaning="rows of a mini-batch (bs)",
        label="bs, rows",
        help="How many rows the network reads side by side.",
    )
    nh: int = _whole(
        64,
        low=1,
        high=2048,
        meaning="hidden units per layer (nh)",
        label="nh, units",
        help="Units of hidden state in each layer.",
    )
    pct_start: float = _real(
        0.3,
        high=1,
        meaning="share of steps in which lr rises",
        label="Warm-up share",
        help="The share of all steps in which lr rises to its peak: 0.3 in the recipes, 0.1 in "
        "Model2's. In the other steps it falls.",
        of_lane=True,
    )
    bn_init: str = _word(
        "ones",
        ("ones", "uniform"),
        meaning="batch norm starts at",
        label="Batch norm init",
        help="torch before 1.2 drew batch norm's first weights from 0 to 1, as in the notebook; "
        "newer versions start at 1.",
        of_lane=True,
    )
    reset_state: str = _word(
        "never",
        ("never", "train", "valid", "both"),
        meaning="state reset before",
        label="Reset state",
        help="Where the carried state starts again from zeros: never, as in the notebook, or at "
        "the start of each pass over train, over valid, or both. Model0 to Model2 carry none.",
    )
    device: str = _word(
        "auto",
        ("auto", "cpu", "cuda", "mps"),
        meaning="device",
        label="Device",
        help="auto uses cuda where it is there and faster; small networks train on the cpu.",
    )
    form: str = _word(
        "plain",
        ("plain", "fast"),
        meaning="form",
        label="Form",
        help="fast runs Model2 and Model3 vectorised over time: the same results, sooner.",
        of_lane=True,
    )
    corpus: str = _word(
        "human_numbers",  # an id; older configs have no such field and mean this one
        (),
        meaning="text",
        label="Text",
        help="What the network reads: human_numbers is the lesson's text, numbers-fr the same "
        "numbers in French, and so on; or a text of your own.",
    )
    split: str = _word(
        "notebook",
        ("notebook", "blocks"),  # see `hnviz.data.numbers`
        meaning="valid holds",
        label="Valid holds",
        help="notebook: the numbers above 8,000, so the network must extrapolate. blocks: 100 "
        "random blocks of 20 numbers between 1 and 9,999, always the same ones.",
    )

    def __post_init__(self) -> None:
        for name, message in problems({name: getattr(self, name) for name in SETTINGS}).items():
            raise ConfigError(name, message)

    @classmethod
    def for_model(cls, model: str, *, same: bool = False, **options: Any) -> "RunConfig":
        """Fill in a model's recipe where an option is missing or None.

        With `same`, use the recipe that all models share. Raises ConfigError.
        """
        if not is_known(model):
            raise ConfigError("model", problems({"model": model})["model"])
        recipe = asdict(recipe_for(model, same=same))
        given = {name: value for name, value in options.items() if value is not None}
        return cls(model=model, **{**recipe, **given})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RunConfig":
        """Read a config from JSON. Raises ConfigError, also for an unknown field."""
        for name in values:
            if name not in SETTINGS:
                later = "a later hnviz may have written it"
                raise ConfigError(name, f"no setting is named {name!r:.60}: {later}")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings in a form that JSON can hold.

        Those that a later version added are left out where they have their defaults, so that what
        is named by its settings, such as a sweep's plan, keeps its name.
        """
        usual = [name for name, each in SETTINGS.items() if each.added and name not in self.added]
        return {name: getattr(self, name) for name in SETTINGS if name not in usual}

    @property
    def called(self) -> str:
        """The model's name as readers see it."""
        return called(self.model)

    @property
    def added(self) -> dict[str, Any]:
        """The settings that a later version added and that do not have their defaults.

        `hnviz.learn.Learner` knows them all; a program of many lanes and the notebook of a run do
        not, so they refuse a run that has any.
        """
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if SETTINGS[each.name].added and getattr(self, each.name) != each.default
        }

    @property
    def shape(self) -> dict[str, Any]:
        """All settings but OF_ONE_LANE: runs of one shape can train as one program."""
        return {name: getattr(self, name) for name in SETTINGS if name not in OF_ONE_LANE}


SETTINGS: dict[str, Setting] = {each.name: each.metadata["setting"] for each in fields(RunConfig)}
"""Each setting of a run by its name, in the order of forms."""

CHOICES: dict[str, tuple[str, ...]] = {
    name: each.words or tuple(CATALOGUE)
    for name, each in SETTINGS.items()
    if each.kind == "word" and name != "corpus"
}
"""The allowed values of settings that hold a word; `choices_of` knows the user's models, too."""

LIMITS: dict[str, tuple[int, int]] = {
    name: (int(each.low), int(each.high)) for name, each in SETTINGS.items() if each.kind == "whole"
}
"""The smallest and largest value of each whole number."""

OF_ONE_LANE = tuple(name for name, each in SETTINGS.items() if each.of_lane)
"""The settings in which runs that train as one program may differ."""


def choices_of(name: str) -> tuple[str, ...]:
    """Return the allowed words of a setting. A user's own models join those of "model" later."""
    return tuple(CATALOGUE) if name == "model" else CHOICES[name]


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
    if value in allowed or (name == "model" and isinstance(value, str) and is_known(value)):
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
    each = SETTINGS[name]
    if _is_finite(value) and (each.low < value < each.high or (each.closed and value == each.low)):
        return None
    bound = f"number between {each.low:g} and {each.high:g}"
    if each.closed:
        bound = f"number of at least {each.low:g} and below {each.high:g}"
    elif each.high == inf:
        bound = f"finite number above {each.low:g}"
    return f"{name} must be a {bound}; got {value!r:.60}"
