"""What a question answers with."""

from typing import Any, NamedTuple

from numpy.typing import NDArray


class Reply(NamedTuple):
    """An answer: large things as arrays, the rest as JSON can hold it."""

    arrays: dict[str, NDArray[Any]]
    meta: dict[str, Any]
