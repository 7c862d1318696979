"""The experiment; it follows the class's WebSocket as the teacher's browser."""

from collections.abc import Mapping
from itertools import product
from random import Random
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.web.classroom.phone import MODELS


def _example(axes: Mapping[str, list[Any]], seeds: int, **more: Any) -> Mapping[str, Any]:
    """Describe an experiment whose later squares are a little better."""
    chance, pairs = Random(0), [*product(*axes.values())]
    rows = [
        {"seed": seed, "square": square, "accuracy": 0.4 + square / 40 + chance.gauss(0, 0.02)}
        for square in range(len(pairs))
        for seed in range(seeds)
    ]
    shown = {
        "id": 1,
        "map": len(axes) > 1,
        "axes": axes,
        "squares": [
            {"model": "Model3", "epochs": 5, **dict(zip(axes, pair, strict=True))} for pair in pairs
        ],
        "steps": 200,
        "deciding": 40,
        "revealed": True,
        "guessed": seeds,
        "guesses": [seeds // 4, seeds // 2, seeds - seeds // 4 - seeds // 2],
        "came": seeds if len(axes) == 1 else len(rows),
        "results": rows,
        "aside": 0,
        "checked": 4,
        "due": 0,
        "wrong": [],
        "problem": "",
        **more,
    }
    return {"live": False, "models": MODELS, "experiment": shown}


WRONG = {"student": 7, "seed": 6, "why": "at step 0 the loss is 3.7553, and 2.1000 was sent"}

EXAMPLES = {
    "ready": Example(settings=_example({"lr": [0.003, 0.01]}, 28)),
    "map": Example(settings=_example({"lr": [0.001, 0.003, 0.01], "bptt": [10, 20, 40]}, 3)),
    "long": Example(settings=_example({"lr": [0.003, 0.01]}, 120, aside=1, wrong=[WRONG], due=3)),
    "before": Example(settings=_example({"nh": [64, 128]}, 3, revealed=False, results=[])),
    "none": Example(settings={"live": False, "models": MODELS, "experiment": None}),
}

EXPERIMENT = Picture(
    __file__, Place("class_experiment", "360px", "560px"), silent=True, examples=EXAMPLES
)
