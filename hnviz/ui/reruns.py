"""A mend of Streamlit: what one run has drawn is not lost to the next."""

from functools import wraps
from typing import Any

from streamlit.runtime.app_session import AppSession, AppSessionState


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
