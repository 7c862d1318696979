"""Pictures that Python draws: SVG or HTML from hnviz.figures, served by a view."""

from collections.abc import Mapping, Sequence

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.kit.tabled import Tabled
from hnviz.figures.theme import MODES, Theme, theme
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

MODE = Param(MODES, MODES[0])
"""The parameter of every drawn view: the browser adds its mode."""


def look_of(look: Look) -> Theme:
    """Return the theme that a request asks for."""
    return theme(look.params["mode"])


def two_sizes(
    sizes: tuple[str, str], table: Tabled, sentence: str = "", note: str = "", fold: str = ""
) -> Reply:
    """Answer with a drawing for a page's width and one for a phone's, and with its data.

    With `fold`, the note is shown when a reader opens a line of that name.
    """
    drawings = {"wide": sizes[0], "narrow": sizes[1], "tables": [table.sent]}
    return Reply({}, {**drawings, "note": note, "fold": fold}, sentence)


def html(content: str, sentence: str = "", note: str = "", *, tables: Sequence[Tabled]) -> Reply:
    """Answer with one drawing for all widths, and with its data."""
    sent = [table.sent for table in tables]
    return Reply({}, {"html": content, "note": note, "tables": sent}, sentence)


def drawn(
    file: str, place: Place, *views: View, examples: Mapping[str, Example] | None = None
) -> Picture:
    """Make a picture in a folder that has no JavaScript of its own."""
    return Picture(
        file,
        place,
        views=views,
        draws="kit/drawing",
        isolate=False,
        examples=examples or {},
    )
