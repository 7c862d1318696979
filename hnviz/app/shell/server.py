"""What this server holds. A Streamlit script takes no arguments, so pages ask for it here."""

from threading import Lock
from typing import TYPE_CHECKING

from cachetools import cached

if TYPE_CHECKING:  # the first page comes before the runs are loaded
    from hnviz.sweeps.service import SweepService
    from hnviz.web.downloads import Exporter
    from hnviz.web.state import ServerState


@cached({}, lock=Lock())  # without the lock, two threads that ask first get two
def server() -> "ServerState":
    """Return the state of this server."""
    from hnviz.web.state import ServerState

    return ServerState()


@cached({}, lock=Lock())
def exporter() -> "Exporter":
    """Return what writes files for this server."""
    from hnviz.web.downloads import Exporter

    return Exporter()


@cached({}, lock=Lock())
def sweeps() -> "SweepService":
    """Return what trains this server's sweeps."""
    from hnviz.sweeps.service import SweepService

    return SweepService(lambda: server().engine, server().store)
