"""Addresses that name another page: a browser goes there before it has drawn anything.

Streamlit could go on to that page as well, but only after it has drawn this one.
"""

from collections.abc import Callable

from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

Where = Callable[[str, str], str | None]
"""Path and query of an address -> the one to go to, relative to it; None where it is the page's."""


def moved(where: Where) -> Middleware:
    """Make the middleware."""
    return Middleware(Moved, where=where)


class Moved:
    """Leads a browser on from some addresses."""

    def __init__(self, app: ASGIApp, where: Where) -> None:
        self.app, self.where = app, where

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lead on, or pass a request on."""
        there = None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            there = self.where(scope["path"], scope["query_string"].decode("latin-1"))
        answer = self.app if there is None else RedirectResponse(there)
        await answer(scope, receive, send)
