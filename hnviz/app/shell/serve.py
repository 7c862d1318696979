"""Starting Streamlit in this process, with the engine warming up beside it.

The settings that make Streamlit safe stand in .streamlit/config.toml, so that ``streamlit run
app.py`` has them too; here is what depends on the address.
"""

import gc
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from errno import EACCES, EADDRINUSE
from importlib import import_module
from pathlib import Path
from typing import Any

APP = Path(__file__).parents[3] / "app.py"
TRIES = 100  # ports after a taken one
ENGINE_DELAY = 1.5  # seconds; a page that is asked for sooner starts the engine itself
EVERYWHERE = ("0.0.0.0", "::", "")


class AddressError(ValueError):
    """A host or port that cannot be listened at."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the app listens."""

    host: str
    port: int

    @classmethod
    def free(cls, host: str, port: int) -> "Address":
        """Find the first port from `port` on that nobody listens at. Raises AddressError."""
        for candidate in range(port, min(port + TRIES, 65536)):
            if _can_listen(host, candidate):
                return cls(host, candidate)
        last = min(port + TRIES, 65536) - 1
        raise AddressError(f"no port from {port} to {last} is free at {host}; choose another")

    @property
    def url(self) -> str:
        """The address for a browser on this machine."""
        if self.host in EVERYWHERE:
            return f"http://127.0.0.1:{self.port}"
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def allowed_hosts(self) -> list[str]:
        """List the names by which browsers may call this machine.

        A page elsewhere that makes its own name point here is refused.
        """
        names = {"127.0.0.1", "localhost", "::1"}
        if self.host in EVERYWHERE:
            names |= _own_names()
        else:
            names.add(self.host)
        return sorted(names)


def serve(address: Address, announce: Callable[[str], None]) -> None:
    """Run the app until it is interrupted; `announce` is given its URL once it answers."""
    from streamlit.web import bootstrap

    # Garbage is not looked for while hundreds of modules are loaded, and later never among them:
    # each look through them all holds up a page for .06 s.
    gc.disable()
    options = configure(address)

    def after_start() -> None:
        try:
            _wait_until_it_answers(address)
            announce(address.url)
            _warm_up()
        finally:
            gc.freeze()
            gc.enable()

    threading.Thread(target=after_start, daemon=True).start()
    try:
        bootstrap.run(str(APP), False, [], options)
    finally:
        from hnviz.engine.client import close_shared_engine

        close_shared_engine()


def configure(address: Address) -> dict[str, Any]:
    """Load .streamlit/config.toml beside the app, from wherever the command was given.

    Returns what is set beyond it, named as Streamlit's own command line names it.
    """
    from streamlit import config
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web import bootstrap

    # Else the first links to /train and the like run the page without app.py, until one has found
    # that out (`show.page_title`).
    PagesManager.uses_pages_directory = False
    options = {
        "server_address": address.host or "0.0.0.0",
        "server_port": address.port,
        "server_allowedHosts": address.allowed_hosts(),
        "logger_hideWelcomeMessage": True,  # the address is announced instead
    }
    config._main_script_path = str(APP)
    bootstrap.load_config_options(options)
    return options


def _warm_up() -> None:
    """Load what the pages need while the first browser loads Streamlit's own files.

    The engine follows: torch takes a core for seconds, which a browser that was opened at once
    needs for its first picture.
    """
    from streamlit import delta_generator

    # Else the first element of all looks whether it stands in a notebook, and for that up the file
    # of each of a thousand modules: a fifth of a second.
    delta_generator._use_warning_has_been_displayed = True
    until = time.monotonic() + ENGINE_DELAY
    import_module("hnviz.app.shell.everything")
    from hnviz.app.rooms.start.overview import ladder_rows
    from hnviz.app.run.engine import store
    from hnviz.data import human_numbers_stream
    from hnviz.engine.client import shared_engine

    ladder_rows()  # reads the shipped runs, which every page has in its frame
    store().summaries()
    human_numbers_stream()
    time.sleep(max(0.0, until - time.monotonic()))
    shared_engine().start()


def _wait_until_it_answers(address: Address) -> None:
    host = "127.0.0.1" if address.host in EVERYWHERE else address.host
    while True:
        try:
            socket.create_connection((host, address.port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def _can_listen(host: str, port: int) -> bool:
    """Say whether the port is free. Raises AddressError for a host or port that is none."""
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
            "127.0.0.1 is for this machine alone, 0.0.0.0 for all that reach it"
        ) from error


def _own_names() -> set[str]:
    """Collect this machine's names and addresses, as far as it knows them."""
    name = socket.gethostname()
    names = {name, socket.getfqdn(), f"{name}.local"}
    try:
        names |= {str(found[4][0]) for found in socket.getaddrinfo(name, None)}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks for the way out
            names.add(str(probe.getsockname()[0]))
    except OSError:  # no network, or a name that leads nowhere
        pass
    return names
