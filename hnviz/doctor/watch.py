"""Watches a loop from hooks of torch, without changing what it computes."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from hnviz.doctor.batch import Batch

OWN = Path(__file__).parent
TORCH = Path(torch.__file__).parent


@dataclass(eq=False)
class Call:
    """One call of a module from the loop itself, not from another module."""

    module: int  # its id
    given: tuple[Tensor, ...]  # tensors among its arguments, if no module made the call
    only_ids: bool  # it was given one tensor, and nothing besides
    place: str  # the line of the loop
    outputs: tuple[Tensor, ...] = ()  # the floating-point tensors of its answer, without a graph
    grads: dict[int, Tensor] = field(default_factory=dict)  # of the loss, by the output's number
    inner: list["Call"] = field(default_factory=list)  # of the modules that it calls
    ids: Batch | None = None  # among its arguments, if somebody looked for them
    states: tuple[tuple[Tensor, ...], ...] = ()  # that the model kept before the call, and after

    def asked(self) -> bool:
        """Return whether an output that is no loss got a gradient."""
        return any(self.outputs[number].dim() > 0 for number in self.grads)


@dataclass(eq=False)
class Step:
    """What was seen in one call of the loop's step."""

    calls: list[Call] = field(default_factory=list)
    nodes: set[Any] = field(default_factory=set)  # of the graph below the outputs
    leaves: dict[int, Tensor] = field(default_factory=dict)  # weights that the graph reaches
    reaches_back: str = ""  # the line whose answer has a gradient path into an earlier step
    got: set[int] = field(default_factory=set)  # weights that got a gradient
    added: list[Tensor] = field(default_factory=list)  # bool: was it added to an earlier one
    updates: int = 0  # calls of the optimizer's step

    @property
    def residue(self) -> bool:
        """Whether a gradient of before the last update was added to. Waits for the device."""
        return any(map(bool, self.added))

    def answers(self) -> list[Call]:
        """Return the calls whose outputs the loss is made of.

        These are the last module's that got a gradient; a cell that is called for each token has
        as many calls as there are tokens. Of a model that returns a loss they are inside it.
        """
        each = [one for call in self.calls for one in ((call,) if call.asked() else call.inner)]
        found = [call for call in each if call.asked()]
        return [call for call in found if call.module == found[-1].module]


class Eye:
    """Notes what hooks of torch see of a loop's steps, without changing what it computes.

    A subclass sets the hooks of modules, which call `enter` and `leave`.
    """

    def __init__(self, optimizer: object = None) -> None:
        self.optimizers = _optimizers(optimizer)
        self.checked = False  # something of the loop could be looked at
        self.steps: list[Step] = []
        self._now, self._depth = Step(), 0
        self._earlier: set[Any] = set()
        self._incoming: dict[int, Tensor] = {}
        self._ever: set[int] = set()  # weights that ever got a gradient
        self._stale: set[int] = set()  # weights whose gradient an update has used
        self._closers: list[Callable[[], None]] = []
        self._given = {id(weight) for weight in self.updated()}
        for each in self.optimizers:
            if hasattr(each, "register_step_post_hook"):
                self._closing(each.register_step_post_hook(self.safe(self._update)))

    # What a subclass may do otherwise

    def safe(self, function: Callable[..., None]) -> Callable[..., None]:
        """Return a hook that runs a function."""
        return function

    def _copy(self, tensor: Tensor) -> Tensor:
        """Keep a gradient."""
        return tensor.detach().clone()

    def _view(self, tensor: Tensor) -> Tensor:
        """Keep what a module was given or has answered."""
        return tensor.detach()

    def _begins(self, weight: Tensor) -> None:
        """Take note of a weight that a graph reaches."""

    # What was seen

    def step(self) -> Step:
        """End a training step: what was seen since the last one is its."""
        done, self._now = self._now, Step()
        self._depth = 0
        self._earlier |= done.nodes
        self.steps.append(done)
        return done

    def close(self) -> None:
        """Take all hooks away."""
        for close in self._closers:
            close()
        self._closers.clear()

    def forget(self) -> None:
        """Drop what has been seen, and the graphs that this keeps."""
        self.steps.clear()
        self._earlier.clear()
        self._incoming.clear()
        self._now, self._depth = Step(), 0

    def updated(self) -> list[Tensor]:
        """List the weights that the optimizers were given."""
        groups = [getattr(each, "param_groups", ()) for each in self.optimizers]
        return [weight for group in groups for part in group for weight in part.get("params", ())]

    def enter(self, module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Begin a call."""
        if self._depth < 2:
            found = tuple(tensors_in((given, named)))
            alone = len(given) + len(named) == 1 and len(found) == 1
            calls = (
                self._now.calls[-1].inner if self._depth and self._now.calls else self._now.calls
            )
            place = place_of_loop() if self._depth == 0 else ""
            kept = tuple(map(self._view, found)) if self._depth == 0 else ()
            calls.append(Call(id(module), kept, alone, place))
        self._depth += 1

    def leave(self, answer: Any) -> Call | None:
        """End a call; return it unless it is deep inside another."""
        self._depth = max(self._depth - 1, 0)
        if self._depth > 1 or not self._now.calls:
            return None
        call = self._now.calls[-1].inner[-1] if self._depth else self._now.calls[-1]
        outputs = [each for each in tensors_in(answer) if each.is_floating_point()]
        call.outputs = tuple(map(self._view, outputs))
        for number, output in enumerate(outputs):
            if output.requires_grad and output.grad_fn is not None:
                if self._depth == 0:
                    self._follow(output.grad_fn, call)
                self._closing(output.register_hook(self.safe(self._asked(call, number))))
        return call

    def follow(self, weights: Iterable[Tensor]) -> None:
        """Look at the gradients that come to weights."""
        for weight in weights:
            if weight.requires_grad and weight.is_leaf:
                self._closing(weight.register_hook(self.safe(self._came(id(weight)))))
                hook = self.safe(self._added)
                self._closing(weight.register_post_accumulate_grad_hook(hook))

    def _closing(self, handle: Any) -> None:
        self._closers.append(handle.remove)

    def _asked(self, call: Call, number: int) -> Callable[[Tensor], None]:
        def keep(grad: Tensor) -> None:
            if number not in call.grads:
                call.grads[number] = self._copy(grad)

        return keep

    def _follow(self, start: Any, call: Call) -> None:
        """Walk the graph below an output; stop where an earlier step's begins."""
        todo, step = [start], self._now
        while todo:
            node = todo.pop()
            if node in step.nodes:
                continue
            leaf = getattr(node, "variable", None)
            if leaf is not None:
                step.leaves[id(leaf)] = leaf
                self._begins(leaf)
            elif node in self._earlier:
                step.reaches_back = call.place
            else:
                step.nodes.add(node)
                todo += [below for below, _ in node.next_functions if below is not None]

    def _came(self, at: int) -> Callable[[Tensor], None]:
        def keep(grad: Tensor) -> None:
            if at in self._stale:
                self._incoming[at] = grad.detach().clone()

        return keep

    def _added(self, weight: Tensor) -> None:
        at, has = id(weight), weight.grad
        self._now.got.add(at)
        self._ever.add(at)
        self._stale.discard(at)  # what is added until the next update belongs to one
        came = self._incoming.pop(at, None)
        if self._given and at not in self._given:
            return  # zero_grad does not know it
        if came is not None and has is not None and not has.is_sparse:
            differs = (came != has.to(came.dtype)) & ~has.isnan()
            self._now.added.append(differs.any())  # on the device: nothing waits for it here

    def _update(self, *_: object) -> None:
        self._stale |= self._ever
        self._now.updates += 1


class Watch(Eye):
    """Looks at the steps of a loop while it trains: call `step` after each, then `close`.

    `steps` has what was seen, and `hnviz.doctor.seen.of_watch` says what follows from it.
    """

    def __init__(self, model: nn.Module, optimizer: object = None) -> None:
        super().__init__(optimizer)
        self.model = model
        self.forced_eval = False
        self._began: dict[int, Tensor] = {}  # weights as they were when the graph first had them
        for module in self._modules():
            self._closing(module.register_forward_pre_hook(self._entering, with_kwargs=True))
            self._closing(module.register_forward_hook(self._leaving, always_call=True))
        self.follow(self.weights())

    def step(self) -> Step:
        """End a training step; an optimizer without hooks is taken to update in each."""
        if not any(hasattr(each, "register_step_post_hook") for each in self.optimizers):
            self._stale |= self._ever
        return super().step()

    def weights(self) -> list[Tensor]:
        """List the model's weights, and others that the optimizers were given."""
        return [*{id(each): each for each in (*self.model.parameters(), *self.updated())}.values()]

    def names(self) -> dict[int, str]:
        """Return the names of the model's weights, by their ids."""
        return {id(weight): name for name, weight in self.model.named_parameters()}

    def trainable(self) -> set[int]:
        """Return the ids of the model's weights that should get a gradient."""
        return {id(weight) for weight in self.model.parameters() if weight.requires_grad}

    def left(self, weights: Mapping[int, Tensor]) -> list[int]:
        """List the weights that no optimizer updates; without one, those that did not change."""
        given = {id(weight) for weight in self.updated()}
        if given:
            return [at for at in weights if at not in given]
        same = [at for at, weight in weights.items() if torch.equal(weight, self._began[at])]
        return same if len(same) < len(weights) else []

    def _begins(self, weight: Tensor) -> None:
        if id(weight) not in self._began:
            self._began[id(weight)] = weight.detach().clone()

    def _modules(self) -> Iterable[nn.Module]:
        """List the modules to look at; of a compiled one the outermost, which alone runs hooks."""
        return [self.model] if is_compiled(self.model) else self.model.modules()

    def _entering(self, module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        if self._depth == 0 and self.forced_eval:
            self.model.eval()
        self.enter(module, given, named)

    def _leaving(self, module: nn.Module, given: object, answer: Any) -> None:
        self.leave(answer)


def is_compiled(module: nn.Module) -> bool:
    """Return whether torch.compile made a module."""
    return type(module).__name__ == "OptimizedModule"


def _optimizers(given: object) -> list[Any]:
    return [*given] if isinstance(given, list | tuple) else [] if given is None else [given]


def tensors_in(found: Any, depth: int = 6) -> Iterator[Tensor]:
    """Yield the tensors of nested lists, tuples, dicts and objects with fields."""
    if isinstance(found, Tensor):
        yield found
    elif depth and isinstance(found, dict):
        for each in found.values():
            yield from tensors_in(each, depth - 1)
    elif depth and isinstance(found, list | tuple):
        for each in found:
            yield from tensors_in(each, depth - 1)
    elif depth and hasattr(found, "__dataclass_fields__"):
        yield from tensors_in(vars(found), depth - 1)


def place_of_loop() -> str:
    """Name the line of the innermost frame that is neither torch's nor ours."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if OWN not in file.parents and TORCH not in file.parents:
            return f"{file.name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
