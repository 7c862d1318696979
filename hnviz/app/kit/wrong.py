"""The mark on a field whose value cannot be used."""

import streamlit as st

from hnviz.app.kit.text import page_theme
from hnviz.web.assets import styled

_FIELDS = ":is(:--numberField, :--textField, :--areaField)"


def mark_field(key: str) -> None:
    """Frame a widget's field in the colour of errors; say why beside it, too."""
    color = page_theme().wrong
    style = f"border-color: {color}; box-shadow: 0 0 0 1px {color};"
    st.html(f"<style>{styled(f'.st-key-{key} {_FIELDS}')} {{ {style} }}</style>")
