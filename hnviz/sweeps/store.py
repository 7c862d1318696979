"""The file of each sweep, beside the runs: its configs, and the id of each run that has begun.

The first line is the sweep as it was when a user started or resumed it. Each later line names one
run that has begun since: its index, its id, and how often its trainer was started. So a new run
costs a line, and not a whole file.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from hnviz import disk
from hnviz.config import ConfigError, RunConfig
from hnviz.runs.files import is_number, parse_json, printable, read_bounded, write_atomic, writing
from hnviz.sweeps.plan import MAX_RUNS, Plan, SweepError, SweepNotFound

FOLDER = ".sweeps"  # no run's id begins with a dot
FORMAT = 1
MAX_FILE_BYTES = 2**22  # 2,000 configs take a third of it
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Member:
    """One run of a sweep."""

    config: RunConfig
    run: str | None = None  # its id, once it has begun
    tries: int = 0  # how often its trainer was started


@dataclass(frozen=True, slots=True)
class Sweep:
    """A plan and the runs that it has so far."""

    id: str
    name: str
    axes: tuple[str, ...]
    created: float  # seconds since 1970
    members: tuple[Member, ...]
    stopped: bool = False  # by a user; False if its process was killed

    @classmethod
    def of(cls, plan: Plan, created: float) -> "Sweep":
        """Return the sweep of a plan, before any run has begun."""
        return cls(plan.id, plan.name, plan.axes, created, tuple(map(Member, plan.configs)))

    def with_member(self, index: int, **changes: Any) -> "Sweep":
        """Return the sweep with one run changed."""
        members = list(self.members)
        members[index] = replace(members[index], **changes)
        return replace(self, members=tuple(members))

    def resumed(self, again: Callable[[Member], bool] = lambda member: True) -> "Sweep":
        """Return the resumed sweep: the runs that `again` chooses get all their tries back."""
        members = (replace(each, tries=0) if again(each) else each for each in self.members)
        return replace(self, members=tuple(members), stopped=False)


class SweepStore:
    """The sweeps of one folder of runs."""

    def __init__(self, runs_dir: Path) -> None:
        self.folder = runs_dir / FOLDER

    def path(self, sweep_id: str) -> Path:
        """Return the path of a sweep's file. Raises SweepNotFound for an invalid id."""
        if len(sweep_id) != 12 or not set(sweep_id) <= _HEX:
            raise SweepNotFound(f"a sweep's id has 12 hex digits; got {sweep_id[:40]!r}")
        return self.folder / f"{sweep_id}.json"

    def save(self, sweep: Sweep) -> None:
        """Write a sweep's whole file. Raises RunWriteError."""
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
        path = self.path(sweep.id)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps(content).encode() + b"\n", "sweep")

    def append(self, sweep: Sweep, index: int) -> None:
        """Add a line for a run that has begun, to a saved sweep. Raises RunWriteError."""
        begun, path = sweep.members[index], self.path(sweep.id)
        line = f"{json.dumps([index, begun.run, begun.tries])}\n"
        with writing(path):
            try:
                disk.append(path, line.encode(), "sweep-line")
            except FileNotFoundError:  # never saved, or deleted by hand
                self.save(sweep)

    def load(self, sweep_id: str) -> Sweep:
        """Read a sweep. Raises SweepNotFound, or SweepError for a damaged file."""
        path = self.path(sweep_id)
        try:
            first, *later = read_bounded(path, MAX_FILE_BYTES).split(b"\n")
            content = parse_json(first)
            for line in later[:-1]:  # the last one is empty or torn
                index, run, tries = parse_json(line)
                if index < 0:
                    raise ValueError("one of its lines names no run of the plan")
                content["members"][index] |= {"run": run, "tries": tries}
            return _sweep(sweep_id, content)
        except FileNotFoundError:
            raise SweepNotFound(f"there is no sweep {sweep_id}") from None
        except (OSError, LookupError, ValueError, TypeError, ConfigError) as error:
            raise SweepError(f"the sweep {sweep_id} is damaged: {path.name} ({error})") from error

    def sweeps(self) -> list[Sweep]:
        """Return all sweeps, newest first, without damaged ones."""
        found = []
        for path in self.folder.glob("*.json"):
            with suppress(SweepError):
                found.append(self.load(path.stem))
        return sorted(found, key=lambda each: each.created, reverse=True)

    def stamps(self) -> tuple[tuple[Path, int, int], ...]:
        """Return each file's path, time and size; while these stay the same, so do the sweeps."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            with suppress(OSError):
                status = path.stat()
                found.append((path, status.st_mtime_ns, status.st_size))
        return tuple(found)

    def run_ids(self) -> frozenset[str]:
        """Return the runs of all sweeps. A file is read again only after a change."""
        return frozenset().union(*(_run_ids(*stamp) for stamp in self.stamps()))


@lru_cache(maxsize=512)
def _run_ids(path: Path, mtime_ns: int, n_bytes: int) -> frozenset[str]:
    try:
        sweep = SweepStore(path.parents[1]).load(path.stem)
    except SweepError:
        return frozenset()
    return frozenset(each.run for each in sweep.members if each.run is not None)


def _sweep(sweep_id: str, content: Any) -> Sweep:
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']!r:.60}; this version reads {FORMAT}")
    if not is_number(content["created"]) or not 0 < len(content["members"]) <= MAX_RUNS:
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
        raise ValueError("one of its runs has no valid id")
    return Member(RunConfig.from_dict(content["config"]), run, content["tries"])
