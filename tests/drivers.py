"""Drives browsers where Playwright does not: Debian's Firefox and WebKitGTK, and Chromium's window.

Firefox is driven by WebDriver BiDi, WebKitGTK by WebDriver, and Chromium by its DevTools protocol:
Playwright tells each tab of its Chromium that it is in front, so none of them is ever hidden.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError, URLError

from websockets.sync.client import ClientConnection, connect

from tests.conftest import CHROMIUM, CHROMIUM_ARGS, free_port

SECONDS = 300.0  # that a start or an answer may take, on a machine that others use too
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox") or ""
MINI_BROWSER = next(map(str, sorted(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"))), "")


class Tab(Protocol):
    """A browser's tab."""

    def open(self, url: str) -> None:
        """Load a page, to the end."""

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript; JSON must be able to hold it."""


def wait_for(tab: Tab, expression: str, seconds: float = SECONDS) -> Any:
    """Wait until an expression holds; return its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := tab.evaluate(expression):
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {expression}")


class Wire:
    """Commands and answers of a browser's protocol, over a websocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._ids = connection, count(1)

    def send(self, method: str, session: str = "", **params: Any) -> Any:
        """Send a command, perhaps to a tab's session; return what it answers."""
        number = next(self._ids)
        told = {"id": number, "method": method, "params": params}
        self._connection.send(json.dumps(told | ({"sessionId": session} if session else {})))
        while (answer := json.loads(self._connection.recv(SECONDS))).get("id") != number:
            pass  # an event, which nobody asked for
        assert "error" not in answer, answer
        return answer["result"]


class ChromiumTab:
    """A tab of Chromium, and its window."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.target = wire.send("Target.createTarget", url="about:blank")["targetId"]
        attached = wire.send("Target.attachToTarget", targetId=self.target, flatten=True)
        self.session = attached["sessionId"]

    def open(self, url: str) -> None:
        self.wire.send("Page.navigate", self.session, url=url)
        wait_for(self, f"location.href === '{url}' && document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        options = {"returnByValue": True, "awaitPromise": True}
        told = self.wire.send("Runtime.evaluate", self.session, expression=expression, **options)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def show(self, state: str) -> None:
        """Give the window a state: a tab of one that is "minimized" is hidden; "normal"."""
        window = self.wire.send("Browser.getWindowForTarget", targetId=self.target)["windowId"]
        bounds = {"windowState": state}
        self.wire.send("Browser.setWindowBounds", windowId=window, bounds=bounds)
        wanted = "hidden" if state == "minimized" else "visible"
        wait_for(self, f"document.visibilityState === '{wanted}'")

    def freeze(self, is_frozen: bool) -> None:
        """Stop all tasks of the tab, as a browser does that saves power; or let them go on."""
        state = "frozen" if is_frozen else "active"
        self.wire.send("Page.setWebLifecycleState", self.session, state=state)


class FirefoxTab:
    """A tab of Firefox."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        wire.send("session.new", capabilities={})
        (context,) = wire.send("browsingContext.getTree")["contexts"]
        self.context = context["context"]

    def open(self, url: str) -> None:
        where = {"context": self.context, "wait": "complete"}
        self.wire.send("browsingContext.navigate", url=url, **where)

    def evaluate(self, expression: str) -> Any:
        told = self.wire.send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})) ?? 'null')()",
            target={"context": self.context},
            awaitPromise=True,
        )
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"])


class WebKitTab:
    """A tab of WebKitGTK's small browser."""

    def __init__(self, driver: str) -> None:
        options = {"binary": MINI_BROWSER, "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._url = f"{driver}/session"
        self._url += f"/{self._begin(capabilities=wanted)['sessionId']}"

    def open(self, url: str) -> None:
        self._post("/url", url=url)

    def evaluate(self, expression: str) -> Any:
        script = f"return JSON.stringify({expression}) ?? 'null'"
        return json.loads(self._post("/execute/sync", script=script, args=[]))

    def close(self) -> None:
        """End the browser."""
        ask = urllib.request.Request(self._url, method="DELETE")
        urllib.request.urlopen(ask, timeout=SECONDS).close()

    def _begin(self, **given: Any) -> Any:
        """Begin a session as soon as the driver listens."""
        end = time.monotonic() + SECONDS
        while True:
            try:
                return self._post("", **given)
            except HTTPError:
                raise
            except URLError:
                if time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def _post(self, path: str, **given: Any) -> Any:
        ask = urllib.request.Request(self._url + path, json.dumps(given).encode())
        ask.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(ask, timeout=SECONDS) as answer:
            return json.loads(answer.read())["value"]


@dataclass(frozen=True)
class Program:
    """A running program, and the file of what it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self, words: str) -> str:
        """Wait until a line has these words; return what follows them in it."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            for line in self.log.read_text(errors="replace").splitlines(keepends=True):
                if words in line and line.endswith("\n"):
                    return line[line.index(words) + len(words) :].strip()
            time.sleep(0.05)
        raise AssertionError(f"{self.process.args!r} did not start:\n{self.log.read_text()}")


@contextmanager
def _running(folder: str, *command: str, **environ: str) -> Iterator[Program]:
    """Start a program that writes into a folder, and end it with all that it has started."""
    log = Path(folder) / f"{Path(command[0]).name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environ},
            process_group=0,  # not a session: Linux would share the processor between them
        )
    try:
        yield Program(process, log)
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)


@contextmanager
def chromium(flags: Sequence[str] = ()) -> Iterator[ChromiumTab]:
    """Start the Chromium of the browser tests."""
    args = [*CHROMIUM_ARGS, "--headless", "--remote-debugging-port=0", *flags]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        _running(folder, CHROMIUM, *args, f"--user-data-dir={folder}/profile") as program,
        connect(program.said("DevTools listening on "), max_size=None) as connection,
    ):
        yield ChromiumTab(Wire(connection))


@contextmanager
def firefox() -> Iterator[FirefoxTab]:
    """Start Debian's Firefox."""
    port = str(free_port())
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        _running(
            folder,
            *(FIREFOX, "--headless", "--no-remote", "--profile", folder),
            *("--remote-debugging-port", port),
        ) as program,
        connect(f"{program.said('BiDi listening on ')}/session", max_size=None) as connection,
    ):
        yield FirefoxTab(Wire(connection))


@contextmanager
def webkit() -> Iterator[WebKitTab]:
    """Start WebKitGTK's small browser, on a screen that nobody sees."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        _running(folder, "Xvfb", "-displayfd", "1", "-nolisten", "tcp") as screen,
        _running(folder, "WebKitWebDriver", f"--port={port}", DISPLAY=f":{screen.said('')}"),
    ):
        tab = WebKitTab(f"http://127.0.0.1:{port}")
        try:
            yield tab
        finally:
            tab.close()
