"""Units over a text, as a picture that can be repainted without being mounted again."""

import base64
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.component import BrowserComponent, publish_for_now
from hnviz.data import kind_of

UNIT = "unit"  # of the picked row, in the address
_component = BrowserComponent("rooms/hidden_states/heatmap", min_height="780px")
_FULL = 32767  # an int16's largest value stands for `scale`
_INLINE = 20_000  # values that travel with the page's own messages; more are a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is drawn: values of shape (units, len(tokens)), and how."""

    values: NDArray[np.float32]
    tokens: Sequence[str]
    alt: str
    scale: float  # the value that has full colour
    signed: bool = True  # colours go from -scale to scale, else from 0 to scale
    what: str = "the state"
    order: Sequence[int] | None = None  # the units from top to bottom; None as they are numbered
    groups: Sequence[tuple[str, int]] = ()  # of the order's rows: a name, and how many
    first: int = 0  # the first token's place in its split
    start: int = 0  # the unit that is picked at first


def state_picture(picture: Picture, key: str) -> None:
    """Draw the picture, and below it the picked unit's line over the words.

    Values travel as 16 bits: 64 units x 44 tokens are 7.5 kB, and .00003 of `scale` is lost.
    """
    values, tokens = picture.values, picture.tokens
    if values.shape[1] != len(tokens):
        raise ValueError(f"{values.shape[1]} columns of values for {len(tokens)} tokens")
    units = values.shape[0]
    order = range(units) if picture.order is None else picture.order
    if sorted(order) != list(range(units)):
        raise ValueError(f"an order must name each of {units} units once; got {list(order)[:8]}")
    shares = np.clip(values / picture.scale, -1, 1)
    packed = np.round(shares * _FULL).astype("<i2").tobytes()
    sent: dict[str, Any] = {
        "alt": picture.alt.replace("**", ""),
        "words": list(tokens),
        "kinds": [kind_of(token) for token in tokens],
        "units": units,
        "order": list(order),
        "groups": [list(group) for group in picture.groups],
        "scale": picture.scale,
        "signed": picture.signed,
        "what": picture.what,
        "first": picture.first,
        "start": picture.start,
    }
    if values.size <= _INLINE:
        sent["values"] = base64.b64encode(packed).decode()
    else:
        sent["file"] = publish_for_now(gzip.compress(packed, compresslevel=1, mtime=0), ".gz")
    _component(key, sent)
