"""Writes the rooms, the lessons, the words and the questions as a folder for any static host.

Every page is one file, so the folder also works from a disk. On https, or on localhost, a browser
can install it and open it without a network.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

from markupsafe import Markup

from hnviz.app.kit.glossary import GLOSSARY
from hnviz.app.shell.navigation import PAGES, UNLISTED
from hnviz.export.build import export_page
from hnviz.export.collect import Link
from hnviz.export.html import FILES, Around, plain_page
from hnviz.export.lesson import export_index
from hnviz.export.prose import as_html
from hnviz.figures.terms import TERMS
from hnviz.lessons import PARAMETER
from hnviz.lessons.panel import FIRST_PAGE, page_path
from hnviz.web.assets import PACKAGE

ROOMS = {name: title for name, title in PAGES[""].items() if name not in UNLISTED}
LESSONS = "lessons/"
WORDS, QUESTIONS = "words.html", "questions.html"
MANIFEST, WORKER, ICON = "manifest.webmanifest", "sw.js", "icon.svg"
DOCS = PACKAGE.parent / "docs"  # in a checkout of the repository alone

FRONT_MATTER = """---
title: hnviz
emoji: 🔁
colorFrom: blue
colorTo: gray
sdk: static
app_file: index.html
---

How a recurrent network is fed, learns and remembers. `python -m hnviz export site` wrote this
folder. What it cannot do (models of your own, a graphics card, a class), `python -m hnviz app` can.
"""
"""The first page's description, with what a static Space of Hugging Face reads."""

_REGISTER = """if (isSecureContext && location.protocol.startsWith("http")) {
  navigator.serviceWorker?.register("%s").catch(() => {});
}"""


def export_site() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file. Raises ExportError."""
    written: dict[str, bytes] = {}

    def kept(name: str, content: bytes) -> tuple[str, bytes]:
        written[name] = content
        return name, content

    around = _around("")
    for page in ROOMS:
        yield kept(file_of(page), export_page(page, {}, found, around=around))
    for name, content in export_index(around=_around("../")):
        yield kept(f"{LESSONS}{name}", content)
    yield kept(WORDS, plain_page("Words", _words(), nav=around.nav))
    if (questions := DOCS / QUESTIONS.replace(".html", ".md")).is_file():
        _, _, text = questions.read_text(encoding="utf-8").partition("\n")
        yield kept(QUESTIONS, plain_page("Questions", Markup(as_html(text)), nav=around.nav))
    yield kept(ICON, (PACKAGE / "app/shell/icon.svg").read_bytes())
    yield kept(MANIFEST, _manifest())
    yield WORKER, _worker(written)
    yield "README.md", FRONT_MATTER.encode()
    yield ".nojekyll", b""


def file_of(page: str, at: Mapping[str, str] | None = None) -> str:
    """Return the address of a room's file, with the values of its controls."""
    name = "index.html" if page == FIRST_PAGE else f"{page_path(page)}.html"
    return f"{name}#{urlencode(at)}" if at else name


def found(link: Link) -> str | None:
    """Return the address beside a room's file to which a link of the app leads."""
    at = dict(link.at)
    if lesson := at.pop(PARAMETER, ""):
        name, _, step = lesson.partition(".")
        return f"{LESSONS}{name}.html#{step or 1}"
    if link.page in ROOMS:
        return file_of(link.page, at)
    return WORDS if link.page == "words" else None


def _around(up: str) -> Around:
    """Return what surrounds a page's content, for a page from which `up` leads to the first one."""
    places = {title: file_of(page) for page, title in ROOMS.items()}
    places |= {"Lessons": f"{LESSONS}index.html", "Words": WORDS, "Questions": QUESTIONS}
    if not (DOCS / "questions.md").is_file():
        del places["Questions"]
    link = Markup('<a href="{}">{}</a>')
    links = Markup("\n").join(link.format(up + to, title) for title, to in places.items())
    head = Markup('<link rel="manifest" href="{0}{1}">\n<link rel="icon" href="{0}{2}">')
    return Around(
        nav=Markup('<nav aria-label="Pages">\n{}\n</nav>').format(links),
        head=head.format(up, MANIFEST, ICON),
        script=_REGISTER % f"{up}{WORKER}",
        policy="; manifest-src 'self'; img-src 'self' data:; worker-src 'self' blob:",
    )


def _words() -> Markup:
    term = Markup('<dt>{}</dt>\n<dd>{}; <a href="{}">see it in {}</a></dd>')
    listed = (
        term.format(name, meaning, file_of(seen.page, seen.params), ROOMS[seen.page])
        for name, meaning in TERMS.items()
        for seen in [GLOSSARY[name]]
    )
    return Markup("<dl>\n{}\n</dl>").format(Markup("\n").join(listed))


def _manifest() -> bytes:
    said = {
        "name": "hnviz",
        "short_name": "hnviz",
        "description": "How a recurrent network is fed, learns and remembers.",
        "start_url": "index.html",
        "display": "standalone",
        "background_color": "#FCFBF8",
        "theme_color": "#FCFBF8",
        "icons": [{"src": ICON, "sizes": "any", "type": "image/svg+xml"}],
    }
    return json.dumps(said, indent=1).encode()


def _worker(written: Mapping[str, bytes]) -> bytes:
    """Return the service worker; another content of any file makes it a new one."""
    digest = hashlib.sha256(b"".join(written.values())).hexdigest()[:12]
    template = (FILES / "sw.template").read_text(encoding="utf-8")
    names = json.dumps([each for each in written if Path(each).suffix != ".md"])
    return (
        template.replace("VERSION", json.dumps(f"hnviz {digest}")).replace("NAMES", names).encode()
    )
