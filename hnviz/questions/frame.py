"""The format of answers, from the observer to the browser: safetensors.

A frame is the header's length (u64, little-endian), the header, and the arrays' memory. The header
is JSON in UTF-8, padded with blanks to a multiple of 8 bytes:

    {"__metadata__": {"meta": "{...}", "sentence": "", "seconds": "0.01"},
     "values": {"dtype": "F32", "shape": [64, 100], "data_offsets": [800, 26400]}, ...}

`meta` is JSON in a string, with null for nan and infinity; if there are any, `exact` is the same
with Python's NaN and Infinity. Arrays are little-endian and in C order. Those with the largest
items come first, so that each begins at a multiple of its items' size. Answers for several steps
are frames one after the other.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.questions.view import Reply

ALIGNED = 8  # bytes: a browser's typed arrays must begin at a multiple of their items' size
METADATA = "__metadata__"

Content = bytes | bytearray | memoryview

DTYPES = {
    "BOOL": "|b1",
    "U8": "|u1",
    "I8": "|i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}
"""Type names of safetensors -> those of numpy."""

_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def pack(reply: Reply) -> bytes:
    """Pack an answer into a frame. Raises TypeError for values that a frame cannot hold."""
    arrays = {name: _portable(name, np.asarray(each)) for name, each in reply.arrays.items()}
    in_order = sorted(arrays, key=lambda name: -arrays[name].itemsize)
    offsets, end = {}, 0
    for name in in_order:
        offsets[name] = (end, end := end + arrays[name].nbytes)
    header: dict[str, Any] = {METADATA: _metadata(reply)}
    for name, array in arrays.items():
        dtype = _NAMES[array.dtype.str]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": offsets[name]}
    text = _dumps(header).encode(errors="replace")
    text += b" " * (-len(text) % ALIGNED)
    body = [arrays[name].reshape(-1).view(np.uint8).data for name in in_order]
    return b"".join([len(text).to_bytes(8, "little"), text, *body])


def unpack(content: Content) -> Reply:
    """Read a frame. Its arrays are read-only views of `content`: nothing is copied.

    Raises ValueError for bytes that are not one frame.
    """
    reply, rest = _read(memoryview(content).toreadonly())
    if rest:
        raise ValueError("these bytes are not an answer: more follows it")
    return reply


def unpack_many(content: Content) -> list[Reply]:
    """Read consecutive frames, each as `unpack` does."""
    rest, replies = memoryview(content).toreadonly(), []
    while rest:
        reply, rest = _read(rest)
        replies.append(reply)
    return replies


def seconds_of(content: Content) -> float:
    """Return the seconds that the observer took; reads only a frame's header."""
    header, _ = _header(memoryview(content))
    return float(header[METADATA]["seconds"])


def to_json(value: Any) -> str:
    """Write a value as JSON: nan and infinity become null, numpy and dataclasses become plain.

    Raises TypeError for anything else.
    """
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)
    except ValueError:
        return json.dumps(_without_nan(_exact(value)), separators=(",", ":"))


def _metadata(reply: Reply) -> dict[str, str]:
    told = {"sentence": reply.sentence, "seconds": str(reply.seconds)}
    try:
        return {"meta": _dumps(reply.meta), **told}
    except ValueError:
        exact = _exact(reply.meta)
        return {"meta": _dumps(_without_nan(exact)), "exact": exact, **told}


def _dumps(value: Any) -> str:
    how: dict[str, Any] = {"allow_nan": False, "separators": (",", ":"), "ensure_ascii": False}
    return json.dumps(value, default=_plain, **how)


def _exact(value: Any) -> str:
    return json.dumps(value, default=_plain)


def _without_nan(exact: str) -> Any:
    return json.loads(exact, parse_constant=lambda _: None)


def _plain(value: Any) -> Any:
    """Convert a value that JSON does not know."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    raise TypeError(
        f"an answer may hold text, numbers, lists and dicts; got {type(value).__name__}"
    )


def _portable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.newbyteorder("<").str not in _NAMES:
        raise TypeError(f"the array {name!r} must hold numbers; it holds {array.dtype}")
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


def _read(content: memoryview) -> tuple[Reply, memoryview]:
    """Read the first frame; also return the bytes that follow it."""
    header, body = _header(content)
    try:
        told = header.pop(METADATA)
        arrays = {name: _array(body, each) for name, each in header.items()}
        end = max((each["data_offsets"][1] for each in header.values()), default=0)
        meta = json.loads(told.get("exact") or told["meta"])
        reply = Reply(arrays, meta, told["sentence"], float(told["seconds"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            "these bytes are not an answer: the arrays are not where the header says"
        ) from error
    return reply, body[end:]


def _header(content: memoryview) -> tuple[dict[str, Any], memoryview]:
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= size <= len(content) - 8:
        raise ValueError("these bytes are not an answer: they end inside the header")
    try:
        header = json.loads(bytes(content[8 : 8 + size]))
    except ValueError as error:
        raise ValueError("these bytes are not an answer: the header is not JSON") from error
    if not isinstance(header, dict):
        raise ValueError("these bytes are not an answer: the header is not a JSON object")
    return header, content[8 + size :]


def _array(body: memoryview, told: Mapping[str, Any]) -> NDArray[Any]:
    dtype, shape = np.dtype(DTYPES[told["dtype"]]), tuple(told["shape"])
    start, end = told["data_offsets"]
    if end - start != prod(shape) * dtype.itemsize or not 0 <= start <= end <= len(body):
        raise ValueError
    return np.ndarray(shape, dtype, body, start)
