"""Long sentences that readers typed, stored beside the runs: a link names one by its hash."""

import re
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from hnviz.runs.files import write_atomic, writing

TYPED = ".typed"  # no run's id begins with a dot
MARK = "~"  # what a name in an address begins with
MAX_CHARS = 2000  # of one: the reading machine takes no more
MAX_FILES = 2000  # the oldest goes first

_NAME = re.compile(rf"{MARK}[0-9a-f]{{20}}")


def keep_typed(runs_dir: Path, text: str) -> str:
    """Store a sentence, and return its name. Raises ValueError, and RunWriteError."""
    if not 0 < len(text.strip()) <= len(text) <= MAX_CHARS:
        raise ValueError(f"a sentence has 1 to {MAX_CHARS:,} characters; got {len(text):,}")
    content = text.encode("utf-8", "replace")
    name = _named(content)
    path = _path(runs_dir, name)
    if path.is_file() and path.read_bytes() == content:
        return name
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, content, "typed")
    files = sorted(path.parent.glob("*.txt"), key=lambda each: each.stat().st_mtime)
    for old in files[:-MAX_FILES]:
        with suppress(OSError):
            old.unlink()
    return name


def typed(runs_dir: Path, name: str) -> str | None:
    """Return the sentence with a name; None for another text, and for one that is not there."""
    if not _NAME.fullmatch(name):
        return None
    with suppress(OSError):
        content = _path(runs_dir, name).read_bytes()
        if _named(content) == name:
            return content.decode()
    return None


def _named(content: bytes) -> str:
    return f"{MARK}{blake2b(content, digest_size=10).hexdigest()}"


def _path(runs_dir: Path, name: str) -> Path:
    return runs_dir / TYPED / f"{name.removeprefix(MARK)}.txt"
