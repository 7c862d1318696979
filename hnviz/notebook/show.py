"""`hnviz.show`: a picture in a notebook's cell."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from hnviz.given import in_one_line
from hnviz.notebook.pictures import PICTURES, Drawn

if TYPE_CHECKING:
    from hnviz.analysis.run import Run

FIRST = "curves"  # of a run, without a name
"""What every run has, one of a network that hnviz cannot ask too."""


class ShowError(ValueError):
    """Says in one sentence why there is no picture."""


class Shown:
    """A picture. A notebook shows it as the last line of a cell; `print` gives its sentence."""

    def __init__(self, drawn: Drawn) -> None:
        self.sentence = drawn.sentence.replace("**", "")
        self.svg = drawn.still
        self._drawn = drawn

    def __repr__(self) -> str:
        return self.sentence

    @property
    def page(self) -> str:
        """The live page: one HTML file, which needs nothing else."""
        return self._drawn.page.write(self.sentence)

    @property
    def html(self) -> str:
        """The live page in a frame over the still picture, which stays where frames are dropped.

        It is ASCII: in a file that names no encoding, other signs would change the script's hash.
        """
        image = b64encode(self.svg.encode()).decode()
        said, page = escape(self.sentence), escape(self.page, quote=False).replace("'", "&#39;")
        whole = (
            '<div style="container-type:inline-size"><div style="position:relative;overflow:hidden;'
            f'height:{self._drawn.height.css}">'
            f'<img src="data:image/svg+xml;base64,{image}" alt="{said}" style="max-width:100%">'
            f'<iframe sandbox="allow-scripts" title="{said}" srcdoc=\'{page}\' '
            'style="position:absolute;inset:0;width:100%;height:100%;border:0"></iframe></div></div>'
        )
        return whole.encode("ascii", "xmlcharrefreplace").decode()

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> Mapping[str, str]:
        """Return what a notebook stores: it shows the first of these that it can, from the end."""
        return {
            "text/plain": self.sentence,
            "image/svg+xml": self.svg,
            "text/html": self.html,
        }


@in_one_line
def show(what: Any, picture: str = "", **options: Any) -> Shown:
    """Show a picture in a notebook's cell: ``hnviz.show("batches", bs=64, bptt=70)``.

    `what` is "batches", or a run: what `hnviz.open` takes or returns, or what `hnviz.record`
    returned. `picture` is "curves" (unless given), "states", "machine" or "batches", of which
    docs/notebook.md lists the options. Raises ShowError, with one sentence.
    """
    try:
        return Shown(_drawn(what, picture, options))
    except ValueError as error:
        raise ShowError(str(error)) from None


def _drawn(what: Any, picture: str, options: Mapping[str, Any]) -> Drawn:
    is_name = isinstance(what, str) and what in PICTURES
    name = what if is_name else picture or FIRST
    if not isinstance(name, str) or name not in PICTURES:
        raise ValueError(f"no picture is named {name!r:.40}; choose one of {', '.join(PICTURES)}")
    shows = PICTURES[name]
    if is_name and picture:
        raise ValueError(f"the run comes first: hnviz.show(run, {name!r})")
    if is_name and shows.needs_run:
        raise ValueError(f"{name!r} shows a run: hnviz.show(run, {name!r})")
    read = shows.read(name, options)
    return shows.draw(None if is_name else _run(what), read)


def _run(what: Any) -> "Run":
    """Open a run. Raises ValueError."""
    from hnviz.analysis.run import open
    from hnviz.runs import RunNotFound

    try:
        return open(what)
    except RunNotFound as error:
        raise ValueError(f"{error}; a picture is one of {', '.join(PICTURES)}") from error
