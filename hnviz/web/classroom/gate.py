"""Keeps what runs show for those who have joined, where the teacher wants that."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from hnviz.web.classroom.desk import Desk
from hnviz.web.classroom.files import JOIN
from hnviz.web.errors import RefusedError, answer_refusals

OPEN = "/api/class"


def gate(desk: Desk, base: Callable[[], str]) -> Middleware:
    """Make the middleware; `base` returns the path below which the app is."""
    return Middleware(Gate, desk=desk, base=base)


class Gate:
    """Refuses the web API to strangers; pages look at the visitor themselves."""

    def __init__(self, app: ASGIApp, desk: Desk, base: Callable[[], str]) -> None:
        self.app = app
        self._desk, self._base = desk, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] in ("http", "websocket") and self._is_closed(scope):
            await answer_refusals(_refuse, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_closed(self, scope: Scope) -> bool:
        base = self._base().strip("/")
        path = scope["path"].removeprefix(f"/{base}" if base else "")
        if not f"{path}/".startswith("/api/") or f"{path}/".startswith(f"{OPEN}/"):
            return False
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        return not self._desk.visitor(cookies).is_known


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    raise RefusedError(403, f"this class is for those who have joined; join at {JOIN}")
