"""``python -m tests.chaos``, or ``make chaos``: what is kept, while everything around it fails.

First a story that keeps one of everything is told once for each failpoint of `hnviz.disk` that it
reaches: killed there, and with a full disk, a refusal and a broken disk there. Then processes of a
served class are killed and stopped at random.

    make chaos                                         20 kills, and one of each failpoint's
    make chaos CHAOS_ARGS='--kills 2000 --every'       all of them
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.forked import tell
from tests.chaos.story import an_archive, check, own_model
from tests.failpoints import POINTS

if TYPE_CHECKING:
    from tests.chaos.world import World

FAULTS = ("kill", "ENOSPC", "EACCES", "EIO")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="of a served class")
    parser.add_argument("--every", action="store_true", help="each failpoint each time")
    parser.add_argument("--seconds", type=float, default=1e9, help="for the kills, at most")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--only", choices=("failpoints", "kills"), help="one of the two")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hnviz-chaos-") as folder:
        if options.only != "kills":
            failpoints(Path(folder) / "story", every=options.every)
        if options.only != "failpoints":
            kills(Path(folder) / "world", options.kills, options.seconds, options.seed)
    return 0


def failpoints(folder: Path, *, every: bool) -> None:
    """Tell the story with each fault at each failpoint."""
    folder.mkdir()
    begun, done = time.perf_counter(), Counter[str]()
    with own_model():
        archive = an_archive(folder)
        told = tell(folder / "whole" / "runs", archive, "", folder / "log")
        assert told.status == 0, told
        reached = Counter((folder / "log").read_text().split())
        assert set(reached) == set(POINTS), set(POINTS) ^ set(reached)
        for rule in _rules(reached, every=every):
            root = folder / "faulty" / "runs"
            told = tell(root, archive, rule)
            assert told.status == (-signal.SIGKILL if "kill" in rule else 0), (rule, told)
            try:
                check(root, told.said)
            except Exception as error:
                raise AssertionError(f"{rule}: {error!r}; {told}") from error
            shutil.rmtree(root.parent, ignore_errors=True)  # it may not have begun
            done[rule.partition("=")[2].partition("@")[0]] += 1
    faults = ", ".join(f"{name} {count:,}" for name, count in done.items())
    print(f"{len(reached)} failpoints, {faults}: {time.perf_counter() - begun:.0f} s", flush=True)


def _rules(reached: Counter[str], *, every: bool) -> Iterator[str]:
    for name, count in reached.items():
        for fault in FAULTS:
            for number in range(1, count + 1) if every else (1,):
                yield f"{name}={fault}@{number}"
    writes = sum(count for name, count in reached.items() if name.endswith("write.half"))
    for number in range(1, writes + 1) if every else (1, writes // 2):
        yield f"*.write.half=ENOSPC@{number}+"


def kills(folder: Path, wanted: int, seconds: float, seed: int) -> None:
    """Kill and stop the processes of a served class at random, and hold it to what it has said."""
    from tests.chaos.world import GONE, World, beside  # loads torch: forks would take twice as long

    folder.mkdir()
    chance, hits = random.Random(seed), Counter[str]()
    world, begun = World(folder, chance), time.perf_counter()
    try:
        world.serve()
        with beside(world) as asides:
            while hits.total() < wanted and time.perf_counter() - begun < seconds:
                try:
                    world.work()
                    time.sleep(chance.expovariate(2))
                    hits[world.hit()] += 1
                    world.check()
                    if hits.total() % 250 == 0:
                        _tell(hits, world, begun)
                except GONE:
                    world.serve()
                assert not any(each.failure for each in asides), [each.failure for each in asides]
            _finish(world)
    finally:
        world.close()
    _tell(hits, world, begun)


def _tell(hits: Counter[str], world: "World", begun: float) -> None:
    for name, count in [*sorted(hits.items()), *world.done.items()]:
        print(f"  {name}: {count:,}")
    print(f"{hits.total():,} hits: {time.perf_counter() - begun:.0f} s", flush=True)


def _finish(world: "World") -> None:
    """Let what is under way end, undisturbed."""
    from tests.chaos.world import GONE

    until = time.monotonic() + 300
    ended = world.done["runs that ended with the same figures"]
    while world.done["runs that ended with the same figures"] < ended + 2:
        assert time.monotonic() < until, "the runs did not end"
        try:
            world.work()
        except GONE:
            world.serve()
        time.sleep(0.5)


sys.exit(main())
