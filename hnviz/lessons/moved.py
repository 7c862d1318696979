"""Where addresses of older versions lead now: bookmarks, shared links and lessons still work.

A page or a parameter that moves gets a row in `MOVES`; `docs/lessons.md` names this table.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

Change = Callable[[str], str]
"""What makes a parameter's new value from its old one."""

SAME: Mapping[str, str] = MappingProxyType({})
GONE = ""
"""The new name of a parameter of which nothing is left."""


class Move(NamedTuple):
    """An older page at some of its addresses, and the page that shows the same now."""

    page: str  # as addresses name it; the first page is "start"
    to_page: str
    where: Mapping[str, str] = SAME  # parameters that an address of this row has; they go
    adds: Mapping[str, str] = SAME
    renames: Mapping[str, str] = SAME
    changes: Mapping[str, Change] = MappingProxyType({})  # of values, by the old name


def last_three_numbers(last: str) -> str:
    """Return the range of three numbers that ends with `last`; what is no number stays as it is."""
    if not (last.isascii() and last.isdigit() and len(last) < 10):
        return last
    number = int(last)
    return f"{max(1, number - 2)} to {number}" if number > 1 else str(number)


NEXT_WORD = {
    "predictions_prompt": "machine_text",
    "predictions_n": "machine_n",
    "predictions_temperature": "machine_temperature",
    "predictions_top_k": "machine_top_k",
    "predictions_seed": "machine_seed",
    "predictions_view": GONE,
    "at": "machine_word",
    "said": GONE,  # the machine counts words from the text's first
}

MOVES: tuple[Move, ...] = (
    Move(
        "start",
        "start",
        renames={"start_number": "machine_text"},
        changes={"start_number": last_three_numbers},
    ),
    Move("data", "feed"),
    Move(
        "batches",
        "feed",
        adds={"feed_part": "Batches"},
        # A mini-batch as text, and four things to notice: the grid and the lessons show them.
        renames={"batches_rows": GONE, "batches_past": GONE, "notice": GONE},
    ),
    Move("tasks", "feed", adds={"feed_part": "Tasks"}),
    Move("models", "build", renames={"models_pin": GONE}),  # of a tensor that was followed
    Move("compare", "train", adds={"train_part": "Compare runs"}),
    Move("sweep", "train", adds={"train_part": "Many runs"}),
    Move("states", "remember", where={"states_view": "What each unit codes"}),  # beside the units
    Move("states", "remember"),
    Move(
        "predictions",
        "start",
        where={"predictions_view": "Counting map"},
        adds={"count_part": "Counting map"},
    ),
    Move(
        "predictions",
        "remember",
        where={"predictions_view": "Change the state"},
        adds={"remember_part": "Another memory"},
    ),
    Move("predictions", "start", renames=NEXT_WORD),  # the view "Next word", its first
    Move(
        "time",
        "learn_back",
        # The lane "keep" says the costs. Of three mini-batches the last is named.
        renames={"time_more_costs": GONE, "time_first": "time_batch"},
        changes={"time_first": lambda at: str(int(at[:9]) + 2) if at.isdecimal() else at},
    ),
)
"""All that has moved since version 0.5.0; of several rows of a page the first that fits counts."""

POINTS: Mapping[str, str] = {
    "start/count": "machine",
    "start_count_on": "machine",
    "start_example": "machine",
    "start_number": "machine",
    "predictions/next_word": "machine",
    "predictions/going_on": "machine",
    "predictions/attention": "machine",
    "predictions/given_table": "predictions/counting_map",
    "through_time/costs": "through_time/lanes",
    "hidden_states/codes": "hidden_states/units",
    "hidden_states/strip": "hidden_states/units",
    "predictions_prompt": "machine",
    "predictions_example": "machine",
    "batches/rows": "batches/grid",
    **dict.fromkeys(("tasks/bound", "tasks/text"), "data/guess"),
    "tasks/editor": "tasks/automaton",
    **dict.fromkeys(("tasks/curve", "tasks/result", "tasks/runs"), "tasks_start"),
    **dict.fromkeys(("train/epochs", "train_epoch_table", "start/loss"), "train/curves"),
    **dict.fromkeys(("train/lead", "train_how", "train/notes"), "train/curves"),
    **dict.fromkeys(("train/worst", "train_worst"), "train/inside"),
    **dict.fromkeys(("compare/change", "compare_change"), "compare/curves"),
    **dict.fromkeys(("start/machine", "start_machine", "sweep/form"), "train/form"),
    "train/speed": "train_speed",
    **dict.fromkeys(("compare/runs", "train_runs"), "run/list"),
    "run/copy_link": "run/line",
    "words/list": "kit/terms",
}
"""Pictures and controls that lessons pointed at -> what is in their place."""


def moved(page: str, params: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the page and the parameters that an address has now.

    An address may have both an old parameter and its new one; then the new one's value counts.
    """
    for row in MOVES:
        if row.page == page and row.where.items() <= params.items():
            return row.to_page, _renamed(row, params)
    return page, dict(params)


def _renamed(row: Move, params: Mapping[str, str]) -> dict[str, str]:
    went = row.where.keys() | row.renames.keys()
    found = {name: value for name, value in params.items() if name not in went}
    for name, new in row.renames.items():
        if name in params and new != GONE:
            found.setdefault(new, row.changes.get(name, str)(params[name]))
    for name, value in row.adds.items():
        found.setdefault(name, value)
    return found


def moved_point(point: str) -> str:
    """Return the picture or control that is now in the place of the one named."""
    return POINTS.get(point, point)
