"""The Batches page: how a text becomes mini-batches."""

from collections.abc import Callable
from functools import partial

from hnviz.app.kit.fold import fold
from hnviz.app.kit.text import kept_place, lead, linked, prose
from hnviz.app.rooms.batches.grid.picture import batch_grid
from hnviz.app.rooms.batches.machine.picture import row_machines
from hnviz.app.rooms.batches.memory import memory, positions
from hnviz.app.rooms.batches.reading import Reading
from hnviz.app.rooms.batches.settings import ROW, batch_settings
from hnviz.app.run.corpus_box import AS_RUN, corpus_in
from hnviz.app.run.view import run_in_view
from hnviz.figures.sentences import arithmetic_sentence, continuity_sentence, layout_sentence


def page() -> None:
    """Draw this part of its room."""
    takeaway = kept_place("feed_opening")
    run = run_in_view()
    is_read = run is not None and corpus_in("batches", ROW) == AS_RUN  # else one sentence
    machines = kept_place("batches_machines" if is_read else "batches_unread")
    reading = batch_settings(run)
    with takeaway:
        if reading:
            lead(continuity_sentence(reading.layout))
    with machines:
        if reading:
            row_machines(reading, run)
    if reading:
        batch_grid(reading)
        for key, (name, draw) in MORE.items():
            fold(name, key, partial(draw, reading))
    linked("[Next: which networks read these rows, and what does each add?](build)")


def _counts(reading: Reading) -> None:
    """Say how many mini-batches there are, and why some tokens are read twice."""
    prose(arithmetic_sentence(reading.layout))
    prose(layout_sentence(reading.layout))


MORE: dict[str, tuple[str, Callable[[Reading], None]]] = {
    "batches_counts": ("How many mini-batches, and which tokens are read twice", _counts),
    "batches_memory": ("How good can a short memory be?", memory),
    "batches_positions": ("How much does a kept state help, step by step?", positions),
}
"""Key, which a link can open -> name and content of each fold below the picture."""
