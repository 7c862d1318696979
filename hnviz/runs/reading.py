"""Read files that anybody may have written: no read waits, or follows a link out of the folder.

None is larger than its bound.
"""

import errno
import json
import math
import os
import re
import stat
from pathlib import Path
from typing import Any, BinaryIO

from hnviz.data.tokens import upright

LARGEST = 2**53
"""The largest number that events may hold: whole numbers up to it are exact in every browser."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Characters that end a line, or are no UTF-8 (halves of pairs), or are not to be seen."""
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a named pipe would wait for its writer
    | getattr(os, "O_NOFOLLOW", 0)  # a link may lead to any file of the machine
)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading. Raises OSError, also for a link and what is no regular file."""
    try:
        file = os.fdopen(os.open(path, _FLAGS), "rb")
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "links to other files are not followed") from error
        raise
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file")
    return file


def read_bounded(path: Path, most: int) -> bytes:
    """Return a file's content. Raises OSError, also for a file of more than `most` bytes."""
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return content


def parse(content: bytes) -> Any:
    """Read JSON. Raises ValueError, also for what is nested too deep."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deep") from None


def plain(text: str) -> str:
    """Replace control characters, also those that would turn the text around them."""
    return upright(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text))


def is_number(value: Any) -> bool:
    """Return whether a value from JSON is a number that arithmetic and pages can use."""
    if type(value) is int:
        return abs(value) <= LARGEST
    return type(value) is float and math.isfinite(value)
