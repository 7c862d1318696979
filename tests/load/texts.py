"""How long an own text takes: ``python -m tests.load.texts [MEGABYTES ...]``, by default 1 and 5.

For each way to read it: to tokens, as the page does after an upload; a layout and the ruler, as the
Batches page shows them; and from the order to train to the first training point on disk.
"""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, Choice, split_text, stream_of
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.engine.client import Engine
from hnviz.runs import RunStore
from hnviz.runs.ruler import layout_bounds, text_bounds

WORDS = 12_000  # as different as those of a novel
LETTERS = "etaoinshrdlcumwfgypbvk"
WAYS = {"words": Way(), "characters": Way(level="char"), "500 merges": Way(level="bpe")}
COLUMNS = "{:>3} MB  {:12} {:>10} {:>8} {:>8} {:>8} {:>8}"

Done = TypeVar("Done")


def written(size: int) -> bytes:
    """A text of about `size` bytes whose words come as often as those of a language."""
    chance = random.Random(7)
    words = ["".join(chance.choices(LETTERS, k=chance.randint(2, 9))) for _ in range(WORDS)]
    shares = [1 / rank for rank in range(1, WORDS + 1)]
    text = " ".join(chance.choices(words, shares, k=size // 5))
    return text[:size].encode()


def timed(work: Callable[[], Done]) -> tuple[Done, float]:
    """Return what it returns, and its seconds."""
    begun = time.perf_counter()
    return work(), time.perf_counter() - begun


def ruler(choice: Choice) -> None:
    """Compute what the Batches page draws: the bounds of the text, and of a layout's windows."""
    for split in ("train", "valid"):
        text_bounds(split_text(split, choice))
    text = split_text("train", choice)
    layout_bounds(text, BatchLayout(len(text.ids), 64, 70))


def first_point(engine: Engine, store: RunStore, config: RunConfig) -> float:
    """Train; return the seconds until the first step is in the run's record."""
    begun = time.perf_counter()
    run = engine.train(config)
    while not store.record(run).batches:
        time.sleep(0.005)
    seconds = time.perf_counter() - begun
    engine.stop(run)
    return seconds


def measured(engine: Engine, store: RunStore, content: bytes, way: Way) -> list[str]:
    """Return how many tokens there are, and the seconds of each part."""
    read, reading = timed(lambda: stream_of(Choice(own_corpus(content, way).id)))
    choice = Choice(own_corpus(content, way).id)
    _, laying = timed(lambda: BatchLayout(len(read.train), 64, 70).starts)
    _, ruling = timed(lambda: ruler(choice))
    point = first_point(engine, store, RunConfig(corpus=choice.corpus, device="cpu"))
    n_tokens = f"{len(read.train) + len(read.valid):,}"
    return [n_tokens, *(f"{each:.2f} s" for each in (reading, laying, ruling, point))]


def main(sizes: list[int]) -> None:
    """Print a line for each size and way."""
    print(COLUMNS.format("", "", "tokens", "read", "layout", "ruler", "point"))
    with TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        engine.info()
        store = RunStore(Path(folder))
        first_point(engine, store, RunConfig(device="cpu"))  # the first trainer loads more
        for size in sizes:
            content = written(size * 10**6)
            for name, way in WAYS.items():
                figures = measured(engine, store, content, way)
                print(COLUMNS.format(size, name, *figures), flush=True)
        engine.close()


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [1, 5])
