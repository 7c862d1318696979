"""Topics that browsers follow. A topic draws a state, and finds which parts a browser lacks.

A topic is a value. It opens no file and stores nothing between calls.
"""

import json
from collections.abc import Mapping
from hashlib import blake2s
from types import MappingProxyType
from typing import Any

from hnviz.questions.params import Param

NO_PARAMS: Mapping[str, Param] = MappingProxyType({})


class Topic:
    """Something to follow about one run, or about the list of all runs."""

    name: str
    params: Mapping[str, Param] = NO_PARAMS
    of_run = True
    """Whether it follows one run (`CurrentRun`), or else the list of runs (`Listing`)."""

    def watches(self, moment: Any) -> Any:
        """Return what the drawing depends on: while it stays the same, nothing is drawn again."""
        return moment

    def draw(self, moment: Any, params: Mapping[str, Any]) -> Any:
        """Return the state to report. Called in a thread, once per change for all followers.

        If it raises ValueError, followers get the message as a sentence, and no more news.
        """
        raise NotImplementedError

    def news(self, state: Any, have: Any) -> tuple[Mapping[str, Any] | None, Any]:
        """Return what a follower lacks, or None, and what it has after that.

        `have` is what this method returned before, or null. A browser that connects again sends
        it back, so it may hold anything: treat an unusable value as null. Both are sent as JSON.
        """
        raise NotImplementedError


class Fields(Topic):
    """A topic whose state is a flat dict; its news are the fields that have changed."""

    def draw(self, moment: Any, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the fields, the same names every time."""
        raise NotImplementedError

    def news(self, state: Mapping[str, Any], have: Any) -> tuple[Mapping[str, Any] | None, Any]:
        """Return the fields whose hash a follower does not have."""
        known = have if isinstance(have, dict) else {}
        hashes = {name: short_hash(value) for name, value in state.items()}
        news = {name: value for name, value in state.items() if known.get(name) != hashes[name]}
        return news or None, hashes


def short_hash(value: Any) -> str:
    """Return a hash of a JSON value, in 12 characters."""
    text = json.dumps(value, sort_keys=True)
    return blake2s(text.encode(), digest_size=6).hexdigest()
