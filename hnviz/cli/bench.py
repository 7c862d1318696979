"""``hnviz bench``: time hnviz, or search for the recipe of a model that the notebook lacks."""

import argparse
import sys
from importlib.resources import files
from pathlib import Path

from hnviz.cli.parser import CommandError, add_models, add_runs_dir, in_range, whole
from hnviz.config import CHOICES, RunConfig
from hnviz.models.catalogue import BUILT_IN, CATALOGUE, LADDER

SPEED, DEVICES, SEARCH, SEEDS = "speed", "devices", "search", "seeds"
LANES, CLAIMS, CLINIC, ORDERS, PARITY = "lanes", "claims", "clinic", "orders", "parity"
PAIRS = 20
MAX_PAIRS = 10_000
MINUTES_OF_ONE = 1 / 3  # per model with PAIRS pairs, on a quiet machine; twice that on a busy one
TABLES = {
    SEARCH: "recipes.csv",
    SEEDS: "five_seeds.csv",
    CLAIMS: "claims.csv",
    PARITY: "parity.csv",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for what to time or to search, and how often."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=(SPEED, DEVICES, SEARCH, SEEDS, LANES, CLAIMS, CLINIC, ORDERS, PARITY),
        default=SPEED,
        help="speed: against a plain torch loop (the default); devices: a step on the cpu and on "
        "the graphics card, from which runs with device auto choose; search: a recipe, scored on "
        "numbers held out of train; seeds: a recipe from five seeds, on the notebook's split; "
        "lanes: many runs as one program, against one run; claims: test what lessons claim on 100 "
        "prompts and five seeds; clinic: run the loops of Train's clinic, in about five minutes; "
        "orders: run every order of the lines that are put in order; parity: train four networks "
        "on up to 40 bits and score them on up to 1,000, from five seeds",
    )
    parser.add_argument(
        "--model", action="append", help="a model; repeat for several (default: all that apply)"
    )
    parser.add_argument(
        "--pairs",
        type=whole,
        default=PAIRS,
        metavar="N",
        help=f"speed: minimum epochs to time for each form (default {PAIRS})",
    )
    parser.add_argument(
        "--json", action="store_true", help="speed: print JSON, one object per model and form"
    )
    parser.add_argument(
        "--device", choices=CHOICES["device"], default="auto", help="lanes: default cuda, else cpu"
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help="search, seeds, claims, clinic, orders, parity: the file (default: the package's)",
    )
    add_runs_dir(parser)
    add_models(parser)


def run(options: argparse.Namespace) -> int:
    """Run the bench."""
    for model in options.model or ():
        RunConfig.for_model(model)
    if options.what == DEVICES:
        return _devices(options.runs_dir, options.model or list(CATALOGUE))
    if options.what == LANES:
        return _lanes(options.device)
    if options.what in (CLAIMS, PARITY):
        return _rows(options.what, _path(options))
    if options.what in (CLINIC, ORDERS):
        return _exercises(options.what, options.to)
    if options.what != SPEED:
        return _table(options)
    models = options.model or list(CATALOGUE)
    pairs = in_range("pairs", options.pairs, 1, MAX_PAIRS)

    from hnviz.bench.speed import main

    if pairs >= PAIRS:
        minutes = f"{len(models) * MINUTES_OF_ONE:.0f} to {2 * len(models) * MINUTES_OF_ONE:.0f}"
        print(
            f"hnviz: this takes about {minutes} minutes; --model and --pairs shorten it",
            file=sys.stderr,
        )
    return main(models=models, n_pairs=pairs, as_json=options.json)


def _devices(runs_dir: Path | None, models: list[str]) -> int:
    """Time a step of each model on the cpu and on the card; print and write the figures."""
    from hnviz.bench.devices import step_seconds_by_size, write
    from hnviz.engine.machine import describe
    from hnviz.runs import default_runs_dir

    machine = describe()
    if "cuda" not in machine["devices"]:
        raise CommandError("there is no graphics card that PyTorch can use here: auto is the cpu")
    steps = []
    for each in step_seconds_by_size(models):
        steps.append(each)
        print(
            f"{each.model:12} nh {each.nh:5} {each.cpu:10.6f} s a step on the cpu "
            f"{each.cuda:10.6f} s on cuda",
            flush=True,
        )
    folder = runs_dir or default_runs_dir()
    try:
        write(folder, steps, machine["device_names"], machine["versions"]["torch"])
    except OSError as error:
        raise CommandError(f"the figures could not be written to {folder}: {error}") from error
    return 0


def _lanes(device: str) -> int:
    """Print the steps a second of many runs as one program, and the processor's name."""
    from hnviz.bench.lanes import machine, rates
    from hnviz.learn import DeviceError, resolve_device

    try:
        used = resolve_device(device)
    except DeviceError as error:
        raise CommandError(str(error)) from error
    print(machine(used), flush=True)
    for rate in rates(used):
        print(rate, flush=True)
    return 0


def _path(options: argparse.Namespace) -> Path:
    return options.to or Path(str(files("hnviz.runs") / "data" / TABLES[options.what]))


def _rows(what: str, path: Path) -> int:
    """Measure what lessons or the Tasks page claim, and print each row when it is ready."""
    from hnviz.bench.claims import claims
    from hnviz.bench.lengths import lengths

    for row in (claims if what == CLAIMS else lengths)(path):
        print(row, flush=True)
    return 0


def _exercises(what: str, path: Path | None) -> int:
    """Run the programs of an exercise, and print a line when one is ready."""
    from hnviz.bench import clinic, orders

    made = clinic if what == CLINIC else orders
    for line in made.write(path) if path else made.write():
        print(line, flush=True)
    return 0


def _table(options: argparse.Namespace) -> int:
    """Make a table of the models beyond the notebook's, and print each row when it is ready."""
    beyond = [name for name in CATALOGUE if name not in LADDER]
    models = options.model or [name for name in beyond if name in BUILT_IN]
    for model in models:
        if model in LADDER:
            raise CommandError(
                f"{model} has the notebook's recipe; choose one of {', '.join(beyond)}"
            )
        if model not in BUILT_IN and options.to is None:
            raise CommandError(
                f"the package's table has only its own models; for {model}, add --to FILE"
            )
    from hnviz.bench.search import best, five_seeds, search

    path = _path(options)
    if options.what == SEEDS:
        for result in five_seeds(path, models):
            print(result, flush=True)
        return 0
    tried = []
    for trial in search(path, models):
        tried.append(trial)
        print(trial, flush=True)
    for model in models:
        recipe, score = best([each for each in tried if each.model == model])
        print(f"{model}: {recipe}, right on held-out numbers {score:.4f}")
    return 0


COMMANDS = {"bench": (add_options, run)}
