"""How often a network says the next number right, where it has read and where it has not."""

from hnviz.data import NOTEBOOK, TextChoice
from hnviz.data.numbers import TRAIN_NUMBERS
from hnviz.data.stream import SPLITS
from hnviz.figures.numbers import accuracy
from hnviz.questions.view import Look, Reply, View

GIVEN = 3  # numbers that the network is given before it says the next
LAST_TRAINED = TRAIN_NUMBERS[-1]


def _shares(look: Look) -> Reply:
    told, record = look.ask("counting_accuracy", {"given": GIVEN}).meta, look.run.record
    shares = {split: told[split] for split in SPLITS}
    # While a run trains this follows it slowly: say of which step it is.
    step = None if look.run.shipped and look.step == record.step else look.step
    return Reply({}, shares, shares_sentence(told["train"], told["valid"], record.config, step))


def shares_sentence(train: float, valid: float, text: TextChoice, step: int | None = None) -> str:
    """Say how often the next number is right, in at most 20 words.

    `step` is given for a network that may still be learning.
    """
    known, new = f"**{accuracy(train)}**", f"**{accuracy(valid)}**"
    up_to = text.split == NOTEBOOK.split  # otherwise blocks of numbers are held out
    if step is not None:
        where = f"up to {LAST_TRAINED:,}" if up_to else "where it read"
        beyond = "above 8,000" if up_to else "elsewhere"
        return f"At step {step:,} it gets {known} of next numbers right {where}, {new} {beyond}."
    where = f"up to {LAST_TRAINED:,}, and {new} above 8,000"
    if not up_to:
        where = f"where it has read, and {new} elsewhere"
    return f"It gets the next number right {known} of the time {where}."


SHARES_VIEW = View("start_shares", {}, _shares, slow=True)
