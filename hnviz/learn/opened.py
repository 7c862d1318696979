"""A module of the user's own as a model of hnviz, and the source of its class.

The process that records a module has it. Another one has it once the person who starts hnviz names
a file of such classes: `hnviz.own`.
"""

import ast
import inspect
import linecache
from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from functools import cached_property, lru_cache
from textwrap import dedent
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from hnviz.given import said
from hnviz.learn.finding import Names, Reader, reader_of
from hnviz.learn.models import LanguageModel
from hnviz.learn.state import State, tensors
from hnviz.learn.twin import generators_kept
from hnviz.own.models import OwnClass
from hnviz.own.network import Network, hash_of

MAX_SOURCE_CHARS = 200_000


class Opened(LanguageModel):
    """Reads with the copy of the user's module, whose parts and weights keep their names."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(0, 0)
        self.predicts = reader.predicts  # type: ignore[misc]  # of this one, not of a class
        self.stateful = True  # type: ignore[misc]
        self._reader = (reader,)  # in a tuple, so that it is not registered a second time
        module = reader.twin.module
        for name, part in module.named_children():
            self.add_module(name, part)
        for name, weight in module.named_parameters(recurse=False):
            self.register_parameter(name, weight)

    @cached_property
    def detaches(self) -> bool:
        """Whether the module cuts the gradient at the end of each call itself."""
        state = tuple(each.requires_grad_() for each in self._reader[0].twin.start(1))
        with torch.enable_grad():
            after = deepcopy(self._reader[0].twin).read(self._reader[0].ids(1), state).state
        return not any(each.requires_grad for each in after)

    def init_state(self, bs: int) -> State:
        """Return zeros."""
        start = self._reader[0].twin.start(bs)
        return start if len(start) > 1 else start[0]

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Read x, (rows, steps), from a state."""
        answer = self._reader[0].twin.read(x, tensors(state))
        return answer.logits, answer.state if len(answer.state) > 1 else answer.state[0]

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Take the weights of a snapshot; a state that the module keeps is no weight."""
        twin = self._reader[0].twin
        weights = {name: state_dict[name] for name in twin.weights if name in state_dict}
        lacks = [name for name in twin.weights if name not in weights]
        if strict and lacks:
            raise RuntimeError(f"it lacks {', '.join(lacks)}")
        return twin.module.load_state_dict(weights, strict=False, assign=assign)


def source_of(model: nn.Module | None) -> str:
    """Return the source of a module's class, and of the classes beside it that it is made of.

    These are its bases and the classes of its parts, as far as the same file or notebook defines
    them. "" if Python cannot find the source.
    """
    if model is None:
        return ""
    home, found = type(model).__module__, dict[type, str]()
    for each in (kind for part in model.modules() for kind in type(part).__mro__):
        if each.__module__ == home and each not in found:
            found[each] = _source(each)
    if not found.get(type(model)):
        return ""
    return "\n\n".join(filter(None, found.values()))[:MAX_SOURCE_CHARS]


def _source(kind: type) -> str:
    """Return the source of a class; `inspect` alone does not find that of a notebook's."""
    for each in vars(kind).values():
        code = getattr(each, "__code__", None)
        if code is not None and each.__qualname__.startswith(f"{kind.__qualname__}."):
            text = "".join(linecache.getlines(code.co_filename))
            with suppress(SyntaxError):
                return next(_classes(text, kind.__name__, code.co_firstlineno), "")
    with suppress(OSError, TypeError):
        return dedent(inspect.getsource(kind)).rstrip() + "\n"
    return ""


def _classes(text: str, name: str, line: int) -> Iterator[str]:
    """Yield the source of the classes of a name that have a line, counted from 1."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.name == name:
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if first <= line <= (node.end_lineno or 0):
                yield dedent("\n".join(lines[first - 1 : node.end_lineno])) + "\n"


def own_classes(module: ModuleType) -> Iterator[OwnClass]:
    """Yield the modules of torch that a file defines, but for models of hnviz."""
    for kind in list(vars(module).values()):
        if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
            continue
        if kind.__module__ == module.__name__ and not issubclass(kind, LanguageModel):
            try:
                yield OwnClass(kind.__name__, hash_of(source_of(_made(module, kind.__name__))))
            except Exception as error:  # a class may need arguments, and raise anything
                yield OwnClass(kind.__name__, problem=said(error))


def _made(module: ModuleType, name: str) -> nn.Module:
    """Return a file's own model of a class, or make one. Raises what the class raises."""
    kind: type[nn.Module] = getattr(module, name)
    ready = (each for each in vars(module).values() if type(each) is kind)
    return next(ready, None) or kind()


@lru_cache(maxsize=8)
def opened(network: Network, module: ModuleType) -> type[Opened]:
    """Return a recorded network's class, which takes (nv, nh) like every model's.

    `module` is the file that has it. Raises UnreadableError, and what the user's class raises.
    """
    names = {part.role: part.name for part in network.parts}
    with generators_kept():
        made = _made(module, network.class_name)
        reader = reader_of(made, Names(embedding=names["i_h"], head=names.get("h_o", "")))

    def begin(self: Opened, nv: int, nh: int) -> None:
        Opened.__init__(self, deepcopy(reader))

    about = {"__init__": begin, "predicts": network.predicts, "stateful": network.stateful}
    return type(network.class_name, (Opened,), about)
