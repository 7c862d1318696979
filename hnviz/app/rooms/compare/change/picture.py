"""One setting of a run changed, and comparisons that are ready: the browser starts the runs."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.rooms.compare.cards import CARDS
from hnviz.config import CHOICES, LIMITS, SETTINGS
from hnviz.data.corpora import BUILT_IN
from hnviz.figures.time_text import without_detach
from hnviz.models.catalogue import CATALOGUE
from hnviz.questions.view import Look, Reply, View

EXAMPLES = {"ready": Example(settings=lambda: settings())}


def _without_detach(look: Look) -> Reply:
    """Say what it costs never to detach the state, and what torch says."""
    meta = look.ask("undetached").meta
    return Reply({}, meta, without_detach(look.run.record.config.model, meta))


DETACH_VIEW = View("without_detach", {}, _without_detach, slow=True)

CHANGED = Picture(
    __file__,
    Place("compare_change", "490px", "890px"),
    views=(DETACH_VIEW,),
    silent=True,
    examples=EXAMPLES,
)

_KEPT = ("seed", "device", "form", "corpus", "split")  # settings that are not compared here
_FIELDS = (*(name for name in SETTINGS if name not in ("model", *_KEPT)), "model")


def settings() -> Mapping[str, Any]:
    """Return what the browser gets: the settings that can be changed, and the cards."""
    options = {**CHOICES, "model": tuple(CATALOGUE), "corpus": BUILT_IN}
    fields = [
        {"name": name, "options": list(options.get(name, ())), "whole": name in LIMITS}
        for name in _FIELDS
    ]
    cards = [
        {
            "name": name,
            "title": card.title,
            "question": card.question,
            "runs": list(card.runs),
            "measured": card.measured,
        }
        for name, card in CARDS.items()
    ]
    stateful = [name for name, entry in CATALOGUE.items() if entry.stateful]
    return {"fields": fields, "cards": cards, "stateful": stateful}


def change() -> None:
    """Draw the row that changes one setting, and the cards."""
    CHANGED(settings=settings())
