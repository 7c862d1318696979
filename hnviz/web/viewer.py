"""Who asks. A viewer is a browser, told apart by a random name that its first page gives it.

The name is a cookie, so requests, WebSockets and Streamlit's sessions all have it. It grants
nothing: it only says whose turn it is, and what counts as one viewer's. Without it, the viewer is
the address that asks. What many made-up names take is bounded by the address that they come from.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

COOKIE = "hnviz-viewer"
PROXIES = "HNVIZ_PROXIES"  # addresses or networks of proxies that are believed
LOOPBACK = "127.0.0.1"  # Streamlit gives no address for a browser on this machine
HOME_BITS = 64  # of an IPv6 address: a home has all the others

Header = tuple[bytes, bytes]
Network = IPv4Network | IPv6Network

_NAME = re.compile(r"[0-9a-f]{32}")
_WITH_PORT = re.compile(r"\[(?P<six>[0-9a-fA-F:.]+)\](:\d+)?|(?P<four>[0-9.]+):\d+")


class Viewer(NamedTuple):
    """A browser, and the address that it asks from; many may share one."""

    name: str
    address: str

    @property
    def asker(self) -> str:
        """Both in one text, for the engine."""
        return f"{self.name}@{self.address}"


def viewer(cookies: Mapping[str, str], address: str | None) -> Viewer:
    """Return the viewer of a request with these cookies, from this address."""
    name, place = cookies.get(COOKIE, ""), _place(address or LOOPBACK)
    return Viewer(name if _NAME.fullmatch(name) else place, place)


def viewer_of(scope: Scope) -> Viewer:
    """Return the viewer of a request or a WebSocket."""
    asked = HTTPConnection(scope)
    return viewer(asked.cookies, asked.client.host if asked.client else None)


def proxies(named: Sequence[str]) -> tuple[Network, ...]:
    """Read the addresses and networks of proxies. Raises ValueError."""
    try:
        return tuple(ip_network(each, strict=False) for each in named)
    except ValueError as error:
        raise ValueError(
            f"{PROXIES} takes addresses and networks, such as 127.0.0.1,10.0.0.0/8; {error}"
        ) from None


def forwarded(scope: Scope, trusted: Sequence[Network]) -> Scope:
    """Return a request as its browser sent it to the first of the proxies that are trusted.

    Each proxy adds to the right of X-Forwarded-For whom it was asked by. So the browser is the
    last one there that is no such proxy; anybody may have written those before it.
    """
    client = scope.get("client")
    if not trusted or client is None or not _is_in(client[0], trusted):
        return scope
    headers = Headers(scope=scope)
    hops = ",".join(headers.getlist("x-forwarded-for")).split(",")
    address = client[0]
    while _is_in(address, trusted) and hops and (hop := _read(hops.pop())):
        address = hop
    told = headers.get("x-forwarded-proto", "").strip()
    scheme = scope["scheme"]
    if told in ("http", "https"):
        scheme = told.replace("http", "ws") if scope["type"] == "websocket" else told
    return {**scope, "client": (address, client[1]), "scheme": scheme}


def _read(hop: str) -> str:
    """Read an address with or without a port; "" for anything else."""
    found = _WITH_PORT.fullmatch(hop.strip())
    read = _ip((found["six"] or found["four"]) if found else hop.strip())
    return str(read) if read else ""


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    read = _ip(address)
    return read is not None and any(read in network for network in networks)


def _place(address: str) -> str:
    """Return what counts as one address: one of IPv4, a home's network of IPv6."""
    read = _ip(address)
    if not isinstance(read, IPv6Address) or read.is_loopback:
        return str(read or address)
    return str(ip_network((read, HOME_BITS), strict=False))


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, one of IPv4 also as servers for both write it: ::ffff:192.0.2.7."""
    try:
        read = ip_address(text)
    except ValueError:
        return None
    return (read.ipv4_mapped or read) if isinstance(read, IPv6Address) else read


def naming(scope: Scope, *, framed: bool) -> list[Header]:
    """Return the headers that give a browser its name, none if it has one.

    In a frame of another site (`framed`), browsers keep only the second cookie, and only over TLS.
    """
    if _NAME.fullmatch(HTTPConnection(scope).cookies.get(COOKIE, "")):
        return []
    named = f"{COOKIE}={secrets.token_hex(16)}; Path=/; HttpOnly; SameSite="
    kinds = ("Lax", "None; Secure; Partitioned") if framed else ("Lax",)
    return [(b"set-cookie", f"{named}{kind}".encode()) for kind in kinds]
