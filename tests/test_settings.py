"""Streamlit's settings: one table, and the files that are written from it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from streamlit import config

from hnviz import settings

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("path", settings.FILES, ids=["beside app.py", "beside the script"])
def test_a_file_is_what_the_table_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == settings.as_toml(), "run python -m hnviz.settings"


def test_the_files_lie_where_streamlit_looks_for_them() -> None:
    beside_app, beside_script = settings.FILES
    assert beside_app == ROOT / ".streamlit/config.toml"
    assert beside_script == ROOT / "hnviz/app/.streamlit/config.toml"


def test_toml_reads_back_as_the_table() -> None:
    read = tomllib.loads(settings.as_toml())
    for name, values in settings.SETTINGS.items():
        section = read
        for part in name.split("."):
            section = section[part]
        assert {each: section[each] for each in values} == values


def test_streamlit_knows_every_setting() -> None:
    assert set(settings.options()) <= set(config.get_config_options())


def test_every_reason_belongs_to_a_setting() -> None:
    assert set(settings.WHY) <= set(settings.options())


def test_the_command_writes_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = tuple(tmp_path / name / "config.toml" for name in ("one", "two"))
    monkeypatch.setattr(settings, "FILES", paths)
    settings.write()
    assert {path.read_text() for path in paths} == {settings.as_toml()}


def test_the_table_loads_nothing_slow() -> None:
    code = "import sys, hnviz.settings; print({'torch', 'streamlit', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
