"""The mark on a field whose value cannot be used."""

import streamlit as st

from hnviz.app.kit.text import page_theme

_FIELDS = ("stNumberInputContainer", "stTextInputRootElement", "stTextAreaRootElement")


def mark_field(key: str) -> None:
    """Frame a widget's field in the colour of errors; say why beside it, too."""
    fields = ", ".join(f".st-key-{key} [data-testid={name}]" for name in _FIELDS)
    color = page_theme().wrong
    st.html(f"<style>{fields} {{ border-color: {color}; box-shadow: 0 0 0 1px {color}; }}</style>")
