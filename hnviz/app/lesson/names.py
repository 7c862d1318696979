"""What a lesson may name: the app's pages, their parameters, its pictures and controls."""

from hnviz.app.pictures import PICTURES
from hnviz.app.shell.keys import ADDRESS, EVERY, SESSION, wrong
from hnviz.app.shell.navigation import PAGES
from hnviz.figures.terms import TERMS
from hnviz.lessons import PARAMETER
from hnviz.lessons.check import AppNames
from hnviz.runs import shipped_configs

PARTS = ("batches_reach", "batches_bounds", "models_cards", "train_rates")
"""Keys of charts and containers that a lesson may point at, beside pictures and controls."""


def app_names() -> AppNames:
    """Return what the app has."""
    pages = {name: title for section in PAGES.values() for name, title in section.items()}
    parameters = {
        name: [key.name for key in ADDRESS if key.page in (EVERY, title) and key.name != PARAMETER]
        for name, title in pages.items()
        if name != PARAMETER
    }
    pictures = [picture.called for picture in PICTURES.values()]
    controls = [key.name for key in (*ADDRESS, *SESSION)]
    return AppNames(
        parameters, (*pictures, *controls, *PARTS), wrong, tuple(shipped_configs()), TERMS
    )
