"""What each unit codes, and what the whole state tells."""

import base64
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hnviz.app.kit import cards
from hnviz.app.kit.choice import choice
from hnviz.app.kit.component import BrowserComponent
from hnviz.app.kit.seen import when_seen
from hnviz.app.kit.text import page_theme, problem, section
from hnviz.app.rooms.hidden_states.states import Shown
from hnviz.app.run.engine import observe, store
from hnviz.app.run.settled import layer_name, note, settled
from hnviz.app.run.text import Standing
from hnviz.catalogue import CATALOGUE
from hnviz.data.places import LABELS, SLOTS, places
from hnviz.figures import code_text
from hnviz.figures.code_text import Codes, Probes
from hnviz.figures.probes import probe_lines, probe_table, table_sentence
from hnviz.figures.state_text import full_colour

LONGEST = 44  # tokens of the unit's line: more rows of words than that hide the page below
_FULL = 32767

_component = BrowserComponent("rooms/hidden_states/codes", min_height="640px")


@st.fragment
def codes(shown: Shown) -> None:
    """Draw the units' grid with the picked one's line, then the probes; each as it is reached.

    In one fragment: of two, the one that is reached last would end the other's run.
    """
    section("What each unit codes")
    when_seen("states_seen_grid", lambda: unit_grid(shown))
    section("What the whole state tells")
    when_seen("states_seen_probes", lambda: whole_state(shown))


def unit_grid(shown: Shown) -> None:
    """Draw units x labels, this snapshot's and its untrained twin's."""
    looked = settled(shown)
    if looked is None:
        return
    run, step = looked
    layer = shown.asked.layer
    found, trouble = observe(run.record.id, step, "unit_codes", {"layer": layer})
    params = {**shown.asked.stretch.asked, "layer": layer}
    line, no_line = observe(run.record.id, step, "units", params)
    if found is None or line is None:
        problem(trouble or no_line)
        return
    twin = _twin(run, step, "unit_codes", {"layer": layer})
    measured = Codes(
        step=step,
        explained=found.arrays["explained"],
        twin=None if twin is None else twin.arrays["explained"],
        chance=found.meta["chance"],
        n_tokens=found.meta["n_tokens"],
    )
    sentence = code_text.codes_sentence(run.record.config.model, measured)
    st.markdown(sentence)
    arrays = {"means": found.arrays["means"], "values": line.arrays["values"]}
    picture = _picture(run, measured, arrays, shown.asked.stretch.tokens)
    alt = {"alt": sentence.replace("**", ""), "order": found.meta["order"]}
    _component("states_codes", picture | alt)
    note(code_text.codes_note(measured), run)


def _picture(
    run: Standing, codes: Codes, arrays: dict[str, NDArray[np.floating]], tokens: tuple[str, ...]
) -> dict[str, Any]:
    """Pack what the browser draws; `arrays` are the units' "means" and their "values"."""
    means, values = arrays["means"], arrays["values"]
    together = np.append(values, np.nan_to_num(means))
    scale = full_colour(run.record.config.model, "state", together)
    words = tokens[:LONGEST]
    found = places(words)
    return {
        "labels": LABELS,
        "slots": SLOTS,
        "explained": _packed(codes.explained, 1),
        "twin": None if codes.twin is None else _packed(codes.twin, 1),
        "means": _packed(means, scale),
        "scale": scale,
        "words": words,
        "left_out": len(tokens) - len(words),
        "tracks": [found.label(name).tolist() for name in LABELS],
        "values": _packed(values[:, : len(words)], scale),
    }


def _packed(values: NDArray[np.floating], scale: float) -> str:
    """Pack as 16 bits, row by row; the lowest of them stands for a value that there is not."""
    shares = np.round(np.clip(np.nan_to_num(values / scale), -1, 1) * _FULL)
    packed = np.where(np.isnan(values), -_FULL - 1, shares).astype("<i2")
    return base64.b64encode(packed.tobytes()).decode()


def _twin(run: Standing, step: int, question: str, params: dict[str, Any]) -> Any:
    """Ask the same of the network untrained; None where it is that, or was not stored."""
    if step == 0 or 0 not in run.record.snapshots:
        return None
    answer, _ = observe(run.record.id, 0, question, params)
    return answer


def whole_state(shown: Shown) -> None:
    """Draw a line a label: how often a linear probe reads it from all units together."""
    positions = _positions_box()
    looked = settled(shown)
    if looked is None:
        return
    run, step = looked
    params = {"layer": shown.asked.layer, "positions": positions}
    found, trouble = observe(run.record.id, step, "probe", params)
    if found is None:
        problem(trouble)
        return
    answer = _twin(run, step, "probe", params)
    twin: Probes | None = None if answer is None else answer.meta
    sentence = code_text.probe_sentence(run.record.config.model, step, found.meta, twin)
    st.markdown(sentence)
    cards.drawing(probe_lines(found.meta, twin, sentence.replace("**", ""), page_theme()))
    layer = layer_name(run, shown.asked.layer)
    note(code_text.probe_note(layer, positions, found.meta), run)
    _all_models(positions)


def _positions_box() -> str:
    names = {name: each for each, name in code_text.POSITIONS.items()}
    chosen = choice(
        "A digit is read",
        tuple(names),
        "states_positions",
        code_text.POSITIONS["due"],
        help="Just after a word even an untrained state still echoes with it. Before its word "
        "comes again a digit has to be remembered.",
    )
    return names[chosen]


def _all_models(positions: str) -> None:
    """Probe every shipped model, on demand: twelve passes over the text."""
    if not st.toggle("Probe all shipped models", key="states_all_models", bind="query-params"):
        return
    found: dict[str, tuple[Probes, Probes]] = {}
    known, waiting = store().ids(), st.empty()
    for model in [name for name in CATALOGUE if name in known]:
        waiting.markdown(f":gray[Reading the text with {model} …]")
        params = {"layer": CATALOGUE[model].n_layers - 1, "positions": positions}
        answers = [observe(model, step, "probe", params) for step in ("last", 0)]
        for answer, trouble in answers:
            if answer is None:
                waiting.empty()
                problem(trouble)
                return
        trained, twin = (answer.meta for answer, _ in answers if answer is not None)
        found[model] = (trained, twin)
    waiting.empty()
    st.markdown(table_sentence(found))
    st.html(probe_table(found, page_theme()))
    st.markdown(":gray[:small[Bold: the last snapshot, its last layer; grey: untrained.]]")
