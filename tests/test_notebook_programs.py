"""Pictures in JupyterLab, Notebook 7 and marimo, each run and opened in a browser.

`make notebooks` installs these programs, and so does `make slow`.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbclient
import nbformat
import pytest

from tests.conftest import PATIENCE, ROOT, free_port, profile, until
from tests.test_notebook_browser import FITS, STATE

pytestmark = pytest.mark.slow

CELLS = ('import hnviz\nhnviz.show("batches", bs=64, bptt=70)', 'hnviz.show("Model5", "machine")')
MARIMO = """
import marimo
app = marimo.App()
@app.cell
def _():
    import hnviz
    hnviz.show("batches", bs=64, bptt=70)
    return (hnviz,)
@app.cell
def _(hnviz):
    hnviz.show("Model5", "machine")
    return
"""
LAB = ("--ServerApp.token=", "--ServerApp.password=", "--allow-root", "--no-browser")
PLACES = {"jupyterlab": "lab/tree/book.ipynb", "notebook": "notebooks/book.ipynb"}
SHOTS = os.environ.get("HNVIZ_SHOTS", "")
"""A folder for screenshots."""


@contextmanager
def serving(module: str, folder: Path, *options: str) -> Iterator[str]:
    """Run a program in a folder until the end; its address."""
    port = free_port()
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HNVIZ_RUNS_DIR": str(folder / "runs")}
    command = [sys.executable, "-m", module, *options, "--port", str(port)]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        command, cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True
    )
    url, end = f"http://127.0.0.1:{port}/", time.monotonic() + PATIENCE / 1000
    try:
        while not _answers(url):
            assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.2)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its kernels too, which may be starting
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=5).status == 200)
    except OSError:
        return False


def need(*modules: str) -> None:
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install {module}")


def book(folder: Path, *, run: bool = False) -> None:
    cells = [nbformat.v4.new_code_cell(code) for code in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    if run:
        resources = {"metadata": {"path": str(ROOT)}}
        nbclient.NotebookClient(made, timeout=300, resources=resources).execute()
    nbformat.write(made, folder / "book.ipynb")


def drawn(page, name: str) -> None:
    """Wait for both live pages; look at them."""
    end = time.monotonic() + PATIENCE / 1000
    live: list = []
    while len(live) < 2 and time.monotonic() < end:
        page.wait_for_timeout(500)
        live = [each for each in page.frames if each.url == "about:srcdoc"]
    assert len(live) == 2, [each.url for each in page.frames]
    for frame in live:
        frame.frame_element().scroll_into_view_if_needed()
        until(frame, STATE + " === 'ready'")
        page.wait_for_timeout(500)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}_{live.index(frame)}.png")
        down, across = frame.evaluate(FITS)
        assert down <= 0 and across <= 0, (name, down, across)


@pytest.mark.parametrize("program", PLACES)
def test_a_cell_that_is_run_shows_a_live_page(program, browser, tmp_path):
    need(program)
    book(tmp_path)
    with (
        serving(program, tmp_path, *LAB) as url,
        profile(browser, viewport={"width": 1280, "height": 900}) as context,
    ):
        page = context.new_page()
        page.goto(f"{url}{PLACES[program]}")
        page.locator(".jp-Cell .cm-content").first.click()
        for _ in CELLS:
            page.keyboard.press("Shift+Enter")
        drawn(page, program)


@pytest.mark.parametrize("program", PLACES)
def test_a_notebook_that_is_not_trusted_shows_the_still_picture(program, browser, tmp_path):
    need(program)
    book(tmp_path, run=True)
    with (
        serving(program, tmp_path, *LAB) as url,
        profile(browser, viewport={"width": 1280, "height": 900}) as context,
    ):
        page = context.new_page()
        page.goto(f"{url}{PLACES[program]}")
        image = page.locator(".jp-OutputArea img").first
        image.wait_for()
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{program}_untrusted.png")
        assert image.evaluate("async (each) => (await each.decode(), each.naturalWidth)") == 760
        assert image.get_attribute("alt").startswith("Each of 64 rows reads 70 tokens")
        assert not [each for each in page.frames if each.url == "about:srcdoc"]


def test_marimo_shows_a_live_page(browser, tmp_path):
    need("marimo")
    (tmp_path / "book.py").write_text(MARIMO)
    options = ("run", "book.py", "--headless", "--no-token")
    with (
        serving("marimo", tmp_path, *options) as url,
        profile(browser, viewport={"width": 1280, "height": 900}) as context,
    ):
        page = context.new_page()
        page.goto(url)
        drawn(page, "marimo")


def test_nbconvert_keeps_the_live_page(tmp_path):
    need("nbconvert")
    book(tmp_path, run=True)
    convert = [sys.executable, "-m", "nbconvert", "--to", "html", "book.ipynb"]
    subprocess.run(convert, cwd=tmp_path, check=True, capture_output=True)
    html = (tmp_path / "book.html").read_text()
    assert html.count('<iframe sandbox="allow-scripts"') == 2
