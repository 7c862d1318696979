"""Check a file of models: ``python -m hnviz.learn.checking my_models.py < my_models.py``.

Only `hnviz.own.asking` starts it. It writes JSON, one object a line: {"doing": ...} before each
part of the work, then {"models": ...} or {"problem": one sentence}. What the file prints goes
nowhere.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import ModuleType

from hnviz.learn.checks import check_class
from hnviz.learn.own import run_text
from hnviz.models.catalogue import CATALOGUE, ModelEntry
from hnviz.own.entries import ModelProblem, check_entry
from hnviz.own.identity import identity
from hnviz.own.value import OwnModel, OwnModelError, OwnModels, register

EXAMPLE = 'write SKIP = ModelEntry(name="Skip", ...) for the class Skip'
LONGEST = 300  # characters of what a file raises

Say = Callable[[dict[str, object]], None]


def main() -> None:
    """Check the text on stdin; never return, as the file may have started threads."""
    text = sys.stdin.buffer.read().decode()
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)

    def say(message: dict[str, object]) -> None:
        os.write(out, json.dumps(message).encode() + b"\n")

    try:
        say({"models": asdict(checked(sys.argv[1], text, say))})
    except OwnModelError as error:
        say({"problem": str(error)})
    os._exit(0)


def checked(file: str, text: str, say: Say) -> OwnModels:
    """Run a file, and check each of its models. Raises OwnModelError."""
    say({"doing": "while it was loaded"})
    if not text.strip():
        raise OwnModelError(f"{file} is empty: it needs a class and an entry")
    with sentences(file, "it"):
        module = run_text(file, text)
    entries = _entries(file, module)
    names = [entry.name for entry in entries]
    for entry in entries:
        with _named(file, entry):
            check_entry(entry, names)
    found = OwnModels(
        file, text, tuple(OwnModel(entry, identity(text, entry, names)) for entry in entries)
    )
    register(found)
    for entry in entries:
        say({"doing": f"while {entry.name} was tried"})
        with _named(file, entry), sentences(file, entry.name):
            check_class(entry, getattr(module, entry.name, None))
    return found


def _entries(file: str, module: ModuleType) -> list[ModelEntry]:
    """Return the entries that a file makes, in its order. Raises OwnModelError."""
    built_in = {id(entry) for entry in CATALOGUE.values()}
    found = {
        id(value): value
        for value in vars(module).values()
        if isinstance(value, ModelEntry) and id(value) not in built_in
    }
    entries = list(found.values())
    if not entries:
        raise OwnModelError(f"{file} has no entry: {EXAMPLE}")
    names = [entry.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise OwnModelError(f"{file} has two entries named {name!r}: rename one")
    return entries


@contextmanager
def _named(file: str, entry: ModelEntry) -> Iterator[None]:
    """Begin a sentence about an entry or a class with their file and name."""
    try:
        yield
    except ModelProblem as error:
        raise OwnModelError(f"{file}: {entry.name!s:.40}: {error}") from error


@contextmanager
def sentences(file: str, what: str) -> Iterator[None]:
    """Turn whatever a file raises into one sentence with the line."""
    try:
        yield
    except (OwnModelError, ModelProblem):
        raise
    except SyntaxError as error:
        at = f", line {error.lineno}" if error.filename == file else ""
        raise OwnModelError(f"{file}{at}: {error.msg}") from error
    except BaseException as error:  # a file may raise anything, SystemExit too
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == file]
        at = f", line {lines[-1]}" if lines else ""
        said = " ".join(str(error).split())[:LONGEST]
        raise OwnModelError(
            f"{file}{at}: {what} raised {type(error).__name__}{f': {said}' if said else ''}"
        ) from error


if __name__ == "__main__":
    main()
