"""The format of answers: one JSON header, then the arrays' memory.

An answer is the header's length (u32, little-endian), the header in UTF-8, padded with blanks so
that the arrays begin at a multiple of 8, and the arrays: little-endian, in C order, each padded
to a multiple of 8 bytes. The header of one answer is

    {"meta": {...}, "sentence": "", "seconds": 0.01, "arrays": [[name, dtype, shape, offset], ...]}

where `dtype` is numpy's, such as "<f4", and `offset` counts from the end of the header. For several
steps it is {"steps": [0, 1], "answers": [header, header]}, with offsets into one body.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from math import isfinite, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

ALIGNED = 8  # bytes: a browser's typed arrays must begin at a multiple of their items' size
LONGEST_HEADER = 64 * 2**20  # bytes

Content = bytes | bytearray | memoryview


class Parcel(NamedTuple):
    """One answer, unpacked or ready to pack."""

    arrays: Mapping[str, NDArray[Any]]
    meta: Mapping[str, Any]
    sentence: str = ""
    seconds: float = 0.0  # that the engine took


def plain(value: Any) -> Any:
    """Turn a value into plain JSON values: nan and infinities become None, numpy becomes Python.

    Raises TypeError for anything else.
    """
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    raise TypeError(
        f"an answer may hold text, numbers, lists and dicts; got {type(value).__name__}"
    )


def to_json(value: Any) -> bytes:
    """Write a value as JSON in UTF-8, without nan."""
    return json.dumps(plain(value), allow_nan=False, separators=(",", ":")).encode()


def pack(parcel: Parcel) -> bytes:
    """Pack one answer into bytes."""
    body: list[Content] = []
    header, _ = _describe(parcel, 0, body)
    return _joined(header, body)


def pack_many(steps: Sequence[int], parcels: Iterable[Parcel]) -> bytes:
    """Pack the answers for several steps into bytes, with one body."""
    body: list[Content] = []
    headers, offset = [], 0
    for parcel in parcels:
        header, offset = _describe(parcel, offset, body)
        headers.append(header)
    return _joined({"steps": list(steps), "answers": headers}, body)


def _describe(parcel: Parcel, offset: int, body: list[Content]) -> tuple[dict[str, Any], int]:
    """Add a parcel's arrays to a body; return its header, and where the next array begins."""
    described = []
    for name, given in parcel.arrays.items():
        array = _portable(name, np.asarray(given))
        described.append([name, array.dtype.str, list(array.shape), offset])
        padding = -array.nbytes % ALIGNED
        body += [array.reshape(-1).view(np.uint8).data, bytes(padding)]
        offset += array.nbytes + padding
    header = {
        "meta": parcel.meta,
        "sentence": parcel.sentence,
        "seconds": parcel.seconds,
        "arrays": described,
    }
    return header, offset


def _portable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > ALIGNED:
        raise TypeError(f"the array {name!r} must hold numbers; it holds {array.dtype}")
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


def _joined(header: Mapping[str, Any], body: Sequence[Content]) -> bytes:
    text = to_json(header)
    text += b" " * (-(len(text) + 4) % ALIGNED)
    return b"".join([len(text).to_bytes(4, "little"), text, *body])


def unpack(content: Content) -> Parcel:
    """Read one answer back. Its arrays are read-only views of `content`: nothing is copied.

    Raises ValueError for bytes that are not an answer.
    """
    header, body = _header(content)
    return _parcel(header, body)


def unpack_many(content: Content) -> dict[int, Parcel]:
    """Read back the answers for several steps, each as `unpack` does."""
    header, body = _header(content)
    try:
        pairs = zip(header["steps"], header["answers"], strict=True)
        return {int(step): _parcel(each, body) for step, each in pairs}
    except (KeyError, TypeError) as error:
        raise ValueError("these bytes do not hold answers for several steps") from error


def _header(content: Content) -> tuple[dict[str, Any], memoryview]:
    view = memoryview(content).toreadonly()
    size = int.from_bytes(view[:4], "little")
    if len(view) < 4 or not 2 <= size <= min(len(view) - 4, LONGEST_HEADER):
        raise ValueError("these bytes are not an answer: they end inside the header")
    try:
        header = json.loads(bytes(view[4 : 4 + size]))
    except ValueError as error:
        raise ValueError("these bytes are not an answer: the header is not JSON") from error
    if not isinstance(header, dict):
        raise ValueError("these bytes are not an answer: the header is not a JSON object")
    return header, view[4 + size :]


def _parcel(header: Mapping[str, Any], body: memoryview) -> Parcel:
    try:
        arrays = {
            name: _array(body, np.dtype(dtype), shape, offset)
            for name, dtype, shape, offset in header["arrays"]
        }
        return Parcel(arrays, header["meta"], header["sentence"], header["seconds"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            "these bytes are not an answer: the arrays are not where the header says"
        ) from error


def _array(
    body: memoryview, dtype: np.dtype[Any], shape: Sequence[int], offset: int
) -> NDArray[Any]:
    end = offset + prod(shape) * dtype.itemsize
    if dtype.kind not in "biuf" or min(offset, *shape, 0) < 0 or end > len(body):
        raise ValueError
    return np.ndarray(tuple(shape), dtype, body, offset)
