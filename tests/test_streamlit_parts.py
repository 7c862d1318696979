"""The private parts of Streamlit that the app uses are as it takes them to be."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import delta_generator, runtime
from streamlit.runtime.app_session import (
    AppSession,
    _close_script_event_loop,
)
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager
from streamlit.testing.v1 import AppTest

from hnviz.app.shell.streamlit_parts import (
    _ELEMENTS,
    front_page,
    late_modules,
    quiet_test_runner,
    share_event_loops,
    skip_the_look_for_a_notebook,
    uploads,
)
from hnviz.web.guard import inline_scripts


def played(scene: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a scene on an event loop in a thread of its own: the browser tests' may run in this."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, scene()).result()


# --- small parts --------------------------------------------------------------------------------


def test_the_test_runner_notes_nothing(caplog):
    quiet_test_runner()
    AppTest.from_string("import streamlit as st").run()
    assert "ScriptRunContext" not in caplog.text


def test_the_front_page_holds_the_one_inline_script_that_the_policy_names():
    page = front_page()
    assert "You need to enable JavaScript" in page
    assert len(inline_scripts(page)) == 1


def test_the_late_modules_are_those_of_our_elements():
    """Each element's module is there, with what it imports and the front page does not load."""
    found = late_modules()
    names = [each.removeprefix("static/js/").split(".")[0] for each in found]
    assert set(_ELEMENTS) <= set(names)
    assert len(found) == len(set(found)) > len(_ELEMENTS)
    assert not any(each in front_page() for each in found)


def test_nothing_looks_for_a_notebook(monkeypatch):
    monkeypatch.setattr(delta_generator, "_use_warning_has_been_displayed", False)
    assert (
        "_use_warning_has_been_displayed"
        in delta_generator._maybe_print_use_warning.__code__.co_names
    )
    skip_the_look_for_a_notebook()
    monkeypatch.setattr(delta_generator.env_util, "is_repl", lambda: pytest.fail("it looked"))
    delta_generator._maybe_print_use_warning()


# --- sessions' event loops and uploads ----------------------------------------------------------


class Sessions:
    """A runtime with these sessions."""

    def __init__(self, *sessions: Any) -> None:
        self._session_mgr = SimpleNamespace(
            list_sessions=lambda: [SimpleNamespace(session=each) for each in sessions]
        )


def test_idle_sessions_share_a_loop_that_none_of_them_can_close(monkeypatch):
    idle, back, runs = (
        SimpleNamespace(_script_event_loop=asyncio.new_event_loop(), _scriptrunner=runner)
        for runner in (None, None, object())
    )
    own = [each._script_event_loop for each in (idle, back, runs)]
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: Sessions(idle, back, runs))
    share_event_loops()
    share_event_loops()
    assert [each.is_closed() for each in own] == [True, True, False]
    assert idle._script_event_loop is back._script_event_loop
    assert runs._script_event_loop is own[2]
    _close_script_event_loop(idle._script_event_loop)
    assert not back._script_event_loop.is_closed()
    own[2].close()


def test_without_a_server_there_is_nothing_to_share(monkeypatch):
    monkeypatch.setattr(runtime, "exists", lambda: False)
    share_event_loops()


def test_this_streamlit_keeps_a_loop_for_each_session():
    assert "_script_event_loop" in AppSession.__init__.__code__.co_names
    assert "_script_event_loop" in AppSession._create_scriptrunner.__code__.co_names or hasattr(
        AppSession._create_scriptrunner, "__wrapped__"
    )
    assert callable(WebsocketSessionManager.list_sessions)
    assert "_session_mgr" in runtime.Runtime.__init__.__code__.co_names


def test_uploads_are_counted(monkeypatch):
    manager = MemoryUploadedFileManager("/upload")
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=manager))
    assert uploads() == {}
    for session, file in (("a", "1"), ("a", "2"), ("b", "1")):
        manager.add_file(session, UploadedFileRec(file, "name", "text/plain", b"12345"))
    assert uploads() == {"a": [5, 5], "b": [5]}
    assert isinstance(runtime.Runtime.uploaded_file_mgr, property)
