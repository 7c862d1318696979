"""The npm packages that tests use as tools: tests/js/package.json names them."""

import os
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULES = ROOT / "tests/js/node_modules"


def tool(name: str) -> Path:
    """Return a package's folder; skip the test without it, or fail where all must be there."""
    found = MODULES / name
    if found.exists():
        return found
    said = f"{name} is missing: make lint installs it, with node and npm"
    if os.environ.get("HNVIZ_REQUIRE_BROWSER"):
        pytest.fail(said)
    pytest.skip(said)
