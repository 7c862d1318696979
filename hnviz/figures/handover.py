"""From the last mini-batch of train into the first of valid: where the state goes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.lanes import BAR, WIDE, Lanes, Steps
from hnviz.figures.numbers import accuracy
from hnviz.figures.theme import Theme
from hnviz.figures.time_text import handover_sentence

Shares = NDArray[np.floating]
LATER = 136  # px, the height of the bars of later mini-batches


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """Valid read twice: shares of rows, (bptt,), or of all answers of a mini-batch, (n,)."""

    model: str
    bs: int
    last: int  # the last mini-batch of train
    n_read: int  # mini-batches at the end of train that made the state
    carried: Shares  # right answers with the state that train left
    reset: Shares  # right answers from zeros
    agree: Shares  # both give the same answer
    batches_carried: Shares  # right answers of valid's first n mini-batches
    batches_reset: Shares

    @property
    def sentence(self) -> str:
        """Say what the picture shows."""
        shares = self.carried, self.reset, self.agree
        return handover_sentence(self.model, *shares, self.bs)


def handover(crossing: Crossing, look: Theme, width: int = WIDE) -> str:
    """Draw both ways into valid: the state as dots, the share of rows that are right as bars.

    Below, a bar for each mini-batch of valid, from zeros.
    """
    wide = width >= WIDE
    bptt = len(crossing.carried)
    height = 132 if wide else 150
    drawing = Lanes(width, 30 + 2 * height + LATER, look)
    steps = Steps(22, width - (74 if wide else 40), 2 * bptt, bptt)
    names = [f"train, mini-batch {crossing.last}", "valid, mini-batch 0"]
    drawing.panels(steps, names if wide else [f"train, {crossing.last}", "valid, 0"], 26, LATER)
    lanes = (
        (
            "carried",
            "the state from train goes on into valid, as in the notebook",
            crossing.carried,
        ),
        ("reset", "valid starts from zeros", crossing.reset),
    )
    for number, (name, why, shares) in enumerate(lanes):
        top = 28 + height * number
        if number:
            drawing.rule(top)
        y = drawing.title(steps.left - 6, top + 22, name, why) + 24
        drawing.chain(steps, 0, bptt, y, goes_on=name == "carried")
        drawing.chain(steps, bptt, 2 * bptt, y, goes_on=False)
        if name == "reset":
            drawing.seam(steps.seams[0], y - 12, y + 70)
            drawing.text(steps.seams[0] + 3, y - 12, "0", anchor="start", muted=True)
        base = y + 68
        drawing.bars(steps, bptt, shares, base)
        for share, words in ((0, "share right, 0 %"), (1, "100 %")):
            y = base - BAR * share + 4
            drawing.text(steps.seams[0] - 10, y, words, anchor="end", muted=True)
        y = base - BAR * float(shares[-1]) + 5
        drawing.text(drawing.width, y, accuracy(float(shares.mean())), anchor="end")
        drawing.text(drawing.width, y - 15, "mean", anchor="end", muted=True)
    _later(drawing, crossing.batches_reset, drawing.height - LATER)
    return drawing.render("The state between train and valid", crossing.sentence.replace("**", ""))


def _later(drawing: Lanes, shares: Shares, top: float) -> None:
    """Draw how often a network is right in each mini-batch of valid, from zeros."""
    room = (drawing.width - 44) / len(shares)
    steps = Steps(22 + room / 2, 22 + room * (len(shares) - 0.5), len(shares), len(shares))
    base = drawing.title(16, top + 28, "mini-batch by mini-batch", "valid from zeros") + 76
    drawing.bars(steps, 0, shares, base)
    for number, share in enumerate(shares):
        x = steps.x(number)
        drawing.text(x, base - BAR * float(share) - 5, f"{100 * float(share):.0f}")
        drawing.text(x, base + 15, str(number), muted=True)
