"""A place for each picture, kept from the first frame on, so that nothing moves when it is drawn.

Streamlit shows a component some time after its element: until then only a style sheet that the page
names can keep the place. A picture's own min-height follows the same variable.

A browser waits for that sheet before it shows anything, and the server loads the pictures later. So
the sheet comes with the package: ``python -m hnviz.app.pictures`` writes it.
"""

from collections.abc import Iterable
from pathlib import Path

from hnviz.app.kit.picture import Picture

SHEET = Path(__file__).with_name("places.css")
PHONE = "@media (max-width: 640px)"


def places(pictures: Iterable[Picture]) -> str:
    """Write the style sheet that keeps the places; patterns come first, so that a name wins."""
    kept = [picture.place for picture in pictures]
    ordered = sorted(kept, key=lambda place: not place.key.startswith("*"))
    wide = "\n".join(_rule(each.key, each.height) for each in ordered)
    phone = "\n".join(_rule(each.key, each.phone) for each in ordered if each.phone)
    return f"{_MADE}{wide}\n{PHONE} {{\n{phone}\n}}\n{_EMPTY}\n"


_MADE = "/* Written by python -m hnviz.app.pictures from each picture's place. */\n"
_COMES = ":--element:not(:has([data-mounted]))"
_EMPTY = f"""{_COMES} {{ min-height: var(--hn-height); }}
{_COMES} :--skeleton {{ max-height: var(--hn-height); }}
{_COMES}::before {{ content: var(--hn-waits, none); position: absolute; }}"""


def _rule(key: str, height: str) -> str:
    name = key.removeprefix("*")
    place = f'[class*="st-key-"][class*="{name}"]' if name != key else f".st-key-{key}"
    waits = "" if height == "0" else ' --hn-waits: "Loading …";'
    return f"{place} {{ --hn-height: {height};{waits} }}"
