"""The file of models that a run's own model is from, kept in the run's folder."""

from pathlib import Path
from typing import Any

from hnviz.models.catalogue import CATALOGUE
from hnviz.own import identity_of, model_text
from hnviz.runs.files import write_atomic

MODELS = "models.py"


def keep_models(folder: Path, model: str) -> None:
    """Store the file that one of the user's own models is from. Raises RunWriteError."""
    if identity_of(model):
        write_atomic(folder / MODELS, model_text(model).encode(), "models")


def unknown_model(folder: Path, content: Any) -> str | None:
    """Say how to read a run whose model this process does not know; None if it knows it.

    `content` is that of config.json, which may be anything.
    """
    config = content.get("config") if isinstance(content, dict) else None
    model = config.get("model") if isinstance(config, dict) else None
    if not isinstance(model, str) or model in CATALOGUE or not content.get("model_identity"):
        return None
    return f"its model {model[:40]!r} is not loaded{_way_in(folder)}"


def other_model(folder: Path, model: str, identity: str) -> str | None:
    """Say that a run's model has changed since; None if it is the one that was trained."""
    if identity == identity_of(model):
        return None
    return f"its model {model} has changed since the training{_way_in(folder)}"


def _way_in(folder: Path) -> str:
    kept = folder / MODELS
    if not kept.is_file():
        return f", and the run's folder has no {MODELS} to load it from"
    return f"; to see the run, start hnviz with --models {kept}"
