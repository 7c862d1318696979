"""Byte-pair encoding to watch: the pair that each merge joins, and what becomes of a line of text.

The browser joins the pairs itself: the page sends the line and the list of merges once.
"""

import json
from functools import lru_cache
from typing import Any

from hnviz.app.kit.component import publish
from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.kit.text import prose, section
from hnviz.data.corpora.own import Merging, Way, merging, own_corpus

TALE = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of Light, it was the season of Darkness."
)
"""From "A Tale of Two Cities": the gallery's text."""


def _file(found: Merging) -> bytes:
    """Write what the browser needs: the line in words of characters, the merges in order."""
    return json.dumps(found._asdict(), ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=8)
def _merges(corpus_id: str) -> tuple[bytes, int]:
    found = merging(corpus_id)
    return _file(found), len(found.merges)


def _settings(corpus_id: str) -> dict[str, Any]:
    return {"merges": publish(_merges(corpus_id)[0], ".json")}


EXAMPLES = {
    "ready": Example(
        settings=lambda: _settings(
            own_corpus(TALE.encode(), Way(level="bpe", merges=60, valid=5)).id
        )
    ),
}

MERGING = Picture(__file__, Place("data_merging", "300px", "420px"), silent=True, examples=EXAMPLES)


def merging_line(corpus_id: str) -> None:
    """Draw how the byte pairs of a text were joined."""
    section("Watch the byte pairs merge")
    _, n_merges = _merges(corpus_id)
    if n_merges == 0:
        prose("No two neighbours appear twice in train, so each character stays a token.")
        return
    prose(
        "Each character begins as a token. Each merge joins the pair of neighbours that comes most "
        "often in train, and never across a space. Step through them: first letters become "
        "syllables, then common words become one token."
    )
    MERGING(settings=_settings(corpus_id))
