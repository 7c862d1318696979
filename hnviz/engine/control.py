"""The controls of a run while it trains."""

import math
import threading
import time
from collections.abc import Callable

from hnviz.events import Ended

STOP = "stop"  # end the run
LEAVE = "leave"  # end training now, to resume later
LONGEST_WAIT = 3600.0  # seconds, after which a waiting thread checks again


class Control:
    """A run's buttons. One thread presses them; another checks them before every step."""

    def __init__(
        self,
        *,
        paused: bool = False,
        steps: int = 0,
        speed: float | None = None,
        on_rest: Callable[[], None] = lambda: None,
    ) -> None:
        """Start paused or not, with `steps` single steps to do, at most `speed` steps/s.

        `on_rest` is called whenever a paused run has done and stored all requested steps.
        """
        self._changed = threading.Condition()
        self._paused = paused
        self._steps = steps  # single steps still to do
        self._speed = speed
        self._last_step = -math.inf
        self.rest = on_rest
        self._ending: str | None = None

    # Called by the thread that presses the buttons

    def pause(self) -> None:
        """Pause the run before its next step."""
        self._set(paused=True)

    def go_on(self) -> None:
        """Continue a paused run."""
        self._set(paused=False, steps=0)

    def step(self) -> None:
        """Pause the run, and let it do one more step."""
        with self._changed:
            self._set(paused=True, steps=self._steps + 1)

    def set_speed(self, steps_per_second: float | None) -> None:
        """Limit the run to so many steps a second; None means no limit."""
        self._set(speed=steps_per_second)

    def stop(self) -> None:
        """Stop the run."""
        self._set(ending=STOP)

    def leave(self) -> None:
        """End training now, so that the run can resume later."""
        self._set(ending=LEAVE)

    def _set(self, **values: object) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, f"_{name}", value)
            self._changed.notify_all()

    # Called by the thread that trains

    @property
    def ending(self) -> str | None:
        """STOP, LEAVE, or None while the run should continue."""
        return self._ending

    @property
    def steps_left(self) -> int:
        """Single steps still to do."""
        return self._steps

    def seconds_to_wait(self) -> float:
        """Return how long the next step must wait: 0 for not at all, inf while paused."""
        with self._changed:
            if self._paused:
                return 0.0 if self._steps else math.inf
            turn = -math.inf if self._speed is None else self._last_step + 1 / self._speed
            return max(0.0, turn - time.monotonic())

    def wait(self) -> None:
        """Sleep until the next step may start or a button is pressed."""
        with self._changed:
            if self._ending is None and (seconds := self.seconds_to_wait()) > 0:
                self._changed.wait(min(seconds, LONGEST_WAIT))

    def begin_step(self) -> None:
        """Record the time from which the speed limit counts."""
        self._last_step = time.monotonic()

    def step_done(self) -> None:
        """Count one step as done; it may be a single step."""
        with self._changed:
            self._steps = max(0, self._steps - 1)


def stopped(step: int, n_steps: int) -> Ended:
    """Return the event that ends a stopped run."""
    message = f"stopped after step {step:,} of {n_steps:,}"
    return Ended(status="stopped", step=step, message=message, time=time.time())
