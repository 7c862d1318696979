"""The CSS variables that Streamlit gives to components, made from our settings for it."""

import re
from typing import Any

from hnviz.settings import SETTINGS

FONTS = {
    "sans-serif": '"Source Sans", sans-serif',
    "monospace": '"Source Code Pro", monospace',
}
"""Streamlit's own fonts, by the names that it gives them."""


def variables(mode: str) -> dict[str, str]:
    """Return them for "light" or "dark": --st-text-color, --st-font, ..."""
    settings = {**SETTINGS["theme"], **SETTINGS[f"theme.{mode}"]}
    return {f"--st-{_kebab(name)}": _value(name, value) for name, value in settings.items()}


def _kebab(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "-", name).lower()


def _value(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(int(value))
    if name == "baseFontSize":
        return f"{value}px"
    return FONTS.get(value, str(value))
