"""The gallery, served for tests and screenshots, and one picture in it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.conftest import PATIENCE, ROOT, free_port, until

SETTLED = """() => {
  const main = document.querySelector("main");
  const root = (main.shadowRoot ?? main).querySelector(".hnviz");
  const asking = root?.frame?.asking;
  if (!asking) return null;
  const state = root.dataset.state;
  return asking.abort || asking.awaited.size || state === "loading" ? null : state;
}"""
"""What a picture has come to, once nothing is on its way to it."""

TRIES = 5


@contextmanager
def gallery_server(folder: Path) -> Iterator[str]:
    """Serve the gallery; give its address."""
    port, log = free_port(), folder / "gallery.log"
    process = subprocess.Popen(
        [sys.executable, "-m", "hnviz", "gallery", "--port", str(port)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        env={**os.environ, "HNVIZ_DEBUG": "1"},
    )
    url, begun = f"http://127.0.0.1:{port}", time.monotonic()
    while not _answers(url):
        if process.poll() is not None or time.monotonic() - begun > PATIENCE / 1000:
            process.kill()
            raise RuntimeError(f"the gallery did not start:\n{log.read_text()}")
        time.sleep(0.05)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/style.css", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def cases_of(url: str) -> dict:
    """Read what the gallery shows."""
    with urllib.request.urlopen(f"{url}/cases.json", timeout=60) as answer:
        return json.load(answer)


def mount(page, url: str, **case: object) -> None:
    """Show one picture in a window of its width; it may still wait for its answers."""
    page.set_viewport_size({"width": int(str(case["width"])), "height": 900})
    page.goto(f"{url}/mount?{urlencode(case)}")


def settled(page) -> str:
    """Wait until nothing is on its way to the picture; return its state.

    A machine that others use too may take too long for an answer; the next look has it.
    """
    for _ in range(TRIES):
        state = str(until(page, SETTLED))
        if "given up" not in page.locator(".hnviz").first.inner_text():
            break
        getattr(page, "errors", []).clear()
        page.reload()
    return state
