"""Small JSON bodies of POST requests."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from hnviz.questions.params import quoted
from hnviz.web.errors import Refusal

LARGEST_BODY = 1024  # bytes


async def json_body(request: Request) -> Mapping[str, Any]:
    """Read a small JSON object; an empty body counts as {}. Raises Refusal."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(f"Content-Type must be application/json; got {quoted(kind)}", 415)
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BODY:
            raise Refusal(f"a body may have at most {LARGEST_BODY:,} bytes", 413)
    try:
        body = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refusal("the body must be one JSON object")
    return body
