"""JavaScript modules of the package, joined into one classic script for a page without addresses.

Each module becomes a function that is called once and returns what it exports, after those that it
imports. So no import map, no `data:` or `blob:` address is needed, only an inline script, which the
policies of notebooks allow. Modules have these forms, one a line or over several:

    import { a, b as c } from "./x.js";     export { a, b as c } from "./x.js";
    export function f, async function, class C, const c         export { a, b as c };

A module with any other form is refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from posixpath import normpath
from types import MappingProxyType

PACKAGE = Path(__file__).parents[1]

HOME = "https://hnviz.invalid/"
"""The app's address as modules see it: no such host can exist."""

ABSENT: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        (f"app/kit/js/{name}.js" for name in ("alone", "http", "live", "save")),
        "notebook/js/absent.js",
    )
)
"""Modules that a notebook's page does not need -> the one in their place: they write files, which
a sandbox does not let out, fill the screen, or talk to a server."""

_DOC = r"/\*\*\s(?:(?!\*/).)*\*/"
_COMMENT = re.compile(
    rf"^[ \t]*//[^\n]*\n|(?<=[;,{{(]) //[^\n\"'`]*$|^[ \t]*{_DOC}[ \t]*\n|{_DOC} ?", re.S | re.M
)
_STATEMENT = re.compile(
    r'^(?P<verb>import|export) \{(?P<names>[^{}"]*)\}(?: from "(?P<other>\.[^"]+)")?;$', re.M
)
_DECLARED = re.compile(r"^export (?=(?:async )?(?:function|class|const)\b\*? *(?P<name>\w+))", re.M)
_OTHER = re.compile(r"^(?:import|export)\b[^\n]*|\bimport\([^\n]*", re.M)
_STYLE = re.compile(r'new URL\("([^"]+\.css)", import\.meta\.url\)')


class BundleError(ValueError):
    """A module has a form that cannot be joined with others."""


@dataclass(frozen=True)
class Bundle:
    """A classic script, and the style sheets that it loads, by their paths below the package."""

    script: str
    styles: tuple[str, ...]


@cache
def bundle(entry: str, package: Path = PACKAGE) -> Bundle:
    """Join a module, named by its path below the package, with all that it imports.

    Raises BundleError.
    """
    joined = _Joined(package)
    joined.add(entry, ())
    script = "\n".join(('"use strict";', *joined.parts)).replace("</", r"<\/")
    return Bundle(f"(() => {{\n{script}\n}})();", tuple(sorted(joined.styles)))


class _Joined:
    """Collects modules, each after those that it imports."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self.names: dict[str, str] = {}  # path -> the constant that holds what it exports
        self.parts: list[str] = []
        self.styles: set[str] = set()

    def add(self, path: str, above: tuple[str, ...]) -> str:
        """Add a module, if it is not there yet; return its constant. `above` import it."""
        path = ABSENT.get(path, path)
        if path in above:
            raise BundleError(f"{' imports '.join([*above[above.index(path) :], path])}: a circle")
        if path not in self.names:
            source = _COMMENT.sub("", (self.package / path).read_text(encoding="utf-8"))
            body, exported = self._rewritten(path, source, (*above, path))
            self.names[path] = name = f"m{len(self.names)}"
            self.parts.append(f"const {name} = (() => {{\n{body}return {{ {exported} }};\n}})();")
        return self.names[path]

    def _rewritten(self, path: str, source: str, above: tuple[str, ...]) -> tuple[str, str]:
        """Return a module's code, and what it exports as fields of an object."""
        exported: list[str] = []

        def joined(found: re.Match[str]) -> str:
            other = self.add(_beside(path, found["other"]), above) if found["other"] else ""
            names = [_named(path, each) for each in _listed(found["names"])]
            if found["verb"] == "export":
                exported.extend(f"{new}: {other}{'.' * bool(other)}{old}" for old, new in names)
                return ""
            if not other:
                raise BundleError(f"{path} imports from no module: {found[0]}")
            return f"const {{ {', '.join(f'{old}: {new}' for old, new in names)} }} = {other};"

        def declared(found: re.Match[str]) -> str:
            exported.append(found["name"])
            return ""

        body = _DECLARED.sub(declared, _STATEMENT.sub(joined, source))
        if left := _OTHER.search(body):
            raise BundleError(f"{path} has a form that bundle.py cannot join: {left[0][:80]}")
        self.styles |= {_beside(path, each) for each in _STYLE.findall(body)}
        return body.replace("import.meta.url", f'"{HOME}{path}"'), ", ".join(exported)


def _listed(names: str) -> Iterator[str]:
    return (each.strip() for each in names.split(",") if each.strip())


def _named(path: str, written: str) -> tuple[str, str]:
    """Read "a as b", or "a", as the names before and after."""
    found = re.fullmatch(r"(\w+)(?:\s+as\s+(\w+))?", written)
    if not found or "default" in found.groups():
        raise BundleError(f"{path} has a name that bundle.py cannot join: {written}")
    return found[1], found[2] or found[1]


def _beside(path: str, relative: str) -> str:
    return normpath(f"{Path(path).parent.as_posix()}/{relative}")
