"""A tab without a browser: it speaks Streamlit's protocol over a WebSocket."""

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from hnviz.web.limits import COOKIE

PATIENCE = 60  # seconds


@contextmanager
def tab(port: int, viewer: int = 0) -> Iterator[ClientConnection]:
    """Open a tab of a viewer; it is closed at the end."""
    with connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": f"{COOKIE}={viewer:032x}"},
        max_size=None,
        open_timeout=PATIENCE,
    ) as socket:
        yield socket


def show(socket: ClientConnection, page: str = "") -> int:
    """Have a page drawn; return the number of messages that drew it."""
    ask = BackMsg()
    ask.rerun_script.page_name = page
    socket.send(ask.SerializeToString())
    drawn = 0
    while True:
        message = ForwardMsg.FromString(socket.recv(PATIENCE))  # type: ignore[arg-type]
        drawn += 1
        if message.WhichOneof("type") == "script_finished":
            return drawn
