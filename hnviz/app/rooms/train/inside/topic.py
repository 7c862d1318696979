"""What the picture follows: a run's answers by kind of token."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hnviz.figures.inside import counted_steps, epochs_by_kind
from hnviz.figures.split_words import split_words
from hnviz.web.state import CurrentRun
from hnviz.web.topics import Topic, short_hash


class Kinds(Topic):
    """Answers by kind of token, a line for each epoch.

    News: {"keep": n, "epochs": [...], ...}: keep the first n epochs and put these behind them; the
    other fields, as hnviz.figures.inside.epochs_by_kind has them, come whole. "counted" are the
    snapshots whose numbers are worth counting.
    """

    name = "kinds"

    def watches(self, moment: CurrentRun) -> Any:
        """Depend on the record, and on whether it still grows."""
        return moment.record, moment.is_live

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all epochs and what is shown beside them."""
        record = moment.record
        return {
            **epochs_by_kind(record),
            "model": record.config.called,
            "live": moment.is_live,
            "words": asdict(split_words(record.config)),
            "counted": counted_steps(record, live=moment.is_live) if record.epochs else [],
        }

    def news(
        self, state: Mapping[str, Any], have: Any
    ) -> tuple[Mapping[str, Any] | None, dict[str, str]]:
        """Return the epochs that a follower lacks."""
        known = have if isinstance(have, dict) else {}
        rest = {name: value for name, value in state.items() if name != "epochs"}
        hashes = [short_hash(epoch) for epoch in state["epochs"]]
        has = {"rest": short_hash(rest), "epochs": "".join(hashes)}
        if known == has:
            return None, has
        before = known.get("epochs")
        keep = _common(before, hashes) if isinstance(before, str) else 0
        return {**rest, "keep": keep, "epochs": state["epochs"][keep:]}, has


def _common(before: str, hashes: list[str]) -> int:
    """Count how many epochs at the beginning are the same."""
    size = len(hashes[0]) if hashes else 1
    for place, each in enumerate(hashes):
        if before[place * size : (place + 1) * size] != each:
            return place
    return len(hashes)
