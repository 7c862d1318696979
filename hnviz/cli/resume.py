"""``hnviz resume``: continue a run that was stopped or killed."""

import argparse

from hnviz.cli.parser import CommandError, add_models, add_runs_dir, run_ids
from hnviz.cli.train import train_folder

SUMMARY = "continue a run that was stopped or killed, from its last checkpoint"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the run, and the folder of the runs."""
    parser.add_argument(
        "name", metavar="RUN", help="the run's id, or its folder as train prints it"
    )
    add_runs_dir(parser)
    add_models(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object per epoch")


def run(options: argparse.Namespace) -> int:
    """Train the rest of a run; return the exit status."""
    from hnviz.runs import RESUMABLE, DamagedRun, RunNotFound, RunStore, default_runs_dir

    (run_id,), runs_dir = run_ids([options.name], options.runs_dir)
    try:
        folder = RunStore(runs_dir or default_runs_dir()).folder(run_id)
        folder.check_sources()
        status = folder.read().status
    except (RunNotFound, DamagedRun) as error:
        raise CommandError(str(error)) from error
    if status not in RESUMABLE:
        raise CommandError(
            f"the run {run_id} is {status}; a run that was stopped, interrupted or failed can "
            "continue"
        )
    return train_folder(folder, as_json=options.json)
