"""Engines of their own, for tests that train."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hnviz.engine.client import Engine


@contextmanager
def two_trainers(runs_dir: Path) -> Iterator[Engine]:
    """An engine that trains two runs at a time, whatever the machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNVIZ_MAX_TRAINERS", "2")
        engine = Engine(runs_dir)
        yield engine
        engine.close()
