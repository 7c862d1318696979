"""The map of a sweep, which the browser follows square by square."""

from collections.abc import Mapping
from itertools import product
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.kit.state import Choice, Text
from hnviz.app.rooms.sweep.cards import CARD
from hnviz.app.run.start import leads

_LR, _BPTT = (1e-3, 1e-2, 1e-1), (3, 20)
_STATES = ("finished", "finished", "running", "diverged", "failed", "waits")

SWEEP = Text(
    name="sweep",
    page="Train",
    pattern="^[0-9a-f]{12}$",
    called="a sweep",
    default="the newest",
    meaning="the sweep whose map is shown, by its id",
)
SHOWN = Choice(
    name="sweep_show",
    page="Train",
    choices=("accuracy", "loss"),
    first="accuracy",
    meaning="what the squares show, both on valid",
)
SEEDS = Choice(
    name="sweep_seeds",
    page="Train",
    choices=("mean", "each"),
    first="mean",
    meaning="seeds as their mean, or a map for each",
)


def settings(state: Mapping[str, Any] | None = None, *, may: bool = True) -> Mapping[str, Any]:
    """Return what the browser gets; with `state` it follows nothing and shows that."""
    return {"card": CARD, "may": may, "state": dict(state) if state else None}


def made_state(status: str, states: tuple[str, ...], n_seeds: int = 1) -> Mapping[str, Any]:
    """Make a sweep for the gallery, whose runs are in the given states."""
    runs: list[dict[str, Any]] = []
    for at, (bptt, lr, seed) in enumerate(product(_BPTT, _LR, range(n_seeds))):
        state = states[at % len(states)]
        has = state == "finished"
        place = {"bptt": bptt, "lr": lr} | ({"seed": seed} if n_seeds > 1 else {})
        runs.append(
            {
                "settings": place,
                "run": None if state == "waits" else "Model1",
                "state": state,
                "progress": 0.4 if state == "running" else float(has),
                "message": "its trainer was killed" if state == "failed" else "",
                "accuracy": 0.3 + 0.03 * at if has else None,
                "valid_loss": 2.5 - 0.07 * at if has else None,
                "train_accuracy": 0.35 + 0.03 * at if has else None,
                "train_loss": 2.3 - 0.07 * at if has else None,
            }
        )
    done = sum(run["state"] in ("finished", "diverged") for run in runs)
    sweep = {
        "id": "0" * 12,
        "name": "lr by bptt of Model1, 3 \N{MULTIPLICATION SIGN} 2",
        "created": 0.0,
        "axes": list(runs[0]["settings"]),
        "status": status,
        "problem": "",
        "n_runs": len(runs),
        "n_done": done,
    }
    return {"sweep": sweep, "sweeps": [sweep], **{str(at): run for at, run in enumerate(runs)}}


EXAMPLES = {
    "ready": Example(settings=lambda: settings(made_state("finished", ("finished",)))),
    "training": Example(settings=lambda: settings(made_state("training", _STATES))),
    "long": Example(settings=lambda: settings(made_state("finished", ("finished",), 3))),
    "student": Example(settings=lambda: settings(made_state("stopped", _STATES), may=False)),
    "none": Example(settings=lambda: settings(), follows=True),
}

MAP_OF_SWEEP = Picture(
    __file__,
    Place("sweep_map", "446px", "464px"),
    silent=True,
    state={"sweep": SWEEP, "measure": SHOWN, "seeds": SEEDS},
    examples=EXAMPLES,
)


def sweep_map() -> None:
    """Draw the sweep in the address, or the newest one."""
    MAP_OF_SWEEP(settings=settings(may=leads()))
