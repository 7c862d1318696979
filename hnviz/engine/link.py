"""The client's end of the pipes to one engine process."""

import contextlib
import copy
import itertools
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import psutil

import hnviz
from hnviz.engine.protocol import (
    EngineError,
    EngineInfo,
    HowFar,
    Job,
    line,
    read_frame,
    unpack,
)
from hnviz.own import own_models

if sys.platform == "win32":
    import msvcrt

Result = TypeVar("Result")
log = logging.getLogger(__name__)

LOG_NAME = "engine.log"
LOOK = 0.5  # seconds between two looks for a sign of life, of which the engine gives one a second
WORRY = 3.0  # seconds without any, after which another engine starts, in case it is needed
SILENT = 9.0  # seconds without any: the engine is stuck or was stopped by a signal
LAST_WORDS = 2.0  # seconds for the children of a killed engine
LARGEST_LOG = 2**20  # bytes; a larger log starts again with the engine
START_SECONDS = 60.0  # for an engine to load torch from a cold disk


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

    def last_words(self) -> str:
        """Return the log's last line."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "nothing"


class Link:
    """One engine process: starts it, sends requests, and delivers replies."""

    def __init__(self, place: Place, worry: Callable[[bool], None] = lambda silent: None) -> None:
        """Start an engine; do not wait for it. Raises EngineError.

        `worry` is called when it gives no sign of life for a while, and when it gives one again.
        """
        self._place, self._worry = place, worry
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._hearers: dict[int, Callable[[HowFar], None]] = {}
        self._lock = threading.Lock()  # guards the above, and writing
        self._gone = False
        self._heard = 0  # messages so far
        self._starting = False  # the last one said that the engine waits for PyTorch
        self._ready: Future[None] = Future()
        self._info: Future[EngineInfo] = Future()
        self.jobs: dict[str, Job] = {}
        self.started = time.monotonic()
        self._process, frames = _start(place)
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
        """Send a request and wait for its reply; wait for the engine to start up first.

        `hear` is called with how far the reply is, from another thread. Raises EngineGone if the
        engine ends meanwhile, and EngineError if it refuses or does not reply within `patience`
        seconds; None is for as long as it lives.
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
            raise EngineError(
                f"the engine {complaint} within {patience:g} s; {self._place.log} may say why"
            ) from None
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
        except (OSError, ValueError) as error:  # ValueError: `close` came first
            raise EngineGone("the engine has ended", unheard=True) from error

    def _watch(self) -> None:
        """End an engine that gives no sign of life: the next call then starts another.

        Sends nothing, since a stuck engine's pipe may be full. While a laptop sleeps, only one look
        passes.
        """
        silent, heard, worries = 0.0, 0, False
        while not self._gone and silent < (START_SECONDS if self._starting else SILENT):
            before = time.monotonic()
            time.sleep(LOOK)
            passed = min(time.monotonic() - before, 2 * LOOK)
            silent = silent + passed if self.is_ready() and self._heard == heard else 0.0
            heard = self._heard
            if worries is not (silent >= WORRY):
                worries = not worries
                self._worry(worries)
        if not self._gone:
            self._kill()

    def _kill(self) -> None:
        """Kill the engine; its children may store a checkpoint before they are killed, too."""
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            _, stay = psutil.wait_procs(children, LAST_WORDS)
            for child in stay:
                child.kill()

    def _read_lines(self, stream: IO[bytes]) -> None:
        """Deliver replies until the engine ends."""
        with stream, contextlib.suppress(OSError):
            for text in stream:
                self._heard += 1
                # Ignore anything printed while Python starts, before stdout is only for replies.
                with contextlib.suppress(json.JSONDecodeError):
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
        with stream, contextlib.suppress(EOFError, OSError):
            while True:
                number, content = read_frame(stream)
                self._settle(number, unpack(content))

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
        error = EngineGone(
            f"the engine has ended with status {self._process.wait()}; its log, "
            f"{self._place.log}, ends with: {self._place.last_words()}"
        )
        futures: list[Future[Any]] = [self._ready, self._info, *waiting]
        for future in futures:
            if not future.done():
                future.set_exception(error)

    def close(self, patience: float = 4.0) -> None:
        """End the engine; first every run stores a checkpoint."""
        with contextlib.suppress(OSError):
            cast(IO[bytes], self._process.stdin).close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()


def _start(place: Place) -> tuple[subprocess.Popen[bytes], RawIOBase]:
    """Start the engine process; return it and the stream of its binary answers."""
    log = _open_log(place)
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
        raise EngineError(f"the engine could not start: {error}") from error
    finally:
        os.close(writing)
        log.close()
    if models:
        with contextlib.suppress(OSError):  # it has ended at once: the first call says so
            stdin = cast(IO[bytes], process.stdin)
            stdin.write(f"{models.to_json()}\n".encode())
            stdin.flush()
    return process, os.fdopen(reading, "rb", buffering=0)


def _open_log(place: Place) -> IO[bytes]:
    try:
        place.runs_dir.mkdir(parents=True, exist_ok=True)
        is_long = place.log.is_file() and place.log.stat().st_size > LARGEST_LOG
        return place.log.open("wb" if is_long else "ab")
    except OSError as error:  # existing runs can still be viewed
        log.warning("no log is kept in %s: %s", place.runs_dir, error.strerror)
        return Path(os.devnull).open("wb")


def _environment() -> dict[str, str]:
    root = str(Path(hnviz.__file__).parent.parent)
    path = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": os.pathsep.join(path)}


def frames_for_child(descriptor: int) -> tuple[int, dict[str, Any]]:
    """Return the number by which a child knows a descriptor, and the Popen options for it.

    The options also shield the child from ^C in the terminal: ^C ends the app, and the app ends
    the engine.
    """
    if sys.platform == "win32":
        handle = msvcrt.get_osfhandle(descriptor)
        os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        return handle, {"startupinfo": startup, "creationflags": flags}
    return descriptor, {"pass_fds": (descriptor,), "start_new_session": True}


def frames_in_child(name: int) -> int:
    """Return the descriptor for a number that `frames_for_child` gave."""
    if sys.platform == "win32":
        return msvcrt.open_osfhandle(name, 0)
    os.set_inheritable(name, False)  # otherwise a trainer holds it open, and the client waits
    return name
