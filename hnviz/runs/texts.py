"""Users' own texts, stored beside the runs that read them."""

import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from hnviz.config import RunConfig
from hnviz.data import Choice, corpus_of, stream_of
from hnviz.data.corpora import texts
from hnviz.data.corpora.numbered import NUMBERED
from hnviz.data.corpora.own import FAMILY, text_hash
from hnviz.runs.files import age, write_atomic, writing

TEXTS = ".texts"  # no run's id begins with a dot

_CONFIGS = "*/config.json"  # of runs, and of folders that `RunStore.create` is still filling
_NAMED = re.compile(rf"{FAMILY}-[0-9a-f]{{20}}-[0-9a-z-]+|{NUMBERED}-[0-9a-f]{{20}}")
_MAX_CONFIG_BYTES = 2**16  # searched for texts


def look_beside(runs_dir: Path) -> None:
    """Let the configs of these runs find the users' own texts."""
    texts.look_in(runs_dir / TEXTS)


def keep_text(runs_dir: Path, config: RunConfig) -> bool:
    """Store the user's own text that a run reads, once for all runs that read it.

    Returns whether the text or its ids were new. Raises RunWriteError.
    """
    name = text_hash(config.corpus)
    if name is None:
        return False
    path = texts.text_path(runs_dir / TEXTS, name)
    is_new = not texts.is_stored(path.parent, name)
    if is_new:
        content = texts.text_of(name).encode()
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content, "text")
    ids = path.with_name(f"{config.corpus}{texts.IDS_SUFFIX}")
    if ids_are_new := not ids.is_file():
        stream, text = stream_of(config), Choice(config.corpus, config.split)
        found = texts.TextIds(stream.vocab, stream.train, stream.valid, content_hash(text))
        write_atomic(ids, texts.pack_ids(found), "ids")
    return is_new or ids_are_new


def drop_text(runs_dir: Path, config: RunConfig) -> None:
    """Delete the text and the ids of a run that did not start, unless another run reads them."""
    name = text_hash(config.corpus)
    named = [each for each in _named(runs_dir) if name in each] if name else []
    if name and config.corpus not in named:
        unread = f"{config.corpus}{texts.IDS_SUFFIX}" if named else f"*{name}*"
        for path in (runs_dir / TEXTS).glob(unread):
            with suppress(OSError):
                path.unlink()
    with suppress(OSError):  # the folder holds other texts
        (runs_dir / TEXTS).rmdir()


def drop_unread_texts(runs_dir: Path, seconds: float) -> None:
    """Delete the texts that no run reads, except those stored in the last `seconds`."""
    named = {each.split("-")[1] for each in _named(runs_dir)}
    for path in (runs_dir / TEXTS).glob("*"):
        with suppress(OSError):
            is_read = any(name in path.name for name in named)
            if not is_read and age(path) > seconds:
                path.unlink()


def _named(runs_dir: Path) -> set[str]:
    """Return the ids of own texts that configs name, including damaged configs."""
    found: set[str] = set()
    for path in runs_dir.glob(_CONFIGS):
        with suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
            found.update(_NAMED.findall(file.read(_MAX_CONFIG_BYTES)))
    return found


def text_problem(runs_dir: Path, content: Any) -> str | None:
    """Say that a user's own text is missing or has changed; None if it is there unchanged.

    `content` is that of config.json, which may be anything.
    """
    corpus_id = setting_in(content, "corpus")
    name = None if corpus_id is None else text_hash(corpus_id)
    if name is None or texts.is_stored(runs_dir / TEXTS, name):
        return None
    return str(texts.missing(name, runs_dir / TEXTS))


def setting_in(content: Any, name: str) -> str | None:
    """Return a text setting from JSON that may be anything; None if it has none."""
    config = content.get("config") if isinstance(content, dict) else None
    value = config.get(name) if isinstance(config, dict) else None
    return value if isinstance(value, str) else None


@lru_cache(maxsize=64)
def content_hash(text: Choice) -> str:
    """Return the hash of a corpus's tokens. Cached."""
    kept = texts.find_ids(text.corpus) if text_hash(text.corpus) else None
    return corpus_of(text).content_hash(text.split) if kept is None else kept.content_hash
