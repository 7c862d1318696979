"""An exported file as HTML: everything inline, and a policy that forbids use of the network.

Its JavaScript consists of the app's own modules, as entries of an import map, without a bundler.
Each module is a `data:` address with a name that does not begin with a dot, such as
"hnviz/app/kit/js/frame.js"; relative imports are rewritten to these names.
"""

import json
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile
from pathlib import Path
from posixpath import normpath
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from hnviz.app.shell.variables import variables
from hnviz.export.contents import packed
from hnviz.figures.theme import MODES
from hnviz.web.assets import PACKAGE, styled
from hnviz.web.document import allowed, opening

HOME = "https://hnviz.invalid/"
"""The app's address as modules see it: no such host can exist, and the file forbids requests."""

TOKENS = "figures/tokens.json"
"""The file of colours, which each picture fetches."""

_IMPORT = re.compile(r"""^((?:import|export)\b[^;"]*?\bfrom\s*|import\s*)"(\.[^"]+)";""", re.M)
_LATER = re.compile(r"""\b(await import\()"(\.[^"]+)"\)""")
"""An import of code that most readers never need; a file holds it nevertheless."""

_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/)[ \t]*\n", re.M | re.S)
"""A comment that has its lines for itself."""

_STYLE = re.compile(r"""new URL\("([^"]+\.css)",\s*import\.meta\.url\)""")
_OWN_ADDRESS = "import.meta.url"

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


def specifier(path: str) -> str:
    """Return a module's name in the import map: its path below the package."""
    return f"hnviz/{path}"


@cache
def code_of(path: str) -> str:
    """Return a module's source without its comments, which are a quarter of it."""
    return _COMMENT.sub("", (PACKAGE / path).read_text(encoding="utf-8"))


def _beside(path: str, relative: str) -> str:
    return normpath(f"{Path(path).parent.as_posix()}/{relative}")


def needed(entries: Iterable[str]) -> list[str]:
    """List modules and everything they import, by their paths below the package."""
    found: dict[str, None] = {}
    todo = list(entries)
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found[path] = None
        imports = [*_IMPORT.findall(code_of(path)), *_LATER.findall(code_of(path))]
        todo += [_beside(path, each) for _, each in imports]
    return sorted(found)


def styles(paths: Iterable[str]) -> list[str]:
    """List the style sheets that modules load, by their paths below the package."""
    named = {_beside(path, each) for path in paths for each in _STYLE.findall(code_of(path))}
    return sorted(named)


def rewritten(path: str) -> str:
    """Return a module's code with its own address, and names instead of relative imports."""

    def named(match: re.Match[str]) -> str:
        return f'{match[1]}"{specifier(_beside(path, match[2]))}"{match[0][-1]}'

    source = _LATER.sub(named, _IMPORT.sub(named, code_of(path)))
    return source.replace(_OWN_ADDRESS, f'"{HOME}{path}"')


def import_map(paths: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the import map that holds the modules."""
    data = "data:text/javascript;charset=utf-8,"
    codes = {specifier(path): quote(rewritten(path), safe=_AS_IS) for path in paths}
    return {"imports": {name: data + code for name, code in codes.items()}}


_AS_IS = (string.punctuation + " ").replace("%", "").replace("#", "")
"""Characters that an address may hold unescaped: code compresses better than its base64."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What surrounds the content of a page that is one of several."""

    nav: Markup = field(default_factory=Markup)  # links to the others
    head: Markup = field(default_factory=Markup)
    script: str = ""
    policy: str = ""  # what that needs


@dataclass(frozen=True, kw_only=True)
class Document:
    """The parts of a file."""

    title: str
    note: str  # at the end: where the file comes from
    data: Mapping[str, Any]
    blobs: list[str]  # contents to which data refers by number, packed as in Contents
    modules: list[str]  # paths below the package
    language: str = "en"
    in_class: bool = False  # it may call the server of the class, which serves it
    around: Around = field(default_factory=Around)
    first: Sequence[Markup] = ()  # what each page shows before its JavaScript has begun


def _variables(mode: str, more: Mapping[str, str] | None = None) -> str:
    """Return the style sheets' variables in a mode, as declarations."""
    return "".join(
        f"{name}:{value};" for name, value in {**variables(mode), **(more or {})}.items()
    )


def first_view(parts: Iterable[Mapping[str, Any]], top: Markup | None = None) -> Markup:
    """Write a page's first section: its words, and room for its pictures, as in stage.js.

    `top` is what its buttons take up below the title. The section ends before the second heading:
    more words would take longer to be seen. It ends before a drawing, too, whose height only the
    browser knows.
    """
    shown = takewhile(lambda part: "html" not in part and part.get("level", 1) == 1, parts)
    written = [*map(_first, shown)]
    return Markup("\n").join([*written[:1], *([top] if top else []), *written[1:]])


TRAINS = "This trains a second run in the page, with the same settings and another seed."
OTHERS = "Another model trains with its own settings."
_BAR = Markup(
    '<div class="yours">{}<button>Train one yourself</button><button>Open a zip</button>'
    "<p>{}</p></div>"
)  # as in yoursbar.js
_REPLAY = Markup('<button class="replay">Play the training again</button>')


def room_for_buttons(models: Sequence[str], *, replays: bool) -> Markup | None:
    """Write what a page's buttons take up below its title, unseen, so that they move no word.

    `models` are those that it trains, none if it trains nothing; `replays` says whether it plays
    a training again.
    """
    names = Markup("").join(map(Markup("<option>{}</option>").format, models))
    menu = Markup("<label>Model<select>{}</select></label>").format(names) if models[1:] else ""
    bar = _BAR.format(menu, f"{TRAINS} {OTHERS}" if menu else TRAINS) if models else ""
    room = Markup('<div class="top" style="visibility: hidden">{}{}</div>')
    return room.format(bar, _REPLAY if replays else "") if models or replays else None


def _first(part: Mapping[str, Any]) -> Markup:
    if "level" in part:
        return Markup("<h{0}>{1}</h{0}>").format(part["level"], part["text"])
    if "prose" in part:
        return Markup('<div class="prose">{}</div>').format(Markup(part["prose"]))
    if "picture" in part:
        picture = part["picture"]
        place = '<div class="picture" data-picture="{}" data-key="{}">{}</div>'
        room = Markup('<div class="hnviz" style="min-height: var(--hn-height, {})"></div>')
        key = picture["data"]["id"]
        return Markup(place).format(picture["name"], key, room.format(picture["height"]))
    inside = first_view(part["parts"])
    if part["group"] != "fold":
        return Markup('<div class="{}">{}</div>').format(part["group"], inside)
    summary = Markup("<summary>{}</summary>").format(part["title"])
    is_open = Markup(" open") if part["open"] else ""
    return Markup('<details class="fold"{}>{}{}</details>').format(is_open, summary, inside)


def write_document(document: Document) -> bytes:
    """Write the file, in ASCII: any other character makes a browser decode it more slowly."""
    imports = json.dumps(import_map(document.modules), ensure_ascii=False)
    main = f'import "{specifier(MAIN)}";'
    begin = BEGIN.read_text(encoding="utf-8")
    around = document.around
    policy = _policy(document.in_class, around, begin, imports, main)
    page = json.dumps(document.data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    held = [
        ("start", main),
        ("code", packed(imports.encode())),
        ("page", packed(page.encode())),
        *(("blob", blob) for blob in document.blobs),
    ]
    body = ' class="in-lesson"' if "lesson" in document.data else ""
    return f"""{opening(policy, document.title, document.language)}
{around.head}
<style>
{_style()}</style>
</head>
<body{body}>
{around.nav}
<main>
{"".join(document.first[:1])}
</main>
{_templates(document.first[1:])}
<p id="needs">{escape(NEEDS)}</p>
<footer><p>{escape(document.note)}</p></footer>
<script>{begin}</script>
{_elements(held)}
{Markup(f"<script>{around.script}</script>") if around.script else ""}
</body>
</html>
""".encode("ascii", "xmlcharrefreplace")


def _templates(pages: Iterable[Markup]) -> Markup:
    """Write the first frames of the other pages, which begin.js shows where the address asks."""
    return Markup("\n").join(map(Markup("<template>{}</template>").format, pages))


def _elements(held: Iterable[tuple[str, str]]) -> Markup:
    """Write elements that no browser shows; it reads many small ones faster than a large one."""
    element = '<script type="text/plain" class="{}">{}</script>'
    return Markup("\n".join(element.format(*each) for each in held))


def _style() -> str:
    """Return the style sheets of a file, after their variables in both modes."""
    light, dark = map(_variables, MODES)
    sheets = styled("\n".join(path.read_text(encoding="utf-8") for path in STYLES))
    sheets = re.sub(r"[ \t]*/\*.*?\*/", "", sheets, flags=re.S)
    return f""":root {{ {light} color-scheme: light; }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} color-scheme: dark; }} }}
{sheets}"""


def plain_page(
    title: str,
    body: Markup,
    *,
    style: Path | None = None,
    colours: Callable[[str], Mapping[str, str]] = lambda mode: {},
    nav: Markup | None = None,
) -> bytes:
    """Write a page without a script; a body that is plain text, and not Markup, is escaped.

    `style` is the page's style sheet, `colours` its variables in a mode. Paper is light.
    """
    light, dark = (_variables(mode, colours(mode)) for mode in MODES)
    sheets = [FILES / "style.css", *([style] if style else [])]
    written_style = "\n".join(path.read_text(encoding="utf-8") for path in sheets)
    return f"""{opening(_POLICY, title)}
<style>
:root {{ {light} color-scheme: light dark; }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
{written_style}</style>
</head>
<body>
{nav or ""}
<main>
<h1>{escape(title)}</h1>
{escape(body)}
</main>
</body>
</html>
""".encode()


def _policy(in_class: bool, around: Around, *scripts: str) -> str:
    hashes = " ".join(map(allowed, filter(None, (*scripts, around.script))))
    connect = "; connect-src 'self'" if in_class else ""
    more = around.policy or "; img-src data:; worker-src blob:"
    return f"{_POLICY}; script-src {hashes} data: {_WASM}{more}{connect}"


_WASM = "'wasm-unsafe-eval'"
"""Lets the file's own JavaScript compile its networks' WebAssembly: see docs/SECURITY.md."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
