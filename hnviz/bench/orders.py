"""Runs every order of the lines of the exercises, and groups the orders by what happens."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from hnviz.bench.programs import execute
from hnviz.data.numbers import number_words
from hnviz.disk import replace
from hnviz.exercises.orders import (
    FILE,
    NOTHING,
    OTHER,
    PUZZLES,
    RAISES,
    RIGHT,
    Group,
    Order,
    Puzzle,
    texts,
)
from hnviz.learn.models import Model3

BS, BPTT, STEPS = 8, 12, 60
LAST_NUMBER = 1500
ENDS = 10  # training steps at the end whose mean loss is compared
LEARNED = 0.3  # nats: a loss that falls by less has learned nothing


def write(path: Path = FILE) -> Iterator[str]:
    """Run all orders, write the file, and yield a line for each program when it is ready."""
    torch.set_num_threads(1)
    found = {}
    for name, puzzle in PUZZLES.items():
        found[name] = grouped(puzzle, puzzle.orders())
        yield f"{name}: " + ", ".join(f"{each.kind} {len(each.orders)}" for each in found[name])
    text = json.dumps({name: [*map(asdict, each)] for name, each in found.items()}, indent=0)
    replace(path, text.encode(), "the orders")


def grouped(puzzle: Puzzle, orders: list[Order]) -> list[Group]:
    """Run orders, and group them by what happens: the right ones first, then large groups."""
    right = _run(puzzle, puzzle.orders()[0])
    by: dict[tuple[str, str], list[Order]] = {}
    for order in orders:
        by.setdefault(outcome(puzzle, order, right), []).append(order)
    each = [Group(kind, what, texts(same)) for (kind, what), same in by.items()]
    return sorted(each, key=lambda one: (one.kind != RIGHT, -len(one.orders)))


def outcome(puzzle: Puzzle, order: Order, right: Any) -> tuple[str, str]:
    """Return the kind of what happens, and the error or the figures."""
    try:
        found = _run(puzzle, order)
    except Exception as error:  # whatever an order raises
        first = str(error).splitlines()[0] if str(error) else ""
        return RAISES, f"{type(error).__name__}: {first}"
    if "losses" in found:
        return _of_losses(found["losses"], right["losses"])
    return _of_rows(found, right)


def _of_losses(losses: list[float], right: list[float]) -> tuple[str, str]:
    last = sum(losses[-ENDS:]) / ENDS
    if losses == right:
        return RIGHT, f"{last:.2f}"
    return OTHER if losses[0] - last > LEARNED else NOTHING, f"{last:.2f}"


def _of_rows(found: dict[str, Any], right: dict[str, Any]) -> tuple[str, str]:
    """Say how many words after a word of x its target is."""
    x, y = found["x"], found["y"]
    if all(torch.equal(found[name], right[name]) for name in ("x", "y")):
        return RIGHT, "1"
    return OTHER, str(int((y - x).flatten()[0]))


def _run(puzzle: Puzzle, order: Order) -> dict[str, Any]:
    ids = _ids()
    if "batches" not in puzzle.frame:
        return execute(puzzle.program(order), ids=torch.arange(101), BS=4)
    rows = ids[: BS * (BPTT * STEPS + 1)].view(BS, -1)
    starts = range(0, BPTT * STEPS, BPTT)
    batches = [(rows[:, at : at + BPTT], rows[:, at + 1 : at + BPTT + 1]) for at in starts]
    given = {"batches": batches, "BS": BS, "n_words": int(ids.max()) + 1, "Model3": Model3}
    return execute(puzzle.program(order), **given)


def _ids() -> torch.Tensor:
    words = [
        word for number in range(1, LAST_NUMBER) for word in (*number_words(number).split(), ",")
    ]
    vocab = sorted(set(words))
    return torch.tensor([vocab.index(word) for word in words])
