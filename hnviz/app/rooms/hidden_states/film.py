"""The film strip: one text as six snapshots saw it, each a button of the time slider."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hnviz.app.kit.component import BrowserComponent, publish_for_now
from hnviz.app.run.engine import observe
from hnviz.app.run.text import Standing
from hnviz.app.run.timeline import STRIP
from hnviz.app.shell import session as state
from hnviz.figures.state_text import full_colour

FRAMES = 6
LONGEST = 300  # tokens, counted from the beginning of what is read: more would be waited for
_KEPT = "states_strip_kept"
_component = BrowserComponent("rooms/hidden_states/strip", states=("step",), min_height="84px")


def film_strip(
    run: Standing, step: int, params: Mapping[str, Any], order: Sequence[int] | None
) -> None:
    """Draw the units over what `params` reads, at six of the run's snapshots; one of one scale.

    Nothing is drawn where one of them cannot be read: the picture below says why.
    """
    steps = frames(run.record.snapshots)
    key = (run.record.id, steps, dict(params), order)
    kept = state.get(_KEPT)
    if kept is None or kept[0] != key:
        kept = (key, _pictures(run, steps, params, order))
        state.put(_KEPT, kept)
    pictures = kept[1]
    if pictures is not None:
        units, n = pictures.shape[1:]
        sent = {
            "steps": steps,
            "shown": step,
            "size": [units, n],
            "pictures": publish_for_now(pictures.tobytes(), ".bin"),
        }
        _component(STRIP, sent)


def frames(snapshots: Sequence[int]) -> list[int]:
    """Choose six snapshots, the first and the last with them: early ones stand closer in time."""
    places = np.linspace(0, len(snapshots) - 1, min(FRAMES, len(snapshots)))
    return [snapshots[round(place)] for place in places]


def is_short(params: Mapping[str, Any]) -> bool:
    """Tell whether six snapshots can be asked without a wait."""
    read = params["first"] + params["n"] if "split" in params else len(params["ids"])
    return bool(read <= LONGEST)


def _pictures(
    run: Standing, steps: Sequence[int], params: Mapping[str, Any], order: Sequence[int] | None
) -> np.ndarray[Any, np.dtype[np.uint8]] | None:
    """Return (frames, units, tokens): 128 is zero, 255 full colour."""
    seen = []
    for step in steps:
        answer, _ = observe(run.record.id, step, "units", params)
        if answer is None:
            return None
        seen.append(answer.arrays["values"])
    values = np.stack(seen)
    values /= full_colour(run.record.config.model, params["show"], values)
    rows = values if order is None else values[:, list(order)]
    return np.round(128 + 127 * np.clip(rows, -1, 1)).astype(np.uint8)
