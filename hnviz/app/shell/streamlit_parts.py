"""The parts of Streamlit that its documentation does not name, each with its reason.

tests/test_streamlit_parts.py fails when one of them changes.
"""

from functools import partial

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import memory_session_storage
from streamlit.runtime.memory_session_storage import MemorySessionStorage

SHORT = 1000  # bytes of a message that may be the one about a script's end


def is_end_of_script(message: bytes) -> bool:
    """Return whether a message to a browser says that its page is drawn, and stays so.

    Presses take turns; nothing else says when the next may begin. A script cannot: it may be
    stopped in the middle for another press, and what it draws is still on its way when it ends.
    """
    if len(message) > SHORT:
        return False
    read = ForwardMsg.FromString(message)
    ends = read.WhichOneof("type") == "script_finished"
    return ends and read.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN


def keep_few_closed_tabs(most: int) -> None:
    """Let Streamlit keep the sessions of at most `most` closed tabs, each with three open files.

    Its own bound is 128, and it drops one whose time is over only when another tab closes. Where
    few files may be open, closed tabs would take all: then none opens, so none closes, for ever.
    """
    bounded = partial(MemorySessionStorage, most)
    memory_session_storage.MemorySessionStorage = bounded  # type: ignore[assignment,misc]
