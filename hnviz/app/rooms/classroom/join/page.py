"""The pages of phones as bytes, with our colours and the addresses of their files in them."""

from pathlib import Path
from posixpath import normpath

from hnviz.figures.theme import MODES, theme
from hnviz.web.assets import ASSETS

FOLDER = "app/rooms/classroom"
COLOURS = ("background", "text", "muted", "control", "primary", "link", "wrong")


def join_page() -> bytes:
    """Return the HTML page of /class/join."""
    return _filled("join", style="join/style.css", script="join/join.js")


def train_page() -> bytes:
    """Return the HTML page of /class/train."""
    own = {"own": "train/style.css", "script": "train/phone.js"}
    return _filled("train", style="join/style.css", shown="../../kit/class/shown.css", **own)


def _filled(folder: str, **files: str) -> bytes:
    """Fill a folder's page.html with the addresses of files, relative to `FOLDER`."""
    text = (Path(__file__).parents[1] / folder / "page.html").read_text(encoding="utf-8")
    light, dark = map(_colours, MODES)
    filled = {
        "colours": f"{light} @media (prefers-color-scheme: dark) {{ {dark} }}",
        **{name: ASSETS.address(normpath(f"{FOLDER}/{file}")) for name, file in files.items()},
    }
    for name, value in filled.items():
        text = text.replace(f"{{{name}}}", value)
    return text.encode()


def _colours(mode: str) -> str:
    look = theme(mode)
    listed = "; ".join(f"--{name}: {getattr(look, name)}" for name in COLOURS)
    return f":root {{ color-scheme: {mode}; {listed}; }}"
