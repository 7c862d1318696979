"""Runs the loops of the clinic, and measures what a student can see of each."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hnviz.bench.programs import execute
from hnviz.data.numbers import held_out, number_words
from hnviz.disk import replace
from hnviz.doctor import check
from hnviz.exercises.clinic import AGAIN, BUGS, FILE, HEALTHY, PASSES, SEEDS, Run, program

LAST_NUMBER, N_BLOCKS, DRAW = 2000, 20, 17
"""The text: 1 to 2,000; valid is 20 blocks of 20 numbers, drawn with a constant seed."""

ROWS, SHOWN, FEW = 3, 8, 3  # rows and words of a mini-batch that are kept; units and mini-batches
THIN = 5  # training steps in a point of the train curve
DIGITS = 5  # of a number that is kept

Names = dict[str, Any]


def write(path: Path = FILE) -> Iterator[str]:
    """Run all loops, write the file, and yield a line for each loop when it is ready."""
    torch.set_num_threads(1)
    runs: dict[str, list[dict[str, Any]]] = {}
    for name in (*BUGS, AGAIN):
        runs[name] = [asdict(run(name, seed)) for seed in range(SEEDS)]
        ends = " ".join(f"{each['passes'][-1][2]:.3f}" for each in runs[name])
        yield f"{name}: valid accuracy {ends}; the doctor: {', '.join(runs[name][0]['wrong'])}"
    healthy = _loop(HEALTHY, 0)
    size = {"words": len(healthy["vocab"]), "rows": healthy["BS"], "steps": healthy["BPTT"]}
    text = json.dumps({**size, "runs": runs}, separators=(",", ":"))
    replace(path, text.encode(), "the clinic")


def run(name: str, seed: int) -> Run:
    """Train one loop from one seed. `name` is a diagnosis, or AGAIN for other seeds."""
    name, seed = (HEALTHY, seed + SEEDS) if name == AGAIN else (name, seed)
    report = _check(_loop(name, seed))
    loop = _loop(name, seed)
    steps, passes, states = _train(loop)
    (x, y), (valid_x, _) = loop["loader"][0], loop["valid"][0]
    starts = _starts(loop)
    followed = starts[1:] == starts[:-1] + loop["BPTT"]
    return Run(
        steps=_thinned(steps),
        passes=[[_short(value) for value in each] for each in passes],
        x=_words(loop, x),
        y=_words(loop, y),
        valid_x=_words(loop, valid_x),
        starts=starts[:FEW, :ROWS].tolist(),
        shift=_shift(loop),
        go_on=_short(followed.double().mean().item()),
        states=[[_short(unit) for unit in row[:FEW]] for row in states[:ROWS].tolist()],
        n_states=len(states),
        spread=_short(states.std(0).mean().item()),
        wrong=list(report.wrong),
        doctor=[str(each).splitlines()[0] for each in report.findings],
    )


def _loop(name: str, seed: int) -> Names:
    """Set a loop up; nothing is trained."""
    split = held_out(LAST_NUMBER, N_BLOCKS, DRAW)
    train, valid = (
        [word for number in split.of(text) for word in (*number_words(int(number)).split(), ",")]
        for text in ("train", "valid")
    )
    return execute(
        program(name),
        seed=seed,
        train_words=train,
        valid_words=valid,
        shuffled=partial(_shuffled, random.Random(seed)),
    )


def _shuffled(chance: random.Random, batch: tuple[Tensor, Tensor]) -> list[Tensor]:
    """Return a mini-batch with its rows in another order."""
    order = chance.sample(range(len(batch[0])), len(batch[0]))
    return [each[order] for each in batch]


def _check(loop: Names) -> Any:
    model = loop["model"]
    options = {"valid": loop["valid"], "resets": model.reset}
    return check(loop["step"], loop["loader"], model, loop["optimizer"], **options)


def _train(loop: Names) -> tuple[list[float], list[list[float]], Tensor]:
    """Train; return the loss of each step, the curves, and the state after one mini-batch."""
    model, losses, passes = loop["model"], list[float](), list[list[float]]()
    for _ in range(PASSES):
        model.train()
        model.reset()
        for x, y in loop["loader"]:
            losses.append(loop["step"](x, y).item())
        train = losses[-len(loop["loader"]) :]
        passes.append([sum(train) / len(train), *_valid(loop)])
    model.reset()
    with torch.no_grad():
        model(loop["loader"][0][0])
    return losses, passes, model.h[0]


@torch.no_grad()
def _valid(loop: Names) -> tuple[float, float]:
    """Return loss and accuracy on valid, as the loop itself counts them."""
    model, losses, right = loop["model"], list[float](), list[float]()
    model.eval()
    model.reset()
    for x, y in loop["valid"]:
        answers = model(x)
        losses.append(loop["loss_of"](answers, y).item())
        right.append((answers.argmax(-1) == y).double().mean().item())
    return sum(losses) / len(losses), sum(right) / len(right)


def _starts(loop: Names) -> Tensor:
    """Find where in the text each row of each mini-batch begins: (mini-batches, rows)."""
    ids = loop["number"](loop["train_words"], loop["vocab"]).tolist()
    wide = loop["BPTT"]
    places = {tuple(ids[at : at + wide]): at for at in range(len(ids) - wide + 1)}
    return torch.tensor([[places[tuple(row)] for row in x.tolist()] for x, _ in loop["loader"]])


def _shift(loop: Names) -> int:
    """Return how many words after a word its target is."""
    x, y = (torch.stack(each) for each in zip(*loop["loader"], strict=True))
    wide = x.shape[-1]
    return next(by for by in range(wide) if torch.equal(y[..., : wide - by], x[..., by:]))


def _words(loop: Names, ids: Tensor) -> list[list[str]]:
    return [[loop["vocab"][one] for one in row[:SHOWN]] for row in ids[:ROWS].tolist()]


def _thinned(losses: list[float]) -> list[float]:
    points = [losses[at : at + THIN] for at in range(0, len(losses), THIN)]
    return [_short(sum(each) / len(each)) for each in points]


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
