"""The parts of Streamlit that its documentation does not name are as the app takes them to be."""

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from hnviz.app.shell.streamlit_parts import is_end_of_script


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
