"""Files that a picture was saved as, in a browser."""

import re
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image
from PIL.ImageSequence import Iterator

from hnviz.figures.theme import theme
from tests.conftest import until

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
FONTS = {"sans-serif", "serif", "monospace"}


def more(place, entry: str) -> None:
    """Press one of the entries of a picture's More, by keyboard; `place` is a page or a part."""
    menu = place.locator(".hnviz-more summary")
    menu.wait_for()  # plotly.js is large
    menu.press("Enter")
    place.locator(".hnviz-choices button", has_text=entry).first.press("Enter")


NOTED = """(said) => {
  window.said = [];
  new MutationObserver(() => window.said.push(said.textContent)).observe(said, { childList: true });
}"""
"""Notes what is said of files: it goes after four seconds, and a busy computer may be slower."""


def saved(page, kind: str, folder: Path) -> Path:
    """Press one of the entries of More that save, by keyboard; return the file."""
    page.locator(".hnviz-saved").first.evaluate(NOTED)
    with page.expect_download() as got:
        more(page, kind)
    path = folder / got.value.suggested_filename
    got.value.save_as(path)
    until(page, "name => window.said.includes(`Saved ${name}`)", path.name)
    return path


def frames_of(path: Path) -> tuple[list[Image.Image], float]:
    """Return a film's frames, as RGB, and how long it is in seconds."""
    with Image.open(path) as film:
        shown = [(each.convert("RGB"), each.info["duration"]) for each in Iterator(film)]
    return [frame for frame, _ in shown], sum(ms for _, ms in shown) / 1000


def check_svg(path: Path, mode: str) -> ElementTree.Element:
    """Hold a file to what stands alone in any program: no style sheet, no font, no other file."""
    root = ElementTree.parse(path).getroot()
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert (float(root.attrib["width"]), float(root.attrib["height"])) == (width, height)
    ground = next(each for each in root if each.tag == f"{SVG}rect")
    assert ground.attrib["fill"].lower() == theme(mode).background.lower()
    assert float(ground.attrib["width"]) == width
    for each in root.iter():
        assert each.tag != f"{SVG}foreignObject" and "class" not in each.attrib
        assert each.attrib.get("font-family", "serif") in FONTS
        assert each.attrib.get(LINK, "data:").startswith(("data:", "#"))
        for value in each.attrib.values():
            assert "var(" not in value and "http" not in value.replace("http://www.w3.org", "")
            assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", value))
    return root
