"""The plan of a sweep: every combination of some values, or a random draw.

A plan is read from TOML:

    name = "lr by bptt"
    [fixed]            # settings that all runs share; the rest comes from the model's recipe
    model = "Model3"
    epochs = 3
    [grid]             # every combination of these
    lr = [1e-3, 1e-2, 1e-1]
    bptt = [3, 20, 70]
    [random]           # or this many draws of these
    draws = 20
    seed = 7
    lr = { low = 1e-4, high = 1.0, scale = "log" }
    nh = [32, 64, 128]
"""

import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import product
from random import Random
from typing import Any

from hnviz.config import LIMITS, SETTINGS, ConfigError, RunConfig
from hnviz.runs.files import is_number, printable

MAX_RUNS = 2000
MAX_PLAN_BYTES = 100_000
NAMES = (*SETTINGS, "same")
_PARTS = ("name", "fixed", "grid", "random")
_DRAW = ("draws", "seed")
_SCALES = ("log", "linear")


class SweepError(ValueError):
    """A plan or a sweep's file is wrong; the message says how, in one sentence."""


class SweepNotFound(SweepError):  # noqa: N818 - it states the problem
    """No sweep has this id."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The runs of a sweep."""

    name: str
    axes: tuple[str, ...]  # the settings that differ
    configs: tuple[RunConfig, ...]  # in the order of training

    @property
    def id(self) -> str:
        """The plan's id, twelve hex digits; equal plans have equal ids."""
        # The page once wrote "4 x 4": plans from that time keep their ids.
        name = self.name.replace("\N{MULTIPLICATION SIGN}", "x")
        written = json.dumps([name, *(each.to_dict() for each in self.configs)])
        return blake2b(written.encode(), digest_size=6).hexdigest()


def read_plan(content: bytes, name: str) -> Plan:
    """Read a plan from TOML; `name` is the default name. Raises SweepError."""
    if len(content) > MAX_PLAN_BYTES:
        raise SweepError(
            f"a plan has at most {MAX_PLAN_BYTES:,} bytes; this one has {len(content):,}"
        )
    try:
        given = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise SweepError(f"a plan is UTF-8 text; byte {error.start + 1:,} is not") from error
    except tomllib.TOMLDecodeError as error:
        raise SweepError(f"this is not TOML: {error}") from error
    except (ValueError, RecursionError) as error:
        raise SweepError(
            "this TOML cannot be read: a value is nested too deep, or a number has too many digits"
        ) from error
    for part, value in given.items():
        if part not in _PARTS:
            raise SweepError(f"a plan has {', '.join(_PARTS)}; this one has {part[:40]!r}")
        if isinstance(value, dict) is (part == "name"):
            raise SweepError(f"{part} must be {'text' if part == 'name' else 'a table'}")
    return make_plan(
        str(given.get("name", name)), given.get("fixed", {}), given.get("grid"), given.get("random")
    )


def make_plan(
    name: str,
    fixed: Mapping[str, Any],
    grid: Mapping[str, Any] | None = None,
    random: Mapping[str, Any] | None = None,
) -> Plan:
    """Make a plan of every combination, or of a random draw. Raises SweepError."""
    if (grid is None) is (random is None):
        raise SweepError("a plan needs either [grid] or [random]")
    _check_names("fixed", fixed)
    if grid is not None:
        axes, chosen = tuple(grid), list(_combinations(grid))
    else:
        axes = tuple(name for name in random or {} if name not in _DRAW)
        chosen = list(_draws(random or {}))
    for name_of in axes:
        if name_of in fixed:
            raise SweepError(f"{name_of} is both fixed and varied; give it once")
    return Plan(name.strip()[:80] or "sweep", axes, tuple(_config({**fixed, **c}) for c in chosen))


def _combinations(grid: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    _check_names("grid", grid)
    for name, values in grid.items():
        if not isinstance(values, list) or not values:
            raise SweepError(f"[grid] {name} must be a list of values; got {values!r}"[:200])
    _check_number(math.prod(map(len, grid.values())) if grid else 0)
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def _draws(random: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    axes = {name: values for name, values in random.items() if name not in _DRAW}
    _check_names("random", axes)
    numbers = [random.get("draws"), random.get("seed", 0)]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise SweepError("[random] needs draws = a whole number, and may have seed = another")
    draws, seed = numbers
    _check_number(draws if axes else 0)
    chance = Random(seed)
    for _ in range(draws):
        yield {name: _drawn(name, values, chance) for name, values in axes.items()}


def _drawn(name: str, values: Any, chance: Random) -> Any:
    if isinstance(values, list) and values:
        return chance.choice(values)
    wanted = (
        f'[random] {name} must be a list, or {{ low = 1, high = 9, scale = "log" or "linear" }}; '
        f"got {values!r}"
    )
    if not isinstance(values, dict) or not {"low", "high"} <= set(values) <= {
        "low",
        "high",
        "scale",
    }:
        raise SweepError(wanted[:200])
    low, high, scale = values["low"], values["high"], values.get("scale", "linear")
    numbers = is_number(low) and is_number(high) and math.isfinite(high - low)
    if not numbers or scale not in _SCALES or low > high or (scale == "log" and low <= 0):
        raise SweepError(wanted[:200])
    if scale == "log":
        found = math.exp(chance.uniform(math.log(low), math.log(high)))
    else:
        found = chance.uniform(low, high)
    return round(found) if name in LIMITS else float(f"{found:.3g}")


def _check_names(part: str, given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in NAMES:
            raise SweepError(
                f"[{part}] {printable(name[:40])} is not a setting of a run; the settings are "
                f"{', '.join(NAMES)}"
            )


def _check_number(n_runs: int) -> None:
    if n_runs == 0:
        raise SweepError("the sweep has no runs: give [grid] or [random] a setting with values")
    if n_runs > MAX_RUNS:
        raise SweepError(f"the sweep has {n_runs:,} runs; at most {MAX_RUNS:,}: give fewer values")


def _config(options: Mapping[str, Any]) -> RunConfig:
    given = dict(options)
    same = given.pop("same", False)
    if not isinstance(same, bool):
        raise SweepError(f"same must be true or false; got {same!r:.60}")
    try:
        return RunConfig.for_model(given.pop("model", "Model5"), same=same, **given)
    except (ConfigError, TypeError) as error:
        raise SweepError(f"one run of the sweep is not possible: {error}") from error
