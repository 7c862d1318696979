"""``hnviz layout``: show how a text is arranged in mini-batches."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from hnviz.cli.parser import CommandError, add_text, chosen_corpus, whole
from hnviz.config import problems

if TYPE_CHECKING:
    from hnviz.data import BatchLayout

ROWS = 5  # of a mini-batch, as in the notebook's show_batch
ROW_WIDTH = 88


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a layout."""
    parser.add_argument("--split", default="valid", help="train or valid (default valid)")
    add_text(parser)
    parser.add_argument("--bs", type=whole, default=64, help="rows read side by side (default 64)")
    parser.add_argument(
        "--bptt", type=whole, default=70, help="tokens per row of a mini-batch (default 70)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, with every row start")


def run(options: argparse.Namespace) -> int:
    """Print one layout."""
    from hnviz.data import (  # needs numpy, which delays the start
        NOTEBOOK,
        BatchLayout,
        Choice,
        stream_of,
    )

    choice = Choice(chosen_corpus(options) or NOTEBOOK.corpus)
    asked = {"bs": options.bs, "bptt": options.bptt, "corpus": choice.corpus}
    for sentence in problems(asked).values():
        raise CommandError(sentence)
    stream = stream_of(choice)
    try:
        ids = stream.ids(options.split)
    except ValueError as error:
        raise CommandError(str(error)) from error
    layout = BatchLayout(len(ids), options.bs, options.bptt)
    if said := layout.crowding(options.split):
        print(f"hnviz: {said}", file=sys.stderr)
    rows = [stream.vocab.textify(row) for row in layout.batch(ids, 0).x[:ROWS]]
    if options.json:
        named = {"corpus": choice.corpus, "split": options.split}
        print(json.dumps({**named, **as_dict(layout), "rows": rows}))
    else:
        print("\n".join(as_lines(options.split, layout, rows)))
    return 0


def as_dict(layout: "BatchLayout") -> dict[str, Any]:
    """Return a layout's figures in a form that JSON can hold."""
    names = ("n_tokens", "bs", "bptt", "n_batches", "n_slots", "n_repeated")
    return {**{name: getattr(layout, name) for name in names}, "starts": layout.starts.tolist()}


def as_lines(split: str, layout: "BatchLayout", rows: list[str]) -> list[str]:
    """Return a layout in words; `rows` are the texts of mini-batch 0's first rows."""
    starts = [f"{start:,}" for start in layout.starts.tolist()]
    if len(starts) > ROWS + 1:
        starts = [*starts[:ROWS], "...", starts[-1]]
    exact = layout.n_tokens / layout.bptt / layout.bs
    return [
        f"{split}: {layout.n_tokens:,} tokens, bs {layout.bs}, bptt {layout.bptt}",
        f"n_batches   {layout.n_tokens}/{layout.bptt}/{layout.bs} = {exact:.4f} -> "
        f"{layout.n_batches}",
        f"n_slots     {layout.n_batches} x {layout.bs} x {layout.bptt} = {layout.n_slots:,}",
        f"n_repeated  {layout.n_slots:,} - {layout.n_tokens:,} = {layout.n_repeated:,} "
        "slots repeat a token",
        f"starts      {', '.join(starts)}",
        "x of mini-batch 0:",
        *(f"  row {index}  {_cut(text)}" for index, text in enumerate(rows)),
    ]


def _cut(text: str) -> str:
    return text if len(text) <= ROW_WIDTH else text[:ROW_WIDTH].rsplit(" ", 1)[0] + " ..."


COMMANDS = {"layout": (add_options, run)}
