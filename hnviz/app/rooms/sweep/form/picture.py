"""Starts a sweep: the browser sends its plan to POST /api/sweeps."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.rooms.sweep.cards import CARD, QUESTION
from hnviz.app.run.start import leads
from hnviz.config import LIMITS
from hnviz.models.catalogue import CATALOGUE


def settings(*, may: bool) -> Mapping[str, Any]:
    """Return what the browser gets; `may`: whether the reader may train sweeps."""
    shorter = {name: each.max_bptt for name, each in CATALOGUE.items() if each.max_bptt}
    return {
        "card": CARD,
        "question": QUESTION,
        "models": list(CATALOGUE),
        "longest": {"bptt": LIMITS["bptt"][1], "of": shorter},
        "may": may,
    }


EXAMPLES = {
    "ready": Example(settings=lambda: settings(may=True)),
    "student": Example(settings=lambda: settings(may=False)),
}

FORM = Picture(__file__, Place("sweep_form", "188px", "444px"), silent=True, examples=EXAMPLES)


def sweep_form() -> None:
    """Draw the card and the form."""
    FORM(settings=settings(may=leads()))
