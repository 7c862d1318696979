"""Values in the address that a setting cannot take: the page names what Streamlit only drops."""

from collections.abc import Sequence

import streamlit as st

from hnviz.app.shell import session as state

SWITCH = ("true", "false")
"""What a toggle may hold."""

MOST_LISTED = 12
"""Choices that a sentence lists; of more it gives the number, and the box has the list."""


def address_problem(key: str) -> str | None:
    """Say that a bound toggle or fold cannot use its value in the address.

    Call it before the widget is drawn. The sentence stays as long as the widget holds what it fell
    back to.
    """
    raw = st.query_params.get(key)
    if raw is not None and raw not in SWITCH:
        state.put(_kept(key), raw)
    elif raw is not None or state.get(_kept(key)) is None:
        state.pop(_kept(key))  # it was set to something since
        return None
    return in_vain(state.get(_kept(key)), SWITCH)


def in_vain(raw: str, wanted: Sequence[object]) -> str:
    """Write the sentence about a value in the address that is none of the choices."""
    return f"the address asks for {raw[:40]!r} here, which is not {described(wanted)}"


def described(wanted: str | Sequence[object], ends: tuple[float, float] | None = None) -> str:
    """Describe what a setting takes: "a whole number from 1 to 9", "one of cpu, cuda"."""
    named = f"a {wanted}" if isinstance(wanted, str) else _one_of(wanted)
    if not ends:
        return named
    low, high = (f"{end:,.10g}".replace("-", "\N{MINUS SIGN}") for end in ends)
    return f"{named} from {low} to {high}"


def _one_of(choices: Sequence[object]) -> str:
    """Write choices one after the other; those with a comma in quotes."""
    if len(choices) > MOST_LISTED:
        return f"one of the {len(choices)} choices in this box"
    return "one of " + ", ".join(repr(each) if "," in str(each) else str(each) for each in choices)


def _kept(key: str) -> str:
    return f"address_{key}"
