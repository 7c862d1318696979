"""Data that a page has made for a picture, kept in memory for the picture to fetch."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz.web.errors import RefusedError
from hnviz.web.kept import Kept
from hnviz.web.replies import FOR_GOOD

LARGEST = 64_000_000  # bytes kept, the most recently used
DATA = "assets/published/"  # the beginning of each address
MEDIA = {".gz": "application/gzip", ".json": "application/json"}


class Published:
    """Byte strings by an address with their hash; the least recently used are dropped first."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._kept: Kept[bytes] = Kept(largest, largest, size=len)

    def keep(self, content: bytes, suffix: str) -> str:
        """Keep data, and return its address relative to the app."""
        name = f"{hashlib.sha256(content).hexdigest()[:24]}{suffix}"
        self._kept.put(name, content)
        return f"{DATA}{name}"

    def find(self, name: str) -> bytes | None:
        """Return the data with a name; None if it is no longer kept."""
        return self._kept.get(name)


PUBLISHED = Published()


def routes(published: Published = PUBLISHED) -> list[Route]:
    """Return the route of the data."""

    async def answer(request: Request) -> Response:
        name = request.path_params["name"]
        content = published.find(name)
        if content is None:
            raise RefusedError(404, "these data are no longer kept; reload the page")
        media = MEDIA.get(name[name.rfind(".") :], "application/octet-stream")
        return Response(content, 200, {"Cache-Control": FOR_GOOD}, media)

    return [Route(f"/{DATA}{{name}}", answer)]
