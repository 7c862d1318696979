"""A Transformer's step written out in numpy, token by token."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
LAYERS = 2


def layer_norm(w: dict[str, Array], name: str, x: Array) -> Array:
    centred = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    return centred * w[f"{name}.weight"] + w[f"{name}.bias"]


def linear(w: dict[str, Array], name: str, x: Array) -> Array:
    return w[f"{name}.weight"] @ x + w[f"{name}.bias"]


def attended(w: dict[str, Array], layer: int, read: list[Array]) -> tuple[Array, Array]:
    """What the last of the tokens `read` takes from all of them, and its shares, (n,)."""
    normed = [layer_norm(w, f"attention.{layer}.norm", each) for each in read]
    query = linear(w, f"attention.{layer}.query", normed[-1])
    keys = [linear(w, f"attention.{layer}.key", each) for each in normed]
    values = [linear(w, f"attention.{layer}.value", each) for each in normed]
    fits = np.array([query @ key / np.sqrt(len(query)) for key in keys])
    shares = np.exp(fits - fits.max()) / np.exp(fits - fits.max()).sum()
    return linear(w, f"attention.{layer}.merge", shares @ np.array(values)), shares


def step(w: dict[str, Array], index: int, h: list[Array]) -> tuple[list[Array], list[Array]]:
    """Read one token; return the new h, and each layer's shares.

    h: what each layer made of the last token, then, token by token, what each layer read.
    """
    past = h[LAYERS:]
    x, read, made, shares = w["i_h.weight"][index], [], [], []
    x = x + w["position.weight"][len(past) // LAYERS]
    for layer in range(LAYERS):
        read.append(x)
        mixed, seen = attended(w, layer, [*past[layer::LAYERS], x])
        x = x + mixed
        wide = linear(w, f"mlp.{layer}.1", layer_norm(w, f"mlp.{layer}.0", x))
        x = x + linear(w, f"mlp.{layer}.3", np.maximum(wide, 0))
        made.append(x)
        shares.append(seen)
    return [*made, *past, *read], shares


def answer(w: dict[str, Array], h: list[Array]) -> Array:
    """The logits from h."""
    return linear(w, "h_o", layer_norm(w, "ln", h[LAYERS - 1]))
