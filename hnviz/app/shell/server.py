"""What this server holds. A Streamlit script takes no arguments, so pages ask for it here."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the first page comes before the runs are loaded
    from hnviz.sweeps.service import SweepService
    from hnviz.web.downloads import Exporter
    from hnviz.web.state import ServerState


@cache
def server() -> "ServerState":
    """Return the state of this server."""
    from hnviz.web.state import ServerState

    return ServerState()


@cache
def exporter() -> "Exporter":
    """Return what writes files for this server."""
    from hnviz.web.downloads import Exporter

    return Exporter()


@cache
def sweeps() -> "SweepService":
    """Return what trains this server's sweeps."""
    from hnviz.sweeps.service import SweepService

    return SweepService(lambda: server().engine, server().store)
