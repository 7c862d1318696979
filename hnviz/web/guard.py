"""Checks every request and WebSocket, Streamlit's too, and adds security headers to the answers.

A page on another site can make a browser send requests here in two ways. It can point its own host
name at this machine: then the Host is foreign. Or it can use this machine's address: then the
Origin is foreign. Streamlit checks neither for a page. For a WebSocket with a foreign Origin, it
looks up its own address on the network, which can block the event loop for up to 20 seconds.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hnviz.web.http import Refusal, answer_refusals
from hnviz.web.limits import Network, forwarded

SAFE = ("GET", "HEAD", "OPTIONS")
PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
SECURE = ("https", "wss")


class Site(NamedTuple):
    """A page's site, as named in an Origin."""

    secure: bool
    name: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which names and pages may use the app."""

    hosts: tuple[str, ...]  # names of this machine; "*.example.org": all subdomains, "*": any name
    origins: tuple[str, ...] = ()  # public addresses of a proxy: https://lab.example.org
    ancestors: tuple[str, ...] = ("'self'",)  # pages that may show the app in a frame
    frames: tuple[str, ...] = ("'none'",)  # sites that pages may show in a frame
    workers: str = "'none'"  # "'self'" in a class, whose pages train
    proxies: Sequence[Network] = ()  # whose X-Forwarded-For and X-Forwarded-Proto count

    def __post_init__(self) -> None:
        for origin in self.origins:
            if site(origin) is None:
                raise ValueError(
                    f"an origin is a scheme, a host and a port, such as https://lab.example.org; "
                    f"HNVIZ_ORIGINS has {origin!r}"
                )
        for ancestor in self.ancestors:
            if not re.fullmatch(r"'self'|'none'|[\w:/.*\[\]-]+", ancestor):
                raise ValueError(
                    "a frame's ancestor is an origin, such as https://lms.example.org, or 'self'; "
                    f"HNVIZ_FRAME_ANCESTORS has {ancestor!r}"
                )


def guard(rules: Callable[[], Rules]) -> Middleware:
    """Make the middleware; `rules` is called once, when the server starts."""
    return Middleware(Guard, rules=rules)


class Guard:
    """Refuses foreign Hosts and Origins, and adds security headers to every answer."""

    def __init__(self, app: ASGIApp, rules: Callable[[], Rules]) -> None:
        self.app = app
        self.rules = rules()
        self._headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"content-security-policy", security_policy(self.rules).encode()),
        ]
        self._public = {site(origin) for origin in self.rules.origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = message.setdefault("headers", [])
                own = {
                    name.lower() for name, _ in headers
                }  # an exported lesson's policy is its own
                message["headers"] = [
                    *headers,
                    *(each for each in self._headers if each[0] not in own),
                ]
            await send(message)

        asked = forwarded(scope, self.rules.proxies)
        await answer_refusals(self._pass, asked, receive, send_safely)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(self._checked(scope), receive, send)

    def _checked(self, scope: Scope) -> Scope:
        """Return the request as Streamlit should see it. Raises Refusal."""
        asked = self._host(scope)
        origins = _values(scope, b"origin")
        if not origins:
            self._check_fetch(scope)
            return scope
        origin = site(origins[0]) if len(origins) == 1 else None
        if origin is None or origin not in (asked, *self._public):
            raise Refusal(
                f"a page of {_shown(origins)} may not use this app; open the app's own address", 403
            )
        return self._as_own(scope, asked) if scope["type"] == "websocket" else scope

    def _host(self, scope: Scope) -> Site:
        """Return the host that the request names. Raises Refusal."""
        hosts = _values(scope, b"host")
        asked = site(f"{scope.get('scheme', 'http')}://{hosts[0]}") if len(hosts) == 1 else None
        public = {each.name for each in self._public if each}
        if asked is None or not (asked.name in public or _is_named(asked.name, self.rules.hosts)):
            raise Refusal(
                f"this app does not answer to the name {_shown(hosts)}; use one of "
                f"{', '.join([*self.rules.hosts, *sorted(public)])}",
                400,
            )
        return asked

    def _check_fetch(self, scope: Scope) -> None:
        """Refuse a request from another site that has no Origin. Raises Refusal."""
        sent_for = _values(scope, b"sec-fetch-site")
        safe = scope["type"] == "http" and scope["method"] in SAFE
        if not safe and sent_for and sent_for[0] not in ("same-origin", "none"):
            raise Refusal("a page of another site may not use this app; open its own address", 403)

    def _as_own(self, scope: Scope, asked: Site) -> Scope:
        """Rewrite the Origin of an allowed WebSocket to what Streamlit's own check expects.

        For any Origin but the Host's, Streamlit looks up its own address on the network.
        """
        host = _values(scope, b"host")[0]
        if not _is_named(asked.name, self.rules.hosts):
            host = self.rules.hosts[0]
        own = {b"host": host, b"origin": f"{'https' if asked.secure else 'http'}://{host}"}
        headers = [
            (name, own[name].encode("latin-1") if name in own else value)
            for name, value in scope["headers"]
        ]
        return {**scope, "headers": headers}


def site(origin: str) -> Site | None:
    """Read a scheme, a host and a port; None for anything else."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    named = parts.netloc and parts.hostname and "@" not in parts.netloc
    more = parts.path or parts.query or parts.fragment or set(origin) & set("?#\\ \t\r\n")
    if parts.scheme not in PORTS or not named or more:
        return None
    name = str(parts.hostname).rstrip(".")
    return Site(parts.scheme in SECURE, name, PORTS[parts.scheme] if port is None else port)


def security_policy(rules: Rules, page: str = "") -> str:
    """Return the Content-Security-Policy: as strict as Streamlit and plotly.js allow.

    Components are loaded by scripts at a blob: address. `page` is the HTML whose inline scripts
    may run. WebAssembly may run, which hnviz/browser writes: see docs/SECURITY.md.
    """
    scripts = " ".join(["'self'", "blob:", "'wasm-unsafe-eval'", *map(_hash, inline_scripts(page))])
    return "; ".join(
        (
            "default-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {' '.join(rules.ancestors)}",
            "object-src 'none'",
            "connect-src 'self'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "style-src 'self' 'unsafe-inline'",
            f"frame-src {' '.join(rules.frames)}",
            f"script-src {scripts}",
            f"worker-src {rules.workers}",
        )
    )


def inline_scripts(page: str) -> tuple[str, ...]:
    """Return the text of each inline script of an HTML page."""
    found = re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.DOTALL | re.IGNORECASE)
    return tuple(text for attributes, text in found if "src=" not in attributes)


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def _is_named(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a name is allowed; `patterns` have the form of Streamlit's settings."""
    for pattern in (each.strip().lower().rstrip(".") for each in patterns):
        if pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:])):
            return True
    return False


def _shown(values: list[str]) -> str:
    """Quote a header's value, cut short."""
    return repr(", ".join(values)[:60]) if values else "nothing"
