"""Questions that nobody waits for: asked one at a time in a thread, looked at when they are there.

A page names what it would like to know each time it is drawn. What no page has named for some
seconds is not asked any more, and after an answer the asker rests for as long as it took, so that
whoever waits for the observer gets in between.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hnviz.app.run.engine import observe

FORGET_SECONDS = 6.0  # after which a page that has not asked again is gone
RETRY_SECONDS = 30.0  # after a refusal
MOST_KEPT = 1000


class Wanted(NamedTuple):
    """One question about a snapshot."""

    run_id: str
    step: int
    question: str
    params: tuple[tuple[str, Any], ...] = ()


class Found(NamedTuple):
    """What is known by now: answers' meta by question, and why one of them was refused."""

    known: dict[Wanted, dict[str, Any]]
    lacking: int  # questions that will still be answered
    trouble: str | None


class Asker:
    """Asks in the background, in the order in which it was last asked."""

    def __init__(self, ask: Callable[..., tuple[Any, str | None]] = observe) -> None:
        self._ask = ask
        self._known: OrderedDict[Wanted, dict[str, Any]] = OrderedDict()
        self._refused: dict[Wanted, tuple[float, str]] = {}
        self._wanted: OrderedDict[Wanted, float] = OrderedDict()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def look(self, questions: Sequence[Wanted], *, ask: bool = True) -> Found:
        """Return what is known of some questions; with `ask` the others will be. Never waits."""
        now = time.monotonic()
        with self._change:
            known = {each: self._known[each] for each in questions if each in self._known}
            refused = [self._refused[each] for each in questions if each in self._refused]
            fresh = [each for each in questions if each not in known and self._may_ask(each, now)]
            for each in reversed(fresh if ask else []):
                self._wanted[each] = now
                self._wanted.move_to_end(each, last=False)
            if self._wanted and not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, daemon=True, name="asker")
                self._thread.start()
            self._change.notify()
        return Found(known, len(fresh), refused[0][1] if refused else None)

    def _may_ask(self, each: Wanted, now: float) -> bool:
        return each not in self._refused or now - self._refused[each][0] > RETRY_SECONDS

    def _next(self) -> Wanted | None:
        """Return the next question that somebody still wants; None after a while without one."""
        with self._change:
            if not self._wanted:
                self._change.wait(FORGET_SECONDS)
            old = time.monotonic() - FORGET_SECONDS
            for each in [each for each, since in self._wanted.items() if since < old]:
                del self._wanted[each]
            if not self._wanted:
                self._thread = None
                return None
            return self._wanted.popitem(last=False)[0]

    def _work(self) -> None:
        while (each := self._next()) is not None:
            begun = time.monotonic()
            answer, trouble = self._ask(each.run_id, each.step, each.question, dict(each.params))
            with self._change:
                self._wanted.pop(each, None)  # asked for again meanwhile
                self._refused.pop(each, None)
                if answer is None:
                    self._refused[each] = (time.monotonic(), str(trouble))
                else:
                    self._known[each] = dict(answer.meta)
                for kept in (self._known, self._refused):
                    while len(kept) > MOST_KEPT:
                        kept.pop(next(iter(kept)))
            time.sleep(min(2.0, time.monotonic() - begun))


asker = Asker()
"""This process's one; all pages share it."""
