"""The state of all that a training step can reach, so that it can be put back bit for bit.

`Snapshot` follows attributes, lists, dicts, closures, bound methods and the global names that a
function uses: a state in ``self.h``, in a closure or in a notebook's global is found like a weight.
"""

import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

MAX_ITEMS = 10_000  # of a list or dict whose items are looked into
MAX_OBJECTS = 200_000
MAX_DATA = (
    10_000_000  # numbers of a tensor of whole numbers: more is a data set, which no step changes
)
LIBRARIES = (*sys.stdlib_module_names, "torch", "numpy", "hnviz", "builtins")
INSIDE = ("collections", "functools", "types", "random", "__main__")  # of the standard library
BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
ATOMS = (int, float, complex, str, bytes, type(None), torch.dtype, torch.device, ModuleType)

Undo = Callable[[], None]


class Snapshot:
    """All that a step can reach, as it is now; `restore` puts it back, as often as it is called."""

    def __init__(self, *roots: object) -> None:
        self.tensors: list[Tensor] = []
        self._undo: list[Undo] = [*generators()]
        self._last: list[Undo] = []  # gradients: they must fit their tensors
        self._seen: dict[int, object] = {}
        self._todo: deque[object] = deque(roots)
        while self._todo and len(self._seen) < MAX_OBJECTS:
            self._visit(self._todo.popleft())

    def restore(self) -> None:
        """Put everything back."""
        with torch.no_grad():
            for undo in (*self._undo, *self._last):
                with suppress(Exception):  # one that fails must not keep the others from it
                    undo()

    def _visit(self, found: object) -> None:
        if isinstance(found, ATOMS) or id(found) in self._seen or _is_ours(found):
            return
        self._seen[id(found)] = found
        for kind, visit in self._visits():
            if isinstance(found, kind):
                with suppress(RuntimeError, NotImplementedError, TypeError, ValueError):
                    visit(found)
                return
        self._visit_object(found)

    def _visits(self) -> Iterator[tuple[type | tuple[type, ...], Callable[[Any], None]]]:
        yield Tensor, self._visit_tensor
        yield dict, self._visit_dict
        yield (list, deque), self._visit_list
        yield set, self._visit_set
        yield (tuple, frozenset), self._look_into
        yield np.ndarray, self._visit_array
        yield (torch.Generator, random.Random, np.random.Generator), self._visit_generator
        yield FunctionType, self._visit_function
        yield MethodType, lambda method: self._todo.extend((method.__self__, method.__func__))
        yield partial, lambda call: self._todo.extend((call.func, call.args, call.keywords))
        yield CellType, self._visit_cell
        yield type, self._visit_class

    def _visit_tensor(self, tensor: Tensor) -> None:
        if not tensor.is_floating_point() and tensor.numel() > MAX_DATA:
            return
        alias = tensor.data  # the same memory, which a step or a cast may replace
        copy, leaf, asked = alias.clone(), tensor.is_leaf, tensor.requires_grad
        grad = tensor.grad if leaf else None
        self.tensors.append(tensor)

        def undo() -> None:
            if tensor.dtype != alias.dtype or tensor.data_ptr() != alias.data_ptr():
                tensor.data = alias
            if not torch.equal(_bits(alias), _bits(copy)):
                alias.copy_(copy)
            if leaf and tensor.is_leaf and tensor.requires_grad != asked:
                tensor.requires_grad_(asked)

        self._undo.append(undo)
        if leaf:
            self._last.append(lambda: setattr(tensor, "grad", grad))
        self._todo.append(grad)

    def _visit_dict(self, found: dict[Any, Any]) -> None:
        copy = dict(found)
        parts = [id(part) for pair in copy.items() for part in pair]

        def undo() -> None:
            if [id(part) for pair in found.items() for part in pair] != parts:
                found.clear()
                found.update(copy)

        self._undo.append(undo)
        self._look_into((*copy.keys(), *copy.values()))

    def _visit_list(self, found: list[Any] | deque[Any]) -> None:
        copy = tuple(found)

        def undo() -> None:
            if [id(each) for each in found] != [id(each) for each in copy]:
                found.clear()
                found.extend(copy)

        self._undo.append(undo)
        self._look_into(copy)

    def _visit_set(self, found: set[Any]) -> None:
        copy = frozenset(found)

        def undo() -> None:
            if found != copy:
                found.clear()
                found.update(copy)

        self._undo.append(undo)
        self._look_into(copy)

    def _look_into(self, items: Any) -> None:
        if len(items) <= MAX_ITEMS:
            self._todo.extend(each for each in items if not isinstance(each, ATOMS))

    def _visit_array(self, array: "np.ndarray[Any, Any]") -> None:
        if array.dtype.hasobject or not array.flags.writeable or array.size > MAX_DATA:
            return
        copy = array.copy()
        self._undo.append(lambda: np.copyto(array, copy))

    def _visit_generator(self, generator: Any) -> None:
        if isinstance(generator, torch.Generator):
            state = generator.get_state()
            self._undo.append(lambda: _drop(generator.set_state(state)))
        elif isinstance(generator, random.Random):
            self._undo.append(partial(generator.setstate, generator.getstate()))
        else:
            state = generator.bit_generator.state
            self._undo.append(lambda: setattr(generator.bit_generator, "state", state))

    def _visit_function(self, function: FunctionType) -> None:
        self._todo.extend(function.__closure__ or ())
        self._todo.extend((function.__defaults__, function.__kwdefaults__, function.__dict__))
        names, scope = set(_names(function.__code__)), function.__globals__
        if _is_library(str(scope.get("__name__"))):
            return
        missing = {name for name in names if name not in scope}
        values = {name: scope[name] for name in names - missing}

        def undo() -> None:
            scope.update(values)
            for name in missing:
                scope.pop(name, None)

        self._undo.append(undo)
        self._todo.extend(values.values())

    def _visit_cell(self, cell: CellType) -> None:
        value = cell.cell_contents  # ValueError while it is empty
        self._undo.append(lambda: setattr(cell, "cell_contents", value))
        self._todo.append(value)

    def _visit_class(self, kind: type) -> None:
        if _is_library(kind.__module__):
            return
        for name, value in vars(kind).items():
            if not name.startswith("__") and not hasattr(value, "__get__"):
                self._attribute(kind, name, value)

    def _visit_object(self, found: object) -> None:
        module = type(found).__module__
        if _is_library(module) and module.partition(".")[0] not in ("torch", "hnviz", *INSIDE):
            return
        self._todo.append(type(found))
        self._todo.append(getattr(found, "__dict__", None))
        for name in _slots(type(found)):
            if not name.startswith("__") and hasattr(found, name):
                self._attribute(found, name, getattr(found, name))

    def _attribute(self, found: object, name: str, value: object) -> None:
        def undo() -> None:
            if getattr(found, name, None) is not value:
                with suppress(AttributeError, TypeError):
                    setattr(found, name, value)

        self._undo.append(undo)
        self._todo.append(value)


def generators() -> Iterator[Undo]:
    """Yield what puts the random generators of torch, numpy and Python back, and torch's modes."""
    cpu, old, python = torch.get_rng_state(), np.random.get_state(), random.getstate()
    grad, dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    yield lambda: torch.set_rng_state(cpu)
    yield lambda: np.random.set_state(old)
    yield lambda: random.setstate(python)
    yield lambda: torch.set_default_dtype(dtype)
    yield lambda: _drop(torch.set_grad_enabled(grad))
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        cuda = torch.cuda.get_rng_state_all()
        yield lambda: torch.cuda.set_rng_state_all(cuda)


def _drop(_: object) -> None:
    """Return nothing."""


def _bits(tensor: Tensor) -> Tensor:
    """Look at a tensor's bits: -0.0 is not 0.0, and nan is itself."""
    real = torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor
    return real.view(BITS[real.element_size()])


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)


def _slots(kind: type) -> Iterator[str]:
    for each in kind.__mro__:
        slots = vars(each).get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


def _is_library(module: str) -> bool:
    return module.partition(".")[0] in LIBRARIES and module != "__main__"


def _is_ours(found: object) -> bool:
    named = found if isinstance(found, FunctionType | type) else type(found)
    return str(getattr(named, "__module__", "")).startswith("hnviz.doctor")
