"""The part of Train in which a student finds what is wrong with a loop: twelve patients."""

import streamlit as st

from hnviz.app.kit.cards import drawing
from hnviz.app.kit.fields.picture import choice, controls
from hnviz.app.kit.text import lead, page_theme, prose, section
from hnviz.exercises.clinic import BEDS, CASES, WARDS
from hnviz.figures import clinic as of

CURVES = "Each line is a seed. What would be strange even if you had never seen another loop?"
MINI_BATCH = "Read a row and its targets. Is each target the word that the network should guess?"
LAYOUT = "Follow a row from one mini-batch to the next. Does it go on where it stopped?"
NAME = "Press a diagnosis: it opens, and says what in the evidence speaks for it or against it."
POINT = "Press what shows it best. Some bugs are in no curve."
MEND = "Mended, the loop trained again from five seeds. Do the two differ more than seeds do?"

OWN = (
    "The doctor also looks at a loop of your own: `python -m hnviz check loop.py` says what is "
    "wrong with it, and what is a choice."
)


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
    section("Name it", NAME)
    drawing(of.diagnoses(case, look))
    section("Point at the evidence", POINT)
    drawing(of.evidence(case, look))
    section("Mend it", MEND)
    drawing(of.mend(case, look))
    prose(OWN)
