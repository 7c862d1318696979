"""Writes measured runs as the CSV tables that the package ships, and reads them."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

Row = TypeVar("Row")


def write_rows(path: str | Path, kind: type[Any], rows: Iterable[Any]) -> None:
    """Write dataclasses of one kind, a line each under their fields' names, as they come."""
    with Path(path).open("w", newline="") as file:
        names = [field.name for field in fields(kind)]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(asdict, rows))


def read_rows(path: str | Path, kind: type[Row]) -> list[Row]:
    """Read what `write_rows` wrote; nothing if there is no such file."""
    if not Path(path).exists():
        return []
    types = {field.name: _READERS[str(field.type)] for field in fields(kind)}  # type: ignore[arg-type]
    with Path(path).open(newline="") as file:
        return [
            kind(**{name: types[name](value) for name, value in row.items()})
            for row in csv.DictReader(file)
        ]


_READERS: dict[str, Any] = {"str": str, "int": int, "float": float}
_READERS |= {str(kind): kind for kind in (str, int, float)}
"""How a field is read, by its annotation."""
