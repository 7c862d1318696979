"""Values in the address that a setting cannot take: told, where Streamlit drops them unsaid."""

from collections.abc import Sequence
from math import isfinite

import streamlit as st

from hnviz.app.shell import session as state

SWITCH = ("true", "false")
"""What a toggle may hold."""


def address_problem(
    key: str, wanted: str | Sequence[object], ends: tuple[float, float] | None = None
) -> str | None:
    """Say that a bound widget's value in the address cannot be used; call before it is drawn.

    `wanted` is "whole number", "number", or the choices, of a toggle `SWITCH`; `ends` are a
    number's lowest and highest where the widget itself has them. The sentence stays as long as the
    widget holds what it fell back to.
    """
    raw = st.query_params.get(key)
    if raw is not None and not (_is_usable(raw, wanted) and _is_within(raw, ends)):
        state.put(_kept(key), raw)
    elif raw is not None or state.get(_kept(key)) is None:
        state.pop(_kept(key))  # it was set to something since
        return None
    named = wanted if isinstance(wanted, str) else f"one of {_listed(wanted)}"
    if ends:
        named = f"{named} from {ends[0]:g} to {ends[1]:g}"
    article = "a " if isinstance(wanted, str) else ""
    return f"the address wanted {state.get(_kept(key))[:40]!r} here, which is not {article}{named}"


def _listed(choices: Sequence[object]) -> str:
    """Write choices behind each other; one that has a comma of its own in quotes."""
    return ", ".join(repr(each) if "," in str(each) else str(each) for each in choices)


def _kept(key: str) -> str:
    return f"address_{key}"


def _is_within(raw: str, ends: tuple[float, float] | None) -> bool:
    return ends is None or ends[0] <= float(raw) <= ends[1]


def _is_usable(raw: str, wanted: str | Sequence[object]) -> bool:
    if not isinstance(wanted, str):
        return raw in map(str, wanted)
    try:
        number = float(raw)
    except ValueError:
        return False
    if not isfinite(number):
        return False
    return wanted == "number" or (number.is_integer() and abs(number) < 2**53)
