"""Two mends of Streamlit: no drawing is lost to the next run, no press to a fragment's report."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.state.session_state import SessionState, WStates


def keep_every_drawing(kind: type[AppSession] = AppSession) -> None:
    """Let sessions take over what a run has drawn before they begin another one; may be repeated.

    A run's elements reach its session through the event loop. A click or tick that comes when a
    run has ended, but its elements are still on their way, makes Streamlit 1.67 begin a new run and
    drop them: beside parts that tick, one click in a hundred changed nothing that one could see.
    Whatever has ended has all its elements in the loop's queue, so one turn later they are there.
    """
    begin = getattr(kind, "_create_scriptrunner", None)
    if begin is None or hasattr(begin, "__wrapped__"):
        return

    @wraps(begin)
    def begin_in_turn(session: Any, request: Any) -> None:
        ended = session._scriptrunner
        if ended is None:
            begin(session, request)
        else:
            session._event_loop.call_soon(after_a_turn, session, request, ended)

    def after_a_turn(session: Any, request: Any, ended: Any) -> None:
        if session._state == AppSessionState.SHUTDOWN_REQUESTED:
            return
        now = session._scriptrunner
        if now is None or now is ended:
            begin(session, request)
        elif not now.request_rerun(request):  # another request began a run in the meantime
            begin_in_turn(session, request)

    kind._create_scriptrunner = begin_in_turn  # type: ignore[assignment, method-assign]


def keep_every_press(
    kind: type[AppSession] = AppSession, hear: Callable[[], None] = lambda: None
) -> None:
    """Let a request that changes what stands outside of its fragment run the page; repeatable.

    `hear` is called for each request that is no clock's, before it is looked at; it must be quick.

    The browser sends changes of one moment together, in the name of the first fragment among them.
    So when a picture in a fragment reported its place just as a number beside it was typed, the
    number was taken, but the page that it decides never ran (2 of some 250 times under load).
    """
    request = getattr(kind, "request_rerun", None)
    if request is None or hasattr(request, "__wrapped__"):
        return

    @wraps(request)
    def request_for_all(session: Any, client_state: ClientState | None) -> None:
        if client_state is not None and not client_state.is_auto_rerun:
            hear()
        if client_state is not None and _reaches_outside(client_state, session.session_state):
            whole = ClientState()
            whole.CopyFrom(client_state)
            whole.fragment_id = ""
            client_state = whole
        request(session, client_state)

    kind.request_rerun = request_for_all  # type: ignore[assignment, method-assign]


def _reaches_outside(client_state: ClientState, held: SessionState) -> bool:
    """Tell whether a request is a fragment's, and a widget outside of that has another value.

    A tick has others' changes with it too, but those have a request of their own.
    """
    if not client_state.fragment_id or client_state.is_auto_rerun:
        return False
    metadata = held._new_widget_state.widget_metadata
    sent = WStates(widget_metadata=dict(metadata))
    for widget in client_state.widget_states.widgets:
        known = metadata.get(widget.id)
        if known is None or known.fragment_id == client_state.fragment_id:
            continue
        sent.set_widget_from_proto(widget)
        for values in (held._new_widget_state, held._old_state):
            if widget.id in values:
                if bool(values[widget.id] != sent[widget.id]):
                    return True
                break
    return False
