"""A sweep's file beside the runs: its configs, and the run of each that has begun.

Its first line is the sweep as it was when it was saved; each later line says which run of it has
begun since: its index, its id, and how often its trainer was started. A run that begins costs a
line, not a file.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from hnviz import disk
from hnviz.config import ConfigError, RunConfig
from hnviz.runs.files import (
    is_number,
    parse_json,
    printable,
    read_bounded,
    write_atomic,
    writing,
)
from hnviz.sweeps.plan import MOST_RUNS, Plan, SweepError

FOLDER = ".sweeps"  # no run's id begins with a dot
FORMAT = 1
MOST_FILE = 2**22  # bytes; 2,000 configs have a third of it
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Member:
    """One run of a sweep."""

    config: RunConfig
    run: str | None = None  # its id, once it has begun
    tries: int = 0  # how often its trainer was started


@dataclass(frozen=True, slots=True)
class Sweep:
    """A plan and how far it is."""

    id: str
    name: str
    axes: tuple[str, ...]
    created: float  # seconds since 1970
    members: tuple[Member, ...]
    stopped: bool = False  # by a user; a sweep whose process was killed is not

    @classmethod
    def of(cls, plan: Plan, created: float) -> "Sweep":
        """Begin a plan."""
        return cls(plan.id, plan.name, plan.axes, created, tuple(map(Member, plan.configs)))

    def with_member(self, index: int, **changes: Any) -> "Sweep":
        """Return the sweep with one run changed."""
        members = list(self.members)
        members[index] = replace(members[index], **changes)
        return replace(self, members=tuple(members))

    def fresh(self, again: Callable[[Member], bool] = lambda member: True) -> "Sweep":
        """Give runs all their tries again: a user wants the sweep to go on."""
        members = (replace(each, tries=0) if again(each) else each for each in self.members)
        return replace(self, members=tuple(members), stopped=False)


def path_of(runs_dir: Path, sweep_id: str) -> Path:
    """Return where a sweep is kept. Raises SweepError for what is no id."""
    if len(sweep_id) != 12 or not set(sweep_id) <= _HEX:
        raise SweepError(f"a sweep's id has 12 hex digits; got {sweep_id[:40]!r}")
    return runs_dir / FOLDER / f"{sweep_id}.json"


def save(runs_dir: Path, sweep: Sweep) -> None:
    """Keep a sweep as it is now. Raises RunWriteError."""
    content = {
        "format": FORMAT,
        "name": sweep.name,
        "axes": sweep.axes,
        "created": sweep.created,
        "stopped": sweep.stopped,
        "members": [
            {"config": each.config.to_dict(), "run": each.run, "tries": each.tries}
            for each in sweep.members
        ],
    }
    path = path_of(runs_dir, sweep.id)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, json.dumps(content).encode() + b"\n", "sweep")


def note(runs_dir: Path, sweep: Sweep, index: int) -> None:
    """Keep that a run of a saved sweep has begun. Raises RunWriteError."""
    begun, path = sweep.members[index], path_of(runs_dir, sweep.id)
    line = f"{json.dumps([index, begun.run, begun.tries])}\n"
    with writing(path):
        try:
            disk.append(path, line.encode(), "sweep-line")
        except FileNotFoundError:  # never saved, or deleted by hand
            save(runs_dir, sweep)


def load(runs_dir: Path, sweep_id: str) -> Sweep:
    """Read a sweep. Raises SweepError for one that is missing or damaged."""
    path = path_of(runs_dir, sweep_id)
    try:
        first, *later = read_bounded(path, MOST_FILE).split(b"\n")
        content = parse_json(first)
        for line in later[:-1]:  # the last is empty, or torn
            index, run, tries = parse_json(line)
            if index < 0:
                raise ValueError("a line of it names no run of the plan")
            content["members"][index] |= {"run": run, "tries": tries}
        return _sweep(sweep_id, content)
    except FileNotFoundError:
        raise SweepError(f"there is no sweep {sweep_id}") from None
    except (OSError, LookupError, ValueError, TypeError, ConfigError) as error:
        raise SweepError(f"the sweep {sweep_id} is damaged: {path.name} ({error})") from error


def sweeps(runs_dir: Path) -> Iterator[Sweep]:
    """Yield the sweeps that are kept, newest first; damaged ones are left out."""
    folder = runs_dir / FOLDER
    found = []
    for path in folder.glob("*.json") if folder.is_dir() else ():
        with suppress(SweepError):
            found.append(load(runs_dir, path.stem))
    yield from sorted(found, key=lambda each: each.created, reverse=True)


def stamps(runs_dir: Path) -> tuple[tuple[Path, int, int], ...]:
    """Return the state of each sweep's file: while they stay the same, the sweeps do."""
    folder = runs_dir / FOLDER
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        with suppress(OSError):
            status = path.stat()
            found.append((path, status.st_mtime_ns, status.st_size))
    return tuple(found)


def run_ids(runs_dir: Path) -> frozenset[str]:
    """Return the runs of all sweeps. A file is read again only when it has changed."""
    return frozenset().union(*(_runs_in(*stamp) for stamp in stamps(runs_dir)))


@lru_cache(maxsize=512)
def _runs_in(path: Path, mtime: int, size: int) -> frozenset[str]:
    try:
        sweep = load(path.parents[1], path.stem)
    except SweepError:
        return frozenset()
    return frozenset(each.run for each in sweep.members if each.run is not None)


def _sweep(sweep_id: str, content: Any) -> Sweep:
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']!r:.60}; this version reads {FORMAT}")
    if not is_number(content["created"]) or not 0 < len(content["members"]) <= MOST_RUNS:
        raise ValueError("it has no valid date, or no valid number of runs")
    return Sweep(
        sweep_id,
        printable(str(content["name"]))[:80],
        tuple(printable(str(axis))[:40] for axis in content["axes"]),
        float(content["created"]),
        tuple(map(_member, content["members"])),
        content.get("stopped") is True,
    )


def _member(content: Any) -> Member:
    run = content["run"]
    if not (run is None or isinstance(run, str)) or not isinstance(content["tries"], int):
        raise ValueError("a run of it has no valid id")
    return Member(RunConfig.from_dict(content["config"]), run, content["tries"])
