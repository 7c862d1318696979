"""Watches a loop from hooks of torch, without changing what it computes."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

OWN = Path(__file__).parent
TORCH = Path(torch.__file__).parent


@dataclass(eq=False)
class Call:
    """One call of a module from the loop itself, not from another module."""

    module: nn.Module
    given: tuple[Tensor, ...]  # tensors among its arguments
    only_ids: bool  # it was given one tensor, and nothing besides
    place: str  # the line of the loop
    outputs: tuple[Tensor, ...] = ()  # the floating-point tensors of its answer
    grads: dict[int, Tensor] = field(default_factory=dict)  # of the loss, by the output's number
    inner: list["Call"] = field(default_factory=list)  # of the modules that it calls

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
    residue: bool = False  # a gradient of an earlier step was added to
    updates: int = 0  # calls of the optimizer's step

    def answers(self) -> list[Call]:
        """Return the calls whose outputs the loss is made of.

        These are the last module's that got a gradient; a cell that is called for each token has
        as many calls as there are tokens. Of a model that returns a loss they are inside it.
        """
        each = [one for call in self.calls for one in ((call,) if call.asked() else call.inner)]
        found = [call for call in each if call.asked()]
        return [call for call in found if call.module is found[-1].module]


class Watch:
    """Looks at the steps of a loop while it trains: call `step` after each, then `close`.

    It changes nothing: it reads outputs, gradients and the graph from hooks. `steps` has what was
    seen, and `hnviz.doctor.seen.of_watch` says what follows from it.
    """

    def __init__(self, model: nn.Module, optimizer: object = None) -> None:
        self.model, self.optimizers = model, _optimizers(optimizer)
        self.steps: list[Step] = []
        self.forced_eval = False
        self._now, self._depth, self._updates = Step(), 0, 0
        self.began: dict[int, Tensor] = {}  # weights as they were when the graph first had them
        self._earlier: set[Any] = set()
        self._incoming: dict[int, Tensor] = {}
        self._closers: list[Callable[[], None]] = []
        for module in self._modules():
            self._keep(module.register_forward_pre_hook(self._enter, with_kwargs=True))
            self._keep(
                module.register_forward_hook(self._leave, with_kwargs=True, always_call=True)
            )
        self._given = {id(weight) for weight in self.updated()}
        for weight in self.weights():
            if weight.requires_grad and weight.is_leaf:
                self._keep(weight.register_hook(self._came(weight)))
                self._keep(weight.register_post_accumulate_grad_hook(self._added))
        for each in self.optimizers:
            if hasattr(each, "register_step_post_hook"):
                self._keep(each.register_step_post_hook(self._update))

    def step(self) -> Step:
        """End a training step: what was seen since the last one is its."""
        done, self._now = self._now, Step()
        self._depth = 0
        self._earlier |= done.nodes
        self.steps.append(done)
        if not any(hasattr(each, "register_step_post_hook") for each in self.optimizers):
            self._updates += 1
        return done

    def pause(self) -> None:
        """Drop what was seen since the last step: it was no training."""
        self._now, self._depth = Step(), 0

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

    def weights(self) -> list[Tensor]:
        """List the model's weights, and others that the optimizers were given."""
        return [*{id(each): each for each in (*self.model.parameters(), *self.updated())}.values()]

    def updated(self) -> list[Tensor]:
        """List the weights that the optimizers were given."""
        groups = [getattr(each, "param_groups", ()) for each in self.optimizers]
        return [weight for group in groups for part in group for weight in part["params"]]

    def _modules(self) -> Iterable[nn.Module]:
        """List the modules to look at; of a compiled one the outermost, which alone runs hooks."""
        return (
            [self.model] if type(self.model).__name__ == "OptimizedModule" else self.model.modules()
        )

    def _keep(self, handle: Any) -> None:
        self._closers.append(handle.remove)

    def _enter(self, module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        if self._depth == 0 and self.forced_eval:
            self.model.eval()
        if self._depth < 2:
            found = tuple(tensors_in((given, named)))
            alone = len(given) + len(named) == 1 and len(found) == 1
            calls = (
                self._now.calls[-1].inner if self._depth and self._now.calls else self._now.calls
            )
            calls.append(Call(module, found, alone, place_of_loop() if self._depth == 0 else ""))
        self._depth += 1

    def _leave(
        self, module: nn.Module, given: tuple[Any, ...], named: dict[str, Any], answer: Any
    ) -> None:
        self._depth = max(self._depth - 1, 0)
        if self._depth > 1 or not self._now.calls:
            return
        call = self._now.calls[-1].inner[-1] if self._depth else self._now.calls[-1]
        call.outputs = tuple(each for each in tensors_in(answer) if each.is_floating_point())
        for number, output in enumerate(call.outputs):
            if output.requires_grad and output.grad_fn is not None:
                if self._depth == 0:
                    self._follow(output.grad_fn, call)
                self._keep(output.register_hook(self._asked(call, number)))

    def _asked(self, call: Call, number: int) -> Callable[[Tensor], None]:
        def keep(grad: Tensor) -> None:
            call.grads.setdefault(number, grad.detach().clone())

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
                self.began.setdefault(id(leaf), leaf.detach().clone())
            elif node in self._earlier:
                step.reaches_back = call.place
            else:
                step.nodes.add(node)
                todo += [below for below, _ in node.next_functions if below is not None]

    def _came(self, weight: Tensor) -> Callable[[Tensor], None]:
        def keep(grad: Tensor) -> None:
            self._incoming[id(weight)] = grad.detach().clone()

        return keep

    def _added(self, weight: Tensor) -> None:
        self._now.got.add(id(weight))
        came, has = self._incoming.pop(id(weight), None), weight.grad
        if self._given and id(weight) not in self._given:
            return  # zero_grad does not know it
        if came is not None and has is not None and self._updates and not has.is_sparse:
            self._now.residue |= not torch.equal(came, has.to(came.dtype))

    def _update(self, *_: object) -> None:
        self._updates += 1
        self._now.updates += 1


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
