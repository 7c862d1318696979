"""Where the app listens, by which names browsers call it, and how a class comes in."""

import os
import socket
from dataclasses import dataclass
from errno import EACCES, EADDRINUSE
from functools import cache

from hnviz.app.shell.classroom import class_service

ORIGINS = "HNVIZ_ORIGINS"  # public addresses of the app behind a proxy: https://lab.example.org
PORTS_TRIED = 100  # after a taken one
EVERYWHERE = ("0.0.0.0", "::", "")


class AddressError(ValueError):
    """A host or port at which the app cannot listen."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the app listens."""

    host: str
    port: int
    path: str = ""  # the path below which the app is, as `base_path` returns it

    @classmethod
    def free(cls, host: str, port: int) -> "Address":
        """Find the first free port from `port` on. Raises AddressError."""
        for candidate in range(port, min(port + PORTS_TRIED, 65536)):
            if _can_listen(host, candidate):
                return cls(host, candidate)
        last = min(port + PORTS_TRIED, 65536) - 1
        raise AddressError(f"no port from {port} to {last} is free at {host}; choose another")

    @property
    def url(self) -> str:
        """The address for a browser on this machine."""
        if self.host in EVERYWHERE:
            return self._url("127.0.0.1")
        return self._url(self.host)

    @property
    def urls_for_others(self) -> list[str]:
        """The addresses for browsers on other machines; none where only this one may connect."""
        names = sorted(set(self.allowed_hosts()) - _loopback(), key=_plainest)
        return [self._url(name) for name in names]

    def allowed_hosts(self) -> list[str]:
        """List the names by which browsers may call this machine.

        A foreign page whose own name points here is refused.
        """
        names = {"127.0.0.1", "localhost", "::1"}
        if self.host in EVERYWHERE:
            names |= own_names()
        else:
            names.add(self.host)
        return sorted(names)

    def _url(self, name: str) -> str:
        host = f"[{name}]" if ":" in name else name
        return f"http://{host}:{self.port}{self.path}"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a teacher needs at the beginning of a class."""

    join: str  # the address for phones
    code: str
    teacher: str  # the address that makes a browser the teacher's

    @property
    def scanned(self) -> str:
        """What the QR code holds: the address with the code, which no server is sent."""
        return f"{self.join}#{self.code}"

    @property
    def home(self) -> str:
        """The app's address for students."""
        from hnviz.web.classroom.service import JOIN

        return self.join.removesuffix(JOIN.removeprefix("/"))


def invitation(address: Address) -> Invitation | None:
    """Return the way into the class; None if this server has none."""
    classroom = class_service()
    if classroom is None:
        return None
    from hnviz.web.classroom.service import JOIN

    url = next(iter([*named(ORIGINS), *address.urls_for_others]), address.url)
    join = f"{url}{JOIN}"
    return Invitation(join, classroom.room.code, f"{join}#teacher={classroom.room.secret}")


def invited() -> Invitation | None:
    """Return the way into the class of the app that runs; None if it has none."""
    import streamlit as st

    host, port = str(st.get_option("server.address") or ""), int(st.get_option("server.port"))
    return invitation(Address(host, port, base_path()))


def base_path() -> str:
    """Return the path below which the app is served: "", or one such as "/lab"."""
    import streamlit as st

    named = str(st.get_option("server.baseUrlPath")).strip("/")
    return named and f"/{named}"


def named(variable: str) -> tuple[str, ...]:
    """Return the items of an environment variable, split at commas or blanks."""
    return tuple(os.environ.get(variable, "").replace(",", " ").split())


def _can_listen(host: str, port: int) -> bool:
    """Say whether the port is free. Raises AddressError for an invalid host or port."""
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen()
        return True
    except OSError as error:
        if error.errno == EADDRINUSE:
            return False
        if error.errno == EACCES:
            raise AddressError(
                f"port {port} is reserved for the administrator; choose one above 1023"
            ) from error
        raise AddressError(
            f"this machine cannot listen at {host!r} ({error.strerror}); "
            "127.0.0.1 is for this machine alone, 0.0.0.0 for every machine that reaches it"
        ) from error


def _loopback() -> set[str]:
    """Collect the names that mean this machine on every machine."""
    return {"127.0.0.1", "127.0.1.1", "::1", "localhost", "localhost.localdomain"}


def _plainest(name: str) -> tuple[bool, bool, str]:
    """Order IPv4 addresses first, then names, then IPv6 addresses."""
    return ":" in name, not name.replace(".", "").isdigit(), name


@cache  # it asks the network
def own_names() -> set[str]:
    """Collect this machine's names and addresses, as far as it knows them."""
    name = socket.gethostname()
    names = {name, socket.getfqdn(), f"{name}.local"}
    try:
        names |= {str(found[4][0]) for found in socket.getaddrinfo(name, None)}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only finds the way out
            names.add(str(probe.getsockname()[0]))
    except OSError:  # no network, or a name that leads nowhere
        pass
    return names
