"""Streamlit's page with our style sheets built in, so that the first frame already has them.

A style sheet that a script sends arrives after the first elements were painted, and moves them.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple
from urllib.parse import urljoin

from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hnviz.web.http import OURS
from hnviz.web.limits import naming

CLASSES = {
    b"present=true": b"hn-present",
    b"lock=1": b"hn-locked",
    b"embed=true": b"hn-embedded",
}
"""Address parameter -> class of its page: page.css needs it before the first script run."""
OTHER_SPELLINGS = {b"present=1": b"present=true", b"present=0": b"present=false"}
"""How a user may type a switch -> how Streamlit reads it, which the address then becomes."""
VALIDATORS = (b"if-none-match", b"if-modified-since")
# Otherwise Streamlit's script asks for /train/_stcore/health first, a failure in the console.
BACKEND = '<script>window.__streamlit = { BACKEND_BASE_URL: new URL("./", location).href }</script>'
_SCRIPT = re.compile(r'<script type="module"[^>]* src="([^"]+)"')


class Page(NamedTuple):
    """The page that a browser gets at every address."""

    content: bytes
    policy: str  # its Content-Security-Policy, which names its inline scripts by their hashes


Dress = Callable[[str, str], Page]
"""(Streamlit's page, the text of its main script) -> our page."""

Elsewhere = Callable[[str, str], str | None]
"""Path and query of an address -> the address to go to, relative to it; None to stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How pages of the app are made."""

    dress: Dress
    home: Callable[[], str] = str
    """Path of a page that is prepared as the server starts; "" for none."""
    head: Callable[[str], str] = lambda path: ""
    """A page's path -> additions to its head."""
    framed: Callable[[], bool] = lambda: False
    """Whether other sites may show the pages in a frame; called once, when the server starts."""
    classes: Mapping[bytes, bytes] = field(default_factory=lambda: CLASSES)
    elsewhere: Elsewhere = lambda path, query: None
    """Streamlit could redirect there too, but only after it has drawn this page."""


def front(pages: Pages) -> Middleware:
    """Make the middleware."""
    return Middleware(Front, pages=pages)


class Front:
    """Adds our parts to Streamlit's HTML page wherever Streamlit sends it; names the viewer."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self.app, self.pages, self._framed = app, pages, pages.framed()
        self._page: Page | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and change the answer if it is Streamlit's page."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, partial(self._begin, scope, send))
            return
        is_asked = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if not is_asked or any(f"{each}/" in f"{scope['path']}/" for each in OURS):
            await self.app(scope, receive, send)
            return
        if there := self._elsewhere(scope):
            await RedirectResponse(there)(scope, receive, send)
            return
        page: bytes | None = None

        async def send_ours(message: Message) -> None:
            nonlocal page
            if message["type"] == "http.response.start":
                if message["status"] == 200 and _is_html(message["headers"]):
                    content, policy = self._page or await self._dressed(scope, scope["path"])
                    page = self._suited(content, scope)
                    names = naming(scope, framed=self._framed)
                    message = {**message, "headers": [*_headers(page, policy), *names]}
            elif page is not None:
                if message.get("more_body"):
                    return
                body = b"" if scope["method"] == "HEAD" else page
                message = {"type": "http.response.body", "body": body}
            await send(message)

        # A browser that has cached another version's page must get this one.
        headers = [each for each in scope["headers"] if each[0] not in VALIDATORS]
        await self.app({**scope, "headers": headers}, receive, send_ours)

    def _elsewhere(self, scope: Scope) -> str | None:
        """Return the address to redirect a browser to; None for the page itself."""
        asked = scope["query_string"].split(b"&")
        if any(each in OTHER_SPELLINGS for each in asked):
            query = b"&".join(OTHER_SPELLINGS.get(each, each) for each in asked)
            return f"?{query.decode('latin-1')}"
        return self.pages.elsewhere(scope["path"], scope["query_string"].decode("latin-1"))

    async def _begin(self, scope: Scope, send: Send, message: Message) -> None:
        """Prepare the page before the server reports its start; a failure here fails it."""
        if message["type"] == "lifespan.startup.complete" and (home := self.pages.home()):
            request = {"type": "http", "http_version": "1.1", "scheme": "http", "root_path": ""}
            await self._dressed({**scope, **request}, home)
        await send(message)

    async def _dressed(self, scope: Scope, at: str) -> Page:
        """Prepare the page at a path; store it if its main script is found from there."""
        theirs, _ = await _answer(self.app, scope, at)
        found = _SCRIPT.search(theirs)
        path = urljoin(at, found[1]) if found else at
        script, is_html = await _answer(self.app, scope, path)
        page = self.pages.dress(theirs, "" if is_html else script)
        if not is_html:
            self._page = page
        return page

    def _suited(self, page: bytes, scope: Scope) -> bytes:
        """Return the page with the classes and the additions to the head for its address."""
        asked = scope["query_string"].split(b"&")
        if classes := [
            name for parameter, name in self.pages.classes.items() if parameter in asked
        ]:
            page = page.replace(b"<html", b'<html class="' + b" ".join(classes) + b'"', 1)
        if head := self.pages.head(scope["path"]):
            page = page.replace(b"</head>", head.encode() + b"</head>", 1)
        return page


async def _answer(app: ASGIApp, scope: Scope, path: str) -> tuple[str, bool]:
    """Return the text that the server sends for a path, and whether it is HTML."""
    start: Message = {}
    body, asked = bytearray(), list[bool]()

    async def receive() -> Message:
        if not asked:
            asked.append(True)
            return {"type": "http.request", "body": b"", "more_body": False}
        return await asyncio.Future()  # never disconnects

    async def send(message: Message) -> None:
        start.update(message if message["type"] == "http.response.start" else {})
        body.extend(message.get("body", b""))

    plain = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    await app({**scope, **plain, "headers": [], "extensions": {}}, receive, send)
    return body.decode(errors="replace"), _is_html(start.get("headers", ()))


def dressed(page: str, *, title: str, styles: Iterable[str], modules: Iterable[str]) -> bytes:
    """Return an HTML page with a title, style sheets and modules to load early.

    The style sheets come after everything that Streamlit adds to the head, so that they win ties.
    Addresses are relative to the page. Raises ValueError for a page without a place for them.
    """
    sheets = [f'<link rel="stylesheet" href="./{each}">' for each in styles]
    early = [f'<link rel="modulepreload" href="./{each}">' for each in modules]
    for place, links in (("</head>", [BACKEND, *early]), ('<div id="root">', sheets)):
        if place not in page:
            raise ValueError(f"Streamlit's page has no {place}: hnviz/web/page.py needs it")
        page = page.replace(place, "\n".join([*links, place]), 1)
    return page.replace("<title>Streamlit</title>", f"<title>{title}</title>").encode()


def late_modules(page: str, script: str, elements: Iterable[str]) -> list[str]:
    """List the addresses of the modules that Streamlit's page loads to show such elements.

    A page that names them loads them along with its other files instead of one after the other:
    the first picture comes .15 s earlier. The page's main script lists them in its bundler's form;
    those that are not found are left out, which breaks nothing.
    """
    listed = re.search(r"\.f=(\[[^]]*\])", script)
    files = json.loads(listed[1]) if listed else []
    found: dict[str, None] = {}
    for element in elements:
        needs = re.search(
            rf"/{element}\.[\w-]+\.js`\)(?:\.then\([^)]*\))?,\w+\(\[([\d,]+)\]\)", script
        )
        numbers = needs[1].split(",") if needs else ()
        found |= dict.fromkeys(files[int(number)].removeprefix("./") for number in numbers)
    return [f"static/js/{name}" for name in found if name.endswith(".js") and name not in page]


def _headers(page: bytes, policy: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-security-policy", policy.encode()),
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(page)).encode()),
        (b"cache-control", b"no-cache"),
    ]


def _is_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"text/html") for name, value in headers
    )
