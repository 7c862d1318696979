"""Tasks as corpora: `hnviz.tasks` writes their texts."""

from functools import lru_cache

from hnviz.data.corpora.base import Corpus, CorpusError, Tokens
from hnviz.data.tokens import BOS
from hnviz.tasks.machine import TaskError
from hnviz.tasks.task import TaskStream, task, task_stream

MAX_ID_CHARS = 2000  # characters


@lru_cache(maxsize=64)
def task_corpus(corpus_id: str) -> Corpus:
    """Make the corpus of a task from its id, such as "task-recall-gap.6". Raises CorpusError."""
    if len(corpus_id) > MAX_ID_CHARS:
        raise CorpusError(f"the id of a task has at most {MAX_ID_CHARS:,} characters")
    try:
        stream = task_stream(corpus_id)
        stream.check()
    except TaskError as error:
        raise CorpusError(str(error)) from error
    made = task(stream.name)
    return Corpus(
        id=stream.id,
        title=made.title,
        description=made.what,
        make=lambda way: _tokens(stream),
        tokenize=str.split,
    )


def _tokens(stream: TaskStream) -> Tokens:
    train, valid = stream.texts()
    return Tokens([BOS, *train], [BOS, *valid])
