"""What is inside a run's accuracy: kinds of token, whole numbers, worst places."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from hnviz.app.kit.asking import Wanted, asker
from hnviz.app.kit.component import BrowserComponent
from hnviz.app.kit.seen import was_seen, when_seen
from hnviz.app.kit.text import html_escape, page_theme, problem
from hnviz.app.run.engine import observe
from hnviz.app.run.text import Standing
from hnviz.app.run.view import look_again
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.data.stream import SPLITS
from hnviz.figures.inside import SHOWN, counted_steps, epochs_by_kind
from hnviz.figures.sentences import plural
from hnviz.figures.theme import Theme

TICK = 4.1  # seconds between two looks, while the run trains or numbers are still counted
GIVEN = 3  # numbers before the one that is to be said
KEY = "train_inside"
PLACE = "train_seen_inside"
HEIGHT = 900  # px, on a laptop
KIND = "train_worst_kind"
SPLIT = "train_worst_split"
TOP = 6  # worst places told

_component = BrowserComponent("rooms/train/inside", states=("kind",), min_height="640px")


def what_is_inside(run: Standing) -> None:
    """Draw the section once it has been scrolled to.

    In a fragment that ticks as long as something of it is still to come. Until it is seen nothing
    of it is counted: that would take half a processor from the run.
    """
    ticking = was_seen(PLACE) and _goes_on(run)
    draw = st.fragment(_draw, run_every=TICK if ticking else None)
    draw(run.record.id, ticking)


def _goes_on(run: Standing) -> bool:
    return run.is_live or _counted(run)[1] > 0


def _draw(run_id: str, ticking: bool) -> None:
    when_seen(PLACE, partial(_section, run_id, ticking), height=HEIGHT, ahead=0)


def _section(run_id: str, ticking: bool) -> None:
    run = look_again(run_id)
    if run is None:
        return
    counted, lacking, trouble = _counted(run)
    if ticking != (run.is_live or lacking > 0):
        st.rerun()  # all is there and the clock must stop, or it was seen just now and must start
    _take_kind()
    data = epochs_by_kind(run.record)
    picture = st.container()
    choice = _worst_choice() if data["epochs"] else (None, "valid")
    with picture:
        _component(
            KEY,
            {
                "run": run_id,
                "model": run.record.config.model,
                "live": run.is_live,
                **data,
                "counted": counted,
                "lacking": lacking,
                "kind": choice[0],
            },
        )
        problem(trouble)
    if data["epochs"]:
        _worst(run, *choice)


def _counted(run: Standing) -> tuple[list[list[float]], int, str | None]:
    """Return [step, share inside, share beyond] of the snapshots whose counting is known."""
    if not run.record.epochs:
        return [], 0, None
    steps = counted_steps(run.record, live=run.is_live)
    asked = (("given", GIVEN),)
    wanted = [Wanted(run.record.id, step, "counting_accuracy", asked) for step in steps]
    found = asker.look(wanted)
    known = [[each.step, meta["train"], meta["valid"]] for each, meta in found.known.items()]
    return sorted(known), found.lacking, found.trouble


def _take_kind() -> None:
    """Put the kind that was clicked in the picture into the control, once."""
    if clicked := state.reported(KEY, "kind"):
        kind = clicked.partition(":")[0]
        if kind in SHOWN:
            state.put(KIND, kind)


def _worst_choice() -> tuple[str | None, str]:
    """Draw the choice of a kind and of a text."""
    problem(address_problem(KIND, SHOWN))
    problem(address_problem(SPLIT, SPLITS))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = st.segmented_control(
            "Worst places of", SHOWN, key=KIND, bind="query-params", wrap=True
        )
        split = st.segmented_control(
            "in", SPLITS, default="valid", required=True, key=SPLIT, bind="query-params"
        )
    return kind, split or "valid"


def _worst(run: Standing, kind: str | None, split: str) -> None:
    """Tell where the words of a kind cost most."""
    if kind is None:
        st.markdown(":gray[Pick a kind, here or by its bar: where its words cost most.]")
        return
    step = _pinned(run, (run.record.id, kind, split))
    if step is None:
        st.markdown(":gray[The worst places come with the snapshot at the first epoch's end.]")
        return
    params = {"split": split, "kind": kind, "top": TOP}
    answer, trouble = observe(run.record.id, step, "worst_places", params)
    if answer is None:
        problem(trouble)
        return
    st.markdown(worst_sentence(answer.meta, kind, f"{split} after step {step:,}"))
    st.html(worst_html(answer.meta["places"], page_theme()))
    note = (
        "In one pass over the text from a state of zeros, each word once and after the true ones. "
        "The bars above are of mini-batches, which read some words twice: they count more answers, "
        "and their shares differ a little."
    )
    st.markdown(f":gray[:small[{note}]]")


def _pinned(run: Standing, asked: tuple[str, str, str]) -> int | None:
    """Return the snapshot to look at: the last epoch's; of a live run that at the last pick."""
    ends = {epoch.step for epoch in run.record.epochs}
    newest = max((step for step in run.record.snapshots if step in ends), default=None)
    known = state.get(f"{KEY}_pinned")
    if not run.is_live or known is None or known[0] != asked or known[1] is None:
        state.put(f"{KEY}_pinned", (asked, newest))
        return newest
    pinned: int = known[1]
    return pinned


def worst_sentence(meta: Mapping[str, Any], kind: str, where: str) -> str:
    """Say how the words of a kind go, and what is said in their place."""
    n, right = meta["n"], meta["right"]
    word = {"ones": "words one to nine", "teens": "words ten to nineteen", "comma": "commas"}
    named = word.get(kind, f"“{kind}”" if kind in ("hundred", "thousand") else "tens")
    said = f"**{right:,}** of {n:,} {named} are right on {where}"
    if not meta["mixed"]:
        return f"{said}."
    mixed = "; ".join(f"“{b}” for “{a}” {plural(times, 'time')}" for a, b, times in meta["mixed"])
    return f"{said}. Most often it says {mixed}."


def worst_html(places: Sequence[Mapping[str, Any]], look: Theme) -> str:
    """Each place as its words, the one in question marked, and what was said instead."""
    return f'<ol class="hn-worst">{"".join(_place_html(each, look) for each in places)}</ol>'


def _place_html(each: Mapping[str, Any], look: Theme) -> str:
    before = html_escape(" ".join(each["before"]).replace(" ,", ","))
    after = html_escape(" ".join(each["after"]).replace(" ,", ","))
    wrong = each["said"] != each["truth"]
    mark, color = ("✗ said", look.wrong) if wrong else ("✓ said", look.right_mark)
    return (
        f'<li><span style="color:{look.muted}">{before}</span> <b>{html_escape(each["truth"])}</b> '
        f'<span style="color:{look.muted}">{after}</span><br>'
        f'<i style="color:{color}">{mark} “{html_escape(each["said"])}” {each["p_said"]:.3f}</i>, '
        f"“{html_escape(each['truth'])}” {each['p_truth']:.2g}, loss {each['loss']:.2f}</li>"
    )
