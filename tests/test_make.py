"""`make app` and `make test` on machines that are not ready: told in one sentence.

A shell script plays Python, so that nothing is downloaded.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.sentences import Recorded

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

FAKE = """#!/bin/sh
# Plays Python {version}: each line is one question that the installer may ask.
case "$*" in
    *"sys.exit(sys.version_info < (3, 11))"*) exit {too_old} ;;
    *"print("*) echo {version} ;;
    "-c import venv, ensurepip") exit {no_venv} ;;
    "-m venv "*)
        {make_venv}
        for folder; do :; done
        mkdir -p "$folder/bin" && cp "$0" "$folder/bin/python" ;;
    "-m pip "*) echo "$*" >> pip_calls; {pip} ;;
    *) echo "$*" >> calls ;;
esac
"""

REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", ".ci/requirements-slow.txt")
DEFAULTS = {
    "version": "3.11.4",
    "too_old": "0",
    "no_venv": "0",
    "make_venv": ":",
    "pip": ":",
}


class Machine:
    """A copy of what `make app` needs, and a Python that behaves as told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".ci").mkdir()
        for name in ("Makefile", *REQUIREMENTS, ".ci/install.sh"):
            shutil.copy(ROOT / name, folder / name)
        (folder / ".ci" / "js.sh").write_text("echo checks the JavaScript\n")

    def python(self, **behaviour: str) -> None:
        """Put a python3 in place that differs from a good one as `behaviour` says."""
        fake = self.folder / "python3"
        fake.write_text(FAKE.format(**{**DEFAULTS, **behaviour}))
        fake.chmod(0o755)

    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run make, with the fake Python first on the path."""
        inherited = {"PATH": f"{self.folder}:{os.environ['PATH']}", "HOME": str(self.folder)}
        return subprocess.run(
            ["make", *words], cwd=self.folder, env=inherited, capture_output=True, text=True
        )

    def lines(self, name: str) -> list[str]:
        """Return what the fake Python noted in a file."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.python()
    return machine


def told(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence that make ends with, less make's frame around it."""
    assert done.returncode == 2
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if not line.startswith(PROGRESS)]
    assert len(lines) == 1, lines
    start, sentence = lines[0].split(": *** ")
    assert start.startswith("Makefile:")
    assert sentence.endswith(".  Stop.")
    return sentence.removesuffix(".  Stop.")


PROGRESS = ("Installing", "PyTorch", "PIP_ARGS")


def test_app_installs_and_starts(machine: Machine) -> None:
    done = machine.make("app")
    assert done.returncode == 0, done.stderr
    assert len(machine.lines("pip_calls")) == 1
    assert "-r requirements.txt" in machine.lines("pip_calls")[0]
    assert machine.lines("calls") == ["-m hnviz app"]


def test_second_start_installs_nothing(machine: Machine) -> None:
    machine.make("app")
    done = machine.make("app")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(machine.lines("pip_calls")) == 1
    assert machine.lines("calls") == ["-m hnviz app"] * 2


def test_changed_requirements_are_installed(machine: Machine) -> None:
    machine.make("app")
    stamp = machine.folder / ".venv" / ".app"
    os.utime(stamp, (1, 1))
    machine.make("app")
    assert len(machine.lines("pip_calls")) == 2


def test_tests_install_both_files_and_run_everything(machine: Machine) -> None:
    done = machine.make("test")
    assert done.returncode == 0, done.stderr
    assert installed(machine) == [*REQUIREMENTS[:2]]
    *lint, last = (" ".join(call.split()[1:3]) for call in machine.lines("calls"))
    assert sorted(lint) == ["mypy", "ruff check", "ruff format"]  # side by side
    assert "checks the JavaScript" in done.stdout
    assert last == "pytest -n"


def test_what_one_of_two_commands_leaves_out_the_other_runs(machine: Machine) -> None:
    assert machine.make("test").returncode == 0 == machine.make("system").returncode
    most, rest = (call for call in machine.lines("calls") if "pytest" in call)
    left_out = re.findall("--ignore=(tests/test_\\w+[.]py)", most)
    assert left_out == re.findall("(?<= )tests/test_\\w+[.]py", rest)
    assert all((ROOT / each).is_file() for each in left_out)
    chosen = [re.search("-m (not .+?) (--ignore|tests/)", call)[1] for call in (most, rest)]
    assert chosen[0] == chosen[1]


def installed(machine: Machine) -> list[str]:
    """List the files of requirements that were installed."""
    return [call.split("-r ")[1].split()[0] for call in machine.lines("pip_calls")]


@pytest.mark.parametrize("target", ["slow", "notebooks"])
def test_the_longest_tests_install_what_notebooks_and_callbacks_need(
    machine: Machine, target: str
) -> None:
    assert machine.make(target).returncode == 0
    assert installed(machine) == [*REQUIREMENTS]
    assert "-m slow" in machine.lines("calls")[-1]


def test_some_of_the_longest_tests_wait_for_no_such_package(machine: Machine) -> None:
    assert machine.make("slow", "SLOW_ARGS=tests/test_fuzz.py").returncode == 0
    assert installed(machine) == [*REQUIREMENTS[:2]]
    assert machine.lines("calls")[-1].endswith("-m slow tests/test_fuzz.py")


def test_pip_args_reach_pip(machine: Machine) -> None:
    machine.make("app", "PIP_ARGS=--extra-index-url https://example.org/whl --no-cache-dir")
    assert machine.lines("pip_calls")[0].endswith(
        "-r requirements.txt --extra-index-url https://example.org/whl --no-cache-dir"
    )


def test_download_size_and_the_way_round_it_are_named(machine: Machine) -> None:
    done = machine.make("app")
    assert "about 3 GB" in done.stderr
    assert "PIP_ARGS='--extra-index-url" in done.stderr


def test_dry_run_installs_nothing(machine: Machine) -> None:
    done = machine.make("-n", "app")
    assert done.returncode == 0
    assert not (machine.folder / ".venv").exists()


@pytest.mark.parametrize(
    "target", ["app", "test", "bench", "lint", "format", "screenshots", "docs"]
)
def test_python_too_old(machine: Machine, target: str) -> None:
    machine.python(version="3.10.13", too_old="1")
    assert told(machine.make(target)) == (
        "hnviz needs Python 3.11 or newer, but python3 is Python 3.10.13; "
        "name a newer one: make PYTHON=python3.12"
    )


def test_no_python(machine: Machine) -> None:
    assert told(machine.make("app", "PYTHON=python-that-is-not-there")) == (
        "hnviz needs Python 3.11 or newer, and python-that-is-not-there does not run; "
        "install one, or name it: make PYTHON=/path/to/python3"
    )


def test_no_venv_module(machine: Machine, recorded: Recorded) -> None:
    machine.python(no_venv="1")
    recorded(told(machine.make("app")))


def test_venv_cannot_be_made(machine: Machine, recorded: Recorded) -> None:
    machine.python(make_venv='echo "first"; echo "Error: [Errno 28] No space left" >&2; exit 1')
    recorded(told(machine.make("app")), 28)


@pytest.mark.parametrize("target", ["app", "test"])
def test_failed_download(machine: Machine, target: str, recorded: Recorded) -> None:
    machine.python(
        pip='echo "WARNING: Retrying" >&2; echo "ERROR: first" >&2; '
        'echo "ERROR: No matching distribution found for $ # streamlit" >&2; exit 1'
    )
    recorded(told(machine.make(target)))
    assert machine.lines("calls") == []


def test_failed_download_is_tried_again(machine: Machine) -> None:
    machine.python(pip="exit 1")
    machine.make("app")
    machine.python()
    shutil.copy(machine.folder / "python3", machine.folder / ".venv" / "bin" / "python")
    assert machine.make("app").returncode == 0
    assert machine.lines("calls") == ["-m hnviz app"]


def test_a_venv_of_an_old_python_is_made_again(machine: Machine) -> None:
    machine.make("app")
    old = machine.folder / ".venv" / "bin" / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    (machine.folder / ".venv" / ".app").unlink()
    assert machine.make("app").returncode == 0
    assert machine.lines("calls") == ["-m hnviz app"] * 2


def test_clean_keeps_runs_and_the_venv(machine: Machine) -> None:
    for name in ("runs/a", ".mypy_cache/b", "hnviz/__pycache__/c", ".venv/__pycache__/d"):
        (machine.folder / name).mkdir(parents=True)
    assert machine.make("clean").returncode == 0
    left = {path.name for path in machine.folder.rglob("*")}
    assert {"a", "d"} <= left
    assert not left & {"b", "c"}


def test_requirements_are_plain_ranges() -> None:
    for name in REQUIREMENTS:
        for line in (ROOT / name).read_text().splitlines():
            assert not line.startswith("-"), "no index lines"
            assert ">=" in line
            assert "+" not in line
            assert "==" not in line


def test_an_audit_whose_list_cannot_be_reached_fails_with_a_sentence(recorded: Recorded) -> None:
    command = ["sh", ".ci/audit.sh", sys.prefix]
    nowhere = {**os.environ, "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(command, cwd=ROOT, env=nowhere, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    recorded(done.stderr)


def test_the_lock_has_each_requirement_in_its_range_and_with_hashes() -> None:
    """`make lock` writes it."""
    lock = (ROOT / "docs" / "deploy" / "requirements.lock").read_text()
    pinned = re.findall(
        r"^([\w.-]+)==(\S+).*((?:\\\n    --hash=sha256:[0-9a-f]{64} ?)+)", lock, re.M
    )
    assert len(pinned) == len(re.findall("^[a-z]", lock, re.M)) > 50
    versions = {name: version for name, version, _ in pinned}
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        wanted = Requirement(line.partition("#")[0])
        assert wanted.specifier.contains(versions[wanted.name]), line
