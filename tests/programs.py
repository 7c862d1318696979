"""What programs that measure share: a server, a browser, two checkouts in turns, figures."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.conftest import CHROMIUM, CHROMIUM_ARGS, ROOT, Server, start_server, stop_server

MEGABYTE = 2**20


@contextmanager
def a_server(folder: Path | None = None, root: Path = ROOT, **environ: str) -> Iterator[Server]:
    """Serve a checkout's app; its runs are in a folder, or in one that goes with it."""
    with tempfile.TemporaryDirectory(prefix="hnviz-") as own:
        server = start_server(folder or Path(own), root=root, **environ)
        try:
            yield server
        finally:
            stop_server(server)


@contextmanager
def a_browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # most programs of tests.load need no browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(eq=False)
class Side:
    """One of two checkouts that are compared, and its server."""

    root: Path
    folder: Path
    server: Server = field(init=False)

    @property
    def has_rooms(self) -> bool:
        """Whether it has rooms in place of 0.5.0's pages."""
        return (self.root / "pages" / "remember.py").exists()

    def serve(self, **environ: str) -> None:
        """Start its server, which ends with `two`."""
        self.server = start_server(self.folder, root=self.root, **environ)


One = TypeVar("One", bound=Side)


@contextmanager
def two(other: Path, kind: type[One]) -> Iterator[list[One]]:
    """Yield another checkout and this one, each with a folder; stop their servers at the end."""
    with tempfile.TemporaryDirectory(prefix="hnviz-") as folder:
        sides = []
        for at, root in enumerate((other.resolve(), ROOT)):
            sides.append(kind(root, Path(folder) / str(at)))
            sides[-1].folder.mkdir()
        try:
            yield sides
        finally:
            for side in sides:
                if hasattr(side, "server"):  # it was started
                    stop_server(side.server)


@asynccontextmanager
async def beside(*jobs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do jobs meanwhile; at the end raise the error of one that has failed."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def turns(sides: Sequence[One], times: int, first: int = 0) -> Iterator[tuple[int, One]]:
    """Yield the sides in turn; the first one is another one each time."""
    for turn in range(first, times):
        for side in sides if turn % 2 else sides[::-1]:
            yield turn, side


def compared(
    name: str,
    found: Iterable[Sequence[float]],
    most: float = 1.0,
    unit: str = "ms",
    parts: Sequence[float] = (0.5, 0.95),
    **more: Sequence[float],
) -> bool:
    """Print quantiles of both sides, and `more` pairs, with their ratios: the other side first.

    Returns whether the last quantile is at most so many times the other side's.
    """
    times = [*found]
    pairs = [(f"p{100 * part:.0f}", [share(each, part) for each in times]) for part in parts]
    lines = [
        f"{what} {other:8.2f} {own:8.2f} {unit} {own / other if other else nan:5.3f}"
        for what, (other, own) in (*pairs, *more.items())
    ]
    print(f"{name:14} {min(map(len, times)):5}  {'   '.join(lines)}", flush=True)
    other, own = pairs[-1][1]
    return own <= most * other


def report(
    name: str, viewers: int, figures: Mapping[str, float], limits: Mapping[str, float]
) -> bool:
    """Print the figures of a scene; tell whether all was kept that is promised."""
    print(f"{name}: {viewers} viewers")
    kept = True
    for figure, value in figures.items():
        if value != value:
            continue
        met = value <= limits.get(figure, value)
        kept &= met
        most = f"  at most {limits[figure]:g}" if figure in limits else ""
        print(f"  {figure:32}{value:10.2f}{most}{'' if met else ': MISSED'}", flush=True)
    return kept


def share(values: Sequence[float], part: float) -> float:
    """A quantile; nan of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else nan


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
