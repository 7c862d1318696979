"""What `hnviz` itself offers: names that are loaded when they are first used."""

import subprocess
import sys

import pytest

import hnviz


def test_importing_hnviz_loads_next_to_nothing() -> None:
    code = "import hnviz, sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "pandas"} & set(ran.stdout.split())


def test_every_public_name_is_there() -> None:
    public = [name for name in dir(hnviz) if not name.startswith("_")]
    assert {"blocks", "compare", "erase", "open", "patch", "record", "validate"} <= {*public}
    for name in public:
        try:
            assert getattr(hnviz, name) is not None
        except ImportError as error:  # of a package that is optional
            assert name.endswith("Callback") and "pip install 'hnviz[" in str(error)
    with pytest.raises(AttributeError, match="module 'hnviz' has no attribute 'recorder'"):
        hnviz.recorder  # type: ignore[attr-defined]  # noqa: B018
