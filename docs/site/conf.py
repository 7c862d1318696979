"""The book: what Sphinx makes of docs/. `make docs` builds it; a warning is an error."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]  # the book's own modules, and hnviz

from diagram import drawing, levels  # noqa: E402
from rooms import Room, arrows, rooms  # noqa: E402

from hnviz import __version__  # noqa: E402

project = "hnviz"
author = "hnviz contributors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["site"]
myst_heading_anchors = 3
default_role = "code"  # docstrings write names between single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
nitpicky = False

html_theme = "furo"
html_title = f"hnviz {release}"
html_static_path = ["style"]
html_css_files = ["book.css"]
html_show_sphinx = html_show_copyright = html_copy_source = False
highlight_language = "none"  # a block without a language is a line of the design, or a shell's
suppress_warnings = [
    "misc.highlighting_failure",  # a request's first line alone is no HTTP
    "ref.python",  # a package and its module both list a class: either is right
]


class Rooms(SphinxDirective):
    """The architecture: a diagram of what imports what, and the same as a table."""

    def run(self) -> Sequence[nodes.Node]:
        """Return both as HTML."""
        graph = rooms()
        self.env.note_reread()  # any module may have changed
        wide = f'<div class="rooms-wide">{drawing(graph)}</div>'
        return [nodes.raw("", wide + _table(graph), format="html")]


def _table(graph: Mapping[str, Room]) -> str:
    high = levels(graph, arrows(graph))
    ordered = sorted(graph.values(), key=lambda room: (-high[room.name], room.name))
    rows = [
        f"<tr><td>{room.name}</td><td>{room.says}.</td><td>{'yes' if room.torch else ''}</td>"
        f"<td>{room.modules}</td><td>{', '.join(sorted(room.imports))}</td></tr>"
        for room in ordered
    ]
    names = ("room", "what it says of itself", "torch", "modules", "imports")
    head = "".join(f"<th>{name}</th>" for name in names)
    return (
        '<div class="table-wrapper"><table class="docutils rooms-table"><thead><tr>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _is_left_out(*given: Any) -> bool | None:
    """Leave out what Python itself says of a named tuple's fields."""
    _, _, _, member, _, _ = given
    return True if (getattr(member, "__doc__", "") or "").startswith("Alias for field") else None


def _shortened(*given: Any) -> tuple[str | None, str | None]:
    """Write an array's type as its author did."""
    *_, arguments, returned = given
    array = re.compile(r"ndarray\[tuple\[Any, \.\.\.\], dtype\[(\w+)\]\]")
    short = [each and array.sub(r"NDArray[\1]", each) for each in (arguments, returned)]
    return short[0], short[1]


def setup(app: Sphinx) -> None:
    """Register the directive, and what makes the reference shorter."""
    app.add_directive("rooms", Rooms)
    app.connect("autodoc-skip-member", _is_left_out)
    app.connect("autodoc-process-signature", _shortened)
