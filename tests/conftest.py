"""Fixtures: one server and one browser a session; a page a test."""

import asyncio
import gc
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from math import inf
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

from hnviz.web.assets import styled
from tests.sentences import files_of_tests
from tests.sentences import recorded as recorded

gc.disable()  # until all files are imported
# Figures are held to the last bit, and another number of threads adds up in another order.
os.environ["OMP_NUM_THREADS"] = "1"

# A shared machine may take a second for one example: that says nothing of the code. There the
# examples are always the same: new ones are looked for where somebody can look at what they find.
settings.register_profile(
    "shared",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shared")

Told = TypeVar("Told")
ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
LONGEST_NAME = 120  # characters
# The shell is the same browser without a window's parts: a tenth less work for two processors.
BROWSERS = (os.environ.get("HNVIZ_CHROMIUM"), "chromium-headless-shell", "chromium")
CHROMIUM = next(filter(None, (shutil.which(name) for name in BROWSERS if name)), "")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a row's long text by its beginning and its sum: the name is a snapshot's, too."""
    if isinstance(val, str | bytes) and len(val) > LONGEST_NAME:
        text = val if isinstance(val, str) else val.decode("ascii", "backslashreplace")
        return f"{text[:40]}… {crc32(text.encode()):08x}"
    return None


def pytest_collection(session: pytest.Session) -> None:
    """Import this worker's share of the files first: it finds those of the others compiled.

    pytest rewrites the asserts of each file that was not compiled yet, which takes longer than to
    import it. All workers would go through the files in the same order, and rewrite each at once.
    """
    worker, config = os.environ.get("PYTEST_XDIST_WORKER", ""), session.config
    if not worker or config.args != config.getini("testpaths"):
        return  # one process, or some of the files
    n_workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    ignored = {Path(each).name for each in config.getoption("ignore") or ()}
    files = [each for each in files_of_tests() if each.name not in ignored]
    for path in files[int(worker[2:]) :: n_workers]:
        with suppress(Exception, pytest.skip.Exception):  # the collection says what is wrong
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser, and keep together what shares fixtures, a server or an engine.

    A file's tests are one group: each worker that runs some makes its fixtures and fills its caches
    again. A worker that runs browser tests has a server, a browser and a tab of its own. Two have
    the engine behind the pages' tests: one alone would take longer than all other tests do. A walk
    has no state of its own, so each file's are in two groups.
    """
    for number, item in enumerate(items):
        fixtures = getattr(item, "fixturenames", ())
        if "browser" in fixtures:
            item.add_marker("browser")
        if item.get_closest_marker("xdist_group"):
            continue
        group = item.path.stem
        if "browser" in fixtures and item.get_closest_marker("walk"):
            group += f"-{number % 2}"
        elif "own_runs" in fixtures and "browser" not in fixtures:
            group = f"pages{crc32(group.encode()) % 2}"
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish() -> None:
    """Let no later collection of garbage go through what has been imported: a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.enable()


@dataclass
class Server:
    """A running app."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    runs: Path
    seconds: float  # from start to the first healthy answer

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start_server(
    folder: Path, port: int | None = None, base: str = "", root: Path = ROOT, **environ: str
) -> Server:
    """Start ``python -m hnviz app`` of a checkout with its runs in a folder of its own."""
    port, log, runs = port or free_port(), folder / "server.log", folder / "runs"
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "hnviz", "app", "--port", str(port)],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        env={**os.environ, "HNVIZ_RUNS_DIR": str(runs), **environ},
    )
    while (at := announced(log)) is None or not _healthy(f"http://127.0.0.1:{at}{base}"):
        if process.poll() is not None or time.perf_counter() - begun > 60:
            raise RuntimeError(f"the app did not start:\n{log.read_text()}")
        time.sleep(0.02)
    return Server(at, process, log, runs, time.perf_counter() - begun)


def announced(log: Path) -> int | None:
    """The port that `hnviz app` names in its log: another, if its own was taken meanwhile."""
    said = re.search(r"hnviz is at http://[^/]+:(\d+)\S* ", log.read_text(errors="replace"))
    return int(said[1]) if said else None


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def listening(config: Any) -> Iterator[None]:
    """Run uvicorn with a config in a thread, from when it listens until the end."""
    from uvicorn import Server as Uvicorn

    server = Uvicorn(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "its port was taken meanwhile"
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(20)


def stop_server(server: Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(10)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session", autouse=True)
def patient_clients() -> Iterator[None]:
    """Let this process's clients wait longer for their engines: others use the machine too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hnviz.engine.client.PRESS_SECONDS", 90.0)
        patch.setattr("hnviz.engine.client.START_SECONDS", 180.0)
        patch.setattr("hnviz.runs.asking.ANSWER_SECONDS", 90.0)
        patch.setattr("hnviz.own.file.LIMIT_SECONDS", 120.0)
        yield


@pytest.fixture(scope="session")
def own_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give this process's engine a folder of its own for the runs that tests make."""
    from hnviz.app.shell.server import server
    from hnviz.engine.client import close_shared_engine

    before = os.environ.get("HNVIZ_RUNS_DIR")
    close_shared_engine()
    server.cache_clear()
    os.environ["HNVIZ_RUNS_DIR"] = str(tmp_path_factory.mktemp("runs"))
    yield
    close_shared_engine()
    server.cache_clear()
    os.environ.pop("HNVIZ_RUNS_DIR")
    if before is not None:
        os.environ["HNVIZ_RUNS_DIR"] = before


@pytest.fixture(scope="module")
def no_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the usual folder of runs be an empty one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNVIZ_RUNS_DIR", str(tmp_path_factory.mktemp("none")))
        yield


@pytest.fixture
def store(tmp_path: Path) -> Any:
    """Give a test an empty folder for runs, and another for shipped ones."""
    from hnviz.runs import RunStore

    return RunStore(tmp_path / "runs", tmp_path / "shipped")


@pytest.fixture
def folder(store: Any) -> Any:
    """Give a test the folder of a run that has not begun."""
    from hnviz.config import RunConfig

    return store.create(RunConfig())


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app, one for all tests of a session. On each machine it trains one run at a time."""
    server = start_server(tmp_path_factory.mktemp("app"), HNVIZ_MAX_TRAINERS="1")
    yield server
    maps = Path(f"/proc/{server.process.pid}/maps")
    loaded = maps.read_text() if maps.exists() else ""
    stop_server(server)
    assert "libtorch" not in loaded  # whatever the browser tests did with it


@pytest.fixture(scope="session")
def server(app: Server) -> str:
    """The app's address."""
    return app.url


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The gallery's address."""
    from tests.gallery import gallery_server

    with gallery_server(tmp_path_factory.mktemp("gallery")) as url:
        yield url


PATIENCE = 90_000  # ms that a browser may take for anything, on a machine that others use too


def require_chromium() -> None:
    """Skip a test where there is no Chromium; fail it where there has to be one."""
    if not CHROMIUM:
        no_chromium = "no chromium: apt-get install chromium, or set HNVIZ_CHROMIUM to its path"
        if os.environ.get("HNVIZ_REQUIRE_BROWSER"):
            pytest.fail(no_chromium)
        pytest.skip(no_chromium)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A headless system Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    require_chromium()
    sync_api.expect.set_options(timeout=PATIENCE)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser):
    """One profile for all tabs: Streamlit's and Plotly's files are read once."""
    # Nothing moves by itself: each frame of a spinner is drawn by the processor here.
    wide = {"width": 1280, "height": 900}
    with profile(browser, viewport=wide, reduced_motion="reduce") as context:
        yield context


@contextmanager
def profile(browser, **options: Any) -> Iterator[Any]:
    """Open a profile that has nothing in its cache and no cookies, as patient as all tests are."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    try:
        yield context
    finally:
        context.close()


@pytest.fixture(scope="session")
def tab(context):
    """One tab for all tests: another would compile Streamlit's and Plotly's files again."""
    tab = context.new_page()
    tab.errors = errors_of(tab)
    yield tab
    tab.close()


@pytest.fixture
def page(tab, monkeypatch):
    """A tab of 1280 x 900; `page.errors` holds what its console said in red."""
    tab.errors.clear()
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.emulate_media(color_scheme="light")
    heard, on = [], tab.on

    def listen(event, hear):
        heard.append((event, hear))
        on(event, hear)

    monkeypatch.setattr(tab, "on", listen)
    yield tab
    for event, hear in heard:  # or each request of all later tests would be told to Python
        tab.remove_listener(event, hear)
    tab.goto("about:blank")  # whatever goes on there ends


def finished(story: Coroutine[Any, Any, Told]) -> Told:
    """Run `story` in a loop of its own: Playwright's runs in the thread of the browser tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result()


def errors_of(tab) -> list[str]:
    """What a tab's console says in red from now on; a breach of the security policy too."""
    errors: list[str] = []

    def note(said) -> None:
        if said.type == "error":
            errors.append(f"{said.text} {said.location['url']}")

    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", note)
    return errors


def until(page, expression: str, arg: object = None, timeout: float = PATIENCE) -> object:
    """Wait until a JavaScript expression, or function of `arg`, holds; return its value.

    Playwright's wait_for_function evaluates in the page, which the Content-Security-Policy forbids.
    """
    end, pause = time.monotonic() + timeout / 1000, 10.0
    while time.monotonic() < end:
        try:
            value = page.evaluate(expression, arg)
        except Exception as error:  # Playwright's, which a run without a browser does not have
            if "context was destroyed" not in str(error):  # another page is being loaded
                raise
            value = None
        if value:
            return value
        page.wait_for_timeout(pause)
        pause = min(1.3 * pause, 100)  # each look takes both processors' time
    raise AssertionError(f"not within {timeout / 1000:g} s: {expression}")


def awaited(
    page, look: Callable[[], Told], holds: Callable[..., Any] = bool, *given: object
) -> Told:
    """Look until `holds` is true of what is seen and of `given`; return what is seen.

    A browser draws some parts of a page after their words are there.
    """
    end = time.monotonic() + PATIENCE / 1000
    while not holds(seen := look(), *given):
        assert time.monotonic() < end, f"not within {PATIENCE / 1000:g} s: {seen}"
        page.wait_for_timeout(100)
    return seen


def right(part) -> float:
    """Return where a part of a page ends at its right; infinity while it is not drawn."""
    box = part.bounding_box()
    return float(box["x"] + box["width"]) if box else inf


def bottom(part) -> float:
    """Return where a part of a page ends below; infinity while it is not drawn."""
    box = part.bounding_box()
    return float(box["y"] + box["height"]) if box else inf


def at_rest(page, look: Callable[[], Told]) -> Told:
    """Look until two looks, half a second apart, see the same; return it."""
    seen = [look()]

    def again() -> Told:
        page.wait_for_timeout(500)
        seen.append(look())
        return seen[-1]

    return awaited(page, again, lambda now: now == seen[-2])


def fits(page, width: int) -> None:
    """Wait until the page is no wider than the window."""
    across = styled("(document.querySelector(':--main') ?? document.documentElement).scrollWidth")
    until(page, f"() => Math.max({across}, document.documentElement.scrollWidth) <= {width}")


def resize(page, width: int, height: int = 900) -> None:
    """Give an open page another width, and its pictures the time to draw for it."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(300)
    idle(page)


def idle(page) -> None:
    """Wait until no script run is in progress; before the first one a page has no element."""
    until(page, styled("() => document.querySelector(':--idle :--element') !== null"))
