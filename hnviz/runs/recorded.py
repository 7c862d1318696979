"""What a run that a loop outside hnviz trained says about itself: `recorded.json` in its folder.

It holds data only: the network's description, the source of its class to read, and what the
recorder found. hnviz runs none of it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hnviz.own.network import Network, NetworkError, forget, know
from hnviz.runs.errors import DamagedRun
from hnviz.runs.files import parse_json, printable, read_bounded, write_atomic

RECORDED = "recorded.json"
FORMAT = 1
MAX_BYTES = 2**20  # of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The content of the file."""

    class_name: str  # of the user's model
    network: Network | None = None  # None if a model of hnviz computes the same
    source: str = ""  # of the class, "" if it could not be read
    source_hash: str = ""  # SHA-256 of the source, hexadecimal
    seen: tuple[str, ...] = ()  # what the recorder found, in sentences
    doctor: tuple[str, ...] = ()  # what the doctor found in the loop, in sentences

    def save(self, folder: Path) -> None:
        """Write the file. Raises RunWriteError."""
        network = None if self.network is None else asdict(self.network)
        content = {"format": FORMAT, **{n: getattr(self, n) for n in _TEXTS}, "network": network}
        content |= {name: list(getattr(self, name)) for name in _LISTS}
        write_atomic(folder / RECORDED, json.dumps(content, indent=2).encode() + b"\n", "recorded")


_TEXTS = ("class_name", "source", "source_hash")
_LISTS = ("seen", "doctor")


def is_recorded(folder: Path) -> bool:
    """Return whether a loop outside hnviz trained a run: only that loop can continue or end it."""
    return (folder / RECORDED).is_file()


def read_recorded(folder: Path) -> Recorded | None:
    """Return what a run says about itself; None for a run that hnviz trained. Raises DamagedRun."""
    try:
        return _read(read_bounded(folder / RECORDED, MAX_BYTES))
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = f"{RECORDED} cannot be read ({error.strerror})"
    except DamagedRun as error:
        reason = str(error)
    raise DamagedRun(f"the run {folder.name} is damaged: {reason}")


def _read(content: bytes) -> Recorded:
    try:
        return _from_json(parse_json(content))
    except (ValueError, TypeError, KeyError) as error:
        reason = printable(str(error))[:200]
        raise DamagedRun(f"{RECORDED} is not a recorder's ({reason})") from error


def _from_json(content: Any) -> Recorded:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"this version reads format {FORMAT}")
    texts: Mapping[str, Any] = {name: content.get(name, "") for name in _TEXTS}
    lists: Mapping[str, Any] = {name: content.get(name, []) for name in _LISTS}
    each_said = (each for said in lists.values() for each in said)
    if not all(isinstance(each, str) for each in (*texts.values(), *each_said)):
        raise ValueError("it has something that is not a text")
    network = content.get("network")
    return Recorded(
        class_name=printable_lines(texts["class_name"]),
        source=printable_lines(texts["source"]),
        source_hash=printable_lines(texts["source_hash"]),
        network=None if network is None else Network.from_dict(network),
        seen=tuple(map(printable, lists["seen"])),
        doctor=tuple(map(printable, lists["doctor"])),
    )


def printable_lines(text: str) -> str:
    """Replace the characters that `printable` does, but not the ends of lines."""
    return "\n".join(map(printable, text.split("\n")))


def know_network(folder: Path, model: str | None) -> None:
    """Let this process read a recorded run's network, under the model's name in its config.

    Raises DamagedRun.
    """
    _know(read_recorded(folder), folder, model)


@contextmanager
def lent_network(content: bytes | None, model: str | None) -> Iterator[None]:
    """Let this process read a network while its run is taken in, from the file's content.

    Raises DamagedRun.
    """
    holder = object()
    try:
        _know(_read(content) if content is not None else None, holder, model)
        yield
    finally:
        forget(holder)


def _know(found: Recorded | None, holder: object, model: str | None) -> None:
    if found is not None and found.network is not None:
        try:
            know(found.network, holder, model or "")
        except NetworkError as error:
            raise DamagedRun(f"the run cannot be read here: {error}") from error
