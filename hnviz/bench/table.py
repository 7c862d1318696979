"""Writes measured runs as the CSV tables that the package ships."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any


def write_rows(path: str | Path, kind: type[Any], rows: Iterable[Any]) -> None:
    """Write dataclasses of one kind, a line each under their fields' names, as they come."""
    with Path(path).open("w", newline="") as file:
        names = [field.name for field in fields(kind)]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(asdict, rows))
