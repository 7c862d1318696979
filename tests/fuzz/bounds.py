"""What one input may cost, and what it may touch: a second, 256 MB, nothing outside its folder."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

MOST_SECONDS = 1.0  # of the processor: a shared machine says nothing by its clock
MOST_WAITING = 20.0  # of the clock
MOST_BYTES = 256 * 2**20

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate"),
    *("os.chmod", "shutil.rmtree", "shutil.move"),
}
_STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.kill"}
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_NOW = re.compile(r"VmRSS:\s+(\d+) kB")


class _Watch:
    """Notes what is touched while it looks. An audit hook stays for good, so there is one."""

    def __init__(self) -> None:
        self.inside: Path | None = None
        self.touched: list[str] = []
        self._hooked = False

    @contextmanager
    def over(self, inside: Path) -> Iterator[None]:
        if not self._hooked:
            sys.addaudithook(self._heard)
            self._hooked = True
        self.inside, self.touched = inside, []
        try:
            yield
        finally:
            self.inside = None

    def _heard(self, event: str, values: tuple[Any, ...]) -> None:
        inside = self.inside
        if inside is None:
            return
        if event in _STARTS:
            self.touched.append(f"{event}: {values[:1]}")
        elif event in _CHANGES:
            if not (isinstance(values[-1], int) and values[-1] >= 0):  # else in an open folder
                self._note(event, [each for each in values if isinstance(each, str | os.PathLike)])
        elif event == "open" and isinstance(values[0], str | bytes | os.PathLike):
            path, _, flags = values
            is_near = os.fsdecode(path).startswith(str(inside.parent))
            if (isinstance(flags, int) and flags & _WRITES) or is_near:
                self._note(event, [path])

    def _note(self, event: str, paths: list[Any]) -> None:
        for path in map(os.fsdecode, paths):
            is_ours = (
                Path(path).absolute().is_relative_to(self.inside) and ".." not in Path(path).parts
            )
            if not is_ours and path != os.devnull and "__pycache__" not in path:
                self.touched.append(f"{event}: {path}")


_watch = _Watch()


@contextmanager
def bounded(inside: Path) -> Iterator[None]:
    """Fail if what is done takes too long, too much memory, or touches a file elsewhere."""
    before = _memory(_NOW) if _peak_is_reset() else None
    clock, busy = time.perf_counter(), time.process_time()
    with _watch.over(inside):
        yield
    waited, worked = time.perf_counter() - clock, time.process_time() - busy
    assert worked < MOST_SECONDS, f"it took {worked:.2f} s of the processor"
    assert waited < MOST_WAITING, f"it took {waited:.2f} s"
    if before is not None:
        grown = _memory(_PEAK) - before
        assert grown < MOST_BYTES, f"it took {grown / 2**20:.0f} MB"
    assert _watch.touched == [], _watch.touched[:5]


def _peak_is_reset() -> bool:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        return True
    return False


def _memory(of: re.Pattern[str]) -> int:
    found = of.search(Path("/proc/self/status").read_text(encoding="ascii"))
    return 1024 * int(found[1]) if found else 0
