"""Streamlit's page with our style sheets in it, so that the first frame already has them.

A style sheet that a script sends arrives after the first elements were painted, and moves them all.
"""

from collections.abc import Callable, Iterable, Mapping

from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hnviz.web.routes import OURS
from hnviz.web.viewer import naming

CLASSES = {
    b"present=true": b"hn-present",
    b"lock=1": b"hn-locked",
    b"embed=true": b"hn-embedded",
}
"""Parameter of the address -> class of its page: page.css must know before the first script run."""
OTHER_SPELLINGS = {b"present=1": b"present=true", b"present=0": b"present=false"}
"""How a switch may be typed -> how Streamlit reads it: the page's address is changed to that."""
VALIDATORS = (b"if-none-match", b"if-modified-since")


def front(
    page: Callable[[], bytes],
    early: Mapping[str, str] | None = None,
    framed: Callable[[], bool] = lambda: False,
    classes: Mapping[bytes, bytes] = CLASSES,
) -> Middleware:
    """Make the middleware; `page` and `framed` are called once, when the server starts.

    `early` is what the head of a page holds besides, by the end of the page's path. `framed` says
    whether other sites may show the pages in a frame.
    """
    return Middleware(Front, page=page, early=early or {}, framed=framed, classes=classes)


class Front:
    """Answers with our HTML page wherever Streamlit answers with its own; names the viewer."""

    def __init__(
        self,
        app: ASGIApp,
        page: Callable[[], bytes],
        early: Mapping[str, str],
        framed: Callable[[], bool],
        classes: Mapping[bytes, bytes],
    ) -> None:
        self.app, self.classes = app, classes
        self.page, self.framed = page(), framed()
        self.early = {path: head.encode() for path, head in early.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and change the answer if it is Streamlit's page."""
        is_asked = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if not is_asked or _is_ours(scope["path"]):
            await self.app(scope, receive, send)
            return
        asked = scope["query_string"].split(b"&")
        if any(each in OTHER_SPELLINGS for each in asked):
            query = b"&".join(OTHER_SPELLINGS.get(each, each) for each in asked)
            await RedirectResponse(f"?{query.decode('latin-1')}")(scope, receive, send)
            return
        is_page = False
        page = self._page(scope)

        async def send_ours(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                is_page = message["status"] == 200 and _is_html(message["headers"])
                if is_page:
                    names = naming(scope, framed=self.framed)
                    message = {**message, "headers": [*_headers(page), *names]}
            elif is_page:
                if message.get("more_body"):
                    return
                body = b"" if scope["method"] == "HEAD" else page
                message = {"type": "http.response.body", "body": body}
            await send(message)

        # A browser that kept the page of another version must get this one.
        headers = [each for each in scope["headers"] if each[0] not in VALIDATORS]
        await self.app({**scope, "headers": headers}, receive, send_ours)

    def _page(self, scope: Scope) -> bytes:
        page = self.page
        asked = scope["query_string"].split(b"&")
        if classes := [name for parameter, name in self.classes.items() if parameter in asked]:
            page = page.replace(b"<html", b'<html class="' + b" ".join(classes) + b'"', 1)
        for path, head in self.early.items():
            if scope["path"].endswith(path):
                page = page.replace(b"</head>", head + b"</head>", 1)
        return page


def dressed(page: str, *, title: str, styles: Iterable[str], modules: Iterable[str]) -> bytes:
    """Return an HTML page with a title, style sheets and modules to load early.

    The style sheets come after all that Streamlit adds to the head, so that they win a tie.
    Addresses are relative to the page. Raises ValueError for a page without a place for them.
    """
    sheets = [f'<link rel="stylesheet" href="./{each}">' for each in styles]
    early = [f'<link rel="modulepreload" href="./{each}">' for each in modules]
    for place, links in (("</head>", early), ('<div id="root">', sheets)):
        if place not in page:
            raise ValueError(f"Streamlit's page has no {place}: hnviz/web/front.py needs it")
        page = page.replace(place, "\n".join([*links, place]), 1)
    return page.replace("<title>Streamlit</title>", f"<title>{title}</title>").encode()


def _headers(page: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(page)).encode()),
        (b"cache-control", b"no-cache"),
    ]


def _is_ours(path: str) -> bool:
    """Return whether a route of ours answers, with a page of its own perhaps."""
    return any(f"{each}/" in f"{path}/" for each in OURS)


def _is_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"text/html") for name, value in headers
    )
