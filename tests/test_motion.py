"""Nothing moves for a reader who has asked for that."""

import re

from tests.conftest import ROOT

MOVES = re.compile(
    r"\b(transition|animation)\s*:|scroll-behavior\s*:\s*smooth|behavior: \"smooth\""
)
STILL = "prefers-reduced-motion"


def test_every_style_that_moves_has_a_still_form():
    sheets = [*(ROOT / "hnviz").rglob("*.css")]
    assert len(sheets) > 20
    moving = [path for path in sheets if MOVES.search(path.read_text())]
    assert [path.name for path in moving if STILL not in path.read_text()] == []


def test_no_script_scrolls_smoothly():
    scripts = [path for path in (ROOT / "hnviz").rglob("*.js") if "node_modules" not in path.parts]
    assert [path for path in scripts if 'behavior: "smooth"' in path.read_text()] == []
