"""The hidden state over a text, as a picture that can be repainted without being mounted again."""

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hnviz.data import kind_of
from hnviz.ui.components import BrowserComponent

_component = BrowserComponent("heatmap", min_height="580px")
_FULL = 32767  # an int16's largest value stands for `scale`


def state_picture(
    values: NDArray[np.float32], tokens: Sequence[str], alt: str, key: str, scale: float
) -> None:
    """Draw values of shape (units, len(tokens)); -scale to scale is the width of the colours.

    Values travel as 16 bits: 64 units x 44 tokens are 7.5 kB, and .00003 of `scale` is lost.
    """
    if values.shape[1] != len(tokens):
        raise ValueError(f"{values.shape[1]} columns of values for {len(tokens)} tokens")
    shares = np.clip(values / scale, -1, 1)
    packed = np.round(shares * _FULL).astype("<i2")
    _component(
        key=key,
        data={
            "alt": alt.replace("**", ""),
            "words": list(tokens),
            "kinds": [kind_of(token) for token in tokens],
            "units": values.shape[0],
            "scale": scale,
            "values": base64.b64encode(packed.tobytes()).decode(),
        },
    )
