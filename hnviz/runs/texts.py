"""The users' own texts, kept beside the runs that read them."""

from pathlib import Path

from hnviz.config import RunConfig
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import text_hash
from hnviz.runs.files import write_atomic, written_whole

TEXTS = ".texts"  # no run's id begins with a dot


def look_beside(runs_dir: Path) -> None:
    """Let configs of these runs find their own texts."""
    texts.look_in(runs_dir / TEXTS)


def keep_text(runs_dir: Path, config: RunConfig) -> None:
    """Store the text of a run that reads a user's own, once for all runs that do.

    Raises RunWriteError.
    """
    name = text_hash(config.corpus)
    if name is None:
        return
    path = runs_dir / TEXTS / f"{name}.txt"
    if not path.is_file():
        with written_whole(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, texts.text_of(name).encode())
