"""How a run was made, as a link carries it: ``made=Model3--lr-0.1--epochs-2``.

Only what differs from the model's recipe is written. The device is left out: it belongs to a
machine, not to a run.
"""

from dataclasses import asdict
from typing import Any

from hnviz.config import SETTINGS, ConfigError, RunConfig
from hnviz.models.catalogue import CATALOGUE

BETWEEN = "--"
LONGEST = 240  # characters; all settings of a run fit
_OWN = ("model", "device")  # written first, and not at all
_EXAMPLE = "such as Model3--lr-0.1--epochs-2"


def written(config: RunConfig) -> str:
    """Write a run's settings for a link."""
    recipe = asdict(RunConfig.for_model(config.model))
    other = {
        field: value
        for field, value in asdict(config).items()
        if field not in _OWN and value != recipe[field]
    }
    return BETWEEN.join([config.model, *(f"{field}-{value}" for field, value in other.items())])


def read(text: str) -> RunConfig:
    """Read settings from a link. Raises ConfigError for anything that no run could have."""
    if len(text) > LONGEST:
        raise ConfigError("made", f"settings have at most {LONGEST} characters; got {len(text)}")
    model, *parts = text.split(BETWEEN)
    if model not in CATALOGUE:
        raise ConfigError("made", f"settings begin with a model, {_EXAMPLE}; got {model[:20]!r}")
    options: dict[str, Any] = {}
    for part in parts:
        field, _, value = part.partition("-")
        if field in options:
            raise ConfigError("made", f"each setting is given once; got {field} twice")
        options[field] = _value(field, value)
    return RunConfig.for_model(model, **options)


def differences(config: RunConfig) -> str:
    """Name what a run's settings change in its model's recipe: "lr 0.1, epochs 2"."""
    parts = written(config).split(BETWEEN)[1:]
    return ", ".join(part.replace("-", " ", 1) for part in parts)


def _value(field: str, text: str) -> str | int | float:
    """Read one setting; its limits are RunConfig's."""
    kind = SETTINGS[field].kind if field in SETTINGS and field not in (*_OWN, "corpus") else None
    if kind == "word":
        return text
    try:
        if kind is not None:
            return int(text) if kind == "whole" else float(text)
    except ValueError:
        raise ConfigError("made", f"{field} must be a number; got {text[:20]!r}") from None
    raise ConfigError("made", f"no setting is named {field[:20]!r}; a link is {_EXAMPLE}")
