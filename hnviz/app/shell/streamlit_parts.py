"""All that uses a private part of Streamlit, each with its reason; requirements.txt pins the range.

tests/test_streamlit_parts.py fails when one of the parts changes.
"""

import asyncio
import logging
import re
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import delta_generator, runtime
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

_ELEMENTS = (
    "BidiComponent",
    "Selectbox",
    "NumberInput",
    "ButtonGroup",
    "Html",
    "PageLink",
    "Button",
)
SHORT = 1000  # bytes of a message that may be the one about a script's end
_IMPORTED = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')


def front_page() -> str:
    """Return the HTML page that Streamlit answers every address with.

    It holds an inline script, which the Content-Security-Policy must name by its hash.
    """
    return (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


def late_modules() -> list[str]:
    """List the modules, as addresses, that Streamlit's page asks for when it shows such elements.

    A page that names them loads them beside its other files instead of one after the other: .15 s
    less until a first picture. Those that are not found are left out; nothing then breaks.
    """
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    loaded_anyway = front_page()
    found: dict[str, None] = {}

    def add(file: Path) -> None:
        if file.name in found or file.name in loaded_anyway or not file.is_file():
            return
        found[file.name] = None
        for name in _IMPORTED.findall(file.read_text(encoding="utf-8")):
            add(folder / name)

    for name in _ELEMENTS:
        for file in sorted(folder.glob(f"{name}.*.js")):
            add(file)
    return [f"static/js/{name}" for name in found]


def skip_the_look_for_a_notebook() -> None:
    """Keep the very first element from checking whether it is in a notebook.

    To find out, Streamlit looks up the files of a thousand modules: a fifth of a second.
    """
    delta_generator._use_warning_has_been_displayed = True


def quiet_test_runner() -> None:
    """Keep Streamlit's test runner from noting at each of its runs that it is no page."""
    logging.getLogger(get_script_run_ctx.__module__).setLevel(logging.ERROR)


class _SharedLoop(asyncio.SelectorEventLoop):
    """An event loop that nobody runs; a session that ends must not close it for the others."""

    def close(self) -> None:
        """Stay open."""


@cache
def _shared_loop() -> _SharedLoop:
    return _SharedLoop()


def share_event_loops() -> None:
    """Let all sessions share one event loop; call it repeatedly in the server's own loop.

    Each session makes its own loop for libraries that ask for one, and a loop holds three file
    descriptors. Streamlit keeps up to 128 closed tabs for two minutes, in case they come back: 80
    visits used up the 256 files that a process may open. The pages use no event loop.
    """
    if not runtime.exists():
        return
    for info in runtime.get_instance()._session_mgr.list_sessions():
        session = info.session
        own = session._script_event_loop
        if own is not _shared_loop() and session._scriptrunner is None:
            session._script_event_loop = _shared_loop()
            own.close()


def is_end_of_script(message: bytes) -> bool:
    """Return whether a message to a browser says that its page is drawn, and stays so."""
    if len(message) > SHORT:
        return False
    read = ForwardMsg.FromString(message)
    ends = read.WhichOneof("type") == "script_finished"
    return ends and read.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN


def uploads() -> dict[str, list[int]]:
    """Return the sizes in bytes of the files that each tab has uploaded."""
    manager: Any = runtime.get_instance().uploaded_file_mgr
    held = manager.file_storage.copy()  # copies, as other threads add and remove files
    return {tab: [len(file.data) for file in files.copy().values()] for tab, files in held.items()}
