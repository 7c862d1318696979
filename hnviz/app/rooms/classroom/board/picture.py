"""The board for a projector; it follows the class's WebSocket as the teacher's browser."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import streamlit as st

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell.serve import Address, Invitation, invitation
from hnviz.classroom import qr
from hnviz.web.classroom.desk import Desk


def board(held: Desk) -> Mapping[str, Any]:
    """Return what the board shows of this server's class; counts as of now."""
    return {**_shown(_invited()), "members": len(held.room.members)}


def _shown(invited: Invitation) -> dict[str, Any]:
    size, path = qr.path(invited.scanned)
    return {"address": invited.join, "code": invited.code, "qr": {"size": size, "path": path}}


@cache  # the names of a machine take a look into the network
def _invited() -> Invitation:
    address = Address(
        str(st.get_option("server.address") or ""),
        int(st.get_option("server.port")),
        str(st.get_option("server.baseUrlPath")).strip("/"),
    )
    invited = invitation(address)
    if invited is None:
        raise ValueError("this server holds no class")
    return invited


def _example(name: str, here: int, members: int) -> Mapping[str, Any]:
    address = f"http://{name}:8501/class/join"
    invited = Invitation(address, "K7QW4M", "")
    return {**_shown(invited), "live": False, "here": here, "members": members}


EXAMPLES = {
    "ready": Example(settings=_example("192.168.1.5", 28, 30)),
    "long": Example(settings=_example("teachers-laptop.school.example.org", 412, 500)),
}

BOARD = Picture(__file__, Place("class_board", "300px", "560px"), silent=True, examples=EXAMPLES)
