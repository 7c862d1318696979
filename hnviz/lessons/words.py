"""The marks of a lesson's text: `**bold**`, `*emphasis*` and code; all else is text."""

import re
from collections.abc import Iterator

_MARKS = re.compile(r"\*\*(.+?)\*\*|\*(.+?)\*|`(.+?)`", re.DOTALL)
_TAGS = ("strong", "em", "code")


def parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a text as HTML tag and words, as words.js does; "" for plain words."""
    end = 0
    for match in _MARKS.finditer(text):
        if match.start() > end:
            yield "", text[end : match.start()]
        yield next((tag, words) for tag, words in zip(_TAGS, match.groups(), strict=True) if words)
        end = match.end()
    if end < len(text):
        yield "", text[end:]
