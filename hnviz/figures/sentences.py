"""The sentence beside a picture, which is also its `alt`: plain words, the picture's numbers.

**Two stars** mark what is set in bold.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np

from hnviz.data import BatchLayout, Corpus, ShuffledLayout, TokenStream, Vocab
from hnviz.data.corpora import BUILT_IN
from hnviz.data.numbers import TRAIN_NUMBERS, VALID_NUMBERS
from hnviz.data.phrase import MAX_TOKENS, read_phrase
from hnviz.data.tokens import BOS
from hnviz.figures.numbers import accuracy
from hnviz.figures.tables import read_counts
from hnviz.models.catalogue import entry, previous
from hnviz.models.spec import Cell

if TYPE_CHECKING:
    import pandas as pd


NAMED = 8  # unknown words that are written out


def plural(number: int, word: str) -> str:
    """Write a number with its word: "1 row", "13,017 tokens", "3 mini-batches"."""
    ending = "" if number == 1 else "es" if word.endswith("batch") else "s"
    return f"{number:,} {word}{ending}"


def as_sentence(text: str) -> str:
    """Write a refusal as a sentence, as kit/js/text.js does.

    It begins with a capital, unless with the name of a setting ("bs must be ..."), and has one
    full stop.
    """
    large = text if re.match("(bs|bptt|lr|nh) ", text) else f"{text[:1].upper()}{text[1:]}"
    return large if not text or text[-1] in ".!?…" else f"{large}."


def listed(names: Sequence[str]) -> str:
    """Write names in a row: "Model0, Model1 and Model2"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def scientific(value: float) -> str:
    """Write a small number as pages write a learning rate: 4.0e-4, and 0 as it is."""
    digits, _, power = f"{value:.1e}".partition("e")
    return f"{digits}e{int(power)}" if value else "0"


def when(step: int, untrained: str = "untrained") -> str:
    """Say how far training was at a snapshot: "after 400 steps"."""
    return untrained if step == 0 else f"after {plural(step, 'step')}"


def continuity_sentence(layout: BatchLayout) -> str:
    """Say what a layout's rows read, and whether the next mini-batch continues them."""
    one = layout.n_batches == 1
    if isinstance(layout, ShuffledLayout):
        if one:
            return "Cut at random and read in one mini-batch: no row continues in another."
        return _broken(layout)
    rows = "One row" if layout.bs == 1 else f"Each of **{layout.bs} rows**"
    if one:
        return f"{rows} reads its part of the text in one mini-batch."
    return f"{rows} reads **{plural(layout.bptt, 'token')}**, then goes on where it stopped."


def _broken(layout: ShuffledLayout) -> str:
    """Say how often a row continues from one mini-batch to the next, of all times that it could."""
    kept = sum(layout.n_continued(batch) for batch in range(1, layout.n_batches))
    return (
        "Cut at random, a row continues where the mini-batch before stopped in "
        f"**{kept:,} of {(layout.n_batches - 1) * layout.bs:,}** cases; cut in order, always."
    )


def layout_sentence(layout: BatchLayout) -> str:
    """Say how many slots hold how many tokens, and why some are read more than once."""
    if isinstance(layout, ShuffledLayout):
        return _shuffled_sentence(layout)
    start = f"{layout.n_slots:,} slots hold {layout.n_tokens:,} tokens"
    if layout.n_repeated == 0:
        return f"{start}: each is read once, in {plural(layout.n_batches, 'mini-batch')}."
    most = int(read_counts(layout).max())
    again = (
        f"{layout.n_repeated:,} {'is' if layout.n_repeated == 1 else 'are'} read twice"
        if most == 2
        else f"{layout.n_repeated:,} slots read a token again, the same one up to {most:,} times"
    )
    passes = plural(layout.n_batches, "mini-batch")
    own = " or ".join(f"{n:,}" for n in sorted(set(layout.own.tolist())))
    return (
        f"{start}: {again}, because each row owns {own} tokens but reads "
        f"{layout.row_length:,}, in {passes} of {layout.bptt}."
    )


def _shuffled_sentence(layout: ShuffledLayout) -> str:
    """Say how many rows still continue where the mini-batch before stopped."""
    cut = f"{plural(layout.n_windows, 'window')} of {plural(layout.bptt, 'token')}"
    if layout.n_batches == 1:
        return (
            f"Cut at random into {cut}, dealt to {plural(layout.bs, 'row')} in one mini-batch: "
            "no row continues in another, so only their order has changed."
        )
    return (
        f"{_broken(layout)} The {cut} are dealt at random, so the state that a row carries over "
        "belongs to other text."
    )


def arithmetic_sentence(layout: BatchLayout) -> str:
    """Show how the number of mini-batches is calculated."""
    exact = layout.n_tokens / layout.bptt / layout.bs
    whole = exact == layout.n_batches
    sides = f"{plural(layout.bptt, 'step')} / {plural(layout.bs, 'row')}"
    return (
        f"{layout.n_tokens:,} tokens / {sides} = {exact:,.{0 if whole else 2}f}, "
        f"{'which is' if whole else 'rounded up to'} **{plural(layout.n_batches, 'mini-batch')}**."
    )


def counts_sentence(table: "pd.DataFrame") -> str:
    """Say where the two texts differ most; `table` has the columns token, train and valid."""
    share = {split: (table[split] / table[split].sum()).to_numpy() for split in ("train", "valid")}
    widest = int(np.argmax(share["valid"] - share["train"]))
    word = table["token"].iloc[widest]
    return (
        f"“{word}” is {accuracy(share['train'][widest])} of the train tokens and "
        f"**{accuracy(share['valid'][widest])}** of the valid tokens, because every number from "
        "8,001 on begins with “eight thousand” or “nine thousand” and no train number does."
    )


def model_sentence(model: str, nv: int) -> str:
    """Say in one line what a model answers, what it keeps, and how many weights it learns."""
    net, before = entry(model), previous(model)
    answers = net.recipe.bptt if net.predicts == "every" else 1
    n_weights = net.n_weights(nv, net.recipe.nh)
    kept = "keeps its state" if net.stateful else "starts each mini-batch from zeros"
    kept = "has no state" if net.attends else kept
    size = f"{n_weights:,} numbers to learn"
    if before:
        n_before = entry(before).n_weights(nv, entry(before).recipe.nh)
        same = n_before == n_weights
        size += f", as in {before}" if same else f" instead of {before}'s {n_before:,}"
    return (
        f"{model}, {net.title}: reads {plural(net.recipe.bptt, 'token')} per row, gives "
        f"{plural(answers, 'answer')}, {kept}; {size}."
    )


def corpus_sentence(stream: TokenStream, *, own: bool = False) -> str:
    """Say what a network is fed, in at most 20 words; of an own text, how it is cut."""
    n = len(stream.train) + len(stream.valid)
    if own:
        return (
            f"Your text becomes **{n:,}** tokens: {n - 2:,} pieces of it, and {BOS} at the start "
            "of train and of valid."
        )
    return f"A text becomes **{n:,}** numbers, and a network guesses each from those before it."


def splits_sentence() -> str:
    """Say what train and valid are, where a page first names them."""
    return (
        f"The network learns from **train**, the numbers {TRAIN_NUMBERS[0]} to "
        f"{TRAIN_NUMBERS[-1]:,} in words; **valid**, {VALID_NUMBERS[0]:,} to "
        f"{VALID_NUMBERS[-1]:,}, tests it. Guess the next word, as it does."
    )


def vocab_sentence(stream: TokenStream) -> str:
    """Say how much text each split holds, and how much of the vocabulary the text uses."""
    counts = np.bincount(np.concatenate([stream.train, stream.valid]), minlength=len(stream.vocab))
    used = int((counts > 0).sum())
    return (
        f"Train holds **{len(stream.train):,}** tokens, valid **{len(stream.valid):,}**; together "
        f"they use only {used} of the {len(stream.vocab)} vocabulary entries."
    )


@dataclass(frozen=True, slots=True)
class OwnTokens:
    """A text that somebody typed, as the network gets it."""

    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    sentence: str


def own_tokens(text: str, vocab: Vocab, corpus: Corpus = BUILT_IN["human_numbers"]) -> OwnTokens:
    """Tokenize and numericalize a text as a corpus does, and say what happened to it.

    Raises ValueError, with a sentence, for a number that has no words here, and for no words.
    """
    phrase = read_phrase(text, vocab, corpus)
    begins = (BOS,) if BOS in vocab.stoi else ()  # the text of a recorded loop may have none
    words = (*begins, *phrase.tokens)
    ids = vocab.numericalize(list(words)).tolist()
    unknown = list(dict.fromkeys(word for word in words if word not in vocab.stoi))
    spelled = corpus.unit == "numbers" and any(letter.isdigit() for letter in text)
    made = "your numbers in words" if spelled else f"made of {plural(len(text), 'character')}"
    sentence = f"The line above is {plural(len(words), 'token')}, {made}"
    sentence += f"; {BOS} begins every text." if begins else "."
    if len(phrase.tokens) == MAX_TOKENS:
        sentence += f" Only the first {len(words):,} tokens are shown."
    if unknown:
        named = ", ".join(f"“{_shortened(word)}”" for word in unknown[:NAMED])
        more = f" and {len(unknown) - NAMED:,} more" if len(unknown) > NAMED else ""
        sentence += f" Not in the vocabulary, so they become xxunk: {named}{more}."
    return OwnTokens(tuple(vocab.itos[index] for index in ids), tuple(ids), sentence)


def _shortened(word: str) -> str:
    return word if len(word) <= 30 else f"{word[:29]}…"


def opening(text: str, characters: int = 160) -> str:
    """Return the first words of a text."""
    return shorten(text, characters, placeholder=" …")


def notebook_sentence(model: str, notebook: "pd.DataFrame") -> str:
    """Say what the notebook reached with a model."""
    if notebook.empty:
        return f"The notebook has no {model}."
    last = notebook.iloc[-1]
    return (
        f"The notebook reached, after {plural(len(notebook), 'epoch')}, an accuracy of "
        f"{accuracy(last['accuracy'])} on valid, and a loss of {last['train_loss']:.3f} on train "
        f"and {last['valid_loss']:.3f} on valid."
    )


def gate_lines(cell: Cell) -> list[str]:
    """Return a line of Markdown for each gate and for the new state: name, meaning, equation."""
    lines = [f"**{gate.name}**: {gate.meaning}\n\n$\\quad {gate.equation}$" for gate in cell.gates]
    return [*lines, f"**new state**: {cell.meaning}\n\n$\\quad {cell.equation}$"]


def stacked_sentence(cell: Cell) -> str:
    """Say how many gates a cell has, and where their weights and the candidate's are."""
    n = sum(not gate.signed for gate in cell.gates)
    return f"{n} gates and a candidate: {len(cell.gates)} layers, stacked in one weight."


def source_sentence(model: str, path: str) -> str:
    """Say where the source is read from and what its marks mean."""
    before = previous(model)
    marks = f" + marks the lines that {before} does not have." if before else ""
    return f"Read from {path}.{marks}"
