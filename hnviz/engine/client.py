"""The pages' client for the engine. It never loads torch, and any thread may call it.

Pages call `Engine`; a `Link` is its end of the pipes to one engine process.
"""

import atexit
import copy
import itertools
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import RawIOBase
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar, cast

import psutil

import hnviz
from hnviz.config import RunConfig
from hnviz.data import CorpusError
from hnviz.data.corpora.own import text_hash
from hnviz.engine.protocol import (
    EngineError,
    EngineInfo,
    ErrorKind,
    HowFar,
    Job,
    frames_for_child,
    line,
    read_frame,
)
from hnviz.engine.scheduler import Limits
from hnviz.own import own_models
from hnviz.runs import SHIPPED_DIR, RunWriteError, default_runs_dir
from hnviz.runs.texts import drop_text, keep_text

__all__ = [
    "Asking",
    "Engine",
    "EngineError",
    "EngineInfo",
    "ErrorKind",
    "HowFar",
    "Job",
    "close_shared_engine",
    "live_status",
    "shared_engine",
]

PRESS_SECONDS = 10.0  # for a reply to a button
COMPARE_SECONDS = 90.0  # for the first losses of runs, which train beside others
OBSERVE_SECONDS = 5.0  # of processor time
RETRY_SECONDS = 5.0  # before another attempt to start an engine that failed to start

LOG_NAME = "engine.log"
LOOK_SECONDS = 0.5  # between checks for a sign of life: the engine gives one a second
WORRY_SECONDS = 3.0  # without one before another engine starts, in case it is needed
SILENT_SECONDS = 9.0  # without one: the engine is stuck, or a signal has stopped it
LAST_SECONDS = 2.0  # for the children of a killed engine
LAST_LOG_BYTES = 2**14  # of which an error quotes the last line
MAX_LOG_BYTES = 2**20  # a larger log is cleared when the engine starts
START_SECONDS = 60.0  # for an engine to load torch from a cold disk

Result = TypeVar("Result")
log = logging.getLogger(__name__)


class EngineGone(EngineError):  # noqa: N818 - it states the problem
    """The engine ended before it replied; `unheard`: before it could read the request."""

    def __init__(self, sentence: str, *, unheard: bool = False) -> None:
        super().__init__(sentence)
        self.unheard = unheard


@dataclass(frozen=True)
class Place:
    """The folders in which an engine finds its runs."""

    runs_dir: Path
    shipped: Path

    @property
    def log(self) -> Path:
        """The log file of the engine and its children."""
        return self.runs_dir / LOG_NAME

    def open_log(self) -> IO[bytes]:
        """Open the log; a nameless one, gone when closed, if the folder cannot be written."""
        try:
            self.runs_dir.mkdir(parents=True, exist_ok=True)
            is_long = self.log.is_file() and self.log.stat().st_size > MAX_LOG_BYTES
            return self.log.open("w+b" if is_long else "a+b")
        except OSError as error:  # existing runs can still be viewed
            log.warning("no log is kept in %s: %s", self.runs_dir, error.strerror)
            return tempfile.TemporaryFile()


class Asking(NamedTuple):
    """How a question is asked."""

    timeout: float = OBSERVE_SECONDS  # of processor time without progress
    hear: Callable[[HowFar], None] | None = None  # called with the observer's progress
    aside: bool = False  # ask the observer for slow questions, so that quick ones need not wait


class Engine:
    """Trains and observes in separate processes.

    Any call that needs the engine starts it if it is not running: the first time, or after it
    died, in which case its runs show as interrupted. A call waits while the engine starts up. A
    call that fails raises EngineError: its message is a sentence for the page, its `kind` says why.
    """

    def __init__(self, runs_dir: Path | None = None, shipped: Path = SHIPPED_DIR) -> None:
        self._place = Place(Path(runs_dir or default_runs_dir()).absolute(), Path(shipped))
        self._lock = threading.Lock()
        self._storing = threading.Lock()  # held while storing the text of a start
        self._link: Link | None = None
        self._spare: Link | None = None  # started while the other gives no sign of life

    def start(self) -> None:
        """Start the engine unless it is running; do not wait for it.

        The next call that needs the engine reports any problem.
        """
        with suppress(EngineError):
            self._living_link()

    def _living_link(self) -> "Link":
        """Return the link to a running engine, or to one that has just failed to start.

        The latter reports why, and is not restarted on every call.
        """
        with self._lock:
            link = self._link
            if link is None or not (link.is_alive() or _has_just_failed(link)):
                spare, self._spare = self._spare, None
                link = self._link = spare or Link(self._place, self._prepare)
            return link

    def _prepare(self, silent: bool) -> None:
        """Start another engine while one is silent: a start takes ten seconds on a busy machine."""
        with self._lock, suppress(EngineError):
            spare, self._spare = self._spare, None
            if silent and self._link:
                self._spare = spare or Link(self._place, self._prepare)
                return
        if spare:
            spare.close()

    @property
    def runs_dir(self) -> Path:
        """The folder of the engine's runs."""
        return self._place.runs_dir

    def limits(self) -> Limits:
        """Return the limits that the engine reads when it starts. Raises ValueError."""
        return Limits.from_environ(os.environ, self.runs_dir)

    @property
    def pid(self) -> int | None:
        """The engine's process id, for tests and operators."""
        link = self._link
        return link.pid if link else None

    def close(self) -> None:
        """End the engine; training runs store a checkpoint and can be resumed."""
        with self._lock:
            links = [each for each in (self._link, self._spare) if each]
            self._link = self._spare = None
        for link in links:
            link.close()

    def is_ready(self) -> bool:
        """Return whether the engine has started up, so that a call would not wait."""
        link = self._link
        return link is not None and link.is_ready() and link.is_alive()

    def info(self, timeout: float | None = None) -> EngineInfo:
        """Return devices and versions; with timeout 0, only if they are already known."""
        return self._living_link().info(START_SECONDS if timeout is None else timeout)

    def train(self, config: RunConfig, viewer: str = "", *, range_test: bool = False) -> str:
        """Start or queue a run; return its id. The number of a `viewer`'s waiting runs is limited.

        With `range_test` it is a learning rate range test, with a config from `hnviz.lr_finder`. A
        refused start leaves nothing behind.
        """
        asked: Any = {"config": config.to_dict(), "viewer": viewer, "range_test": range_test}
        ask = partial(self._ask, "train", PRESS_SECONDS, **asked)
        if text_hash(config.corpus) is None:
            return str(ask())
        with self._storing:
            is_new = False
            try:
                is_new = keep_text(self.runs_dir, config)  # the engine finds it there
                return str(ask())
            except (RunWriteError, CorpusError) as error:
                drop_text(self.runs_dir, config)  # it may be there without its ids
                raise EngineError(str(error), "conflict") from error
            except EngineError:
                if is_new:
                    drop_text(self.runs_dir, config)
                raise

    def resume(self, run_id: str, viewer: str = "") -> None:
        """Resume a stopped, interrupted or paused run from its last checkpoint."""
        self._ask("resume", PRESS_SECONDS, run_id=run_id, viewer=viewer)

    def start_again(self, run_id: str, viewer: str = "") -> None:
        """Train an unfinished run from its first step; its checkpoint is deleted."""
        self._ask("start_again", PRESS_SECONDS, run_id=run_id, viewer=viewer)

    def pause(self, run_id: str) -> None:
        """Pause a run before its next step. After some seconds another run gets its slot."""
        self._ask("pause", PRESS_SECONDS, run_id=run_id)

    def go_on(self, run_id: str) -> None:
        """Continue a paused run; it may have to wait for a slot."""
        self._ask("go_on", PRESS_SECONDS, run_id=run_id)

    def step(self, run_id: str) -> None:
        """Pause a run and let it do one more step."""
        self._ask("step", PRESS_SECONDS, run_id=run_id)

    def set_speed(self, run_id: str, steps_per_second: float | None) -> None:
        """Limit a run to `steps_per_second`; None means no limit."""
        self._ask("set_speed", PRESS_SECONDS, run_id=run_id, speed=steps_per_second)

    def stop(self, run_id: str) -> None:
        """Stop a run; return once it has stopped. The run is kept and can be resumed."""
        self._ask("stop", PRESS_SECONDS, run_id=run_id)

    def job(self, run_id: str) -> Job | None:
        """Return the engine's job for a run; None if it has none.

        Never waits: the engine sends every change on its own.
        """
        link = self._link
        return link.jobs.get(run_id) if link else None

    def jobs(self) -> list[Job]:
        """Return the jobs of all runs that are training, queued or paused. Never waits."""
        link = self._link
        return list(link.jobs.values()) if link else []

    def step_seconds(self, configs: Sequence[RunConfig]) -> list[tuple[float, float]]:
        """Time a few training steps of each config now; nothing is stored.

        Returns for each config a step's seconds of a core, and its seconds by the clock.
        """
        asked = [config.to_dict() for config in configs]
        found: list[tuple[float, float]] = self._ask(
            "step_seconds", PRESS_SECONDS, again=True, configs=asked
        )
        return found

    def first_losses(self, configs: Sequence[RunConfig], steps: int) -> list[list[float]]:
        """Train the first steps of each config now, and return their losses; nothing is stored."""
        asked = [config.to_dict() for config in configs]
        found: list[list[float]] = self._ask(
            "first_losses", COMPARE_SECONDS, again=True, configs=asked, steps=steps
        )
        return found

    def observe(
        self,
        run_id: str,
        step: int | str,
        question: str,
        params: Mapping[str, Any],
        how: Asking | float = OBSERVE_SECONDS,
    ) -> bytes:
        """Ask one of hnviz.observe.QUESTIONS about a snapshot; `step` may be "last".

        Waits as long as it takes, but `how` limits the processor time; a number is that limit.
        Arrays in `params` are sent as lists.
        """
        how = how if isinstance(how, Asking) else Asking(how)
        asked = {"run_id": run_id, "step": step, "question": question, "params": dict(params)}
        operation = "observe_aside" if how.aside else "observe"
        frame: bytes = self._ask(
            operation, None, again=True, timeout=how.timeout, hear=how.hear, **asked
        )
        return frame

    def _ask(
        self, operation: str, patience: float | None, *, again: bool = False, **fields: Any
    ) -> Any:
        """Ask the engine. If it has died, start another, and ask again if that is safe.

        It is safe if the engine never read the request, or if `again` says so.
        """
        try:
            return self._living_link().ask(operation, patience, **fields)
        except EngineGone as error:
            if not (again or error.unheard):
                raise
            return self._living_link().ask(operation, patience, **fields)


class Link:
    """One engine process: starts it, sends requests, and delivers replies."""

    def __init__(self, place: Place, worry: Callable[[bool], None] = lambda silent: None) -> None:
        """Start an engine; do not wait for it. Raises EngineError.

        `worry` is called when the engine gives no sign of life for a while, and when it does again.
        """
        self._worry = worry
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._hearers: dict[int, Callable[[HowFar], None]] = {}
        self._lock = threading.Lock()  # guards the above, and writing
        self._gone = False
        self._heard = 0  # messages so far
        self._starting = False  # the last message said that the engine is waiting for PyTorch
        self._ready: Future[None] = Future()
        self._info: Future[EngineInfo] = Future()
        self.jobs: dict[str, Job] = {}
        self.started = time.monotonic()
        self._log = place.open_log()
        self._log_name = "" if isinstance(self._log.name, int) else str(self._log.name)
        self._process, frames = _start(place, self._log)
        stdout = cast(IO[bytes], self._process.stdout)
        threading.Thread(target=self._read_lines, args=(stdout,), daemon=True).start()
        threading.Thread(target=self._read_frames, args=(frames,), daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Return whether the engine is running."""
        return not self._gone and self._process.poll() is None

    def is_ready(self) -> bool:
        """Return whether the engine has started up; it may have ended since."""
        return self._ready.done() and self._ready.exception() is None

    def info(self, patience: float) -> EngineInfo:
        """Return what the engine reports about the machine. Raises EngineError."""
        return self._result(self._info, patience, "has not examined the machine")

    def ask(
        self,
        operation: str,
        patience: float | None,
        hear: Callable[[HowFar], None] | None = None,
        **fields: Any,
    ) -> Any:
        """Wait for the engine to start up, send a request, and wait for the reply.

        `hear` is called with the progress, from another thread. Raises EngineGone if the engine
        ends first, and EngineError if it refuses or does not reply within `patience` seconds; None
        waits for as long as it lives.
        """
        self._result(self._ready, START_SECONDS, "did not start")
        reply: Future[Any] = Future()
        number = next(self._ids)
        content = line({"id": number, "op": operation, **fields})
        try:
            with self._lock:
                self._waiting[number] = reply  # before sending: the reply may be quick
                if hear is not None:
                    self._hearers[number] = hear
                self._send(content)
            return self._result(reply, patience, "did not reply")
        finally:
            self._waiting.pop(number, None)
            self._hearers.pop(number, None)

    def _result(self, future: Future[Result], patience: float | None, complaint: str) -> Result:
        """Wait for a future; raise a fresh copy of its error, since many threads may wait."""
        try:
            error = future.exception(patience)
        except TimeoutError:
            hint = f"; {self._log_name} may say why" if self._log_name else ""
            raise EngineError(f"the engine {complaint} within {patience:g} s{hint}") from None
        if error is not None:
            raise copy.copy(error)
        return future.result()

    def _send(self, content: bytes) -> None:
        stdin = cast(IO[bytes], self._process.stdin)
        try:
            if self._gone:
                raise BrokenPipeError
            stdin.write(content)
            stdin.flush()
        except (OSError, ValueError) as error:  # ValueError: `close` was called first
            raise EngineGone("the engine has ended", unheard=True) from error

    def _watch(self) -> None:
        """End an engine that gives no sign of life; the next call then starts another.

        Sends nothing, since a stuck engine's pipe may be full. While a laptop sleeps, only one
        check passes.
        """
        silent, heard, worries = 0.0, 0, False
        while not self._gone and silent < (START_SECONDS if self._starting else SILENT_SECONDS):
            before = time.monotonic()
            time.sleep(LOOK_SECONDS)
            passed = min(time.monotonic() - before, 2 * LOOK_SECONDS)
            silent = silent + passed if self.is_ready() and self._heard == heard else 0.0
            heard = self._heard
            if worries is not (silent >= WORRY_SECONDS):
                worries = not worries
                self._worry(worries)
        if not self._gone:
            self._kill()

    def _kill(self) -> None:
        """Kill the engine; its children may store a checkpoint before they, too, are killed."""
        with suppress(psutil.Error):
            children = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            _, stay = psutil.wait_procs(children, LAST_SECONDS)
            for child in stay:
                child.kill()

    def _read_lines(self, stream: IO[bytes]) -> None:
        """Deliver replies until the engine ends."""
        with stream, suppress(OSError):
            for text in stream:
                self._heard += 1
                # Ignore anything printed while Python starts, before stdout carries only replies.
                with suppress(json.JSONDecodeError):
                    self._take(json.loads(text))
        self._forsake()

    def _take(self, message: Mapping[str, Any]) -> None:
        self._starting = "starting" in message
        if "progress" in message:
            if (hear := self._hearers.get(message["id"])) is not None:
                hear(HowFar(*message["progress"]))
        elif "jobs" in message:
            self.jobs = {job["run_id"]: Job(**job) for job in message["jobs"]}
        elif "ready" in message:
            self._ready.set_result(None)
        elif "info" in message:
            devices = tuple(message["info"]["devices"])
            self._info.set_result(EngineInfo(**{**message["info"], "devices": devices}))
        elif "error" in message:
            self._settle(message["id"], EngineError(message["error"], message["kind"]))
        elif "result" in message:
            self._settle(message["id"], message["result"])

    def _read_frames(self, stream: RawIOBase) -> None:
        """Deliver binary answers until the engine ends."""
        with stream, suppress(EOFError, OSError):
            while True:
                number, content = read_frame(stream)
                self._settle(number, bytes(content))

    def _settle(self, number: int, result: Any) -> None:
        reply = self._waiting.pop(number, None)
        if reply is None:
            return  # the caller has given up
        if isinstance(result, EngineError):
            reply.set_exception(result)
        else:
            reply.set_result(result)

    def _forsake(self) -> None:
        """Fail all waiting calls: the engine is gone."""
        self.jobs = {}
        with self._lock:
            self._gone = True
            waiting, self._waiting = list(self._waiting.values()), {}
        status = self._process.wait()
        with self._log as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_LOG_BYTES))
            last = file.read().decode(errors="replace").splitlines()[-1:] or ["nothing"]
        kept = f", {self._log_name}," if self._log_name else ""
        error = EngineGone(
            f"the engine has ended with status {status}; its log{kept} ends with: {last[0]}"
        )
        futures: list[Future[Any]] = [self._ready, self._info, *waiting]
        for future in futures:
            if not future.done():
                future.set_exception(error)

    def close(self, patience: float = 4.0) -> None:
        """End the engine, after every run has stored a checkpoint."""
        with suppress(OSError):
            cast(IO[bytes], self._process.stdin).close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()


def _start(place: Place, log: IO[bytes]) -> tuple[subprocess.Popen[bytes], RawIOBase]:
    """Start the engine process; return it and the stream of its binary answers."""
    reading, writing = os.pipe()
    handle, options = frames_for_child(writing)
    arguments = ["--runs-dir", place.runs_dir, "--shipped", place.shipped, "--frames", handle]
    models = own_models()
    arguments += ["--models"] if models else []
    try:
        process = subprocess.Popen(
            # -P: do not import a user's file that has the name of one of our modules
            [sys.executable, "-P", "-m", "hnviz.engine", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=_environment(),
            **options,
        )
    except OSError as error:
        os.close(reading)
        log.close()
        raise EngineError(f"the engine could not start: {error}") from error
    finally:
        os.close(writing)
    if models:
        with suppress(OSError):  # it ended at once: the first call reports that
            stdin = cast(IO[bytes], process.stdin)
            stdin.write(f"{models.to_json()}\n".encode())
            stdin.flush()
    return process, os.fdopen(reading, "rb", buffering=0)


def _environment() -> dict[str, str]:
    root = str(Path(hnviz.__file__).parent.parent)
    path = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": os.pathsep.join(path)}


def _has_just_failed(link: Link) -> bool:
    return not link.is_ready() and time.monotonic() - link.started < RETRY_SECONDS


def live_status(status: str, job: Job | None) -> str:
    """Return the status that a page shows for a run, from its record and the engine's job.

    A run that was queued in an engine that is gone will not start on its own: it is interrupted.
    """
    if job is not None:
        return job.status
    return "interrupted" if status == "queued" else status


_shared: Engine | None = None
_shared_lock = threading.Lock()


def shared_engine() -> Engine:
    """Return this process's only engine, for the runs in $HNVIZ_RUNS_DIR or ./runs."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Engine()
            atexit.register(close_shared_engine)
        return _shared


def close_shared_engine() -> None:
    """End this process's engine; the next `shared_engine` call makes another."""
    global _shared
    with _shared_lock:
        engine, _shared = _shared, None
        if engine:
            atexit.unregister(close_shared_engine)
            engine.close()
