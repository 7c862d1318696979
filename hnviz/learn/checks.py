"""Checks a file of models: ``python -m hnviz.learn.checks my_models.py < my_models.py``.

Only `hnviz.own.file` starts it. It writes JSON, one object per line: {"doing": ...} before each
part of the work, then {"models": ...} or {"problem": one sentence}. It drops what the file prints.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import ModuleType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hnviz.config import ConfigError, RunConfig
from hnviz.learn.build import run_text
from hnviz.learn.models import LanguageModel
from hnviz.learn.opened import own_classes
from hnviz.learn.state import State, mapped, rows_of, tensors
from hnviz.models.catalogue import CATALOGUE, ModelEntry
from hnviz.own.entries import ModelProblem, check_entry, identity, wrong_if
from hnviz.own.models import OwnModel, OwnModelError, OwnModels, register

EXAMPLE = 'write SKIP = ModelEntry(name="Skip", ...) for the class Skip'
MAX_ERROR_CHARS = 300  # of an error that a file raises
SIZES = ((7, 6), (11, 4))  # nv, nh: two pairs, to find a number written in place of a size
BS = 3
STEPS = 5
CLOSE = 1e-4
KNOWN_CELLS = ("GRU", "LSTM")  # parts of torch whose gates hnviz computes

Say = Callable[[dict[str, object]], None]


def main() -> None:
    """Check the text on stdin; exit at the end, as the file may have started threads."""
    text = sys.stdin.buffer.read().decode()
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)

    def say(message: dict[str, object]) -> None:
        os.write(out, json.dumps(message).encode() + b"\n")

    try:
        say({"models": asdict(checked(sys.argv[1], text, say))})
    except OwnModelError as error:
        say({"problem": str(error)})
    os._exit(0)


def checked(file: str, text: str, say: Say) -> OwnModels:
    """Run a file and check each of its models. Raises OwnModelError."""
    say({"doing": "while it was loaded"})
    if not text.strip():
        raise OwnModelError(f"{file} is empty: it needs a class and an entry")
    with sentences(file, "it"):
        module = run_text(file, text)
    with sentences(file, "it"):
        classes = tuple(own_classes(module))
    entries = _entries(module)
    if not entries and not classes:
        raise OwnModelError(f"{file} has no entry: {EXAMPLE}")
    _check_names(file, [entry.name for entry in entries])
    names = [entry.name for entry in entries]
    for entry in entries:
        with _named(file, entry):
            check_entry(entry, names)
    models = tuple(OwnModel(entry, identity(text, entry, names)) for entry in entries)
    found = OwnModels(file, text, models, classes)
    register(found)
    for entry in entries:
        say({"doing": f"while {entry.name} was tried"})
        with _named(file, entry), sentences(file, entry.name):
            check_class(entry, getattr(module, entry.name, None))
    return found


def _entries(module: ModuleType) -> list[ModelEntry]:
    """Return the entries that a file defines, in its order."""
    built_in = {id(entry) for entry in CATALOGUE.values()}
    found = {
        id(value): value
        for value in vars(module).values()
        if isinstance(value, ModelEntry) and id(value) not in built_in
    }
    return list(found.values())


def _check_names(file: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise OwnModelError(f"{file} has two entries named {name!r}: rename one")


@contextmanager
def _named(file: str, entry: ModelEntry) -> Iterator[None]:
    """Start an error's sentence with the file and the name of the entry or class."""
    try:
        yield
    except ModelProblem as error:
        raise OwnModelError(f"{file}: {entry.name!s:.40}: {error}") from error


@contextmanager
def sentences(file: str, what: str) -> Iterator[None]:
    """Turn anything that a file raises into one sentence that names the line."""
    try:
        yield
    except (OwnModelError, ModelProblem):
        raise
    except SyntaxError as error:
        at = f", line {error.lineno}" if error.filename == file else ""
        raise OwnModelError(f"{file}{at}: {error.msg}") from error
    except BaseException as error:  # a file may raise anything, even SystemExit
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == file]
        at = f", line {lines[-1]}" if lines else ""
        said = " ".join(str(error).split())[:MAX_ERROR_CHARS]
        raise OwnModelError(
            f"{file}{at}: {what} raised {type(error).__name__}{f': {said}' if said else ''}"
        ) from error


def check_class(entry: ModelEntry, model: object) -> None:
    """Compare a class, `model`, None if missing, with its entry, which is in the catalogue.

    Raises ModelProblem, and anything that the class raises.
    """
    if not (isinstance(model, type) and issubclass(model, LanguageModel)):
        raise ModelProblem(
            "the file has no class of this name that extends LanguageModel: an entry and its "
            "class share their name"
        )
    for name in ("predicts", "stateful"):
        declared, wanted = getattr(model, name, None), getattr(entry, name)
        wrong_if(declared != wanted, f"its class says {name} = {declared!r}, its entry {wanted!r}")
    try:
        RunConfig.for_model(entry.name)
    except ConfigError as error:
        raise ModelProblem(f"its recipe cannot be used: {error}") from error
    for nv, nh in SIZES:
        made = _made(model, nv, nh)
        _check_weights(entry, made, nv, nh)
        state = made.init_state(BS)
        _check_state(entry, state, nh, "init_state")
        wrong_if(any(each.any() for each in tensors(state)), "init_state must give zeros")
        for steps in sorted({1, 2, min(entry.max_bptt or STEPS, STEPS)}):
            if steps <= (entry.max_bptt or steps):
                _check_forward(entry, made, torch.arange(BS * steps).view(BS, steps) % nv)
        _check_gradients(entry, made, nv)
        _check_gate_values(entry, made, nh)


def _made(model: type[LanguageModel], nv: int, nh: int) -> LanguageModel:
    made = []
    for _ in range(2):
        torch.manual_seed(0)
        made.append(model(nv, nh))
    pairs = zip(made[0].state_dict().values(), made[1].state_dict().values(), strict=True)
    wrong_if(
        not all(torch.equal(one, other) for one, other in pairs),
        "its first weights vary from call to call: draw them with torch, whose seed a run sets",
    )
    return made[0]


def _check_weights(entry: ModelEntry, model: LanguageModel, nv: int, nh: int) -> None:
    found = {name: tuple(weight.shape) for name, weight in model.named_parameters()}
    for part in entry.parts:
        module = getattr(model, part.name, None)
        if not isinstance(module, nn.Module):
            raise ModelProblem(f"its entry has a part {part.name}, but its class sets no such part")
        kind = type(module).__name__
        wrong_if(kind != part.kind, f"{part.name} is a {kind}, but its entry says {part.kind}")
        for weight in part.weights:
            name, wanted = f"{part.name}.{weight.name}", weight.shape(nv, nh)
            came = found.pop(name, None)
            wrong_if(came is None, f"its entry has a weight {name}, but its class has none")
            wrong_if(
                came != wanted,
                f"with nv {nv} and nh {nh}, {name} has the shape {came}, but its entry says "
                f"{wanted}",
            )
    wrong_if(found, f"its class has weights that its entry lacks: {', '.join(found)}")


def _check_state(entry: ModelEntry, state: object, nh: int, where: str) -> None:
    each = state if isinstance(state, tuple) else (state,)
    if not all(isinstance(tensor, Tensor) for tensor in each):
        raise ModelProblem(f"the state of {where} must be a tensor, or a tuple of tensors")
    wrong_if(
        len(each) != len(entry.state),
        f"{where} gives {len(each)} state tensors, but its entry names {len(entry.state)}: "
        f"{', '.join(entry.state)}",
    )
    wanted = (BS, nh) if entry.n_layers == 1 else (entry.n_layers, BS, nh)
    for name, tensor in zip(entry.state, each, strict=True):
        shape = tuple(tensor.shape)
        wrong_if(
            shape not in (wanted, (entry.n_layers, BS, nh)),
            f"for {BS} rows and nh {nh}, the state {name} of {where} has the shape {shape}; "
            f"wanted {wanted}",
        )


def _check_forward(entry: ModelEntry, model: LanguageModel, x: Tensor) -> None:
    nv = model.state_dict()[f"{entry.part('i_h').name}.weight"].shape[0]
    steps, nh = x.shape[1], tensors(model.init_state(BS))[0].shape[-1]
    every = entry.predicts == "every"
    model.train()
    begun = mapped(model.init_state(BS), lambda tensor: torch.full_like(tensor, 0.1))
    given = mapped(begun, Tensor.clone)
    answer = model(x, given)
    if not (isinstance(answer, tuple) and len(answer) == 2):
        raise ModelProblem("forward must return two things, logits and the state")
    logits, state = answer
    wanted = (BS, steps, nv) if every else (BS, nv)
    came = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
    wrong_if(
        came != wanted,
        f"for {BS} rows of {steps} tokens and nv {nv}, forward gives logits of the shape {came}; "
        f"wanted {wanted}",
    )
    _check_state(entry, state, nh, "forward")
    wrong_if(not logits.isfinite().all(), "forward gives logits that are not finite")
    wrong_if(not _equal(given, begun, 0.0), "forward changes the state that it is given")
    model.eval()
    with torch.no_grad():
        _check_reading(model, x, begun)


def _check_reading(model: LanguageModel, x: Tensor, begun: State) -> None:
    """Check that rows do not mix, and that reading token by token gives the same, as pages do."""
    logits, state = model(x, begun)
    alone, alone_state = model(x[:1], rows_of(begun, slice(0, 1)))
    fine = _near(alone, logits[:1], CLOSE) and _equal(
        alone_state, rows_of(state, slice(0, 1)), CLOSE
    )
    wrong_if(not fine, "one row's answer depends on the other rows, even in eval mode")
    found, carried = list[Tensor](), begun
    for step in range(x.shape[1]):
        one, carried = model(x[:, step : step + 1], carried)
        found.append(one)
    together = torch.cat(found, dim=1) if logits.dim() == 3 else found[-1]
    wrong_if(
        not (_near(together, logits, CLOSE) and _equal(carried, state, CLOSE)),
        f"read token by token, {x.shape[1]} tokens give another answer or state than when read at "
        "once: its state must hold all that it remembers, and no answer may look ahead",
    )


def _check_gradients(entry: ModelEntry, model: LanguageModel, nv: int) -> None:
    steps = min(entry.max_bptt or STEPS, STEPS)
    x = torch.arange(BS * steps).view(BS, steps) % nv
    model.train()
    model.zero_grad()
    state = mapped(model.init_state(BS), lambda tensor: tensor.requires_grad_())
    logits, _ = model(x, state)
    y = torch.zeros(logits.shape[:-1].numel(), dtype=torch.long)
    loss = F.cross_entropy(logits.flatten(0, -2), y)
    wrong_if(not loss.requires_grad, "no gradient leaves its answers: look for no_grad or detach")
    loss.backward()
    cut = [name for name, weight in model.named_parameters() if weight.grad is None]
    wrong_if(
        cut, f"no gradient reaches {', '.join(cut)}: look for detach, or a part that is not used"
    )
    wrong_if(
        tensors(state)[0].grad is None,
        "no gradient reaches the state that it starts from: look for detach, or a state that "
        "forward does not read",
    )


def _check_gate_values(entry: ModelEntry, model: LanguageModel, nh: int) -> None:
    if not entry.gates:
        return
    own = getattr(model, "gates", None)
    if own is None:
        kind = entry.part("h_h").kind
        wrong_if(
            kind not in KNOWN_CELLS,
            f"its entry names gates, so its class needs a method gates(layer, given, before): "
            f"hnviz computes only those of {' and '.join(KNOWN_CELLS)}, not of {kind}",
        )
        return
    given, before = torch.rand(BS, nh) - 0.5, torch.rand(BS, nh) - 0.5
    for layer in range(entry.n_layers):
        values = own(layer, given, before)
        shapes = [tuple(value.shape) for value in _tensors_in(values)]
        wrong_if(
            shapes != [(BS, nh)] * len(entry.gates),
            f"gates must give {len(entry.gates)} tensors of the shape {(BS, nh)}, in the entry's "
            f"order, {', '.join(entry.gates)}; got {shapes}",
        )
        for name, value in zip(entry.gates, values, strict=True):
            low = -1.0 if entry.gate(name).signed else 0.0
            wrong_if(
                not ((value >= low) & (value <= 1)).all(),
                f"its gate {name} must be between {low:g} and 1, as {entry.gate(name).squash} is",
            )


def _tensors_in(values: object) -> Iterator[Tensor]:
    for value in values if isinstance(values, tuple | list) else (values,):
        if not isinstance(value, Tensor):
            raise ModelProblem(f"gates must give tensors; got {type(value).__name__}")
        yield value


def _near(one: Tensor, other: Tensor, tolerance: float) -> bool:
    return torch.allclose(one, other, rtol=tolerance, atol=tolerance)


def _equal(one: State, other: State, tolerance: float) -> bool:
    pairs = zip(tensors(one), tensors(other), strict=True)
    return all(_near(left, right, tolerance) for left, right in pairs)


if __name__ == "__main__":
    main()
