"""Every control is made of the same parts: kit/js/parts.css has their look, and nothing else."""

import re

from tests.conftest import ROOT

APP = ROOT / "hnviz/app"
PARTS = APP / "kit/js/parts.css"
MADE_HERE = APP / "kit/js/parts.js"

# A rule of a picture's own for a select, a range slider or a play button.
OWN_LOOK = re.compile(
    r"(?:^|[,}\s])(?:[^{},]*\s)?(?:select|\.play|input\[type=\"?range\"?\])[^{},]*\{", re.M
)
ACCENTS = {  # of a checkbox, and of the bars of a phone that trains
    "rooms/through_time/lanes/style.css",
    "rooms/classroom/train/style.css",
}


def test_no_picture_has_a_look_of_its_own_for_a_part() -> None:
    sheets = [path for path in APP.rglob("*.css") if path != PARTS]
    assert len(sheets) > 20
    for path in sheets:
        css = path.read_text(encoding="utf-8")
        assert not OWN_LOOK.search(css), path
        if str(path.relative_to(APP)) not in ACCENTS:
            assert "accent-color" not in css, path
            assert "appearance:" not in css, path


def test_selects_and_play_buttons_are_made_in_one_place() -> None:
    for path in APP.rglob("*.js"):
        if path == MADE_HERE:
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""make\("select"|createElement\("select"\)""", text), path
        assert '"▶ Play"' not in text and ', "Play"' not in text, path


def test_a_part_of_ones_own_is_found() -> None:
    assert OWN_LOOK.search(".tools button, .tools select { padding: 0; }")
    assert OWN_LOOK.search("select:hover { color: red; }")
    assert not OWN_LOOK.search(".code i { user-select: none; }")
