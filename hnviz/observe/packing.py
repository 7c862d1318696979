"""Packs traces for a browser: one byte per value, and the figures that sentences need."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.observe.tracing import Made, Step, Trace

MOST_UNITS = 128  # columns of one picture
MOST_LINES = 256  # rows of a picture, unless they are the mini-batch's rows
FULL = 127  # int8's largest value, for the peak of a tensor


@dataclass(frozen=True, slots=True)
class Sizes:
    """The size of the mini-batch that was read."""

    rows: int
    steps: int


class Packer:
    """Collects tensors as consecutive int8 values, and describes each."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.described: list[dict[str, Any]] = []
        self._pieces: list[NDArray[np.int8]] = []
        self._length = 0
        self._samples: dict[bool, list[NDArray[np.float32]]] = {True: [], False: []}

    def add(self, value: NDArray[Any], label: str, role: str, n_rows: int | None = None) -> int:
        """Add a tensor, or its first `n_rows` rows; return its number."""
        shape, layers = list(value.shape), 1
        if n_rows is not None:
            shape[0] = n_rows
        view, values = _view(value.astype(np.float32, copy=False), self.sizes)
        if view == "rows" and values.shape[0] > self.sizes.rows:
            layers = values.shape[0] // self.sizes.rows
        units = values.shape[-1]
        values = values[..., :MOST_UNITS]
        peak = float(np.abs(values).max(initial=0)) or 1.0
        if not np.isfinite(peak):  # a user's model may divide by zero
            values = np.nan_to_num(values)
            peak = float(np.abs(values).max())
        shares = view == "row" and _are_shares(values)
        if not shares:
            self._samples[role == "h_o"].append(values.ravel()[::7])
        self.described.append(
            {
                "label": label,
                "role": role,
                "shape": shape,
                "n_rows": n_rows or self.sizes.rows,
                "view": view,
                "layers": layers,
                "high": values.shape[-2],
                "wide": values.shape[-1],
                "units": units,
                "shares": shares,
                "peak": peak,
                "at": self._length,
                **_figures(values),
            }
        )
        packed = np.round(values / peak * FULL).astype(np.int8).ravel()
        self._pieces.append(packed)
        self._length += packed.size
        return len(self.described) - 1

    def values(self) -> NDArray[np.int8]:
        """Return all collected values."""
        return np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.int8)

    def scales(self) -> dict[str, float]:
        """Return the values shown in full colour: one for answers, one for everything else.

        Nearly all values lie below; with outliers included, the rest would be pale.
        """
        return {
            "output": _round_scale(self._samples[True]),
            "hidden": _round_scale(self._samples[False]),
        }


def describe_trace(trace: Trace, packer: Packer) -> dict[str, Any]:
    """Pack a trace's tensors; return the rest of the trace in a form that JSON can hold."""
    source, steps = trace.source, []
    for step, following in zip(trace.steps, [*trace.steps[1:], None], strict=True):
        next_line = following.line if following else -1
        steps.append(
            {
                "line": step.line,
                "last": source.last_line(step.line),
                "does": source.kind(step.line),
                "text": source.text(step.line),
                "taken": source.is_taken(step.line, next_line),
                "loops": step.loops,
                "plain": step.plain,
                "made": [
                    {
                        "tensor": packer.add(made.value, label(trace, step, made), made.role),
                        "module": made.module,
                        "kind": made.kind,
                        "names": made.names,
                    }
                    for made in step.made
                ],
            }
        )
    return {"source": describe_source(trace), "steps": steps}


def describe_source(trace: Trace) -> dict[str, Any]:
    """Return the forward's lines and their place in the file."""
    return {"lines": list(trace.source.lines), "first_line": trace.source.first_line}


def label(trace: Trace, step: Step, made: Made) -> str:
    """Return the code that made a tensor: "h_h(h)", "h = F.relu(h_h(h))"."""
    if made.names:
        name = made.names[-1]
        value = trace.source.value(step.line, name)
        return f"{name} = {value}" if value not in ("", name) else name
    return trace.source.call(step.line, made.module) if made.module else "a tensor"


def _view(values: NDArray[np.float32], sizes: Sizes) -> tuple[str, NDArray[np.float32]]:
    """Choose how a picture shows a tensor.

    "rows": (rows, units), one layer below the other; "row": (rows, steps, units), of which it
    shows one row; "whole": unchanged, (lines, units).
    """
    rows, steps = sizes.rows, sizes.steps
    if values.ndim == 3 and values.shape[:2] == (rows, steps):
        return "row", values
    if values.ndim == 3 and values.shape[1] == rows:
        return "rows", values.reshape(-1, values.shape[-1])
    if values.ndim == 3 and values.shape[0] == rows:
        return "row", values
    if values.ndim == 2 and values.shape[0] == rows:
        return "rows", values
    if values.ndim == 2 and values.shape[0] == rows * steps:
        return "row", values.reshape(rows, steps, -1)
    whole = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values.reshape(1, -1)
    return "whole", whole[:MOST_LINES]


def _are_shares(values: NDArray[np.float32]) -> bool:
    """Return whether each row holds attention's shares of a window's tokens: it sums to 1."""
    sums = values.sum(axis=-1)
    return values.shape[-1] > 1 and bool((values >= 0).all() and np.allclose(sums, 1, atol=1e-3))


def _figures(values: NDArray[np.float32]) -> dict[str, float]:
    if not values.size:
        return {"lowest": 0.0, "highest": 0.0, "above": 0.0}
    return {
        "lowest": float(values.min()),
        "highest": float(values.max()),
        "above": float((values > 0).mean()),
    }


def _round_scale(samples: Iterable[NDArray[np.float32]]) -> float:
    """Return the smallest of 1, 2, 3, 5, 10, ... (and .5, .3, ...) that holds 96 in 100 values."""
    together = np.concatenate([np.zeros(1, np.float32), *samples])
    edge = max(float(np.percentile(np.abs(together), 96)), 1e-3)
    power = 10.0 ** np.floor(np.log10(edge))
    return float(next(digit * power for digit in (1, 2, 3, 5, 10) if digit * power >= edge * 0.999))
