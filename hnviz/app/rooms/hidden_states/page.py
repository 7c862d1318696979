"""The room Remember: the state over a text, and what happens with another memory."""

from hnviz.app.kit.fields.picture import button, put_in
from hnviz.app.kit.headline.picture import headline
from hnviz.app.kit.picture import ask
from hnviz.app.kit.room import Parts, room, row_of
from hnviz.app.kit.text import linked, opening, prose
from hnviz.app.machine.picture import reading_machine
from hnviz.app.rooms.hidden_states.controls import asked_for
from hnviz.app.rooms.hidden_states.meaning import meaning
from hnviz.app.rooms.hidden_states.units.picture import (
    ROWS_VIEW,
    UNITS,
    UNITS_VIEW,
    orders_for,
)
from hnviz.app.rooms.predictions.change_state.part import change_state
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.run.view import run_in_view
from hnviz.app.shell import session as state
from hnviz.figures.state_text import in_place_of_state
from hnviz.models.catalogue import entry

PART, MEMORY = "remember_part", "Another memory"
COMPARED = "hnviz looks for what each unit follows in the text."
TO_MEMORY = {PART: MEMORY}
PUT_IN = "remember_put_in"  # whether the room's button led here


def page() -> None:
    """Draw the room."""
    room("What does it keep?", PART, PARTS, beside=_put_in)


def _put_in(part: str) -> None:
    """Draw the room's main button; the part that it leads to has its own."""
    if part != MEMORY:
        state.pop(PUT_IN)
        button("Put in another memory", "remember_put", _press, strong=True, leads=TO_MEMORY)


def _press() -> None:
    put_in(row_of(PART), TO_MEMORY)
    state.put(PUT_IN, True)


def _memory() -> None:
    run = run_in_view()
    if run is not None:
        change_state(run.record.id, run.record.config, pressed=bool(state.get(PUT_IN)))


def _units() -> None:
    """Draw all units over a text, and what they mean."""
    run = run_in_view()
    if run is None:
        return
    takeaway = opening(one_line=True)
    config, run_id = run.record.config, run.record.id
    reading_machine("states_reading", run_id, config, compact=True)
    run_bar(run_id, "states_bar")
    asked = asked_for(config)
    shown = {**asked.text.params, "layer": asked.layer, "show": asked.show}
    units = ask(UNITS_VIEW, **shown)
    rows = ask(ROWS_VIEW, at="end", **shown)
    with takeaway:
        headline("states_headline", run_id, rows, COMPARED, unit={})
    if entry(config.model).attends:
        prose(in_place_of_state(config.model))
    UNITS(run=run_id, asks=[rows, units], settings={"orders": orders_for(config)})
    meaning(run, asked)
    linked(
        "[How many words are enough? See “How good can a short memory be?” at the end of Feed]"
        "(feed?feed_part=Batches&batches_memory=true)"
    )
    linked("[Next: how far back does the network learn from?](learn_back)")


PARTS: Parts = {"Its numbers, word by word": _units, MEMORY: _memory}
