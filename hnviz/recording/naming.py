"""Names the parts of the user's model, and checks the names by running parts of torch beside it."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from hnviz.learn import MODELS
from hnviz.learn.described import described
from hnviz.learn.finding import ROWS, Names, Reader, second, state_like
from hnviz.learn.models import LanguageModel
from hnviz.learn.state import State, tensors
from hnviz.learn.twin import Answer, Twin
from hnviz.models.catalogue import BUILT_IN, entry
from hnviz.models.spec import Part, Weight
from hnviz.own.network import NORM_PLACES, SQUASHES, Network, NetworkError

CLOSE = 1e-4  # relative to the largest number
CELLS = {nn.RNN: "RNN", nn.GRU: "GRU", nn.LSTM: "LSTM"}
NORMS = {nn.BatchNorm1d: "bn", nn.LayerNorm: "ln"}


@dataclass(frozen=True, slots=True)
class Named:
    """What a model computes, if hnviz can build it from parts of torch."""

    network: Network | None = None
    built_in: str = ""  # the model of hnviz that computes the same
    names: Names = field(default_factory=Names)
    seen: tuple[str, ...] = ()  # sentences: what was found, and what was not

    @property
    def model(self) -> str:
        """The model's name in a run's settings; "" if hnviz cannot build it."""
        return self.built_in or (self.network.name if self.network else "")


@dataclass
class _Calls:
    """The modules that a forward pass called, in order, with what they gave."""

    order: list[str] = field(default_factory=list)
    gave: dict[str, Tensor] = field(default_factory=dict)  # at the last call


def named(reader: Reader) -> Named:
    """Name the parts of a model. Never raises for a model that was read."""
    calls, answer = _called(reader)
    names, problem = _names(reader, calls, answer)
    if problem:
        return Named(names=names, seen=(problem, *_state_said(reader)))
    probe = _shaken(reader.twin)
    for network in _candidates(reader, names):
        if _agree(probe, reader, _loaded(described(network), probe, names)):
            built_in = _built_in(probe, reader, network, names)
            return Named(network, built_in, names, _said(reader, names, network))
    parts = ", ".join(filter(None, (names.embedding, names.cell, names.head, names.norm)))
    own = (
        f"The model computes something of its own: {parts} do not give its answers in any of the "
        "usual ways."
    )
    return Named(names=names, seen=(own, *_state_said(reader)))


def _called(reader: Reader) -> tuple[_Calls, Answer]:
    calls, handles = _Calls(), []
    for path, module in reader.twin.module.named_modules():
        if path:

            def note(_: nn.Module, __: Any, out: Any, path: str = path) -> None:
                calls.order.append(path)
                if isinstance(out, Tensor):
                    calls.gave[path] = out.detach()

            handles.append(module.register_forward_hook(note))
    try:
        answer = reader.twin.read(reader.ids())
    finally:
        for handle in handles:
            handle.remove()
    return calls, answer


def _names(reader: Reader, calls: _Calls, answer: Answer) -> tuple[Names, str]:
    """Return the names of the parts, and a sentence about one that was not found."""
    names = reader.names
    modules = {
        path: each for path, each in reader.twin.module.named_modules() if path in calls.order
    }
    for wanted in filter(None, asdict(names).values()):
        if wanted not in modules:
            return names, f"No part named {wanted} was called; the model called {_listed(modules)}."
    linear = [path for path, each in modules.items() if isinstance(each, nn.Linear)]
    heads = [p for p in linear if modules[p].out_features == reader.twin.nv]
    head = names.head or next((p for p in reversed(calls.order) if p in heads), "")
    if not head:
        return names, f"No head was found: no nn.Linear gives {reader.twin.nv} scores."
    stacked = [path for path, each in modules.items() if type(each) in CELLS]
    square = [
        path
        for path in linear
        if path != head and modules[path].in_features == modules[path].out_features
    ]
    cell = names.cell or next(iter(stacked + square), "")
    if not cell:
        return replace(names, head=head), (
            "No cell was found: the model called neither nn.RNN, nn.GRU or nn.LSTM nor a square "
            f"nn.Linear; it called {_listed(modules)}."
        )
    norms = [path for path, each in modules.items() if _norm_of(each)]
    return replace(names, head=head, cell=cell, norm=names.norm or next(iter(norms), "")), ""


def _listed(modules: dict[str, nn.Module]) -> str:
    return ", ".join(f"{path} ({type(each).__name__})" for path, each in modules.items()) or "none"


def _norm_of(module: nn.Module) -> str:
    return next((role for kind, role in NORMS.items() if isinstance(module, kind)), "")


def _shaken(twin: Twin) -> Twin:
    """Return a copy with random weights and statistics, so that no part hides as an identity."""
    module, chance = deepcopy(twin.module), torch.Generator().manual_seed(7)
    with torch.no_grad():
        for weight in module.parameters():
            fan = weight.shape[-1] if weight.dim() > 1 else 4
            weight.copy_(torch.randn(weight.shape, generator=chance) / fan**0.5)
        for norm in (each for each in module.modules() if isinstance(each, nn.BatchNorm1d)):
            if norm.running_mean is not None and norm.running_var is not None:
                norm.running_mean.copy_(torch.rand(norm.running_mean.shape, generator=chance))
                norm.running_var.copy_(torch.rand(norm.running_var.shape, generator=chance) + 0.5)
    return replace(twin, module=module)


def _candidates(reader: Reader, names: Names) -> Iterator[Network]:
    """Yield the ways to put the parts together, the usual ones first."""
    module = reader.twin.module
    cell, norm = module.get_submodule(names.cell), _module(module, names.norm)
    kind = CELLS.get(type(cell), "Linear")
    squashes = SQUASHES if kind == "Linear" else (getattr(cell, "nonlinearity", "tanh"),)
    places = NORM_PLACES[1:] if norm is not None else ("",)
    for squash in squashes:
        for place in places if kind == "Linear" else places[-1:]:
            try:
                yield Network(
                    class_name=type(module).__name__,
                    cell=kind,
                    parts=tuple(_parts(reader, names)),
                    # A carried state has an answer after each token, also where only one counts.
                    predicts="every" if reader.stateful else reader.predicts,
                    stateful=reader.stateful,
                    n_layers=getattr(cell, "num_layers", 1),
                    squash=squash,
                    norm_at=place,
                    eps=getattr(norm, "eps", 1e-5),
                )
            except NetworkError:
                continue


def _module(root: nn.Module, path: str) -> nn.Module | None:
    return root.get_submodule(path) if path else None


def _parts(reader: Reader, names: Names) -> Iterator[Part]:
    """Yield the parts with the shapes of their weights, in terms of nv and nh."""
    module = reader.twin.module
    embedding = module.get_submodule(names.embedding)
    tied = module.get_submodule(names.head).weight is embedding.weight
    sizes = {reader.twin.nv: "nv", units(reader.twin, names): "nh"}
    for role, path in (("i_h", names.embedding), ("h_h", names.cell), ("h_o", names.head)):
        part = part_of(module, path, role, sizes)
        if role == "h_o" and tied:
            weights = (replace(each, tied=each.name == "weight") for each in part.weights)
            part = replace(part, weights=tuple(weights))
        yield part
    if names.norm:
        role = _norm_of(module.get_submodule(names.norm))
        yield part_of(module, names.norm, role, sizes)


def part_of(module: nn.Module, path: str, role: str, sizes: dict[int, str]) -> Part:
    """Return a part with the shapes of its weights; `sizes` has nv and nh by their numbers."""
    part = module.get_submodule(path)
    return Part(path, role, _kind(part), _weights(part, sizes))


def units(twin: Twin, names: Names) -> int:
    """Return nh: the units of the state."""
    cell = twin.module.get_submodule(names.cell)
    return cell.hidden_size if isinstance(cell, nn.RNNBase) else len(cell.state_dict()["weight"])


def _kind(part: nn.Module) -> str:
    """Name a part's class in torch, though the user's may extend it."""
    kinds = (nn.Embedding, nn.Linear, *CELLS, *NORMS)
    return next(kind.__name__ for kind in kinds if isinstance(part, kind))


def _weights(part: nn.Module, sizes: dict[int, str]) -> tuple[Weight, ...]:
    def written(size: int) -> str:
        if size in sizes:
            return sizes[size]
        nh = next((size for size, name in sizes.items() if name == "nh"), 0)
        return f"{size // nh}*nh" if nh and size in (3 * nh, 4 * nh) else str(size)

    found = part.named_parameters(recurse=False)
    return tuple(Weight(name, tuple(map(written, each.shape))) for name, each in found)


def _loaded(made: type[LanguageModel], probe: Twin, names: Names) -> LanguageModel | None:
    """Build a model with the weights of a copy; None if it has others."""
    model = made(probe.nv, units(probe, names))
    weights, wanted = probe.module.state_dict(), model.state_dict()
    if any(name not in weights or weights[name].shape != wanted[name].shape for name in wanted):
        return None
    model.load_state_dict({name: weights[name] for name in wanted})
    return model.eval()


def _agree(probe: Twin, reader: Reader, other: LanguageModel | None) -> bool:
    """Return whether a model of hnviz reads as the user's does, answers and state."""
    if other is None:
        return False
    x, state = reader.ids(seed=1), state_like(probe, ROWS, seed=2)
    found, start = probe.read(x, state), other.init_state(ROWS)
    if state:
        given = shaped_like(state, start)
        if given is None:
            return False
        start = given
    try:
        with torch.no_grad():
            logits, after = other(x, start)
    except RuntimeError:  # its parts do not fit each other in this way
        return False
    if found.logits.dim() < logits.dim():
        logits = logits[:, -1]
    ends = tensors(after) if state else ()
    return all(map(near, (found.logits, *found.state), (logits, *ends)))


def shaped_like(state: tuple[Tensor, ...], start: State) -> State | None:
    """Give the tensors of a state the shapes of another's; None if they hold other numbers."""
    shapes = [each.shape for each in tensors(start)]
    if [each.numel() for each in state] != [shape.numel() for shape in shapes]:
        return None
    given = tuple(each.reshape(shape) for each, shape in zip(state, shapes, strict=True))
    return given if isinstance(start, tuple) else given[0]


def near(one: Tensor, other: Tensor) -> bool:
    """Return whether two tensors hold the same numbers, to CLOSE of the largest."""
    if one.numel() != other.numel():
        return False
    other = other.reshape(one.shape)
    return bool((one - other).abs().max() <= CLOSE * max(1.0, float(one.abs().max())))


def _built_in(probe: Twin, reader: Reader, network: Network, names: Names) -> str:
    """Return the class's name if hnviz has a model of this name that computes the same."""
    name = network.class_name
    if name not in BUILT_IN:
        return ""
    known = entry(name)
    same = (known.predicts, known.stateful) == (network.predicts, network.stateful)
    if not same or {part.name: part.role for part in network.parts} != known.roles:
        return ""
    return name if _agree(probe, reader, _loaded(MODELS[name], probe, names)) else ""


def _said(reader: Reader, names: Names, network: Network) -> tuple[str, ...]:
    """Say what was found, in sentences."""
    module = reader.twin.module
    width = module.get_submodule(names.embedding).embedding_dim
    layers, nh = network.n_layers, units(reader.twin, names)
    cell = f"nn.{network.cell}, {layers} {'layer' if layers == 1 else 'layers'} of {nh} units"
    if network.cell == "Linear":
        cell = f"nn.Linear, {nh} units, followed by {network.squash}"
    norm = (f"The norm is {names.norm}.",) if names.norm else ()
    return (
        f"The embedding is {names.embedding}: {reader.twin.nv} tokens, {width} numbers each.",
        f"The cell is {names.cell}: {cell}.",
        f"The head is {names.head}.",
        *norm,
        *_state_said(reader),
    )


def _state_said(reader: Reader) -> tuple[str, ...]:
    """Say where the state is, and how many tokens are read at once."""
    if reader.twin.kept:
        said = f"{' and '.join(map(str, reader.twin.kept))} keeps the state from call to call."
    elif reader.twin.handed:
        said = "The state is handed to forward, which returns the next one."
    elif other := second(reader.twin.module):
        said = f"No state was found: pictures read without the argument {other}."
    else:
        said = "The state starts from zeros in each call."
    if reader.reads != "any":
        said += f" A call reads {reader.reads} {reader.steps} tokens."
    if reader.stateful and reader.predicts == "last":
        said += (
            " It answers after the last token of a call; pictures show what its head says after "
            "each one."
        )
    return (said,)
