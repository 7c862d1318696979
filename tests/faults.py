"""Faults that hnviz once had, brought back one at a time: which tests still find them?

python -m tests.faults                   all of tests/data/faults/*.toml
python -m tests.faults nan-is-accuracy   one of them

A fault is a text in a file, what the file had in its place, and the tests that find it: files, or
parts of them. A fault whose text is gone from its file has to be written again for the new code.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FAULTS = Path(__file__).parent / "data" / "faults"
MODULES = "tests/js/node_modules"  # what the tests in JavaScript import
PATIENCE = 600.0  # seconds for the tests of one fault
FAILED = 1  # pytest's and node's status when a test failed


class Fault(NamedTuple):
    """A fault, in the words of who met it."""

    name: str
    what: str
    file: str
    right: str  # what the file has
    wrong: str  # what it had
    tests: list[str]  # for pytest, or for node if they end in .js


def faults() -> list[Fault]:
    """Read all faults."""
    return [
        Fault(name, **fault)
        for path in sorted(FAULTS.glob("*.toml"))
        for name, fault in tomllib.loads(path.read_text(encoding="utf-8")).items()
    ]


@contextmanager
def checkout() -> Iterator[Path]:
    """Check the last commit out in a folder of its own, which has this one's environment."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "hnviz"
        git("worktree", "add", "--detach", str(folder))
        try:
            for name in filter(Path.exists, (ROOT / ".venv", ROOT / MODULES)):
                (folder / name.relative_to(ROOT)).symlink_to(name)
            yield folder
        finally:
            git("worktree", "remove", "--force", str(folder))


def git(*words: str) -> None:
    """Run git, silently."""
    subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True)


def outcome(fault: Fault, folder: Path, sound: dict[tuple[str, ...], bool]) -> str:
    """Bring a fault back in a folder, and say whether its tests find it.

    `sound` keeps which tests pass without a fault, which is looked at once.
    """
    path, tests = folder / fault.file, tuple(fault.tests)
    if tests not in sound:
        sound[tests] = not any(fails(each, folder) for each in by_runner(fault.tests))
    if not sound[tests]:
        return "UNKNOWN: its tests fail without it, too"
    text = path.read_text(encoding="utf-8")
    if text.count(fault.right) != 1:
        return f"GONE: {fault.file} has its text {text.count(fault.right)} times"
    path.write_text(text.replace(fault.right, fault.wrong), encoding="utf-8")
    try:
        return "found" if any(fails(each, folder) for each in by_runner(fault.tests)) else "LOST"
    except subprocess.TimeoutExpired:
        return "found: its tests do not end"
    finally:
        path.write_text(text, encoding="utf-8")


def by_runner(tests: list[str]) -> Iterator[list[str]]:
    """Give the commands that run the tests of a fault."""
    if scripts := [each for each in tests if each.endswith(".js")]:
        yield ["node", "--test", *scripts]
    if rest := [each for each in tests if not each.endswith(".js")]:
        yield [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *rest]


def fails(command: list[str], folder: Path) -> bool:
    """Return whether a test fails. Raises CalledProcessError if none could be run."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE, check=False)
    if ended.returncode not in (0, FAILED):
        raise subprocess.CalledProcessError(ended.returncode, command, ended.stdout, ended.stderr)
    return ended.returncode == FAILED


def main(names: list[str]) -> int:
    """Print a line for each fault; return 1 if one is lost or gone."""
    chosen = [fault for fault in faults() if not names or fault.name in names]
    lost, sound = 0, dict[tuple[str, ...], bool]()
    with checkout() as folder:
        for fault in chosen:
            said = outcome(fault, folder, sound)
            lost += not said.startswith("found")
            print(f"{fault.name:40} {said}", flush=True)
    print(f"{len(chosen) - lost} of {len(chosen)} found")
    return int(lost > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="fault")
    sys.exit(main(parser.parse_args().names))
