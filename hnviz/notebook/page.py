"""The live page of a picture in a notebook: an inline script and its data, nothing from outside."""

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from hnviz.app.shell.variables import variables
from hnviz.figures.theme import MODES
from hnviz.notebook.bundle import HOME, PACKAGE, Bundle, bundle
from hnviz.web.assets import ASSETS, TOKENS, styled
from hnviz.web.document import allowed, opening

LACKING = "This cell holds only what it was made with: call hnviz.show again for something else."

_STYLE = """body { margin: 0; background: var(--st-background-color); color: var(--st-text-color); \
font: 400 1rem/1.5 var(--st-font); }
main { padding: 12px 16px; --hn-column: calc(100vw - 32px); }"""


@dataclass(frozen=True)
class Height:
    """How high a page is, as CSS, in a frame that is at least `least` px wide, and in others.

    In CSS 100cqw is the frame's width.
    """

    wide: str
    narrow: str
    least: int

    @property
    def css(self) -> str:
        """One value for both, which needs no style sheet: some notebooks drop an output's."""
        return f"max({self.wide}, min({self.narrow}, ({self.least}px - 100cqw) * 9999))"


@dataclass(kw_only=True)
class Page:
    """What the page of one picture holds."""

    name: str  # of the entry in hnviz/notebook/js
    data: Mapping[str, Any]  # what the app's page would send the picture
    isolate: bool = True
    answers: dict[str, int] = field(default_factory=dict)
    news: dict[str, Any] = field(default_factory=dict)
    snapshots: list[tuple[int, str]] = field(default_factory=list)
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    blobs: list[str] = field(default_factory=list)

    def keep(self, content: bytes) -> int:
        """Store a content, compressed; return its number."""
        self.blobs.append(b64encode(gzip.compress(content, 9, mtime=0)).decode())
        return len(self.blobs) - 1

    def add_answer(self, path: str, params: Mapping[str, str], content: bytes) -> None:
        """Store a packed answer at the address under which the picture asks for it."""
        named = sorted([name, value] for name, value in params.items())
        self.answers[_json([path, named])] = self.keep(content)

    def add_news(self, topic: str, params: Mapping[str, str], news: Any) -> None:
        """Store what a server would say about a topic."""
        self.news[_json([topic, sorted(map(list, params.items()))])] = news

    def add_file(self, address: str, content: bytes, read_as: str = "arrayBuffer") -> None:
        """Store a file that the picture fetches; `address` is below the app's."""
        self.files[address] = (read_as, self.keep(content))

    @property
    def code(self) -> Bundle:
        """The script, and the names of its style sheets."""
        return bundle(f"notebook/js/{self.name}.js")

    def write(self, title: str) -> str:
        """Return the page."""
        code = self.code
        policy = (
            f"default-src 'none'; script-src {allowed(code.script)}; "
            "style-src 'unsafe-inline'; img-src data:"
        )
        return f"""{opening(policy, title)}
<style>{_variables()}
{_STYLE}</style>
</head>
<body><main></main>
<script type="application/json" id="data">{self._held(code)}</script>
<script>{code.script}</script>
</body>
</html>"""

    def _held(self, code: Bundle) -> Markup:
        """Return the data as JSON that a page can hold: `<` is written as an escape."""
        whole = replace(self, files=dict(self.files), blobs=[*self.blobs])
        for path in code.styles:
            sheet = styled((PACKAGE / path).read_text(encoding="utf-8"))
            whole.add_file(path, sheet.encode(), "text")
        whole.add_file(ASSETS.address(TOKENS), (PACKAGE / TOKENS).read_bytes(), "json")
        held = {name: getattr(whole, name) for name in _HELD}
        told = json.dumps({"home": HOME, "lacking": LACKING, **held}, separators=(",", ":"))
        return Markup(told.replace("<", "\\u003c"))


_HELD = ("data", "isolate", "answers", "news", "snapshots", "files", "blobs")
"""The fields that the page has as data."""


def _variables() -> str:
    """Return the pictures' variables in both modes: a page follows the notebook's."""
    light, dark = ("".join(f"{k}:{v};" for k, v in variables(mode).items()) for mode in MODES)
    return f""":root {{ {light} color-scheme: light; }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} color-scheme: dark; }} }}"""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
