"""The three ways to start the app serve the same: cold links, frame, settings, and the guard."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from hnviz import settings
from hnviz.web.assets import ASSETS, styled
from tests.conftest import announced, errors_of, free_port, start_server, stop_server
from tests.visitor import tab

ROOT = Path(__file__).parent.parent
WAYS = {
    "python -m hnviz app": ("-m", "hnviz", "app", "--port"),
    "streamlit run app.py": ("-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port"),
    "uvicorn app:app": ("-m", "uvicorn", "--app-dir", str(ROOT), "app:app", "--port"),
}
TRIES = 3  # at a start
COMMAND, *OTHERS = WAYS
COMMAND_EACH_TIME = [COMMAND, *(pytest.param(each, marks=pytest.mark.slow) for each in OTHERS)]


@pytest.fixture(scope="module", params=WAYS)
def cold(request, tmp_path_factory) -> Iterator[int]:
    """An app just started, from another folder than its own."""
    folder = tmp_path_factory.mktemp("elsewhere")
    log = folder / "log"
    for _ in range(TRIES):  # another process may take the port first, which ends this one
        process, port = start(request.param, folder, free_port())
        if process.poll() is None:
            break
    assert process.poll() is None, log.read_text()
    yield port
    below = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    process.wait(60)
    _, alive = psutil.wait_procs(below, timeout=180)  # its engine may still load PyTorch
    assert alive == []  # the engine ended with it
    assert "Traceback" not in log.read_text()


def start(way: str, folder: Path, port: int) -> tuple[subprocess.Popen[bytes], int]:
    """Start an app; return it, and where it is, once it answers or has ended."""
    log = folder / "log"
    process = subprocess.Popen(
        [sys.executable, *WAYS[way], str(port)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        env={
            **os.environ,
            "HNVIZ_RUNS_DIR": str(folder / "runs"),
            "PYTHONPATH": str(ROOT) if "hnviz" in WAYS[way] else "",
            "HOME": str(folder),
        },
    )
    until = time.monotonic() + 60
    while process.poll() is None and not answers(announced(log) or port):
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
    return process, announced(log) or port


def answers(port: int) -> bool:
    try:
        return asked(port, "/_stcore/health") == 200
    except OSError:
        return False


def asked(port: int, path: str, **headers: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("cold", COMMAND_EACH_TIME, indirect=True)
def test_two_cold_links_at_once_have_their_frame_and_run(cold, context):
    tabs = {name: context.new_page() for name in ("train", "states")}
    errors = [errors_of(each) for each in tabs.values()]
    for name, each in tabs.items():
        each.goto(f"http://127.0.0.1:{cold}/{name}?run=Model3", wait_until="commit")
    for name, title in (("train", "How does it learn"), ("states", "What does it keep")):
        page = tabs[name]
        page.get_by_role("heading", name=title, level=1).wait_for()
        sidebar = page.locator(styled(":--sidebar"))
        sidebar.get_by_role("link", name="Learn back").wait_for()
        sidebar.get_by_text("Model3").first.wait_for()
        sidebar.get_by_text("Run shown on all pages").wait_for()
    tabs["train"].locator("[data-panel=loss] .main-svg").first.wait_for()
    tabs["states"].locator("canvas").first.wait_for()
    for each in tabs.values():
        each.close()
    assert errors == [[], []]


def test_the_settings_are_the_tables(cold):
    with tab(cold) as socket:
        ask = BackMsg()
        ask.rerun_script.page_name = "data"
        socket.send(ask.SerializeToString())
        message = ForwardMsg.FromString(socket.recv(60))
        while message.WhichOneof("type") != "new_session":
            message = ForwardMsg.FromString(socket.recv(60))
    given = message.new_session.config
    assert given.gather_usage_stats is False
    assert given.toolbar_mode == given.VIEWER
    assert (
        message.new_session.custom_theme.light.primary_color
        == (settings.SETTINGS["theme.light"]["primaryColor"])
    )


def test_foreign_hosts_and_origins_are_refused_at_once(cold):
    assert asked(cold, "/train") == 200
    assert asked(cold, "/train", Host="evil.example") == 400
    assert asked(cold, "/train", Origin="http://evil.example") == 403
    assert asked(cold, "/api/none") == 404  # all that requests need is loaded by now
    begun = time.monotonic()
    for origin in ("http://evil.example", f"http://127.0.0.1:{cold + 1}", "null"):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://127.0.0.1:{cold}/_stcore/stream", origin=origin, open_timeout=60)
        assert refused.value.response.status_code == 403
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(("path", "largest"), [("api/live", 65_536), ("_stcore/stream", 524_288)])
def test_a_websocket_has_its_bounds(cold, path, largest, recorded):
    at = f"127.0.0.1:{cold}"
    with connect(f"ws://{at}/{path}", origin=f"http://{at}", open_timeout=60) as socket:
        socket.send(bytes(largest + 1))
        with pytest.raises(ConnectionClosedError) as closed:
            while True:
                socket.recv(60)
    recorded(closed.value.rcvd.reason, largest)
    assert socket.protocol.extensions == []  # a small message cannot unpack to a huge one


def test_our_own_addresses_are_there(cold):
    assert asked(cold, f"/{ASSETS.plotly}") == 200
    assert asked(cold, "/api/none") == asked(cold, "/assets/none") == 404


def test_the_server_listens_at_loopback_only(cold):
    listening = [
        at.laddr.ip
        for at in psutil.net_connections("tcp")
        if at.status == "LISTEN" and at.laddr.port == cold
    ]
    assert listening == ["127.0.0.1"]


def test_everything_is_below_the_base_path(page, tmp_path):
    """As an operator sets it, in Streamlit's own file."""
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit/config.toml").write_text('server.baseUrlPath = "class/7"')
    app = start_server(tmp_path, base="/class/7", HOME=str(tmp_path))
    try:
        assert f"http://127.0.0.1:{app.port}/class/7 " in app.log.read_text()
        page.goto(f"{app.url}/class/7/train?run=Model3")
        page.locator("[data-panel=loss] .main-svg").first.wait_for()
        assert asked(app.port, f"/class/7/{ASSETS.plotly}") == 200
        assert asked(app.port, "/class/7/api/none") == 404
        assert page.errors == []
    finally:
        page.goto("about:blank")
        stop_server(app)
