"""What is said of one tensor of a forward pass at one snapshot."""

from collections.abc import Mapping
from math import prod
from typing import Any

from hnviz.figures.numbers import percent


def pinned_sentence(meta: Mapping[str, Any], step: int) -> str:
    """Say what a line makes at a snapshot: its norm, its zeros, and its gradient."""
    loops = "".join(f", {name} = {value}" for name, value in meta["loops"].items())
    shape = " \N{MULTIPLICATION SIGN} ".join(map(str, meta["shape"]))
    zeros = f", {percent(meta['zeros'])} of them 0" if meta["zeros"] else ""
    if meta["gradient_norm"] is None:
        gradient = "The loss does not depend on it, so it has no gradient"
    else:
        gradient = f"Its gradient has the norm {meta['gradient_norm']:.3g}"
    return (
        f"Line {meta['number']}{loops} makes **{meta['label']}**, {shape} numbers{zeros}. At step "
        f"{step:,} they have the norm **{meta['norm']:.3g}**. {gradient}."
        if prod(meta["shape"]) > 1
        else f"Line {meta['number']}{loops} makes **{meta['label']}**, one number. {gradient}."
    )
