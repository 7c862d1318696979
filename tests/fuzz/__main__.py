"""``python -m tests.fuzz``, or ``make fuzz``: hostile input for every reader, each in a process.

make fuzz                                          2,000 inputs each
make fuzz FUZZ_ARGS='--inputs 1000000 --workers 2'
make fuzz FUZZ_ARGS='--only zip --first 7'         others than the last time
"""

import argparse
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.running import ALL, fuzz


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=2_000, help="for each reader")
    parser.add_argument("--seconds", type=float, default=1e9, help="for each reader, at most")
    parser.add_argument("--only", action="append", choices=list(ALL), help="one reader")
    parser.add_argument("--first", type=int, default=0, help="another number tries other inputs")
    parser.add_argument("--workers", type=int, default=1, help="readers at a time")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        return _here(options.only[0], options)
    print(f"{'reader':12}{'inputs':>10}{'seconds':>10}{'slowest, s':>12}", flush=True)
    given = [str(each) for each in ("--inputs", options.inputs, "--seconds", options.seconds)]
    given += ["--first", str(options.first), "--here"]

    def other(name: str) -> bool:
        asked = [sys.executable, "-m", "tests.fuzz", "--only", name, *given]
        return subprocess.run(asked).returncode != 0

    names = options.only or list(ALL)
    with ThreadPoolExecutor(options.workers) as workers:
        failed = [name for name, bad in zip(names, workers.map(other, names), strict=True) if bad]
    print(f"found something: {', '.join(failed)}" if failed else "found nothing")
    return len(failed)


def _here(name: str, options: argparse.Namespace) -> int:
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="hnviz-fuzz-") as folder:
        tried = fuzz(name, Path(folder), options.inputs, options.seconds, options.first)
    seconds = time.perf_counter() - begun
    print(f"{name:12}{tried.inputs:>10,}{seconds:>10.1f}{tried.slowest:>12.3f}", flush=True)
    if tried.error is not None:
        frames = "".join(traceback.format_tb(tried.error.__traceback__)[-4:])
        print(f"{frames}{tried.error!r:.500}\n  on {tried.value!r:.1000}", flush=True)
    return int(tried.error is not None)


sys.exit(main())
