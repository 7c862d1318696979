"""The learning rate finder; the browser starts the test and the short runs, and follows them."""

from collections.abc import Mapping
from dataclasses import asdict
from math import exp, log
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.kit.state import Text
from hnviz.app.run.start import device_module
from hnviz.config import RunConfig
from hnviz.lr_finder import BENCH, BENCH_EPOCHS, DIVERGED, STEPS, bench, ramp, suggestions

FINDER_KEY = "train_finder"

TEST = Text(
    name="lr_test",
    page="Train",
    pattern=r"^lr-[\w-]{1,110}$",
    called="a range test",
    meaning="the range test that the finder shows, by its run's id",
)


def settings(config: RunConfig | None, **shown: Any) -> Mapping[str, Any]:
    """Return what the browser gets; with `test` and `bench` it follows nothing and shows those.

    `config` has the settings that the test is made for, None while one of them cannot be used.
    """
    return {
        "config": asdict(config) if config else None,
        "epochs": BENCH_EPOCHS,
        "times": list(BENCH),
        "ends": DIVERGED,
        "n_steps": STEPS,
        **device_module(),
        **shown,
    }


def made_test(n_steps: int = STEPS, status: str = "finished") -> Mapping[str, Any]:
    """Make a test for the gallery, whose loss falls and then rises."""
    lr = ramp().lr.tolist()[:n_steps]
    smooth = [3.6 - 1.5 / (1 + exp(-2 * log(each / 3e-3))) + 2 * each for each in lr]
    loss = [each * (1 + 0.03 * ((7 * at) % 5 - 2)) for at, each in enumerate(smooth)]
    done = status == "finished"
    found = suggestions(lr, smooth) if done else {}
    return {
        **_made_run(RunConfig(), status, lr),
        "loss": loss,
        "smooth": smooth,
        "n_steps": STEPS,
        "message": "",
        "found": {name: each._asdict() for name, each in found.items()},
    }


def made_bench() -> list[Mapping[str, Any]]:
    """Make the runs of a bench for the gallery, of which the middle one learns fastest."""
    runs = bench(RunConfig(), 3e-3)
    falls = {config.lr: fall for config, fall in zip(runs, (0.012, 0.05, 0.02), strict=True)}
    return [
        {
            **_made_run(config, "finished", [config.lr] * 80),
            "smooth": [1 + 2.6 * exp(-falls[config.lr] * step) for step in range(80)],
            "accuracy": 0.2 + 5 * falls[config.lr],
        }
        for config in runs
    ]


def _made_run(config: RunConfig, status: str, lr: list[float]) -> dict[str, Any]:
    live = status in ("queued", "running")
    known = {"place": 0, "message": "", "loss": [], "accuracy": None, "found": {}}
    steps = {"lr": lr, "step": len(lr), "n_steps": len(lr)}
    return {"config": asdict(config), "status": status, "live": live, **known, **steps}


EXAMPLES = {
    "ready": Example(settings=lambda: settings(RunConfig(), test=made_test())),
    "long": Example(settings=lambda: settings(RunConfig(), test=made_test(), bench=made_bench())),
    "training": Example(settings=lambda: settings(RunConfig(), test=made_test(60, "running"))),
    "none": Example(settings=lambda: settings(RunConfig())),
    "wrong": Example(settings=lambda: settings(None)),
}

FINDER = Picture(
    __file__,
    Place(FINDER_KEY, "498px", "610px"),
    silent=True,
    state={"run": TEST},
    examples=EXAMPLES,
)


def lr_finder(config: RunConfig | None) -> None:
    """Draw the finder for the settings of the next run."""
    FINDER(settings=settings(config))
