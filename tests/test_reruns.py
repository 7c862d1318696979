"""What Streamlit's sessions do when a click or a tick comes just as a run has ended."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from inspect import unwrap
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.common import WidgetMetadata

from hnviz.app.shell.reruns import keep_every_drawing, keep_every_press


class Runner:
    """A script runner that takes more requests until it has ended."""

    def __init__(self, *, ended: bool) -> None:
        self.ended = ended
        self.requests: list[Any] = []

    def request_rerun(self, request: Any) -> bool:
        if not self.ended:
            self.requests.append(request)
        return not self.ended


def played(scene: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a scene on an event loop in a thread of its own: the browser tests' may run in this."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, scene()).result()


def session_class() -> type[AppSession]:
    """A session class of its own, whose runs are stubs and whose messages are kept in a list."""

    class Session(AppSession):
        def __init__(self) -> None:
            self._state = AppSessionState.APP_NOT_RUNNING
            self._event_loop = asyncio.get_running_loop()
            self._scriptrunner: Any = Runner(ended=True)
            self._client_state = ClientState()
            self._session_state = SessionState()
            self.seen: list[str] = []

        def __del__(self) -> None:
            pass  # the real one shuts down what this one does not have

        def has_fragment(self, fragment_id: str) -> bool:
            return True

        # The class may have been mended before, by a page of another test.
        request_rerun = unwrap(AppSession.request_rerun)

        def _enqueue_forward_msg(self, msg: ForwardMsg) -> None:
            self.seen.append(msg.hash)

        def _create_scriptrunner(self, initial_rerun_data: Any) -> None:
            self.seen.append(f"begins {initial_rerun_data.fragment_id}")
            self._scriptrunner = Runner(ended=False)

    return Session


async def drawn_then_ticked(session: Any) -> None:
    """Let a run draw something and end; before its session hears of that, ask for two ticks."""
    ended = session._scriptrunner
    session._event_loop.call_soon(
        session._handle_scriptrunner_event_on_event_loop,
        ended,
        ScriptRunnerEvent.ENQUEUE_FORWARD_MSG,
        ForwardMsg(hash="drawn"),
    )
    session.request_rerun(ClientState(fragment_id="tick"))
    session.request_rerun(ClientState(fragment_id="tock"))
    for _ in range(4):
        await asyncio.sleep(0)


def test_what_a_run_has_drawn_reaches_the_browser_before_the_next_run_begins():
    kind = session_class()
    keep_every_drawing(kind)
    keep_every_drawing(kind)  # as each page does

    async def scene() -> Any:
        session = kind()
        await drawn_then_ticked(session)
        return session

    session = played(scene)
    assert session.seen == ["drawn", "begins tick"]
    assert [request.fragment_id for request in session._scriptrunner.requests] == ["tock"]


def test_a_session_that_ends_meanwhile_begins_nothing():
    kind = session_class()
    keep_every_drawing(kind)

    async def scene() -> Any:
        session: Any = kind()
        session.request_rerun(ClientState(fragment_id="tick"))
        session._state = AppSessionState.SHUTDOWN_REQUESTED
        await asyncio.sleep(0.01)
        return session

    assert played(scene).seen == []


def test_a_session_without_a_run_begins_at_once():
    kind = session_class()
    keep_every_drawing(kind)

    async def scene() -> Any:
        session: Any = kind()
        session._scriptrunner = None
        session.request_rerun(ClientState(fragment_id="tick"))
        return session

    assert played(scene).seen == ["begins tick"]


@pytest.mark.parametrize("name", ["_create_scriptrunner", "_scriptrunner", "_event_loop", "_state"])
def test_this_streamlit_has_what_is_mended(name):
    source = AppSession.__init__.__code__.co_names
    assert hasattr(AppSession, name) or name in source


def test_a_streamlit_without_it_is_left_alone():
    class Other:
        pass

    keep_every_drawing(Other)  # type: ignore[arg-type]
    assert not hasattr(Other, "_create_scriptrunner")


def asked_for(
    changes: dict[str, int], *, auto: bool = False, hear: Callable[[], None] = lambda: None
) -> list[Any]:
    """Return the fragments that runs are begun for, asked by "picture" with changed widgets."""
    kind = session_class()
    keep_every_press(kind, hear)
    keep_every_press(kind, hear)

    async def scene() -> list[Any]:
        session: Any = kind()
        values = session._session_state._new_widget_state
        for name, fragment in (("inside", "picture"), ("outside", None), ("elsewhere", "other")):
            values.set_from_value(name, 1)
            values.set_widget_metadata(
                WidgetMetadata(
                    name,
                    lambda value: value,
                    lambda value: value,
                    "int_value",
                    fragment_id=fragment,
                )
            )
        session._scriptrunner = None
        state = ClientState(fragment_id="picture", is_auto_rerun=auto)
        for name in ("inside", "outside", "elsewhere", "unknown"):
            state.widget_states.widgets.add(id=name, int_value=changes.get(name, 1))
        session.request_rerun(state)
        return session.seen

    return played(scene)


def test_a_request_that_changes_what_stands_outside_of_its_fragment_runs_the_page():
    assert asked_for({"outside": 2}) == asked_for({"inside": 2, "elsewhere": 2}) == ["begins None"]
    assert asked_for({"inside": 2}) == asked_for({"unknown": 2}) == ["begins picture"]
    assert asked_for({"outside": 2}, auto=True) == ["begins picture"]


def test_a_press_is_heard_and_a_tick_is_not():
    heard: list[str] = []
    asked_for({"inside": 2}, hear=lambda: heard.append("press"))
    asked_for({"inside": 2}, auto=True, hear=lambda: heard.append("tick"))
    assert heard == ["press"]
