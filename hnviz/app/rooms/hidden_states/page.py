"""The Hidden states page: what the network keeps while it reads."""

from hnviz.app.kit.headline.picture import headline
from hnviz.app.kit.picture import ask
from hnviz.app.kit.terms.picture import terms
from hnviz.app.kit.text import linked, opening, page_title, prose
from hnviz.app.rooms.hidden_states.controls import controls
from hnviz.app.rooms.hidden_states.meaning import meaning
from hnviz.app.rooms.hidden_states.strip.picture import STRIP, is_short
from hnviz.app.rooms.hidden_states.units.picture import (
    ROWS_VIEW,
    UNITS,
    UNITS_VIEW,
    orders_for,
)
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.run.view import run_in_view
from hnviz.figures.state_text import in_place_of_state
from hnviz.models.catalogue import entry


def page() -> None:
    """Draw the page."""
    page_title("Hidden states")
    run = run_in_view()
    if run is None:
        return
    takeaway = opening()
    config, run_id = run.record.config, run.record.id
    asked = controls(config)
    shown = {**asked.text.params, "layer": asked.layer, "show": asked.show}
    units = ask(UNITS_VIEW, **shown)
    rows = ask(ROWS_VIEW, at="end", **shown)
    with takeaway:
        headline("states_headline", run_id, [rows])
        terms()
    if entry(config.model).attends:
        prose(in_place_of_state(config.model))
    run_bar(run_id, "states_bar")
    UNITS(run=run_id, asks=[rows, units], settings={"orders": orders_for(config)})
    if is_short(asked.text):
        STRIP(run=run_id, asks=[units])
    meaning(run, asked)
    linked("[Next: what does it expect after each word?](predictions)")
