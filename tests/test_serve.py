"""`hnviz app`: where it listens, whom it lets in, and that nothing of it is left behind."""

import asyncio
import base64
import gc
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from errno import EADDRINUSE
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import psutil
import pytest

from hnviz.app.shell import asgi
from hnviz.app.shell.host import Address, AddressError, base_path
from hnviz.app.shell.server import exporter, server, sweeps
from hnviz.cli import app as cli_app
from hnviz.cli import main
from hnviz.engine.client import Engine
from hnviz.web.guard import inline_scripts

ROOT = Path(__file__).parent.parent


@pytest.fixture
def taken():
    """A port at 127.0.0.1 that somebody else listens at, with a free one after it."""
    while True:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            port = other.getsockname()[1]
            with socket.socket() as next_one:
                is_found = port < 65000 and next_one.connect_ex(("127.0.0.1", port + 1)) != 0
            if is_found:
                other.listen()
                yield port
                return


# --- where --------------------------------------------------------------------------------------


def test_a_taken_port_leads_to_the_next(taken):
    assert Address.free("127.0.0.1", taken).port > taken


def test_a_free_port_is_kept():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert Address.free("127.0.0.1", port) == Address("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.7", "no.such.host.invalid"])
def test_a_host_that_is_not_this_machine(host):
    with pytest.raises(AddressError, match=f"this machine cannot listen at '{host}'"):
        Address.free(host, 8501)


def test_a_host_that_is_not_this_machine_on_the_command_line(capsys):
    assert main(["app", "--host", "192.0.2.7"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("hnviz: this machine cannot listen at '192.0.2.7' (")


def test_no_port_is_free(monkeypatch):
    def taken(*_: object) -> None:
        raise OSError(EADDRINUSE, "taken")

    monkeypatch.setattr("socket.socket.listen", taken)
    with pytest.raises(AddressError, match="no port from 65500 to 65535 is free at 127"):
        Address.free("127.0.0.1", 65500)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501"),
        ("0.0.0.0", "http://127.0.0.1:8501"),
        ("::", "http://127.0.0.1:8501"),
        ("::1", "http://[::1]:8501"),
        ("localhost", "http://localhost:8501"),
    ],
)
def test_url_for_a_browser_here(host, url):
    assert Address(host, 8501).url == url


# --- whom it lets in ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "path"), [("", ""), ("/", ""), ("lab", "/lab"), ("/class/7/", "/class/7")]
)
def test_the_base_path_has_one_form_however_it_is_named(named, path, monkeypatch):
    monkeypatch.setattr("streamlit.get_option", {"server.baseUrlPath": named}.get)
    assert base_path() == path
    assert Address("127.0.0.1", 8501, base_path()).url == f"http://127.0.0.1:8501{path}"


def test_only_loopback_names_are_allowed_by_default():
    assert Address("127.0.0.1", 8501).allowed_hosts() == ["127.0.0.1", "::1", "localhost"]


def test_a_class_is_let_in_by_this_machines_names():
    names = Address("0.0.0.0", 8501).allowed_hosts()
    assert {"127.0.0.1", "localhost", socket.gethostname()} <= set(names)
    assert "*" not in names
    assert "lab.example.org" in Address("lab.example.org", 8501).allowed_hosts()


def test_others_are_told_addresses_that_reach_this_machine(monkeypatch, capsys, recorded):
    names = {"127.0.1.1", "localhost", "lab7", "lab7.local", "192.168.1.5", "fe80::5"}
    monkeypatch.setattr("hnviz.app.shell.host.own_names", lambda: names)
    cli_app.announce(Address("0.0.0.0", 8501))
    urls = ("192.168.1.5", "lab7", "lab7.local", "[fe80::5]")
    ours, theirs, warning = capsys.readouterr().out.splitlines()
    recorded(ours, "127.0", 0.1, "8501")
    assert theirs == f"others reach it at {' or '.join(f'http://{url}:8501' for url in urls)}"
    recorded(warning)
    cli_app.announce(Address("localhost", 8501))
    assert len(capsys.readouterr().out.splitlines()) == 1


SAFE = {
    "browser.gatherUsageStats": False,
    "client.allowedOrigins": [],
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "viewer",
    "runner.postScriptGC": False,
    "server.address": "127.0.0.1",
    "server.allowedHosts": ["127.0.0.1", "::1", "localhost"],
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxMessageSize": 1,
    "server.maxUploadSize": 1,
    "server.port": 8555,
    "theme.base": "light",
}

SHOW = """
import json, sys
from hnviz.app.shell.host import Address
from hnviz.app.shell.serve import configure
from streamlit import config
flags = configure(Address("127.0.0.1", 8555))
config.get_config_options(force_reparse=True, options_from_flags=flags)
names = json.loads(sys.argv[1])
print(json.dumps({name: config.get_option(name) for name in names}))
"""


def test_settings_are_safe_wherever_the_command_is_given(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SHOW, json.dumps(sorted(SAFE))],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == SAFE
    assert "not a valid config option" not in done.stderr


def test_no_garbage_is_looked_for_among_the_apps_modules(monkeypatch):
    looked_for: list[bool] = []
    loaded: list[list[int]] = []
    before = gc.get_freeze_count()

    def load() -> None:
        looked_for.append(gc.isenabled())
        loaded.extend([] for _ in range(10_000))  # all else may be there since the collection

    monkeypatch.setattr(asgi, "keep_short", lambda: None)  # a filter of the log would stay
    monkeypatch.setattr(asgi, "load_pages", load)
    monkeypatch.setattr(Engine, "start", lambda engine: None)

    async def served() -> None:
        async with asgi.lifespan(None):
            until = time.monotonic() + 180
            while not gc.isenabled() and time.monotonic() < until:
                await asyncio.sleep(0.01)

    try:
        with ThreadPoolExecutor(1) as thread:  # a loop of the browser tests may run in this one
            thread.submit(asyncio.run, served()).result()
        assert looked_for == [False]
        assert gc.isenabled() and gc.get_freeze_count() > before + 10_000
    finally:
        gc.unfreeze()


def test_a_server_that_ends_while_it_loads_starts_no_engine(monkeypatch):
    over, started = threading.Event(), list[Engine]()
    monkeypatch.setattr(asgi, "load_pages", over.wait)
    monkeypatch.setattr(asgi, "ENGINE_DELAY", 0.0)
    monkeypatch.setattr(asgi, "LATER", ())
    monkeypatch.setattr(Engine, "start", lambda engine: started.append(engine))

    async def served() -> set[threading.Thread]:
        before = set(threading.enumerate())
        async with asgi.lifespan(None):
            return set(threading.enumerate()) - before

    try:
        with ThreadPoolExecutor(1) as thread:
            loading = thread.submit(asyncio.run, served()).result()
        over.set()
        for each in loading:
            each.join()
        assert loading and started == []
    finally:
        over.set()
        gc.unfreeze()


# --- a running app ------------------------------------------------------------------------------


@dataclass
class Running:
    """An app that was asked for a port that is taken."""

    process: subprocess.Popen[str]
    asked: int
    port: int
    lines: list[str]


@pytest.fixture
def running(taken, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "hnviz", "app", "--port", str(taken), "--runs-dir", "runs"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(2)]
    yield Running(process, taken, int(lines[1].split(":")[2].split()[0]), lines)
    if process.poll() is None:
        process.kill()
        process.wait()


def upgrade(port: int, host: str, origin: str | None = None) -> int:
    """Knock at the WebSocket that every page talks through; return the status."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {
        "Host": host,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    if origin:
        headers["Origin"] = origin
    connection.request("GET", "/_stcore/stream", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def wait_until_gone(processes: list[Any]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=180)  # one may still load PyTorch
    assert alive == []


def the_page_is_dressed(connection: HTTPConnection) -> None:
    """Streamlit may move what our page needs of it in another version."""

    def told(path: str) -> tuple[HTTPResponse, str]:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        return answer, answer.read().decode()

    answer, page = told("/train")
    assert '<html lang="en">' in page and "<title>hnviz</title>" in page  # what is read aloud
    assert page.index('<link rel="stylesheet" href="./assets/') < page.index('<div id="root">')
    scripts = inline_scripts(page)
    assert scripts
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in str(answer.getheader("content-security-policy"))
    modules = re.findall(r'<link rel="modulepreload" href="\./(static/js/[^"]+)">', page)
    assert {each.split("/")[-1].split(".")[0] for each in modules} >= {*asgi.EARLY}
    assert not any(told(f"/{each}")[1].startswith("<!") for each in modules)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminated"])
def test_app_in_use(running, ending, recorded):
    """One start for all that needs a running app: it takes seconds."""
    port = running.port
    taken, address = (line.replace(str(port), "PORT") for line in running.lines)
    recorded(taken.replace(str(running.asked), "ASKED"))
    recorded(address, "127.0", 0.1)

    served = psutil.Process(running.process.pid)
    listening = [at.laddr for at in served.net_connections() if at.status == "LISTEN"]
    assert [(at.ip, at.port) for at in listening] == [("127.0.0.1", port)]

    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    the_page_is_dressed(connection)
    assert upgrade(port, f"127.0.0.1:{port}") == 101
    assert upgrade(port, f"localhost:{port}", f"http://localhost:{port}") == 101
    assert upgrade(port, f"rebound.example.org:{port}") == 400
    assert upgrade(port, f"127.0.0.1:{port}", "http://elsewhere.example.org") == 403

    until = time.monotonic() + 60
    while not any("hnviz.engine" in " ".join(each.cmdline()) for each in served.children()):
        assert time.monotonic() < until, "the engine starts by itself"
        time.sleep(0.05)
    below = served.children(recursive=True)
    running.process.send_signal(ending)
    assert running.process.wait(60) == 0
    wait_until_gone(below)


RACE = """
import sys, threading
sys.setswitchinterval(1e-5)
failed = []

def load(first):
    try:
        __import__("hnviz.app.shell.everything")
        __import__(first)
    except BaseException as error:
        failed.append(error)

threads = [threading.Thread(target=load, args=(name,)) for name in sys.argv[1:]]
for each in threads: each.start()
for each in threads: each.join()
sys.exit(repr(failed) if failed else 0)
"""


def test_two_first_pages_at_once_find_every_module_whole():
    """As two threads, each of which begins at another end of the packages."""
    ends = ("hnviz.app.shell.frame", "hnviz.app.rooms.start.page", "hnviz.figures.sentences")
    done = subprocess.run([sys.executable, "-c", RACE, *ends], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    ("held", "made"),
    [
        (server, "hnviz.web.state.ServerState"),
        (exporter, "hnviz.web.downloads.Exporter"),
        (sweeps, "hnviz.sweeps.service.SweepService"),
    ],
)
def test_threads_that_ask_first_get_the_same(held, made, monkeypatch):
    server()  # which a sweep's service takes
    together = threading.Barrier(2)

    def make(*parts: object) -> str:
        together.wait(60)  # both are here, and nothing has been made
        return f"made by {threading.get_ident()}"

    monkeypatch.setattr(made, make)
    held.cache_clear()
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: held(), range(2))
    assert first == second == held()
    held.cache_clear()


def test_the_server_answers_before_it_has_loaded_numpy_and_the_runs():
    """The first browser loads Streamlit's files meanwhile; see hnviz/app/shell/asgi.py."""
    story = """
import sys
from hnviz.cli.main import build_parser
from hnviz.app.shell import asgi
build_parser(["app"])
asgi.routes(), asgi.middleware()
print(*sorted({"numpy", "pandas", "hnviz.runs", "hnviz.app.pictures"} & set(sys.modules)))
"""
    said = subprocess.run([sys.executable, "-c", story], cwd=ROOT, capture_output=True, text=True)
    assert (said.stdout, said.stderr) == ("\n", "")


def test_streamlit_loads_without_its_plotly_theme_and_plotly_still_works():
    story = """
from hnviz.app.shell.serve import no_plotly_theme
with no_plotly_theme():
    import streamlit
import plotly.graph_objects as go, plotly.io as pio
print("streamlit" in pio.templates, len(go.Figure(go.Scatter()).data))
"""
    said = subprocess.run([sys.executable, "-c", story], cwd=ROOT, capture_output=True, text=True)
    assert said.stdout == "False 1\n", said.stderr
