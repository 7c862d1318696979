"""The parts of Streamlit that its documentation does not name are as the app takes them to be."""

from types import SimpleNamespace

from streamlit import runtime
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from hnviz.app.shell.streamlit_parts import is_end_of_script, uploads


def test_uploads_have_the_sizes_of_those_that_are_still_held(monkeypatch):
    manager = MemoryUploadedFileManager("/upload")
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=manager))
    assert isinstance(runtime.Runtime.uploaded_file_mgr, property)
    asked = [("a", "1"), ("a", "2"), ("b", "1")]
    for size, (tab, file) in enumerate(asked):
        manager.add_file(tab, UploadedFileRec(file, "name", "text/plain", size * b"x"))
    assert uploads([*asked, ("c", "1")]) == {("a", "1"): 0, ("a", "2"): 1, ("b", "1"): 2}
    manager.remove_session_files("a")
    assert uploads(asked) == {("b", "1"): 2}


def test_a_page_is_drawn_when_its_script_has_ended_and_runs_no_more():
    ended, again = ForwardMsg(), ForwardMsg()
    ended.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    again.script_finished = ForwardMsg.FINISHED_EARLY_FOR_RERUN
    drawn = ForwardMsg()
    drawn.delta.new_element.markdown.body = "a"
    said = [each.SerializeToString() for each in (ended, again, drawn)]
    assert [is_end_of_script(each) for each in said] == [True, False, False]


def test_a_page_asks_for_streamlits_server_at_its_own_address_only(server, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(server)))
    page.goto(f"{server}/data")
    page.locator(".st-key-data_guess").wait_for()
    below = sorted(address for address in asked if "/_stcore/h" in address)
    assert below == ["/_stcore/health", "/_stcore/host-config"]
    assert page.errors == []
