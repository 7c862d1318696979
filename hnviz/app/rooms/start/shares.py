"""How often a network says the next number right, where it has read and where it has not."""

from hnviz.data import NOTEBOOK, TextChoice
from hnviz.data.numbers import TRAIN_NUMBERS
from hnviz.data.stream import SPLITS
from hnviz.figures.numbers import accuracy
from hnviz.figures.sentences import plural
from hnviz.questions.view import Look, Reply, View

GIVEN = 3  # numbers that the network is given before it says the next
LAST_TRAINED = TRAIN_NUMBERS[-1]


def _shares(look: Look) -> Reply:
    told = look.ask("counting_accuracy", {"given": GIVEN}).meta
    shares = {split: told[split] for split in SPLITS}
    said = shares_sentence(told["train"], told["valid"], look.run.record.config, look.step)
    return Reply({}, shares, said)


def shares_sentence(train: float, valid: float, text: TextChoice, step: int) -> str:
    """Say how often the next number is right after some steps, in at most 20 words."""
    up_to = text.split == NOTEBOOK.split  # otherwise blocks of numbers are held out
    where = f"up to {LAST_TRAINED:,}" if up_to else "where it has read"
    beyond = "above 8,000" if up_to else "elsewhere"
    known, new = accuracy(train), accuracy(valid)
    return (
        f"After {plural(step, 'step')} it gets **{known}** of next numbers right {where}, "
        f"and **{new}** {beyond}."
    )


SHARES_VIEW = View("start_shares", {}, _shares, slow=True)
