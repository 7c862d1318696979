"""The answer to a question."""

from typing import Any, NamedTuple

from numpy.typing import NDArray


class Reply(NamedTuple):
    """An answer: large parts as arrays, the rest in a form that JSON can hold."""

    arrays: dict[str, NDArray[Any]]
    meta: dict[str, Any]
