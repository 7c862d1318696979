"""The page as bytes, with our colours and the addresses of its files in it."""

from pathlib import Path

from hnviz.figures.theme import MODES, theme
from hnviz.web.assets import ASSETS

FOLDER = "app/rooms/classroom/join"
COLOURS = ("background", "text", "muted", "control", "primary", "link", "wrong")


def join_page() -> bytes:
    """Return the HTML page of /class/join."""
    text = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    light, dark = map(_colours, MODES)
    filled = {
        "colours": f"{light} @media (prefers-color-scheme: dark) {{ {dark} }}",
        "style": ASSETS.address(f"{FOLDER}/style.css"),
        "script": ASSETS.address(f"{FOLDER}/join.js"),
    }
    for name, value in filled.items():
        text = text.replace(f"{{{name}}}", value)
    return text.encode()


def _colours(mode: str) -> str:
    look = theme(mode)
    listed = "; ".join(f"--{name}: {getattr(look, name)}" for name in COLOURS)
    return f":root {{ color-scheme: {mode}; {listed}; }}"
