"""Traces one forward pass line by line: what each line of the source made."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.learn import LanguageModel
from hnviz.learn.state import State
from hnviz.models.spec import PASS_ON
from hnviz.observe.code import RETURNED, ForwardSource

MOST_STEPS = 2000  # lines run

Roles = Mapping[str, str]  # part -> role


@dataclass
class Made:
    """A tensor that a line made: a submodule's output, the new value of a name, or both."""

    value: NDArray[Any]
    module: str = ""  # the submodule that returned it
    kind: str = ""  # the submodule's class
    names: list[str] = field(default_factory=list)  # the names that hold it now
    role: str = ""  # one of the catalogue's, or none


@dataclass
class Step:
    """One line as it ran."""

    line: int  # of the forward, from 0
    made: list[Made] = field(default_factory=list)
    loops: dict[str, int] = field(default_factory=dict)  # the values of the loops' variables
    plain: dict[str, str] = field(default_factory=dict)  # names without a tensor -> values in words


@dataclass(frozen=True)
class Trace:
    """A forward pass: its source and the lines as they ran, ending with the return."""

    source: ForwardSource
    steps: tuple[Step, ...]


def trace(model: LanguageModel, x: Tensor, state: State, roles: Roles) -> Trace:
    """Run a model's forward and record each line. `roles` are the roles of its submodules.

    Raises ValueError if the source cannot be read or if more than 2,000 lines run. The model does
    not change.
    """
    recorder = _Recorder(ForwardSource.of(model), roles)
    hooks = [
        module.register_forward_hook(recorder.hook(name))
        for name, module in model.named_modules()
        if name
    ]
    before = sys.gettrace()
    sys.settrace(recorder.enter)
    try:
        with torch.no_grad():
            model(x, state)
    finally:
        sys.settrace(before)
        for hook in hooks:
            hook.remove()
    return Trace(recorder.source, tuple(recorder.steps))


class _Recorder:
    def __init__(self, source: ForwardSource, roles: Roles) -> None:
        self.source, self.roles = source, roles
        self.steps: list[Step] = []
        self._frame: FrameType | None = None
        self._before: dict[str, Any] = {}
        self._marks: dict[str, int] = {}
        self._called: list[tuple[Tensor, Made]] = []  # on the current line

    def hook(self, name: str) -> Any:
        def called(module: nn.Module, _: Any, output: Any) -> None:
            for tensor in _tensors(output):
                self._called.append((tensor, Made(_numpy(tensor), name, type(module).__name__)))

        return called

    def enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Follow the forward's own frame, and no other."""
        if frame.f_code is not self.source.code or self._frame is not None:
            return None
        self._frame = frame
        self._look(frame)
        return self._local

    def _local(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            line = self.source.line_of(frame.f_lineno)
            # Python reports each line of a statement that spans several.
            if self.steps and self.steps[-1].line == line and self.source.kind(line) != "for":
                return self._local
            self._close(frame)
            if len(self.steps) == MOST_STEPS:
                raise ValueError(
                    f"forward ran more than {MOST_STEPS:,} lines; ask for fewer tokens at once"
                )
            self.steps.append(Step(line))
        elif event == "return":
            self._close(frame, arg)
        return self._local

    def _look(self, frame: FrameType) -> None:
        self._before = dict(frame.f_locals)
        self._marks = {name: _mark(value) for name, value in self._before.items()}

    def _close(self, frame: FrameType, returned: Any = None) -> None:
        """Record what the previous line made."""
        if not self.steps:
            return
        step, now = self.steps[-1], dict(frame.f_locals)
        step.loops = {
            name: now[name]
            for name in self.source.loops(step.line)
            if isinstance(now.get(name), int)
        }
        new = {
            name: value
            for name, value in now.items()
            if name not in self._before
            or self._before[name] is not value
            or self._marks[name] != _mark(value)
        }
        if returned is not None:
            new |= _returned(returned)
        self._take(step, new)
        self._called = []
        self._look(frame)

    def _take(self, step: Step, new: Mapping[str, Any]) -> None:
        by_id = {id(tensor): made for tensor, made in self._called}
        step.made = [made for _, made in self._called]
        self._color(step.made)
        for name, value in new.items():
            if not isinstance(value, Tensor):
                step.plain[name] = _words(value)
                continue
            made = by_id.get(id(value))
            if made is None:
                made = Made(_numpy(value), role=_last_role(step.made))
                by_id[id(value)] = made
                step.made.append(made)
            made.names.append(name)
            if name.partition("[")[0] in RETURNED and self.source.kind(step.line) == "return":
                made.role = "h_o" if name == RETURNED[0] else "h_h"
        # The line's main result comes last: what it assigns, and at the very end the answer.
        step.made.sort(key=lambda made: (bool(made.names), RETURNED[0] in made.names))

    def _color(self, called: list[Made]) -> None:
        """Give each output its part's role, but its input's role after a norm or dropout."""
        for index, made in enumerate(called):
            role = self.roles.get(made.module.partition(".")[0], "")
            made.role = _last_role(called[:index]) if role in PASS_ON else role


def _returned(returned: Any) -> dict[str, Any]:
    """Name what a forward returns; a state of several tensors gives "state[0]" and so on."""
    answers = returned if isinstance(returned, tuple) else (returned,)
    found = dict[str, Any]()
    for name, value in zip(RETURNED, answers, strict=False):
        if isinstance(value, tuple):
            found |= {f"{name}[{number}]": each for number, each in enumerate(value)}
        else:
            found[name] = value
    return found


def _last_role(made: list[Made]) -> str:
    return next((each.role for each in reversed(made) if each.role), "")


def _tensors(output: Any) -> Iterator[Tensor]:
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, tuple | list):
        for each in output:
            yield from _tensors(each)


def _numpy(tensor: Tensor) -> NDArray[Any]:
    """Copy a tensor now, since a later line may write into it."""
    return np.array(tensor.detach().cpu().numpy())


def _mark(value: Any) -> int:
    """Return a number that changes when a line writes into a value."""
    if isinstance(value, Tensor):
        return value._version
    return len(value) if isinstance(value, list | dict) else 0


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return str(value)[:40]
