"""The programs that measure and attack the app can be imported; no other test starts them."""

from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = sorted(
    f"tests.{path.parent.name}.{path.stem}"
    for folder in ("browser", "chaos", "fuzz", "load")
    for path in (HERE / folder).glob("*.py")
    if not path.stem.startswith("__")
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_finds_what_it_imports(name):
    assert import_module(name).__doc__
