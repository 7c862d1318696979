"""How much code each part has; tests/test_sums.py holds the packages of hnviz to their figures.

python -m tests.sums                 prints it beside the last release's, and lowers the figures of
                                     packages that have become smaller
python -m tests.sums --raise web     also raises a package's, in a commit that adds a feature
python -m tests.sums --release       keeps what there is now as the last release's
"""

import argparse
import csv
import io
import re
import tokenize
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "tests" / "data" / "sums.csv"
RELEASE = ROOT / "docs" / "sums.csv"
OUTSIDE = "(hnviz)"  # the modules that are in no package
PRODUCT, TESTS = "hnviz", "tests"
SUFFIXES = (".py", ".js", ".css")
NOT_OURS = {"node_modules", "vendor", "data"}

_ASIDE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
_COMMENT = re.compile(r"^\s*(//|/?\*).*$|\s+// .*$", re.MULTILINE)  # of JavaScript and style


class Size(NamedTuple):
    """The modules, lines and characters of a part; characters of code alone, without spaces."""

    modules: int
    lines: int
    characters: int = 0


def sizes() -> dict[str, Size]:
    """Count the Python of each package of hnviz as it is now."""
    found: dict[str, Size] = {}
    for path in sorted((ROOT / PRODUCT).rglob("*.py")):
        parts = path.relative_to(ROOT / PRODUCT).parts
        name = parts[0] if len(parts) > 1 else OUTSIDE
        found[name] = _sum([found.get(name, Size(0, 0)), size_of(path)])
    return found


def parts() -> dict[str, Size]:
    """Count the product and its tests, by folder and language."""
    found: dict[str, Size] = {}
    for root in (PRODUCT, TESTS):
        for path in sorted((ROOT / root).rglob("*.*")):
            inside = path.relative_to(ROOT).parts
            if path.suffix not in SUFFIXES or not NOT_OURS.isdisjoint(inside):
                continue
            name = "/".join([*inside[: min(2, len(inside) - 1)], f"*{path.suffix}"])
            found[name] = _sum([found.get(name, Size(0, 0)), size_of(path)])
    return found


def size_of(path: Path) -> Size:
    """Count a module."""
    text = path.read_text(encoding="utf-8")
    code = _python(text) if path.suffix == ".py" else _COMMENT.sub("", text)
    return Size(1, len(text.splitlines()), len("".join(code.split())))


def _python(text: str) -> str:
    """Return a module without comments, and without strings that are statements."""
    code, begins = [], True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _ASIDE and not (begins and token.type == tokenize.STRING):
            code.append(token.string)
        begins = token.type in _ASIDE
    return " ".join(code)


def _sum(each: Iterable[Size]) -> Size:
    return Size(*map(sum, zip(*each, strict=True)))


def figures(file: Path = FIGURES) -> dict[str, Size]:
    """Read the most that each package may have, or the last release's parts."""
    with file.open(encoding="utf-8", newline="") as lines:
        (_, *names), *rows = csv.reader(lines)
    read = {name: dict(zip(names, map(int, row), strict=True)) for name, *row in rows}
    return {name: Size(**row) for name, row in read.items()}


def write(file: Path, found: dict[str, Size], columns: int) -> None:
    """Write the first columns of some sizes."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines, lineterminator="\n")
        rows.writerow(["part", *Size._fields[:columns]])
        rows.writerows([name, *size[:columns]] for name, size in found.items())


def lowered(raised: set[str]) -> dict[str, Size]:
    """Return the figures again: those of `raised` and of new packages as they are, others lower."""
    old, found = figures(), sizes()
    if unknown := raised - found.keys():
        raise SystemExit(f"no package is named {', '.join(unknown)}; there are {', '.join(found)}")
    most = {name: size if name in raised else old.get(name, size) for name, size in found.items()}
    return {name: Size(*map(min, found[name], most[name])) for name in found}


def table() -> str:
    """Write all parts beside the last release's, with the sums of product and tests."""
    now, before = parts(), figures(RELEASE)
    for each in (now, before):
        sums = {
            root: _sum(size for name, size in each.items() if name.startswith(f"{root}/"))
            for root in (PRODUCT, TESTS)
        }
        each.update(sums)
    rows = [f"{'part':24}{'modules':>8}{'lines':>9}{'code':>11}{'release':>10}{'code':>11}"]
    for name in sorted(now | before):
        (modules, *ours), (_, *theirs) = (each.get(name, Size(0, 0)) for each in (now, before))
        figured = "".join(f"{a:9,}{b:11,} " for a, b in (ours, theirs))
        rows.append(f"{name:24}{modules:8,}{figured}")
    of_all, of_python = _share(now, ""), _share(now, ".py")
    return "\n".join(
        [*rows, f"Tests have {of_all:.2f} of the product's lines; of Python, {of_python:.2f}."]
    )


def _share(now: dict[str, Size], suffix: str) -> float:
    tests, product = (
        sum(size.lines for name, size in now.items() if fnmatch(name, f"{root}/*{suffix}"))
        for root in (TESTS, PRODUCT)
    )
    return tests / product


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--raise", nargs="*", default=[], metavar="package", dest="raised")
    parser.add_argument("--release", action="store_true")
    options = parser.parse_args()
    write(FIGURES, lowered(set(options.raised)), 2)
    if options.release:
        write(RELEASE, parts(), 3)
    print(table())
