"""A client for notebooks: the runs of a server, and its answers as numpy arrays.

client = Client("http://127.0.0.1:8501")
answer = client.observe("Model5", "last", "units", split="valid", first=0, n=100)
answer.arrays["values"]  # float32 (nh, 100)
"""

import gzip
import json
from collections.abc import Sequence
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from hnviz.questions.frame import unpack, unpack_many
from hnviz.questions.view import Reply

PATIENCE = 60.0  # seconds


class ServerError(RuntimeError):
    """The server cannot answer: the message is its sentence, `status` its HTTP status or None."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class Client:
    """Reads from a running hnviz."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        """Ask the server at `url`; wait up to `patience` seconds for each answer."""
        self._url, self._patience = url.rstrip("/"), patience

    def runs(self) -> list[dict[str, Any]]:
        """Return all runs, newest first, the pre-trained ones last. Raises ServerError."""
        runs: list[dict[str, Any]] = self._json("runs")["runs"]
        return runs

    def run(self, run_id: str) -> dict[str, Any]:
        """Return one run: config, status, summary, epochs, snapshots. Raises ServerError."""
        run: dict[str, Any] = self._json("runs", run_id)
        return run

    def observe(self, run_id: str, step: int | str, question: str, **params: Any) -> Reply:
        """Ask about a snapshot; `step` may be "last". Raises ServerError."""
        content = self._get("runs", run_id, str(step), question, **params)
        return _read(unpack, content)

    def observe_many(
        self, run_id: str, steps: Sequence[int], question: str, **params: Any
    ) -> dict[int, Reply]:
        """Ask one question about several snapshots in one request. Raises ServerError."""
        content = self._get("runs", run_id, "many", question, steps=list(steps), **params)
        return dict(zip(steps, _read(unpack_many, content), strict=True))

    def _json(self, *parts: str) -> Any:
        return _read(json.loads, self._get(*parts))

    def _get(self, *parts: str, **params: Any) -> bytes:
        path = "/".join(quote(part, safe="") for part in parts)
        query = urlencode({name: _text(value) for name, value in params.items()}, safe=",")
        request = Request(f"{self._url}/api/{path}?{query}".rstrip("?"))
        request.add_header("Accept-Encoding", "gzip")
        try:
            with urlopen(request, timeout=self._patience) as reply:
                content: bytes = reply.read()
                zipped = reply.headers.get("Content-Encoding") == "gzip"
        except HTTPError as error:
            raise ServerError(_sentence(error), error.code) from None
        except (OSError, URLError) as error:
            reason = getattr(error, "reason", error)
            raise ServerError(f"{self._url} does not answer: {reason}") from error
        return gzip.decompress(content) if zipped else content


def _text(value: Any) -> str:
    """Write a parameter as the server reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    try:
        return ",".join(str(int(each)) for each in value)
    except TypeError:  # a number
        return str(value)


def _read(reader: Any, content: bytes) -> Any:
    try:
        return reader(content)
    except ValueError as error:
        raise ServerError(f"the answer cannot be read: {error}") from error


def _sentence(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"the server answered {error.code} {error.reason}"
