"""The files of the pictures, and data that a page has prepared for a picture: GET /assets/...

The files are JavaScript, style sheets, the engine of hnviz/browser, what writes its runs as zip
files, plotly.js, gifenc, the colours and the rooms' pictures. Each address holds a hash of our
files, or of plotly.js, so a browser may cache a file forever and never mixes two versions. Each
file is read only once, so its content always matches the hash.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz.web.http import BINARY, FOR_GOOD, Cache, Refusal, bytes_reply, zipped

PACKAGE = Path(__file__).parents[1]
FILES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
}
"""Suffix -> media type of the files in hnviz/app that are served; Python files are not."""

TOKENS = "figures/tokens.json"
PLOTLY = "vendor/plotly/plotly-basic.min.js"
"""The part of plotly.js that draws scatter, bar and pie; `sh .ci/plotly.sh` writes it."""

GIFENC = "vendor/gifenc"
"""The folder of what makes a film's file; `sh .ci/gifenc.sh` writes it."""

ZIPS = "*.js"
"""Of hnviz/export/js, where a page has what stores a run and writes it as a zip file."""

STREAMLIT = "app/kit/js/streamlit.js"
"""The file that has the names in Streamlit's page."""

HEADERS = {"Cache-Control": FOR_GOOD, "Content-Encoding": "identity"}
"""Without an encoding, Streamlit would compress a file again at each request."""

MIN_ZIPPED_BYTES = 500
DATA = "assets/published/"  # the beginning of the address of a page's data
MAX_DATA_BYTES = 64 * 2**20
DATA_MEDIA = {".gz": "application/gzip", ".json": "application/json"}


@cache
def streamlit_names() -> dict[str, str]:
    """Return the names in Streamlit's page that hnviz uses -> their selectors."""
    text = (PACKAGE / STREAMLIT).read_text(encoding="utf-8")
    names: dict[str, str] = json.loads(text[text.index("{") : text.index("}") + 1])
    return names


def styled(sheet: str) -> str:
    """Return a style sheet with Streamlit's selectors for `:--main` and so on.

    Raises KeyError for a name that the file of names does not have.
    """
    return re.sub(r":--(\w+)", lambda name: streamlit_names()[name[1]], sheet)


class Asset:
    """One file, as it is and compressed."""

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        self.media = FILES[path.suffix]
        self._path, self._content = path, content

    @cached_property
    def content(self) -> bytes:
        """The file as it is."""
        return self._path.read_bytes() if self._content is None else self._content

    @cached_property
    def zipped(self) -> bytes | None:
        """The file compressed with gzip, or None if that does not pay."""
        return zipped(self.content, level=6, smallest=MIN_ZIPPED_BYTES)


class Assets:
    """All files, by their address relative to the app."""

    def __init__(self, package: Path = PACKAGE) -> None:
        self._package = package

    @cached_property
    def version(self) -> str:
        """A hash of all the package's files that are served."""
        digest = hashlib.sha256()
        for name, asset in self._ours.items():
            digest.update(f"{name}\0{len(asset.content)}\0".encode() + asset.content)
        return digest.hexdigest()[:12]

    def address(self, name: str) -> str:
        """Return the address of a file of the package: "app/kit/live/main.js"."""
        return f"assets/{self.version}/{name}"

    def addresses(self, folder: str, suffix: str) -> tuple[str, ...]:
        """Return the addresses of the files with a suffix in a folder: "app/kit/js/", ".js"."""
        return tuple(
            self.address(name)
            for name in self._ours
            if name.startswith(folder) and name.endswith(suffix)
        )

    @cached_property
    def plotly(self) -> str:
        """The address of plotly.js."""
        digest = hashlib.sha256(self._plotly.content).hexdigest()[:12]
        return f"assets/{digest}/{Path(PLOTLY).name}"

    def find(self, address: str) -> Asset | None:
        """Return the file at an address; None if there is none."""
        return self._all.get(address)

    def prepare(self) -> None:
        """Compress all files before the first request."""
        for asset in self._all.values():
            asset.zipped  # noqa: B018 - the result is kept

    @cached_property
    def _all(self) -> dict[str, Asset]:
        ours = {self.address(name): asset for name, asset in self._ours.items()}
        return {**ours, self.plotly: self._plotly}

    @cached_property
    def _plotly(self) -> Asset:
        return Asset(self._package / PLOTLY)

    @cached_property
    def _ours(self) -> dict[str, Asset]:
        return {
            path.relative_to(self._package).as_posix(): Asset(path, _content(path))
            for path in sorted(self._paths())
        }

    def _paths(self) -> Iterator[Path]:
        yield from (self._package / TOKENS, *(self._package / "vendor/preact").glob("*.js"))
        yield from (self._package / GIFENC).glob("*.js")
        yield from (self._package / "browser").glob("*.js")
        yield from (self._package / "export/js").glob(ZIPS)
        for path in (self._package / "app").rglob("*"):
            hidden = any(part.startswith(".") for part in path.relative_to(self._package).parts)
            if path.suffix in FILES and path.is_file() and not hidden:
                yield path


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return styled(content.decode()).encode() if path.suffix == ".css" else content


class PageData:
    """Data that pages have prepared for pictures, by an address with its hash; keeps the latest."""

    def __init__(self, largest: int = MAX_DATA_BYTES) -> None:
        self._cache = Cache(largest, largest)

    def keep(self, content: bytes, suffix: str) -> str:
        """Store data, and return its address relative to the app."""
        name = f"{hashlib.sha256(content).hexdigest()[:24]}{suffix}"
        self._cache.put(name, content)
        return f"{DATA}{name}"

    def find(self, name: str) -> bytes | None:
        """Return the data with a name; None if it is no longer kept."""
        content: bytes | None = self._cache.get(name)
        return content


ASSETS, PAGE_DATA = Assets(), PageData()


def routes(assets: Assets = ASSETS, page_data: PageData = PAGE_DATA) -> list[Route]:
    """Return the routes of the files and of the data."""

    async def data(request: Request) -> Response:
        name = request.path_params["name"]
        content = page_data.find(name)
        if content is None:
            raise Refusal("this data is no longer kept; reload the page", 404)
        media = DATA_MEDIA.get(name[name.rfind(".") :], BINARY)
        return Response(content, 200, {"Cache-Control": FOR_GOOD}, media)

    async def file(request: Request) -> Response:
        asset = assets.find(f"assets/{request.path_params['path']}")
        if asset is None:
            raise Refusal(
                "no file has this address; reload the page, which may be an older version", 404
            )
        forms = await run_sync(lambda: (asset.content, asset.zipped))  # the first time takes long
        return bytes_reply(request, forms, HEADERS, asset.media)

    return [Route(f"/{DATA}{{name}}", data), Route("/assets/{path:path}", file)]
