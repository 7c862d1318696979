"""The reading machine: the first picture of a page that shows a network at work."""

from dataclasses import replace

from hnviz.app.kit.picture import Ask, Example, Picture, Place, ask
from hnviz.app.machine.view import CODES_VIEW, READING_VIEW
from hnviz.app.shell.server import server
from hnviz.data import TextChoice
from hnviz.data.phrase import READ_FIRST, SAYS, example
from hnviz.figures.offers import without_numbers
from hnviz.runs.typed import typed

IN_ADDRESS = "machine_text"  # the reader's own, or the name of a stored one
TRIES = (READ_FIRST, "8314 to 8316", "997 to 999")
"""Inside what the notebook's networks have read, beyond it, and across a power of ten."""


def machine_settings(
    text: str, tries: tuple[str, ...] = TRIES, *, compact: bool = False
) -> dict[str, object]:
    """Return what the picture gets besides its questions."""
    return {"text": text, "examples": list(tries), "compact": compact}


def machine_asks(text: str) -> list[Ask]:
    """Return the picture's questions: how a text is read, and what each unit codes, twice."""
    codes = ask(CODES_VIEW, at="rest", late=True)
    order = replace(ask(CODES_VIEW, at="end", late=True), name="machine_order")
    return [ask(READING_VIEW, text=text, n=SAYS), codes, order]


def _example(model: str, text: str = READ_FIRST) -> Example:
    return Example(model, machine_asks(text), machine_settings(text))


EXAMPLES = {
    "ready": _example("Model5"),
    "long": _example("LSTM", "7701 to 7730"),
    "window": _example("Model2", "4316 to 4321"),
    "last": _example("Model0"),
    "compact": Example(
        "Model5", machine_asks(READ_FIRST), machine_settings(READ_FIRST, compact=True)
    ),
    "attention": _example("Transformer", "4316 to 4321"),
}

HEIGHT = "calc(50px + 0.307 * var(--hn-column, 932px))"
"""Of a compact one: its drawing grows with the page's column, whose width page.css says."""

READING_MACHINE = Picture(
    __file__,
    Place("*_reading", HEIGHT, "401px"),
    views=(READING_VIEW, CODES_VIEW),
    silent=True,
    examples=EXAMPLES,
)


def reading_machine(key: str, run_id: str, config: TextChoice, *, compact: bool = False) -> None:
    """Draw the machine on a sentence of the run's text; the reader's own sentence stays.

    A `compact` one has only the buttons that read: the page has the training slider, and the room
    Count the box for the sentence.
    """
    import streamlit as st

    text = example(config, READ_FIRST)
    tries = () if without_numbers(config) else TRIES
    asked = st.query_params.get(IN_ADDRESS, "")
    stored = typed(server().store.root, asked) or ""
    settings = {
        **machine_settings(text, tries, compact=compact),
        **({"typed": stored} if stored else {}),
    }
    READING_MACHINE(key=key, run=run_id, asks=machine_asks(text), settings=settings)
