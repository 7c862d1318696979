"""An exported file: everything inline, and a policy that forbids the network."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from hnviz.app.shell.variables import variables
from hnviz.export import modules
from hnviz.export.holding import packed
from hnviz.figures.theme import MODES
from hnviz.web.assets import PACKAGE

FILES = Path(__file__).parent
MAIN = "export/js/main.js"
BEGIN = PACKAGE / "export/js/begin.js"
STYLES = (
    *(PACKAGE / "app/shell" / name for name in ("cards.css", "lesson.css")),
    FILES / "style.css",
)
NEEDS = (
    "This page needs JavaScript and a browser from 2023 or later: Chrome or Edge 111, Firefox 113, "
    "Safari 16.4, or newer."
)


@dataclass(frozen=True, kw_only=True)
class Document:
    """What a file holds."""

    title: str
    note: str  # at its end: where it comes from
    data: Mapping[str, Any]
    blobs: list[str]  # contents that data names by number, as Holding packs them
    modules: list[str]  # paths below the package
    in_class: bool = False  # it may speak to the server of a class, which serves it


def written(document: Document) -> bytes:
    """Write the file."""
    imports = json.dumps(modules.import_map(document.modules), ensure_ascii=False)
    main = f'import "{modules.specifier(MAIN)}";'
    begin = BEGIN.read_text(encoding="utf-8")
    policy = _policy(document.in_class, begin, imports, main)
    page = json.dumps(document.data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    data = {
        "start": main,
        "code": packed(imports.encode()),
        "page": packed(page.encode()),
        "blobs": document.blobs,
    }
    style = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(document.title)}</title>
<style>
{style}</style>
</head>
<body>
<p id="needs">{escape(NEEDS)}</p>
<main></main>
<footer><p>{escape(document.note)}</p></footer>
<script type="application/json" id="data">{json.dumps(data)}</script>
<script>{begin}</script>
</body>
</html>
""".encode()


def _no_more(mode: str) -> Mapping[str, str]:
    return {}


def plain_page(
    title: str,
    body: Markup,
    *,
    style: Path | None = None,
    colours: Callable[[str], Mapping[str, str]] = _no_more,
) -> bytes:
    """Write a page without a script; a body that is text and no Markup is escaped.

    `style` is a style sheet of its own, `colours` its variables in a mode. Paper is light.
    """
    light, dark = (
        "".join(f"{name}:{value};" for name, value in {**variables(mode), **colours(mode)}.items())
        for mode in MODES
    )
    sheets = [FILES / "style.css", *([style] if style else [])]
    written_style = "\n".join(path.read_text(encoding="utf-8") for path in sheets)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
:root {{ {light} color-scheme: light dark; }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
{written_style}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{escape(body)}
</main>
</body>
</html>
""".encode()


def _policy(in_class: bool, *scripts: str) -> str:
    hashes = " ".join(f"'sha256-{_hash(each)}'" for each in scripts)
    connect = "; connect-src 'self'" if in_class else ""
    return f"{_POLICY}; img-src data:; script-src {hashes} data:{connect}"


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _hash(script: str) -> str:
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()
