"""The experiments of a class: what students train on their own devices, and what a check says.

A thread of its own has the server train the first losses of the results that are due, one after
the other; a result with other losses does not count.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import lru_cache
from itertools import product
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from hnviz.browser.form import form_of, job_of
from hnviz.classroom import Classroom, ExperimentError
from hnviz.classroom.experiment import (
    MAX_STEPS,
    Experiment,
    Key,
    Task,
    differs,
    read_result,
)
from hnviz.config import ConfigError, RunConfig
from hnviz.data import BatchLayout, stream_of
from hnviz.engine.client import EngineError
from hnviz.questions.frame import to_json
from hnviz.questions.params import quoted
from hnviz.web.classroom.phone import MAX_NH, MODELS
from hnviz.web.http import Entry

if TYPE_CHECKING:
    from hnviz.web.classroom.service import ClassService

AXES = ("model", "lr", "bptt", "nh", "pct_start", "bn_init", "reset_state")
"""The settings that may be compared: runs that differ in them take the same number of steps."""

MAX_VALUES = 5  # of an axis of a map
MAX_EPOCHS = 40  # a phone trains it
AGAIN_SECONDS = 5.0  # before a check that failed is tried again; each further wait is twice as long
MAX_TRIES = 6  # of one check: about three minutes

Losses = Callable[[Sequence[RunConfig], int], list[list[float]]]
"""Trains the first steps of runs on this server: `hnviz.engine.client.Engine.first_losses`."""

log = logging.getLogger(__name__)


def _no_engine(configs: Sequence[RunConfig], steps: int) -> list[list[float]]:
    raise EngineError("this server trains nothing")


class _Failure(NamedTuple):
    """A check that could not be made."""

    tries: int
    why: str
    again: float  # when it is tried again, by the monotonic clock; inf: never


class Experiments:
    """Begins experiments, gives out what is to be trained, takes results and checks them."""

    def __init__(self, service: "ClassService") -> None:
        self._service = service
        self.losses: Losses = _no_engine  # the server replaces this with its engine's
        self._failed: dict[tuple[int, Key], _Failure] = {}
        self._wake, self._is_open = threading.Event(), True
        self._checker = threading.Thread(target=self._check_all, name="class checks", daemon=True)
        service.watch(self._wake.set)

    def begin(self) -> None:
        """Begin to check results."""
        self._wake.set()
        self._checker.start()

    def end(self) -> None:
        """Check nothing more."""
        self._is_open = False
        self._wake.set()

    # What the teacher and students do; each future fails with an ExperimentError or an OSError

    def start(self, body: Mapping[str, Any]) -> "Future[None]":
        """Begin another experiment; students do the newest one. Raises ExperimentError."""
        experiment = planned(body)
        return self._service.change(lambda room: room.begun(experiment), None)

    def reveal(self, number: Any) -> "Future[None]":
        """Show everyone the guesses and the results."""
        return self._change(number, lambda each: replace(each, revealed=True))

    def guess(self, member: str, number: Any, choice: Any) -> "Future[None]":
        """Take a member's guess."""
        return self._change(number, lambda each: each.guessed(member, choice))

    def hand(self, member: str, number: Any) -> "Future[None]":
        """Give a member something to train."""
        return self._change(number, lambda each: each.handed(member))

    def send(self, member: str, number: Any, body: Mapping[str, Any]) -> "Future[None]":
        """Take a member's result. Raises ExperimentError."""
        experiment, task = self.find(number), _read_task(body)
        result = read_result(body.get("runs"), task, experiment)
        return self._change(number, lambda each: each.sent(Key(member, task), result))

    def find(self, number: Any) -> Experiment:
        """Return an experiment by its number. Raises ExperimentError."""
        experiments = self._service.room.experiments
        if type(number) is not int or number not in experiments:
            raise ExperimentError(f"there is no experiment {quoted(number)} in this class")
        return experiments[number]

    def _change(self, number: Any, make: Callable[[Experiment], Experiment]) -> "Future[None]":
        self.find(number)

        def change(room: Classroom) -> Classroom:
            return room.changed(make(room.experiments[number]))

        return self._service.change(change, None)

    # What they see

    def stage(self) -> tuple[int, bool, int, int]:
        """Return what students hear of when it changes: what is shown, and what does not count.

        Of a map that is each result.
        """
        experiment = self._service.room.experiment
        if experiment is None:
            return 0, False, 0, 0
        wrong = sum(each.check == "wrong" for each in experiment.results.values())
        came = len(experiment.results) if experiment.is_map else 0
        return experiment.id, experiment.revealed, wrong, came

    def summary(self) -> Mapping[str, Any] | None:
        """Return what changes while students do the newest experiment; None if there is none."""
        room = self._service.room
        experiment = room.experiment
        if experiment is None:
            return None
        return {
            "id": experiment.id,
            "revealed": experiment.revealed,
            "guesses": sum(map(room.holds, experiment.guesses)),
            "results": len(experiment.counting(room.removed)),
            "checks": sum(each.check in ("same", "wrong") for each in experiment.results.values()),
            "due": len(experiment.due()),
            "problem": self._problem(experiment.id),
        }

    def view(self, experiment: Experiment, member: str | None) -> Mapping[str, Any]:
        """Return an experiment as a student may see it, or without a member as the teacher may."""
        room = self._service.room
        counting = experiment.counting(room.removed)
        aside = {
            key: each
            for key, each in experiment.results.items()
            if each.check == "wrong" and room.holds(key.member)
        }
        shown = {
            "id": experiment.id,
            "map": experiment.is_map,
            "axes": experiment.axes,
            "squares": experiment.squares,
            "steps": experiment.steps,
            "deciding": experiment.deciding,
            "revealed": experiment.revealed,
            "guessed": sum(map(room.holds, experiment.guesses)),
            "came": len(counting),
            "aside": len(aside),
            "checked": sum(bool(each.check) and each.check != "due" for each in counting.values()),
            "due": len(experiment.due()),
        }
        if experiment.revealed or experiment.is_map:
            guesses = [each for who, each in experiment.guesses.items() if room.holds(who)]
            shown |= {
                "guesses": [guesses.count(choice) for choice in range(3)],
                "results": _listed(counting),
            }
        if member is None:
            wrong = [
                {"student": room.members[key.member], "seed": key.task.seed, "why": each.why}
                for key, each in aside.items()
            ]
            return {**shown, "wrong": wrong, "problem": self._problem(experiment.id)}
        return {**shown, "you": _own(experiment, member)}

    # Checks

    def _problem(self, number: int) -> str:
        """Say why the last of an experiment's checks that failed could not be made; "" if none."""
        failed = [each.why for (of, _), each in list(self._failed.items()) if of == number]
        return failed[-1] if failed else ""

    def _check_all(self) -> None:
        while True:
            again = min((each.again for each in self._failed.values()), default=inf)
            self._wake.wait(None if again == inf else max(0.0, again - time.monotonic()))
            self._wake.clear()
            if not self._is_open:
                return
            for experiment in reversed(list(self._service.room.experiments.values())):
                for key in experiment.due():
                    failed = self._failed.get((experiment.id, key))
                    if self._is_open and (failed is None or failed.again <= time.monotonic()):
                        self._try(experiment, key)

    def _try(self, experiment: Experiment, key: Key) -> None:
        """Check a result. One that cannot be checked, for any reason, holds up no other."""
        failed = self._failed.pop((experiment.id, key), None)
        try:
            self._check(experiment, key)
        except Exception as error:
            tries, why = failed.tries + 1 if failed else 1, str(error) or type(error).__name__
            wait = AGAIN_SECONDS * 2 ** (tries - 1) if tries < MAX_TRIES else inf
            self._failed[experiment.id, key] = _Failure(tries, why, time.monotonic() + wait)
            is_known = isinstance(error, EngineError | ConfigError | OSError)
            log.warning("a result of the class was not checked: %s", why, exc_info=not is_known)

    def _check(self, experiment: Experiment, key: Key) -> None:
        """Check a result. Raises EngineError, ConfigError, OSError, or what the engine raises."""
        configs = [_config(experiment, square, key.task.seed) for square in key.task.squares]
        trained = self.losses(configs, experiment.deciding)
        result = experiment.results[key]
        found = (
            differs(run, losses, experiment.deciding)
            for run, losses in zip(result.runs, trained, strict=True)
        )
        why = next(filter(None, found), "")
        check = "wrong" if why else "same"
        self._change(experiment.id, lambda each: each.checked(key, check, why)).result()


def planned(body: Mapping[str, Any]) -> Experiment:
    """Read a plan: {"model", "epochs", "grid": {"lr": [0.01, 0.003]}}. Raises ExperimentError.

    One setting with two values is a comparison, two settings are a map. A mini-batch has the same
    number of words in each square, so all runs take the same number of steps.
    """
    if unknown := sorted(body.keys() - {"model", "epochs", "grid"}):
        raise ExperimentError(f"an experiment has model, epochs and grid; got {quoted(unknown[0])}")
    axes = _axes(body.get("grid"))
    squares = [
        _square(body, dict(zip(axes, values, strict=True))) for values in product(*axes.values())
    ]
    steps = {_steps(square) for square in squares}
    if len(steps) > 1:
        raise ExperimentError(f"all runs must take the same number of steps; got {_listing(steps)}")
    most = max(steps)
    if most > MAX_STEPS:
        raise ExperimentError(
            f"a run on a phone has at most {MAX_STEPS:,} steps; got {most:,}: give fewer epochs"
        )
    settings = tuple(square.to_dict() for square in squares)
    return Experiment(id=0, axes=axes, squares=settings, steps=most)


def _axes(grid: Any) -> dict[str, tuple[Any, ...]]:
    if not isinstance(grid, dict) or not 1 <= len(grid) <= 2:
        raise ExperimentError("grid has one setting to compare, or two for a map")
    least, most = (2, 2) if len(grid) == 1 else (2, MAX_VALUES)
    for name, values in grid.items():
        if name not in AXES:
            raise ExperimentError(f"grid has one of {', '.join(AXES)}; got {quoted(name)}")
        if not isinstance(values, list) or not least <= len(values) <= most:
            wanted = "two values" if most == 2 else f"{least} to {most} values"
            raise ExperimentError(f"{name} must have {wanted}; got {quoted(values)}")
        if not all(isinstance(each, str | int | float) for each in values):
            raise ExperimentError(f"{name} must have numbers or words; got {quoted(values)}")
        if len(set(values)) < len(values):
            raise ExperimentError(f"the values of {name} must differ; got {quoted(values)}")
    return {name: tuple(values) for name, values in grid.items()}


def _square(body: Mapping[str, Any], values: Mapping[str, Any]) -> RunConfig:
    """Return the settings of a square. Raises ExperimentError."""
    model = values.get("model", body.get("model", "Model3"))
    if model not in MODELS:
        raise ExperimentError(f"a phone trains {', '.join(MODELS)}; got {quoted(model)}")
    try:
        recipe = RunConfig.for_model(
            model, same="model" in values, device="cpu", epochs=body.get("epochs")
        )
        config = replace(recipe, **values)
        words = recipe.bs * recipe.bptt
        if words % config.bptt:
            raise ExperimentError(
                f"bptt must divide the {words:,} words of a mini-batch, so that all runs take the "
                f"same number of steps; got {config.bptt}"
            )
        config = replace(config, bs=words // config.bptt)
    except ConfigError as error:
        raise ExperimentError(str(error)) from error
    if config.nh > MAX_NH or config.epochs > MAX_EPOCHS:
        raise ExperimentError(
            f"a phone trains up to {MAX_NH} units and {MAX_EPOCHS} epochs; got {config.nh} and "
            f"{config.epochs}"
        )
    return config


def _steps(config: RunConfig) -> int:
    n_tokens = len(stream_of(config).train)
    return BatchLayout(n_tokens, config.bs, config.bptt).n_batches * config.epochs


def _config(experiment: Experiment, square: int, seed: int) -> RunConfig:
    return RunConfig.from_dict({**experiment.squares[square], "seed": seed})


def _listing(numbers: set[int]) -> str:
    return " and ".join(f"{each:,}" for each in sorted(numbers))


def _read_task(body: Mapping[str, Any]) -> Task:
    seed, squares = body.get("seed"), body.get("squares")
    if type(seed) is not int or not isinstance(squares, list):
        raise ExperimentError("a result has seed, a whole number, and squares, a list")
    if not all(type(each) is int for each in squares):
        raise ExperimentError(f"squares must be whole numbers; got {quoted(squares)}")
    return Task(seed, tuple(squares))


def _listed(counting: Mapping[Key, Any]) -> list[Mapping[str, Any]]:
    """Return what runs ended with, by seed: nothing says whose they are."""
    rows = [
        {"seed": key.task.seed, "square": square, "accuracy": run.accuracy}
        for key, each in counting.items()
        for square, run in zip(key.task.squares, each.runs, strict=True)
    ]
    return sorted(rows, key=lambda row: (row["square"], row["seed"]))


def _own(experiment: Experiment, member: str) -> Mapping[str, Any]:
    """Return what a member has been given and has sent."""
    sent = {key.task: each for key, each in experiment.results.items() if key.member == member}
    return {
        "guess": experiment.guesses.get(member),
        "task": experiment.open_task(member),
        "sent": [
            {
                "task": task,
                "accuracies": [run.accuracy for run in each.runs],
                "wrong": each.why if each.check == "wrong" else "",
            }
            for task, each in sent.items()
        ],
    }


def job(experiment: Experiment) -> Entry:
    """Return what a phone needs to train, as JSON; see hnviz/browser/limits.js.

    The squares share the text: "squares" has the form and the settings of each.
    """
    return _job(to_json(experiment.squares))


@lru_cache(maxsize=4)
def _job(squares: str) -> Entry:
    configs = [RunConfig.from_dict(each) for each in json.loads(squares)]
    first = job_of(configs[0])
    text = {name: first[name] for name in ("train", "valid", "kinds")}
    forms = [{"form": form_of(each.model), "config": each.to_dict()} for each in configs]
    return Entry.of(to_json({"squares": forms, **text}).encode())
