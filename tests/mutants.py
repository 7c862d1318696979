"""One change at a time in the source, drawn by a seed: which of them does a test find?

python -m tests.mutants --seed 44 --each 12       12 of each package
python -m tests.mutants --again FILE              what was found in FILE

A change flips a comparison, a condition, an operator or a truth, moves a number by one, leaves a
call out, or returns None. It meets the files of tests that run its line: those named like its
module first, then the fastest, up to `BUDGET` seconds. Which lines a file of tests runs is measured
once a commit, and needs the package coverage. Tests that need a browser are left out.
"""

import argparse
import ast
import csv
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple
from xml.etree import ElementTree

import coverage
import pytest

from tests.faults import FAILED, PATIENCE, ROOT, checkout

START = 4.0  # seconds before the first test of a file
WORKERS = ["-n", "2", "--dist", "loadgroup"]
BUDGET = 60.0  # seconds of tests that a change meets
QUICK = "not slow and not browser and not walk and not gpu"
OTHER = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
    ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "+",
    ast.And: "or", ast.Or: "and",
}  # fmt: skip


class Change(NamedTuple):
    """A part of a file and what takes its place; a row of a table."""

    package: str
    file: str
    line: int
    column: int  # bytes from the line's start
    before: str
    after: str


def changes(package: str, file: str) -> Iterator[Callable[[], Change]]:
    """Give what writes each change of a file. Notes of types and texts stay as they are."""
    source = (ROOT / file).read_bytes()
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)

    def text(node: ast.expr | ast.stmt) -> str:
        assert node.end_lineno is not None
        found = lines[node.lineno - 1 : node.end_lineno]
        found[-1] = found[-1][: node.end_col_offset]
        return b"".join([found[0][node.col_offset :], *found[1:]]).decode()

    still = {
        id(part)
        for node in ast.walk(tree)
        for note in (
            *(getattr(node, name, None) for name in ("annotation", "returns")),
            *(getattr(node, "values", ()) if isinstance(node, ast.JoinedStr) else ()),
        )
        if isinstance(note, ast.AST)
        for part in ast.walk(note)
    }

    def change(place: ast.expr | ast.stmt, after: Callable[[], str]) -> Change:
        return Change(package, file, place.lineno, place.col_offset, text(place), after())

    for node in ast.walk(tree):
        if id(node) not in still:
            for place, after in others(node, text):
                yield partial(change, place, after)


def others(
    node: ast.AST, text: Callable[[ast.expr], str]
) -> Iterator[tuple[ast.expr | ast.stmt, Callable[[], str]]]:
    """Give places of a node, and for each what writes another text for it."""
    match node:
        case ast.Constant(value=bool() as truth):
            yield node, lambda: str(not truth)
        case ast.Constant(value=int() | float() as number):
            yield node, lambda: f"({number!r} + 1)"
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            yield node, lambda: f"({text(left)} {OTHER[type(op)]} {text(right)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OTHER:
            if not any(isinstance(each, ast.JoinedStr) for each in (left, right)):
                yield node, lambda: f"(({text(left)}) {OTHER[type(op)]} ({text(right)}))"
        case ast.BoolOp(op=op, values=values):
            yield node, lambda: f"({f' {OTHER[type(op)]} '.join(f'({text(v)})' for v in values)})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, lambda: f"bool({text(operand)})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield node, lambda: f"(({text(orelse)}) if ({text(test)}) else ({text(body)}))"
        case ast.Return(value=ast.expr() as value) if ast.dump(value) != "Constant(value=None)":
            yield node, lambda: "return None"
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield node, lambda: "pass"
        case ast.If(test=test):
            yield test, lambda: f"(not ({text(test)}))"


def drawn(seed: int, each: int) -> list[Change]:
    """Draw changes of each package; the modules beside the packages count as one."""
    of_package: dict[str, list[str]] = {}
    for path in sorted(ROOT.glob("hnviz/**/*.py")):
        parts = path.relative_to(ROOT).parts
        of_package.setdefault(parts[1] if len(parts) > 2 else "hnviz", []).append("/".join(parts))
    told = []
    for package, files in of_package.items():
        all_changes = [change for file in files for change in changes(package, file)]
        chance = random.Random(f"{seed} {package}")
        told += [write() for write in chance.sample(all_changes, min(each, len(all_changes)))]
    return told


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let coverage know, here and in the programs that a test starts, of which file the test is."""
    os.environ["HNVIZ_TESTS"] = item.location[0]
    if running := coverage.Coverage.current():
        running.switch_context(item.location[0])


@cache
def reach() -> dict[str, tuple[float, dict[str, set[int]]]]:
    """For each file of tests: its seconds, and the lines of the product that it runs."""
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    folder = Path(tempfile.gettempdir()) / f"hnviz-reach-{commit}"
    settings, times = folder / "settings", folder / "times.xml"
    if not times.exists():
        folder.mkdir(exist_ok=True)
        settings.write_text(
            f"[run]\nsource = {ROOT / 'hnviz'}\ndata_file = {folder}/data\nparallel = true\n"
            "core = ctrace\nsigterm = true\ncontext = ${HNVIZ_TESTS-none}\n"
        )
        environ = os.environ | {"COVERAGE_PROCESS_START": str(settings), "OMP_NUM_THREADS": "1"}
        run = ["-p", "tests.mutants", "-m", QUICK, f"--junitxml={times}", *WORKERS]
        subprocess.run([sys.executable, "-m", "pytest", "-q", *run], cwd=ROOT, env=environ)
        coverage.Coverage(config_file=str(settings)).combine([str(folder)], keep=True)
    seconds: dict[str, float] = {}
    for case in ElementTree.parse(times).iter("testcase"):
        at = case.get("classname", "").split(".")
        for name in {"/".join(at[:end]) + ".py" for end in range(2, len(at) + 1)}:
            seconds[name] = seconds.get(name, START) + float(case.get("time", 0))
    found = coverage.CoverageData(str(folder / "data"))
    found.read()
    lines: dict[str, dict[str, set[int]]] = {}
    for path in found.measured_files():
        file = str(Path(path).relative_to(ROOT))
        for line, tests in found.contexts_by_lineno(path).items():
            for each in {name for test in tests for name in test.split("|")} & seconds.keys():
                lines.setdefault(each, {}).setdefault(file, set()).add(line)
    return {name: (seconds[name], found) for name, found in lines.items()}


def tests_of(change: Change, first: str = "") -> list[str]:
    """Name the files of tests that a change meets, in order."""
    stem = Path(change.file).stem
    found = [
        (test != first, not (stem in test or change.package in test), seconds, test)
        for test, (seconds, lines) in reach().items()
        if change.line in lines.get(change.file, ())
    ]
    told, left = [], BUDGET
    for *_, seconds, test in sorted(found):
        if not told or seconds <= left:
            told.append(test)
            left -= seconds
    return told


def finder(change: Change, tests: Iterable[str], folder: Path) -> str:
    """Make a change in a folder, and return the first file of tests that finds it, or ""."""
    path = folder / change.file
    source = path.read_text(encoding="utf-8")
    lines = source.encode().splitlines(keepends=True)
    at = sum(map(len, lines[: change.line - 1])) + change.column
    whole, before = source.encode(), change.before.encode()
    assert whole[at : at + len(before)] == before, f"{change.file} is another file now"
    path.write_bytes(whole[:at] + change.after.encode() + whole[at + len(before) :])
    try:
        for test in tests:
            if all(fails(test, folder) for _ in range(2)):  # not by chance
                return test
        return ""
    finally:
        path.write_text(source, encoding="utf-8")


def fails(test: str, folder: Path) -> bool:
    """Return whether a file of tests fails, cannot be collected or does not end."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-pno:cacheprovider", "-m", QUICK]
    try:
        ended = subprocess.run(
            [*command, test], cwd=folder, capture_output=True, timeout=PATIENCE / 2, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return ended.returncode in range(FAILED, 5)


def main() -> int:
    """Write a row for each change; return 1 if one that was found is not found now."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=44)
    parser.add_argument("--each", type=int, default=12, help="changes of a package")
    parser.add_argument("--again", type=Path, help="a table: of its changes, those that were found")
    parser.add_argument("--out", type=Path, default=Path("mutants.csv"))
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    first: dict[Change, str] = {}
    if asked.again:
        with asked.again.open(encoding="utf-8", newline="") as file:
            for *row, found_by in list(csv.reader(file))[1:]:
                first[Change(row[0], row[1], int(row[2]), int(row[3]), *row[4:])] = found_by
    todo = [each for each, test in first.items() if test] or drawn(asked.seed, asked.each)
    if not first:
        reach()  # before the threads ask for it
    lost = 0
    with asked.out.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([*Change._fields, "found by"])
        for change, found_by in results(todo, first, asked.workers):
            lost += not found_by
            out.writerow([*change, found_by])
            file.flush()
    print(f"{len(todo) - lost} of {len(todo)} found")
    return int(bool(asked.again) and lost > 0)


def results(
    todo: list[Change], first: dict[Change, str], workers: int
) -> Iterator[tuple[Change, str]]:
    """Give each change with the file of tests that finds it, in the order that they are told."""
    folders: SimpleQueue[Path] = SimpleQueue()

    def result(change: Change) -> tuple[Change, str]:
        folder = folders.get()
        try:
            test = first.get(change, "")
            if test and (folder / test).exists() and (found := finder(change, [test], folder)):
                return change, found
            return change, finder(change, tests_of(change, test), folder)
        finally:
            folders.put(folder)

    with ExitStack() as open_folders, ThreadPoolExecutor(workers) as pool:
        for _ in range(workers):
            folders.put(open_folders.enter_context(checkout()))
        yield from pool.map(result, todo)


if __name__ == "__main__":
    sys.exit(main())
