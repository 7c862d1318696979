"""The parts of Streamlit that its documentation does not name are as the app takes them to be."""

from types import SimpleNamespace

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import memory_session_storage

from hnviz.app.shell.streamlit_parts import is_end_of_script, keep_few_closed_tabs


def test_a_page_is_drawn_when_its_script_has_ended_and_runs_no_more():
    ended, again = ForwardMsg(), ForwardMsg()
    ended.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    again.script_finished = ForwardMsg.FINISHED_EARLY_FOR_RERUN
    drawn = ForwardMsg()
    drawn.delta.new_element.markdown.body = "a"
    said = [each.SerializeToString() for each in (ended, again, drawn)]
    assert [is_end_of_script(each) for each in said] == [True, False, False]


def test_the_sessions_of_few_closed_tabs_are_kept(monkeypatch):
    kind = memory_session_storage.MemorySessionStorage
    monkeypatch.setattr(memory_session_storage, "MemorySessionStorage", kind)  # undone at the end
    keep_few_closed_tabs(2)
    kept = memory_session_storage.MemorySessionStorage(ttl_seconds=60)
    for name in "abc":
        kept.save(SimpleNamespace(session=SimpleNamespace(id=name)))
    assert [each.session.id for each in kept.list()] == ["b", "c"]


def test_a_page_asks_for_streamlits_server_at_its_own_address_only(server, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(server)))
    page.goto(f"{server}/data")
    page.locator(".st-key-data_guess").wait_for()
    below = sorted(address for address in asked if "/_stcore/h" in address)
    assert below == ["/_stcore/health", "/_stcore/host-config"]
    assert page.errors == []
