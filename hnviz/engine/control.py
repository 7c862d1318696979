"""What others want of a run while it trains."""

import math
import threading
import time
from collections.abc import Callable

from hnviz.events import Ended

STOP = "stop"  # end the run
LEAVE = "leave"  # let go of it, to go on another time
LONGEST_WAIT = 3600.0  # seconds; whoever waits asks again after them
STAND_BACK = 0.2
"""Seconds that a run stands still for a press on a page, and goes on before it does so again."""


class Control:
    """A run's buttons. One thread presses them, another asks before every step."""

    def __init__(
        self,
        *,
        paused: bool = False,
        steps: int = 0,
        speed: float | None = None,
        on_rest: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin paused or not, with `steps` single steps asked for, at most `speed` steps/s.

        `on_rest` is called whenever a paused run has done and stored all that was asked for.
        """
        self._changed = threading.Condition()
        self._paused = paused
        self._steps = steps  # single steps that are asked for and not yet done
        self._speed = speed
        self._last_step = -math.inf
        self._still_until = -math.inf
        self.rest = on_rest
        self._ending: str | None = None

    # Pressed by others

    def pause(self) -> None:
        """Hold the run before its next step."""
        self._set(paused=True)

    def go_on(self) -> None:
        """Let a paused run go on."""
        self._set(paused=False, steps=0)

    def step(self) -> None:
        """Hold the run, and let it do one more step."""
        with self._changed:
            self._set(paused=True, steps=self._steps + 1)

    def set_speed(self, steps_per_second: float | None) -> None:
        """Do at most so many steps a second; None is as fast as it goes."""
        self._set(speed=steps_per_second)

    def stand_back(self) -> None:
        """Leave the processors for a moment to a page on which somebody has pressed something.

        Niceness alone does not: Linux wakes the browser's threads where it finds a processor idle,
        and one with a nice process is not. However often somebody presses, half of the time is the
        run's.
        """
        with self._changed:
            now = time.monotonic()
            if now >= self._still_until + STAND_BACK:
                self._still_until = now + STAND_BACK

    def stop(self) -> None:
        """End the run."""
        self._set(ending=STOP)

    def leave(self) -> None:
        """Let go of the run so that it can go on another time."""
        self._set(ending=LEAVE)

    def _set(self, **values: object) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, f"_{name}", value)
            self._changed.notify_all()

    # Asked by the one who trains

    @property
    def ending(self) -> str | None:
        """STOP, LEAVE, or None while the run is to go on."""
        return self._ending

    @property
    def steps_left(self) -> int:
        """Single steps that are asked for and not yet done."""
        return self._steps

    def seconds_to_wait(self) -> float:
        """Return how long the next step has to wait: 0 for not at all, inf while paused."""
        with self._changed:
            if self._paused:
                return 0.0 if self._steps else math.inf
            turn = -math.inf if self._speed is None else self._last_step + 1 / self._speed
            return max(0.0, max(turn, self._still_until) - time.monotonic())

    def wait(self) -> None:
        """Sleep until the next step may be done or somebody wants something else."""
        with self._changed:
            if self._ending is None and (seconds := self.seconds_to_wait()) > 0:
                self._changed.wait(min(seconds, LONGEST_WAIT))

    def begin_step(self) -> None:
        """Note the moment from which the speed limit counts."""
        self._last_step = time.monotonic()

    def step_done(self) -> None:
        """Note that one step is done, which may be one that was asked for singly."""
        with self._changed:
            self._steps = max(0, self._steps - 1)


def stopped(step: int, n_steps: int) -> Ended:
    """Say that somebody ended the run."""
    message = f"stopped after step {step:,} of {n_steps:,}"
    return Ended(status="stopped", step=step, message=message, time=time.time())
