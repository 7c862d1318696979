"""The server's log: writes lines that visitors can cause by the thousand once a minute."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 60.0
MOST = 200  # kinds of lines to remember
CAUSED = (  # loggers whose lines a visitor can cause
    "uvicorn.error",
    "hnviz.web.live",
    "hnviz.web.uvicorn_fixes",
    "hnviz.web.classroom.connections",
    "streamlit.web.server.starlette.starlette_websocket",
)


Kind = tuple[str, int, type[BaseException] | None]


class OnceAMinute(logging.Filter):
    """Lets through one line of each kind per minute; the next one says how many were left out.

    Lines are of one kind if the same place in the code wrote them about the same type of error.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[Kind, tuple[float, int]] = {}  # when, and how many were left out since

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a record; its message also counts the lines left out."""
        error = record.exc_info[0] if record.exc_info else None
        kind, now = (record.pathname, record.lineno, error), time.monotonic()
        passed, left_out = self._passed.get(kind, (now - SECONDS, 0))
        if now - passed < SECONDS:
            self._passed[kind] = (passed, left_out + 1)
            return False
        if len(self._passed) >= MOST:
            self._passed.clear()
        self._passed[kind] = (now, 0)
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out:,} more like it since the last one)"
            record.args = ()
        return True


def keep_short() -> None:
    """Thin out the lines of `CAUSED`."""
    for name in CAUSED:
        logger = logging.getLogger(name)
        if not any(isinstance(each, OnceAMinute) for each in logger.filters):
            logger.addFilter(OnceAMinute())


@contextmanager
def no_warnings() -> Iterator[None]:
    """Log errors only, in this process: Streamlit warns of each call outside a page."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
