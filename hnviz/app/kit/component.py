"""Browser components: a few lines of loader inline, everything else from /assets.

A component's inline JavaScript, HTML and CSS travel to the browser with every rerun, so only the
loader is inline. It imports ``hnviz/app/<folder>/main.js``, whose ``render`` is made with
``picture`` of ``kit/js/picture.js`` (life cycle, theme and style sheet are handled there).

    chart = BrowserComponent("kit/chart", states=("zoom",))  # at import time, in a module
    result = chart(key="train_chart", data={"points": [...]})  # in a page
    result.zoom  # what the browser has reported, None before that
"""

from collections.abc import Mapping
from functools import cached_property
from string import Template
from typing import Any

from hnviz.web.assets import ASSETS, PAGE_DATA, TOKENS, streamlit_names

# The module is a blob: without a base address, so the app's own address is taken from Streamlit's
# script tag; it also holds behind server.baseUrlPath or a proxy. A rejected promise would make
# Streamlit replace the component by an error box for good, hence the catch.
_LOADER = """
const home = new URL("../../", document.querySelector("$script").src);
let serial = 0;
export default async function (component) {
  const [data] = component.data;
  const root = component.parentElement.querySelector(".hnviz");
  const turn = (root.turn = ++serial); // calls may end in another order than they began
  const host = root.getRootNode().host ?? root;
  const block = host.closest("$block");
  host.dataset.mounted = ""; // places.py keeps its place until now
  if (block) block.dataset.mounted = ""; // page.css keeps the place of some
  host.dataset.picture = data.picture ?? ""; // a lesson points at it, or at a control in it
  host.dataset.holds = data.holds ?? "";
  let end = () => {};
  const load = async (query) => {
    const begun = Date.now(), line = root.querySelector(".hnviz-coming");
    const clock = line && setInterval(() => {
      line.textContent = `Loading: ${Math.round((Date.now() - begun) / 1000)} s so far.`;
    }, 2000);
    try {
      const { render } = await import(new URL(data.module + query, home).href);
      end = await render({ ...component, data, home, root, turn });
    } catch (error) {
      console.error("hnviz component:", error);
      if (root.turn !== turn || root.dataset.ready) return;
      root.dataset.state = "error";
      root.textContent = "This picture could not be loaded. ";
      const again = document.createElement("button");
      again.textContent = "Try again";
      // Another address: a browser remembers that the first one failed.
      again.onclick = () => {
        root.dataset.state = "loading";
        root.innerHTML = '<p class="hnviz-coming">Loading …</p>';
        load(`?again=${Date.now()}`);
      };
      root.append(again);
    } finally {
      clearInterval(clock);
    }
  };
  await load("");
  return () => {
    if (root.isConnected) return; // Streamlit also ends an overtaken call
    end();
    if (root.turn === turn) delete block?.dataset.mounted;
  };
}
"""

_WAITING = '<p class="hnviz-coming" style="position:absolute;margin:0;opacity:.7">Loading …</p>'
"""What a picture's place shows until its module has loaded; it takes no height."""


class BrowserComponent:
    """A component in ``hnviz/app/<folder>/``, made once and called in a page to mount it.

    `states` are what the browser may report with ``send(name, value)``; each report reruns the
    page, or the fragment that the call is in. `min_height` (CSS) keeps its place until drawn, where
    the page's style sheet does not (hnviz/app/kit/places.py).
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
        """Name it, as `name` where one folder serves several; its first mount registers it."""
        self.folder, self.states = folder, states
        self._name = f"hnviz_{name or folder.replace('/', '_')}"
        self._min_height, self._isolate = min_height, isolate

    @cached_property
    def _mount(self) -> Any:
        """Streamlit's function; a notebook shows pictures without Streamlit, so it loads late."""
        import streamlit as st

        waiting = "" if self._min_height == "0" else _WAITING
        return st.components.v2.component(
            self._name,
            html=f'<div class="hnviz" data-state="loading" style="min-height:var(--hn-height,'
            f'{self._min_height})">{waiting}</div>',
            js=Template(_LOADER).safe_substitute(streamlit_names()),
            isolate_styles=self._isolate,
        )

    def __call__(self, key: str, data: Mapping[str, Any]) -> Any:
        """Draw, or with a `key` that is already on the page hand new `data` to the same drawing.

        `data` must be small and fit into JSON: it is sent on every rerun that changes it.
        Large constants go through `publish`. Never put a reported state back into `data`: a
        second report may be on its way, and the picture would jump back.
        """
        # In a list: in the values of a dict Streamlit looks for data frames, and loads pandas to.
        sent = [self.sent(key, data)]
        # A state without a callback does not exist on the result before its first report.
        # It does nothing: the page reads reports where it is drawn. A callback may run in a
        # fragment's rerun, which loses what it put into widgets outside.
        callbacks: dict[str, Any] = {f"on_{state}_change": _ignore for state in self.states}
        return self._mount(key=key, data=sent, **callbacks)

    def sent(self, key: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return all that the browser gets."""
        return {
            **data,
            "id": key,  # Streamlit's own key of a mount is random
            "module": ASSETS.address(f"app/{self.folder}/main.js"),
            "tokens": ASSETS.address(TOKENS),
        }


def publish(content: bytes, suffix: str) -> str:
    """Keep data for a picture under a hash of them; return their address for `fetch`.

    JavaScript makes it absolute with ``new URL(address, home)``.
    """
    return PAGE_DATA.keep(content, suffix)


def _ignore() -> None:
    """Do nothing: a state without a callback does not appear on the result."""
