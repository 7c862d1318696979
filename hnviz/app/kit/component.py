"""Browser components: a few lines of loader inline, everything else as static files.

A component's inline JavaScript, HTML and CSS travel to the browser with every rerun, so only the
loader is inline. It imports ``hnviz/app/<folder>/main.js``, whose ``render`` is made with
``define`` of ``kit/js/define.js`` (life cycle, theme and style sheet are handled there).

    chart = BrowserComponent("kit/chart", states=("zoom",))  # at import time, in a module
    result = chart(key="train_chart", data={"points": [...]})  # in a page
    result.zoom  # what the browser has reported, None before that
"""

import hashlib
import os
import secrets
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v1 import declare_component

from hnviz.figures.theme import TOKENS_PATH

STATIC = Path(__file__).parents[1]
SUFFIXES = (".js", ".css")
KEPT_FOR_NOW = 64  # files of half a megabyte

# The module is a blob: without a base address, so the app's own address is taken from Streamlit's
# script tag; it also holds behind server.baseUrlPath or a proxy. A rejected promise would make
# Streamlit replace the component by an error box for good, hence the catch.
_LOADER = """
const home = new URL("../../", document.querySelector('script[src*="static/js/"]').src);
let serial = 0;
export default async function (component) {
  const root = component.parentElement.querySelector(".hnviz");
  const turn = (root.turn = ++serial); // calls may end in another order than they began
  try {
    const { render } = await import(new URL(component.data.module, home).href);
    return await render({ ...component, home, root, turn });
  } catch (error) {
    console.error("hnviz component:", error);
    if (root.turn !== turn || root.dataset.ready) return;
    root.textContent = `This picture could not be loaded: ${error.message}. Reload the page.`;
  }
}
"""


class BrowserComponent:
    """A component in ``hnviz/app/<folder>/``, made once and called in a page to mount it.

    `states` are what the browser may report with ``send(name, value)``; each report reruns the
    page, or the fragment that the call stands in. `min_height` (CSS) keeps its place until drawn.
    Styles are kept apart in a shadow root, unless `isolate` is False: Plotly puts its own style
    sheet into the document's head, so its charts need that, and class names a prefix.
    """

    def __init__(
        self,
        folder: str,
        *,
        states: tuple[str, ...] = (),
        min_height: str = "0",
        isolate: bool = True,
        name: str | None = None,
    ) -> None:
        """Register it, as `name` where one folder serves several."""
        self.folder = folder
        self.states = states
        self._mount = st.components.v2.component(
            f"hnviz_{name or folder.replace('/', '_')}",
            html=f'<div class="hnviz" style="min-height:{min_height}"></div>',
            js=_LOADER,
            isolate_styles=isolate,
        )

    def __call__(self, key: str, data: Mapping[str, Any]) -> Any:
        """Draw, or with a `key` that is already on the page hand new `data` to the same drawing.

        `data` must be small and able to become JSON: it travels on every rerun that changes it.
        Large constants go through `publish`. Never put a reported state back into `data`: a
        second report may be on its way, and the picture would jump back.
        """
        sent = {
            **data,
            "id": key,  # Streamlit's own key of a mount is random
            "module": f"{serve(f'static_{version()}', STATIC)}/{self.folder}/main.js",
            "tokens": publish(TOKENS_PATH.read_bytes(), ".json"),
        }
        # A state without a callback does not exist on the result before its first report.
        # It does nothing: what was reported is looked at where a page is drawn. A callback may run
        # in a fragment's tick, whose end loses what it put into widgets outside.
        callbacks: dict[str, Any] = {f"on_{state}_change": _ignore for state in self.states}
        return self._mount(key=key, data=sent, **callbacks)


def serve(name: str, folder: Path) -> str:
    """Let the browser fetch a folder's files; return its address below the app's own.

    JavaScript makes it absolute with ``new URL(address, home)``. Must be called while a page
    runs: it registers on the runtime that runs it (26 microseconds).
    """
    return f"component/{declare_component(name, path=folder).name}"


def publish(content: bytes, suffix: str) -> str:
    """Write constant data once, named by its content; return its address for `fetch`.

    Where nothing can be written, the address holds the content itself.
    """
    return _publish(content, suffix, "published")


def publish_for_now(content: bytes, suffix: str) -> str:
    """Do as `publish` does for data that change with a run's snapshot: only the newest are kept."""
    address = _publish(content, suffix, "for_now")
    with suppress(OSError):  # another session may take one away meanwhile
        files = sorted(_published_folder("for_now").glob(f"*{suffix}"), key=_age)
        for path in files[:-KEPT_FOR_NOW]:
            path.unlink(missing_ok=True)
    return address


def _publish(content: bytes, suffix: str, name: str) -> str:
    try:
        return _write(content, suffix, name)
    except OSError:  # a full disk
        return f"data:application/octet-stream;base64,{b64encode(content).decode()}"


def _write(content: bytes, suffix: str, name: str) -> str:
    folder = _published_folder(name)
    path = folder / f"{hashlib.sha256(content).hexdigest()[:24]}{suffix}"
    try:
        os.utime(path)  # it is in use
    except FileNotFoundError:
        part = Path(f"{path}.{secrets.token_hex(4)}")
        try:
            part.write_bytes(content)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    return f"{serve(name, folder)}/{path.name}"


@cache
def version() -> str:
    """Hash all static files: it is part of their address, so no browser mixes two versions."""
    files = sorted(path for path in STATIC.rglob("*") if path.suffix in SUFFIXES)
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(STATIC)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="hnviz-")  # removed when the process ends


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _published_folder(name: str) -> Path:
    folder = Path(_temporary().name) / name
    folder.mkdir(exist_ok=True)
    return folder


def _ignore() -> None:
    """Stand in for a callback."""
