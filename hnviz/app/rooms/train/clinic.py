"""The part of Train in which a student finds what is wrong with a loop: twelve patients."""

import streamlit as st

from hnviz.app.kit.cards import drawing
from hnviz.app.kit.fields.picture import choice, controls
from hnviz.app.kit.text import lead, page_theme, prose, section
from hnviz.exercises.clinic import BEDS, CASES, WARDS
from hnviz.figures import clinic as of

CURVES = "Each line is one seed. What looks wrong, even if you have never seen another loop?"
MINI_BATCH = "Read a row and its targets. Is each target the word that the network should guess?"
LAYOUT = "Follow a row from one mini-batch to the next. Does it go on where it stopped?"
NAME = "Press a diagnosis to read what in the evidence supports it or contradicts it."
POINT = "Press the evidence that shows the bug. Some bugs show in no curve."
MEND = "Press Mend to see the loop without a bug. Do the two loops differ more than their seeds?"


def clinic() -> None:
    """Draw this part of its room."""
    with controls("clinic_fields"):
        ward = choice("Ward", WARDS, "clinic_ward")
        bed = choice("Bed", BEDS, "clinic_bed")
    case, look = CASES[f"{ward}{bed}"], page_theme()
    lead(of.headline(case))
    prose(f":gray[{of.task()}]")
    section("The curves", CURVES)
    with st.container(key="clinic_curves"):
        drawing(of.curves(case, look))
    section("One mini-batch", MINI_BATCH)
    drawing(of.mini_batch(case, look))
    section("The layout", LAYOUT)
    drawing(of.layout(case, look))
    with st.container(key=f"clinic_answers_{ward}{bed}"):  # another patient's folds are closed
        section("Name it", NAME)
        drawing(of.diagnoses(case, look))
        section("Point at the evidence", POINT)
        drawing(of.evidence(case, look))
        section("Mend it", MEND)
        drawing(of.mend(case, look))
    prose("The doctor also checks a loop of your own: `python -m hnviz check loop.py`.")
