"""The JavaScript of an exported file: the app's own modules, as entries of an import map.

Nothing is bundled. Each module is a `data:` address under a name without a dot, such as
"hnviz/app/kit/js/frame.js"; relative imports are rewritten to these names.
"""

import re
import string
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from posixpath import normpath
from urllib.parse import quote

from hnviz.web.assets import PACKAGE

HOME = "https://hnviz.invalid/"
"""Where modules believe that the app is: no such host can exist, and the file forbids requests."""

TOKENS = "figures/tokens.json"
"""The colours, which each picture fetches."""

_IMPORT = re.compile(r"""^((?:import|export)\b[^;"]*?\bfrom\s*|import\s*)"(\.[^"]+)";""", re.M)
_LATER = re.compile(r"""\b(await import\()"(\.[^"]+)"\)""")
"""An import of what most readers never need: a file holds it all the same."""

_STYLE = re.compile(r"""new URL\("([^"]+\.css)",\s*import\.meta\.url\)""")
_OWN_ADDRESS = "import.meta.url"


def specifier(path: str) -> str:
    """Name a module: its path below the package."""
    return f"hnviz/{path}"


@cache
def _source(path: str) -> str:
    return (PACKAGE / path).read_text(encoding="utf-8")


def _beside(path: str, relative: str) -> str:
    return normpath(f"{Path(path).parent.as_posix()}/{relative}")


def needed(entries: Iterable[str]) -> list[str]:
    """List modules and all that they import, by their paths below the package."""
    found: dict[str, None] = {}
    todo = list(entries)
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found[path] = None
        imports = [*_IMPORT.findall(_source(path)), *_LATER.findall(_source(path))]
        todo += [_beside(path, each) for _, each in imports]
    return sorted(found)


def styles(paths: Iterable[str]) -> list[str]:
    """List the style sheets that modules load, by their paths below the package."""
    named = {_beside(path, each) for path in paths for each in _STYLE.findall(_code(path))}
    return sorted(named)


def _code(path: str) -> str:
    """Return a module's source without the lines that are comments."""
    lines = _source(path).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("//"))


def rewritten(path: str) -> str:
    """Return a module's source with names in place of relative imports, and its own address."""

    def named(match: re.Match[str]) -> str:
        return f'{match[1]}"{specifier(_beside(path, match[2]))}"{match[0][-1]}'

    source = _LATER.sub(named, _IMPORT.sub(named, _source(path)))
    return source.replace(_OWN_ADDRESS, f'"{HOME}{path}"')


def import_map(paths: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the import map that holds the modules."""
    return {"imports": {specifier(path): _data(rewritten(path)) for path in paths}}


def _data(source: str) -> str:
    return f"data:text/javascript;charset=utf-8,{quote(source, safe=_AS_IS)}"


_AS_IS = (string.punctuation + " ").replace("%", "").replace("#", "")
"""What an address may hold as it is: a file compresses code better than its base64."""
