"""The sentence that stands with a picture, and is its `alt`: its own numbers, in plain words.

**Two stars** mark what is set in bold.
"""

from dataclasses import dataclass
from textwrap import shorten

import numpy as np
import pandas as pd

from hnviz.catalogue import entry
from hnviz.data import BatchLayout, ShuffledLayout, TokenStream, Vocab, tokenize
from hnviz.data.stream import SPLITS
from hnviz.figures.diagrams import previous
from hnviz.figures.tables import read_counts

NAMED = 8  # unknown words that are written out


def plural(number: int, word: str) -> str:
    """Write a number with its word: "1 row", "13,017 tokens", "3 mini-batches"."""
    ending = "" if number == 1 else "es" if word.endswith("batch") else "s"
    return f"{number:,} {word}{ending}"


def when(step: int, untrained: str = "untrained") -> str:
    """Say how far a snapshot's training was: "after 400 steps"."""
    return untrained if step == 0 else f"after {plural(step, 'step')}"


def layout_sentence(layout: BatchLayout) -> str:
    """Say how many slots hold how many tokens, and why some are read more than once."""
    if isinstance(layout, ShuffledLayout):
        return _shuffled_sentence(layout)
    start = f"{layout.n_slots:,} slots hold {layout.n_tokens:,} tokens"
    if layout.n_repeated == 0:
        return f"{start}: each is read once, in {plural(layout.n_batches, 'mini-batch')}."
    most = int(read_counts(layout).max())
    again = (
        f"{layout.n_repeated:,} are read twice"
        if most == 2
        else f"{layout.n_repeated:,} slots read a token again, up to {most:,} times the same"
    )
    passes = plural(layout.n_batches, "mini-batch")
    reads = "reads" if layout.n_batches == 1 else "read"
    return (
        f"{start}: {again}, because a row's share is {layout.share:,.2f} tokens long but "
        f"{passes} of {layout.bptt} {reads} {layout.row_length:,}."
    )


def _shuffled_sentence(layout: ShuffledLayout) -> str:
    """Say how many rows still go on where the mini-batch before stopped."""
    cut = f"{plural(layout.n_windows, 'window')} of {plural(layout.bptt, 'token')}"
    if layout.n_batches == 1:
        return (
            f"Cut at random into {cut}, dealt to {plural(layout.bs, 'row')} in one mini-batch: "
            "no row goes on in a next one, so only their order has changed."
        )
    n_seams = (layout.n_batches - 1) * layout.bs
    n_kept = sum(layout.n_continued(batch) for batch in range(1, layout.n_batches))
    go = "goes" if n_kept == 1 else "go"
    return (
        f"Cut at random, **{n_kept:,} of {plural(n_seams, 'row')}** {go} on "
        f"where the mini-batch before stopped, in order all {n_seams:,} do: the {cut} are "
        "dealt by chance, so the state that a row carries over belongs to other text."
    )


def arithmetic_sentence(layout: BatchLayout) -> str:
    """Show how the number of mini-batches comes about."""
    exact = layout.n_tokens / layout.bptt / layout.bs
    whole = exact == layout.n_batches
    sides = f"{plural(layout.bptt, 'step')} / {plural(layout.bs, 'row')}"
    return (
        f"{layout.n_tokens:,} tokens / {sides} = {exact:,.{0 if whole else 2}f}, "
        f"{'which is' if whole else 'rounded up to'} **{plural(layout.n_batches, 'mini-batch')}**."
    )


def table_sentence(layout: BatchLayout, text: str = "valid") -> str:
    """Say what the table of a mini-batch's first rows is; `text` is its name."""
    if isinstance(layout, ShuffledLayout):
        return (
            "The first five rows. Each is a window cut somewhere from the text, mostly in the "
            "middle of a number."
        )
    if text not in SPLITS:
        return f"The first five rows of {text}, word by word."
    return (
        "The first five rows, as the notebook's show_batch prints them. Its own table, at bs 64 "
        "and bptt 70, is mini-batch 3 of valid, one past the last: the rule goes on around the "
        "end of the text."
    )


def counts_sentence(table: pd.DataFrame) -> str:
    """Say where the two texts differ most; `table` has the columns token, train and valid."""
    share = {split: (table[split] / table[split].sum()).to_numpy() for split in ("train", "valid")}
    widest = int(np.argmax(share["valid"] - share["train"]))
    word = table["token"].iloc[widest]
    return (
        f"“{word}” is {_percent(share['train'][widest])} of the train tokens and "
        f"**{_percent(share['valid'][widest])}** of the valid tokens, because every number from "
        "8,001 on begins with “eight thousand” or “nine thousand” and no train number does."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def model_sentence(model: str, nv: int) -> str:
    """Say in one line what a model is: what it answers, what it keeps, how much it learns."""
    net, before = entry(model), previous(model)
    answers = net.recipe.bptt if net.predicts == "every" else 1
    n_weights = net.n_weights(nv, net.recipe.nh)
    kept = "keeps its state" if net.stateful else "starts each mini-batch from zeros"
    size = f"{n_weights:,} numbers to learn"
    if before:
        n_before = entry(before).n_weights(nv, entry(before).recipe.nh)
        same = n_before == n_weights
        size += f", as in {before}" if same else f" instead of {before}'s {n_before:,}"
    return (
        f"{model}, {net.title}: reads {plural(net.recipe.bptt, 'token')} a row, gives "
        f"{plural(answers, 'answer')}, {kept}; {size}."
    )


def corpus_sentence(stream: TokenStream) -> str:
    """Say how much text there is on each side, and how many different tokens."""
    used = int((np.bincount(stream.train, minlength=len(stream.vocab)) > 0).sum())
    return (
        f"The numbers 1 to 7,999 in words are **{len(stream.train):,}** tokens to train on, 8,001 "
        f"to 9,999 are **{len(stream.valid):,}** to validate on, but only {used} of the vocab's "
        f"{len(stream.vocab)} entries stand in them."
    )


@dataclass(frozen=True, slots=True)
class OwnTokens:
    """What became of a text that somebody typed; tokens are as the network gets them."""

    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    sentence: str


def own_tokens(text: str, vocab: Vocab) -> OwnTokens:
    """Tokenize and numericalize a text, and say what happened to it."""
    words = tokenize(text)
    ids = vocab.numericalize(words).tolist()
    unknown = list(dict.fromkeys(word for word in words if word not in vocab.stoi))
    if len(words) == 1:
        sentence = "The box is empty: only xxbos is left, which stands in front of every text."
    else:
        sentence = f"{plural(len(text), 'character')} become {plural(len(words), 'token')}"
        sentence += ", the first of them xxbos, which stands in front of every text."
    if unknown:
        named = ", ".join(_shortened(word) for word in unknown[:NAMED])
        more = f" and {len(unknown) - NAMED:,} more" if len(unknown) > NAMED else ""
        sentence += f" Not in the vocab, so they become xxunk: {named}{more}."
    return OwnTokens(tuple(vocab.itos[index] for index in ids), tuple(ids), sentence)


def _shortened(word: str) -> str:
    return word if len(word) <= 30 else f"{word[:29]}…"


def opening(text: str, characters: int = 160) -> str:
    """The first words of a text."""
    return shorten(text, characters, placeholder=" …")


def model_facts(model: str, notebook: pd.DataFrame) -> list[tuple[str, str]]:
    """Name what is new in the network and in the recipe, and what the notebook reached."""
    net, before = entry(model), previous(model)
    since = f"since {before}" if before else "to begin with"
    return [
        (f"In the network, {since}", f"{model} {net.network_change}."),
        (f"In the recipe, {since}", f"{net.recipe_change}."),
        ("The notebook's figures", _printed(model, notebook)),
    ]


def _printed(model: str, notebook: pd.DataFrame) -> str:
    if notebook.empty:
        return f"None: the notebook has no {model}."
    last = notebook.iloc[-1]
    return (
        f"After {plural(len(notebook), 'epoch')}: accuracy {last['accuracy']:.3f} on valid, "
        f"loss {last['train_loss']:.3f} on train and {last['valid_loss']:.3f} on valid."
    )


_GATES = {
    "reset": (
        r"r = \sigma(W_{ir}\,x + b_{ir} + W_{hr}\,h + b_{hr})",
        "how much of each unit of the old state the candidate may read",
    ),
    "update": (
        r"z = \sigma(W_{iz}\,x + b_{iz} + W_{hz}\,h + b_{hz})",
        "how much of each unit is kept as it was",
    ),
    "candidate": (
        r"n = \tanh(W_{in}\,x + b_{in} + r \odot (W_{hn}\,h + b_{hn}))",
        "what each unit would be if nothing were kept",
    ),
}


def gate_lines(gates: tuple[str, ...]) -> list[str]:
    """A line a gate, name, meaning and equation, and one for the new state; Markdown."""
    lines = [f"**{gate}**: {_GATES[gate][1]}\n\n$\\quad {_GATES[gate][0]}$" for gate in gates]
    return [*lines, "**new state**: the mix of both\n\n$\\quad h' = (1 - z) \\odot n + z \\odot h$"]


def source_sentence(model: str, path: str) -> str:
    """Say where the source is read from and what its marks mean."""
    before = previous(model)
    marks = f" + marks the lines that {before} does not have." if before else ""
    return f"Read from {path}.{marks}"
