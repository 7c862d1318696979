"""The Hidden states page's main picture, live while its run trains."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from hnviz.app.kit.text import escape, lead, problem
from hnviz.app.rooms.hidden_states.film import film_strip, is_short
from hnviz.app.rooms.hidden_states.heatmap import UNIT, Picture, state_picture
from hnviz.app.rooms.hidden_states.stretch import Stretch, default_stretch, text_box
from hnviz.app.rooms.hidden_states.unit_order import ORDERS, Rows
from hnviz.app.run import timeline
from hnviz.app.run.engine import observe
from hnviz.app.run.text import Standing
from hnviz.app.run.timeline import LAST, snapshot_box
from hnviz.app.run.view import look_again, run_in_view
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.catalogue import entry
from hnviz.engine.client import Answer
from hnviz.figures.state_text import GATES, Seen, full_colour, reading_note, units_sentence

TICK = 0.4  # seconds between two looks at a run that trains
PICTURE = "states_picture"
_SHOWN, _WHOLE = "states_shown", "states_whole"
_ORDER, _GOOD = "states_order_kept", "states_good"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the settings ask for."""

    stretch: Stretch
    layer: int
    show: str  # "state" or a gate
    order: str  # one of ORDERS

    @property
    def params(self) -> dict[str, Any]:
        """What the observer is asked, of any snapshot."""
        return {**self.stretch.asked, "layer": self.layer, "show": self.show}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the picture shows, for the page's other parts."""

    run_id: str
    step: int  # of the snapshot
    asked: Asked


def pictures() -> Shown | None:
    """Draw settings and picture in a fragment; return what is shown, None where nothing is.

    What the page draws below takes longer. It follows when the fragment shows something else, but
    waits for a snapshot that stays in view, while the slider moves or plays.
    """
    state.put(_WHOLE, True)
    state.pop(_SHOWN)
    run = run_in_view()
    if run is not None:
        draw = st.fragment(_draw, run_every=TICK if run.is_live else None)
        draw(run.record.id, run.is_live)
    shown = state.get(_SHOWN)
    return shown if isinstance(shown, Shown) else None


def _draw(run_id: str, ticking: bool) -> None:
    is_whole = state.pop(_WHOLE, False)  # the page runs as a whole, and its other parts next
    run = look_again(run_id)
    if run is None:
        return
    if run.is_live != ticking:
        st.rerun()
    sentence = st.container()  # not st.empty: it would be gone until the picture is there
    asked, chosen = _settings(run)
    if not run.record.snapshots:
        with sentence:
            lead(
                "The first snapshot comes with the first step: the picture follows."
                if run.is_live
                else "This run ended before its first snapshot: there is no state to show."
            )
        return
    step = run.record.snapshots[-1] if chosen == LAST else int(chosen)
    answer, trouble = observe(run_id, step, "units", asked.params)
    problem(trouble)
    if answer is not None:
        said = _picture(run, asked, step, answer)
        with sentence:
            lead(said)
        _follow(run, Shown(run_id, step, asked), is_whole)


def _follow(run: Standing, shown: Shown, is_whole: bool) -> None:
    """Run the page as a whole for its other parts, once what is shown will stay for a while."""
    if is_whole:
        return state.put(_SHOWN, shown)
    before = state.get(_SHOWN)
    is_new = before is None or before.step != shown.step
    if before != shown and not timeline.moves(run) and not (is_new and _passes_by(run, shown)):
        st.rerun()
    return None


def _passes_by(run: Standing, shown: Shown) -> bool:
    return timeline.can_play(run) and not timeline.is_at_rest(shown.step)


def _settings(run: Standing) -> tuple[Asked, int | str]:
    """Draw the settings in two rows; return them and the snapshot, which can be "last"."""
    with st.container(horizontal=True, gap="medium"):
        stretch = text_box()
        with st.container(width=190):
            order = _order_box()
    with st.container(horizontal=True, gap="medium"):
        layer = _layer_box(run)
        show = _show_box(run)
        with st.container(width="stretch"):
            chosen = snapshot_box(run, rests=True)
    if stretch is None:  # why is told beside the control; the picture stays with the last one
        stretch = state.get(_GOOD) or default_stretch()
        st.markdown(f":gray[:small[The picture stays with {escape(stretch.called)}.]]")
    state.put(_GOOD, stretch)
    return Asked(stretch, layer, show, order), chosen


def _layer_box(run: Standing) -> int:
    """A model of one layer has nothing to choose."""
    layers = list(range(entry(run.record.config.model).n_layers))
    if len(layers) == 1:
        return 0
    problem(address_problem("states_layer", layers))
    with st.container(width="content"):
        chosen = st.segmented_control(
            "Layer",
            layers,
            default=layers[-1],
            key="states_layer",
            bind="query-params",
            required=True,
            help="Layer 0 reads the tokens, the last one is what the answer is made from.",
        )
    return chosen if chosen in layers else layers[-1]


def _show_box(run: Standing) -> str:
    """A model without gates shows its state."""
    shows = ("state", *entry(run.record.config.model).gates)
    if len(shows) == 1:
        return "state"
    problem(address_problem("states_show", shows))
    with st.container(width="content"):
        chosen = st.segmented_control(
            "Show",
            shows,
            default="state",
            key="states_show",
            bind="query-params",
            required=True,
            help="A unit's new state is (1 \N{MINUS SIGN} update) · candidate + update · old; "
            "the reset gate says how much of the old state its candidate sees.",
        )
    return chosen if chosen in shows else "state"


def _order_box() -> str:
    problem(address_problem("states_order", tuple(ORDERS)))
    chosen = st.selectbox(
        "Units",
        tuple(ORDERS),
        key="states_order",
        bind="query-params",
        help="The order is that of the run's last snapshot, so that a row stays the same unit "
        "while the snapshots are played.",
    )
    return chosen if chosen in ORDERS else next(iter(ORDERS))


def _picture(run: Standing, asked: Asked, step: int, answer: Answer) -> str:
    """Draw the picture; return its sentence."""
    model, stretch, values = run.record.config.model, asked.stretch, answer.arrays["values"]
    seen = Seen(values, stretch.tokens, stretch.named, asked.show)
    sentence = units_sentence(model, step, seen)
    what = "the state" if asked.show == "state" else f"the {GATES[asked.show]}"
    rows = _rows(run, asked)
    strip = st.container()
    picture = Picture(
        values=values,
        tokens=stretch.tokens,
        alt=sentence,
        scale=full_colour(model, asked.show, values),
        signed=asked.show not in ("reset", "update"),
        what=what,
        order=None if rows is None else rows.order,
        groups=() if rows is None else rows.groups,
        first=stretch.first,
        start=_start(seen),
    )
    state_picture(picture, PICTURE)
    if timeline.can_play(run) and is_short(asked.params):
        with strip:  # above the picture, which need not wait for six snapshots
            film_strip(run, step, asked.params, picture.order)
    st.markdown(reading_note(model, run.record.config.bptt, stretch.split))
    return sentence


def _start(seen: Seen) -> int:
    """Return the unit that is picked at first: the address's, or the one that moves most."""
    asked = st.query_params.get(UNIT, "")
    if asked.isdecimal() and len(asked) < 9 and int(asked) < len(seen.values):
        return int(asked)
    return seen.moving


def _rows(run: Standing, asked: Asked) -> Rows | None:
    """Return the order of the rows; while a run trains, that of the first look, or rows would hop.

    None, with a sentence, where it cannot be had: the units then stand as they are numbered.
    """
    key = (run.record.id, asked)
    kept = state.get(_ORDER)
    if run.is_live and kept is not None and kept[0] == key:
        rows: Rows | None = kept[1]
        return rows
    rows, trouble = ORDERS[asked.order](run, asked.params)
    problem(trouble)
    state.put(_ORDER, (key, rows))
    return rows
