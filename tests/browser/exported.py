"""How long the lessons' files take to open from a disk, and what each asks of the network."""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser

from tests.axe import barriers
from tests.brief import often
from tests.conftest import ROOT, profile

TIMES = often(5)  # that each file is opened, each time by a profile that has nothing in its cache

# Resolves once what is in sight of the first step is drawn: milliseconds since the file was opened.
OPENED = """async () => {
  const topOf = (place) => place.getBoundingClientRect().top;
  const isSeen = (place) => place.checkVisibility() && topOf(place) < innerHeight;
  const seen = () => [...document.querySelectorAll("main [data-picture]")].filter(isSeen);
  const stateOf = (place) => (place.shadowRoot ?? place).querySelector(".hnviz")?.dataset.state;
  // What Python has drawn has no state.
  const isDrawn = () => document.querySelector(".beside") && seen().length
    && seen().every((place) => ["ready", undefined].includes(stateOf(place)));
  while (!isDrawn()) {
    if (performance.now() > 30000) throw new Error("not drawn within 30 s");
    await new Promise(requestAnimationFrame);
  }
  return performance.now();
}"""


def write_lessons(folder: Path) -> list[Path]:
    """Write all lessons as files; return their paths."""
    command = [sys.executable, "-m", "hnviz", "export", "index", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return sorted(path for path in folder.glob("*.html") if path.name != "index.html")


def opened(browser: Browser, path: Path) -> list[float]:
    """Return the seconds that a file took to open, without a network.

    Raises RuntimeError if it asks for anything, or axe-core finds a serious fault.
    """
    seconds = []
    for _ in range(TIMES):
        with profile(browser, offline=True, viewport={"width": 1280, "height": 900}) as context:
            tab, asked = context.new_page(), []
            tab.on("request", lambda request, asked=asked: asked.append(request.url))
            tab.goto(path.as_uri(), wait_until="commit")
            seconds.append(tab.evaluate(OPENED) / 1000)
            others = [url for url in asked if not url.startswith("data:") and url != path.as_uri()]
            faults = barriers(tab)
        if others or faults:
            raise RuntimeError(f"{path.name} asks for {others}; axe-core says {faults}")
    return seconds
