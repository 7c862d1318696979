"""The palette: text reads at 4.5 to 1 on what it is written on, marks at 3 to 1, in both modes."""

import pytest

from hnviz.figures.theme import MODES, Theme, theme

TEXT, MARK = 4.5, 3.0  # WCAG 2.2's 1.4.3 and 1.4.11
GREY = 1.5  # between two fills that must differ without colour


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def texts(look: Theme) -> dict[str, tuple[str, str]]:
    """Name each pair of a text and what it is written on."""
    papers = {"background": look.background, "surface": look.surface}
    inks = {
        "text": look.text,
        "muted": look.muted,
        "link": look.link,
        "wrong": look.wrong,
        "rightMark": look.right_mark,
        "commaMark": look.comma_mark,
        "train": look.train,
        "valid": look.valid,
    }
    found = {f"{ink} on {paper}": (inks[ink], papers[paper]) for ink in inks for paper in papers}
    for kind, text in look.kind_text.items():
        found[f"text on {kind}"] = (text, look.kind[kind])
    for role, color in look.role.items():
        found[f"{role} on background"] = (color, look.background)
        for part in ("background", "line"):
            found[f"{role} on code {part}"] = (color, look.code[part])
    for part in ("background", "line"):
        found[f"code on {part}"] = (look.code["text"], look.code[part])
    found["onPrimary on primary"] = (look.on_primary, look.primary)
    found["rightMark on right"] = (look.right_mark, look.right)
    return found


def marks(look: Theme) -> dict[str, str]:
    """Name each colour of a line, a frame or a dot on the page's background."""
    return {
        "bound": look.bound,
        "control": look.control,
        "cursor": look.cursor,
        "primary": look.primary,
        "hatch": look.hatch,
        **{f"run {at}": color for at, color in enumerate(look.categorical)},
    }


@pytest.mark.parametrize("mode", MODES)
def test_every_text_can_be_read(mode):
    faint = {name: round(contrast(*pair), 2) for name, pair in texts(theme(mode)).items()}
    assert {name: found for name, found in faint.items() if found < TEXT} == {}


@pytest.mark.parametrize("mode", MODES)
def test_every_mark_can_be_seen(mode):
    look = theme(mode)
    faint = {name: contrast(color, look.background) for name, color in marks(look).items()}
    assert {name: found for name, found in faint.items() if found < MARK} == {}


@pytest.mark.parametrize("mode", MODES)
def test_right_and_wrong_differ_without_colour(mode):
    look = theme(mode)
    assert contrast(look.right, look.wrong) >= MARK
    assert contrast(look.wrong, look.text) >= GREY


def test_each_kind_of_token_has_a_letter_of_its_own():
    letters = theme("light").letters
    assert len(set(letters.values())) == len(letters)
    assert set(theme("light").kind) <= {*letters, "place", "other", "special"}
