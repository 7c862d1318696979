"""How much code each package has, held by tests/test_sums.py.

python -m tests.sums                 lowers the figures of packages that have become smaller
python -m tests.sums --raise web     also raises a package's, in a commit that adds a feature
"""

import argparse
import csv
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FIGURES = Path(__file__).parent / "data" / "sums.csv"
OUTSIDE = "(hnviz)"  # the modules that are in no package


class Size(NamedTuple):
    """The modules and lines of a package."""

    modules: int
    lines: int


def sizes() -> dict[str, Size]:
    """Count each package of hnviz as it is now."""
    found: dict[str, Size] = {}
    package = ROOT / "hnviz"
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).parts
        name = parts[0] if len(parts) > 1 else OUTSIDE
        modules, lines = found.get(name, (0, 0))
        text = path.read_text(encoding="utf-8")
        found[name] = Size(modules + 1, lines + len(text.splitlines()))
    return found


def figures() -> dict[str, Size]:
    """Read the most that each package may have."""
    with FIGURES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["package"]: Size(int(row["modules"]), int(row["lines"])) for row in rows}


def write(raised: set[str]) -> None:
    """Write the figures again: those of `raised` and of new packages as they are, others lower."""
    old, found = figures() if FIGURES.exists() else {}, sizes()
    if unknown := raised - found.keys():
        raise SystemExit(f"no package is named {', '.join(unknown)}; there are {', '.join(found)}")
    with FIGURES.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["package", *Size._fields])
        for name, size in found.items():
            most = size if name in raised else old.get(name, size)
            rows.writerow([name, min(most.modules, size.modules), min(most.lines, size.lines)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raise", nargs="*", default=[], metavar="package", dest="raised")
    write(set(parser.parse_args().raised))
    modules, lines = map(sum, zip(*sizes().values(), strict=True))
    print(f"{modules} modules, {lines:,} lines")
