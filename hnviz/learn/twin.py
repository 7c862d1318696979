"""A copy of the user's model, to look into: the model that trains is never called.

The copy is on the cpu and in eval mode. It reads rows of tokens from a state that is given, however
its class holds its state: in attributes such as `self.h`, handed in and out, or not at all.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any

import torch
from torch import Tensor, nn

from hnviz.given import UnreadableError, said

State = tuple[Tensor, ...]
"""The tensors of a state; the last two dimensions of each are the rows and the units."""

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm1d)  # their buffers are no state
_HIDDEN = frozenset(vars(nn.Module()))  # what every module has


@dataclass(frozen=True, slots=True)
class Place:
    """An attribute in which a model keeps its state, or a part of it."""

    module: str  # path of the submodule
    name: str

    def __str__(self) -> str:
        return f"self.{self.module}.{self.name}" if self.module else f"self.{self.name}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gave: logits (rows, nv) or (rows, steps, nv), and the state after it."""

    logits: Tensor
    state: State


@dataclass
class Twin:
    """The copy, and how to call it."""

    module: nn.Module
    nv: int = 0  # tokens that the embedding knows
    kept: dict[Place, int] = field(default_factory=dict)  # the tensors in a list; 0 for no list
    handed: bool = False  # `forward` takes a state and returns the next one
    packed: type | None = (
        None  # list or tuple: what holds the tensors of a state that is handed over
    )
    steps_first: bool = False  # x is (steps, rows)
    zeros: State = ()  # a state of zeros for one row, if the model carries one

    def start(self, rows: int) -> State:
        """Return a state of zeros for some rows."""
        return tuple(_rows(each, rows) for each in self.zeros)

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the tensors that training changes: a state in a buffer is none of them."""
        kept = {f"{place.module}.{place.name}".lstrip(".") for place in self.kept}
        return tuple(name for name in self.module.state_dict() if name not in kept)

    def read(self, x: Tensor, state: State | None = None) -> Answer:
        """Read x, (rows, steps), from a state or from zeros. Raises what the model raises.

        Gradients reach a state that requires them, unless the model cuts them itself.
        """
        state = self.start(len(x)) if state is None else state
        self._put(state)
        given = x.t() if self.steps_first else x
        arguments = (given, self._pack(state)) if self.handed else (given,)
        out = self.module(*arguments)
        logits, others = self.split(out, x.shape)
        if self.handed:
            return Answer(logits, state_in(others[0]) if others else ())
        return Answer(logits, tuple(self._get()))

    def _pack(self, state: State) -> Any:
        if self.packed is not None:
            return self.packed(state)
        return state[0] if state else None

    def _put(self, state: State) -> None:
        rest = [each.clone() for each in state]  # a model may write into its state
        for place, many in self.kept.items():
            taken, rest = rest[: many or 1], rest[many or 1 :]
            owner = self.module.get_submodule(place.module)
            setattr(owner, place.name, taken if many else taken[0])

    def _get(self) -> Iterator[Tensor]:
        for place in self.kept:
            yield from state_in(held(self.module, place))

    def split(self, out: Any, shape: torch.Size) -> tuple[Tensor, list[Any]]:
        """Return the logits among what a model returned, and everything else."""
        parts = list(out.values()) if isinstance(out, dict) else out
        parts = list(parts) if isinstance(parts, list | tuple) else [parts]
        rows, steps = shape
        for at, each in enumerate(parts):
            if isinstance(each, Tensor) and each.is_floating_point():
                logits = _arranged(each, (rows, steps, self.nv), self.steps_first)
                if logits is not None:
                    return logits, parts[:at] + parts[at + 1 :]
        came = ", ".join(str(tuple(e.shape)) for e in parts if isinstance(e, Tensor)) or type(out)
        raise UnreadableError(
            f"for {rows} rows of {steps} tokens the model returns {came}; wanted scores of "
            f"{self.nv} tokens"
        )


def _arranged(each: Tensor, sizes: tuple[int, int, int], steps_first: bool) -> Tensor | None:
    """Return scores as (rows, steps, nv), or (rows, nv); None for another tensor."""
    rows, steps, nv = sizes
    shape = tuple(each.shape)
    first = (steps, rows) if steps_first else (rows, steps)
    if shape == (*first, nv):
        return each.transpose(0, 1) if steps_first else each
    if shape == (rows, nv):
        return each
    if shape == (rows * steps, nv):
        each = each.view(*first, nv)
        return each.transpose(0, 1) if steps_first else each
    if shape == (rows, nv, steps):
        return each.transpose(1, 2)
    return None


def _rows(each: Tensor, rows: int) -> Tensor:
    """Return zeros like a state of one row, for some rows."""
    return each.new_zeros(*each.shape[:-2], rows, each.shape[-1])


def state_in(value: Any) -> State:
    """List the tensors in a state, whatever holds them."""
    if isinstance(value, Tensor):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(each for each in value if isinstance(each, Tensor))
    return ()


def generators_kept() -> AbstractContextManager[None]:
    """Put torch's random generators, those of devices in use too, back as they were at its end."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    kept: AbstractContextManager[None] = torch.random.fork_rng(devices)
    return kept


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the module that torch.compile or a wrapper for several devices holds."""
    for name in ("_orig_mod", "module"):
        inner = getattr(model, name, None)
        wraps = name == "_orig_mod" or type(model).__name__.endswith("DataParallel")
        if wraps and isinstance(inner, nn.Module):
            return unwrapped(inner)
    return model


def copied(model: nn.Module) -> nn.Module:
    """Copy a model to the cpu, in eval mode, without its hooks. Raises UnreadableError."""
    model = unwrapped(model)
    memo: dict[int, Any] = {}
    for module in model.modules():  # torch does not copy a tensor that has a history
        for value in vars(module).values():
            for each in state_in(value):
                if not each.is_leaf:
                    memo[id(each)] = each.detach().clone()
    try:
        twin = deepcopy(model, memo)
    except Exception as error:  # a class may forbid it in its own way
        raise UnreadableError(f"the model cannot be copied: {said(error)}") from error
    for module in twin.modules():
        for hooks in (name for name in _HIDDEN if name.endswith("_hooks")):
            getattr(module, hooks).clear()
        if getattr(module, "_compiled_call_impl", None) is not None:
            module._compiled_call_impl = None
        if "_original_forward" in vars(module):  # accelerate's mixed precision is in the other one
            vars(module)["forward"] = vars(module).pop("_original_forward")
        for name, value in list(vars(module).items()):
            if name not in _HIDDEN and state_in(value):
                setattr(module, name, _on_cpu(value))
    return twin.to("cpu").float().eval().requires_grad_(False)


def _on_cpu(value: Any) -> Any:
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        return value.float() if value.is_floating_point() else value
    return type(value)([_on_cpu(each) if isinstance(each, Tensor) else each for each in value])


def looked_at(model: nn.Module) -> tuple[Place, ...]:
    """List the attributes of a model and its submodules that may hold a state."""
    places = []
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if name not in _HIDDEN and not name.startswith("__") and _may_be_state(value):
                places.append(Place(path, name))
        if not isinstance(module, NORMS):
            places += [Place(path, name) for name, _ in module.named_buffers(recurse=False)]
    return tuple(places)


def held(module: nn.Module, place: Place) -> Any:
    """Return what a place of a model holds."""
    return getattr(module.get_submodule(place.module), place.name)


def _may_be_state(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or is_number or bool(state_in(value))


def takes_state(model: nn.Module) -> bool | None:
    """Return whether `forward` needs a second argument; None if it may be left out."""
    wanted = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    with suppress(TypeError, ValueError):
        params = [
            each for each in signature(model.forward).parameters.values() if each.kind in wanted
        ]
        if len(params) > 1:
            return True if params[1].default is Parameter.empty else None
    return False
