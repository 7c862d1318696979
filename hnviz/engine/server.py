"""The engine's loop: one thread that listens to the client and all child processes.

Only its children load torch.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from hnviz.config import ConfigError, RunConfig
from hnviz.engine.observers import Questions, Replies
from hnviz.engine.protocol import (
    REQUESTS,
    EngineError,
    ErrorKind,
    HowFar,
    Job,
    check_request,
    line,
    read_request,
    send_frame,
)
from hnviz.engine.scheduler import Limits
from hnviz.engine.timing import COMPARED, TIMED, Trial
from hnviz.engine.trainers import Trainers
from hnviz.engine.workers import Workers
from hnviz.questions.table import QUESTIONS
from hnviz.runs import DamagedRun, RunNotFound, RunStore, RunWriteError

BEAT_SECONDS = 1.0  # between signs of life
JOBS_SECONDS = 0.25  # minimum between messages that differ only in figures
MAX_LOGGED_BYTES = 1000  # of a request that fails
END_SECONDS = 1.2  # for trainers to store a checkpoint after the client is gone

Message = dict[str, Any]
REFUSALS: dict[type[Exception], ErrorKind] = {
    ConfigError: "wrong",
    RunNotFound: "unknown",
    DamagedRun: "conflict",
    RunWriteError: "conflict",
}
"""Errors of a button's operation; their messages are sentences for the page."""

PRESSES = ("resume", "start_again", "pause", "go_on", "step")
"""The operations of buttons, which only pass their fields on."""

log = logging.getLogger(__name__)


class ClientGoneError(Exception):
    """The client has closed its end, so the runs are not needed."""


class Server:
    """Answers requests until the client closes its end.

    A request is {"id", "op", ...}; its reply is {"id", "result"}, {"id", "error", "kind"}, or
    a frame. Of a line that is no request the reply has the id null.
    {"id", "progress": [done, of, what]} may precede it.
    Without a request, the engine sends {"ready": true} once, {"info": {...}} once it has examined
    the machine, {"jobs": [...]} whenever the jobs change, before the reply to the request that
    changed them, and something at least every BEAT_SECONDS seconds, as a sign of life; after
    {"starting": true} the next message may take long.
    """

    def __init__(self, store: RunStore, limits: Limits, replies: int, frames: int) -> None:
        self._replies, self._frames = replies, frames
        self._workers = Workers(lambda: self._say({"starting": True}))
        self._max_trainers = limits.trainers
        self._trainers = Trainers(store, limits, self._workers)
        ways = Replies(self._send_frame, self._refuse, self._tell_progress)
        ask = partial(Questions, store, self._workers, ways)
        self._quick, self._slow = ask(), ask(slow=True)
        self._timing, self._losses = (
            Trial(kind, self._workers, self._reply, self._refuse) for kind in (TIMED, COMPARED)
        )
        self._helpers: tuple[Questions | Trial, ...] = (
            *(self._quick, self._slow),
            *(self._timing, self._losses),
        )
        self._machine = self._workers.start("hnviz.engine.machine:serve")
        self._due: list[Message] = []  # replies to send after the jobs
        self._told_jobs: list[Job] = []
        self._told_at = self._said_at = -math.inf
        self._operations: dict[str, Callable[[Message], None]] = {
            "train": self._train,
            "stop": self._stop,
            "set_speed": self._set_speed,
            "observe": self._observe,
            "observe_aside": lambda request: self._slow.ask(request["id"], request),
            "step_seconds": lambda request: self._timing.ask(
                request["id"], _configs(request), str(store.root)
            ),
            "first_losses": lambda request: self._losses.ask(
                request["id"], _configs(request), request["steps"]
            ),
            **{name: self._press(name) for name in PRESSES},
        }

    def run(self, requests: Connection) -> None:
        """Serve until `requests` ends."""
        self._say({"ready": True})
        sources: dict[Any, Callable[[], None]]
        try:
            while True:
                sources = {
                    pipe: partial(self._trainers.hear, pipe) for pipe in self._trainers.pipes()
                }
                sources[requests] = lambda: self._handle(_next_request(requests))
                for helper in self._helpers:
                    if helper.pipe:
                        sources[helper.pipe] = helper.hear
                if self._trainers.devices is None:
                    sources[self._machine.pipe] = self._hear_machine
                for source in wait(list(sources), self._patience()):
                    sources[source]()
                self._trainers.tick()
                for helper in self._helpers:
                    helper.tick()
                self._tell_jobs()
        except ClientGoneError:
            pass
        finally:
            self._trainers.end(END_SECONDS)
            for helper in self._helpers:
                helper.end()
            self._machine.end()
            self._workers.end()

    def _patience(self) -> float:
        seconds = min(BEAT_SECONDS, *(helper.next_deadline() for helper in self._helpers))
        seconds = min(seconds, self._trainers.next_deadline())
        if self._trainers.scheduler.tasks:
            seconds = min(seconds, JOBS_SECONDS)
        return seconds

    def _handle(self, content: bytes) -> None:
        """Handle one line, whatever it holds: it must not end the runs of others."""
        asker = None
        try:
            request = read_request(content)
            asker = request["id"]
            check_request(request)
            self._operations[request["op"]](request)
        except EngineError as error:
            self._refuse(asker, error)
        except tuple(REFUSALS) as error:
            self._refuse(asker, EngineError(str(error), REFUSALS[type(error)]))
        except ClientGoneError:
            raise
        except Exception as error:
            log.exception("a request failed: %r", content[:MAX_LOGGED_BYTES])
            sentence = f"the engine failed at {request['op']!r}: {type(error).__name__}: {error}"
            self._refuse(asker, EngineError(sentence))

    def _train(self, request: Message) -> None:
        config = RunConfig.from_dict(request["config"])
        viewer, range_test = request["viewer"], request["range_test"]
        run_id = self._trainers.train(config, viewer, range_test=range_test)
        self._reply(request["id"], run_id)

    def _observe(self, request: Message) -> None:
        """Ask an observer. Slow questions have their own, so that no picture waits for them."""
        known = QUESTIONS.get(request["question"])
        (self._slow if known and known.slow else self._quick).ask(request["id"], request)

    def _press(self, name: str) -> Callable[[Message], None]:
        """Return the function that handles a button."""

        def press(request: Message) -> None:
            getattr(self._trainers, name)(*(request[each] for each in REQUESTS[name]))
            self._reply(request["id"], None)

        return press

    def _set_speed(self, request: Message) -> None:
        self._trainers.set_speed(request["run_id"], request["speed"])
        self._reply(request["id"], None)

    def _stop(self, request: Message) -> None:
        def done(error: EngineError | None) -> None:
            if error is None:
                self._reply(request["id"], None)
            else:
                self._refuse(request["id"], error)

        self._trainers.stop(request["run_id"], done)

    def _hear_machine(self) -> None:
        """Receive the description of this machine."""
        try:
            _, described = self._machine.pipe.recv()
        except (EOFError, OSError):
            log.error("the devices of this machine could not be determined")
            described = {"devices": ["cpu"], "device_names": {}, "versions": {}}
            described |= {"python": "", "machine": ""}
        self._trainers.devices = tuple(described["devices"])
        self._say({"info": described | {"max_trainers": self._max_trainers}})
        self._machine.end(patience=1.0)

    def _tell_jobs(self) -> None:
        """Send the jobs to the client if they have changed, then the due replies."""
        now = time.monotonic()
        jobs = self._trainers.scheduler.jobs(now)
        is_urgent = _shapes(jobs) != _shapes(self._told_jobs)
        if is_urgent or (jobs != self._told_jobs and now - self._told_at >= JOBS_SECONDS):
            self._told_jobs, self._told_at = jobs, now
            self._say({"jobs": [asdict(job) for job in jobs]})
        due, self._due = self._due, []
        for reply in due:
            self._say(reply)
        if now - self._said_at >= BEAT_SECONDS:
            self._say({})

    def _reply(self, asker: int, result: Any) -> None:
        self._due.append({"id": asker, "result": result})

    def _refuse(self, asker: int | None, error: EngineError) -> None:
        self._due.append({"id": asker, "error": str(error), "kind": error.kind})

    def _tell_progress(self, asker: int, reached: HowFar) -> None:
        self._say({"id": asker, "progress": reached})

    def _send_frame(self, asker: int, content: bytes) -> None:
        try:
            send_frame(self._frames, asker, content)
        except BrokenPipeError as error:
            raise ClientGoneError from error

    def _say(self, message: Message) -> None:
        rest = memoryview(line(message))
        self._said_at = time.monotonic()
        try:
            while rest:
                rest = rest[os.write(self._replies, rest) :]
        except BrokenPipeError as error:
            raise ClientGoneError from error


def _configs(request: Message) -> list[RunConfig]:
    return [RunConfig.from_dict(each) for each in request["configs"]]


def _next_request(requests: Connection) -> bytes:
    """Receive the next request. Raises ClientGoneError."""
    try:
        return requests.recv_bytes()
    except EOFError as error:
        raise ClientGoneError from error


def _shapes(jobs: list[Job]) -> list[tuple[Any, ...]]:
    """Return the parts of the jobs whose changes must be sent at once."""
    return [(job.run_id, job.status, job.at_rest, job.place, job.speed) for job in jobs]


def serve(store: RunStore, limits: Limits, frames: int) -> None:
    """Run the engine: requests on stdin, replies on stdout, answers on descriptor `frames`."""
    requests, replies = os.dup(0), os.dup(1)
    # Children inherit 0, 1 and 2. So output of a user's model goes to the log, and no child
    # holds the client's pipes open after the engine is gone.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    inbox, outbox = Pipe(duplex=False)
    threading.Thread(target=_forward, args=(requests, outbox), daemon=True).start()
    Server(store, limits, replies, frames).run(inbox)


def _forward(requests: int, outbox: Connection) -> None:
    """Forward lines as messages, since not every system can wait for a plain pipe.

    When the client is gone, the loop has a moment to end cleanly. Then the process exits anyway,
    even if it is still starting or blocked on a pipe that nobody reads.
    """
    with os.fdopen(requests, "rb") as lines, outbox, suppress(OSError):
        for text in lines:
            outbox.send_bytes(text)
    time.sleep(END_SECONDS + 0.5)
    os._exit(1)
