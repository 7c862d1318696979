"""``hnviz import``: add a run that ``hnviz export run`` wrote to the own runs."""

import argparse
from pathlib import Path

from hnviz.cli.parser import CommandError, add_runs_dir

SUMMARY = "add a run from a zip file to your own runs"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the file, and the folder of the runs."""
    parser.add_argument("file", type=Path, metavar="FILE", help="made by: export run RUN")
    add_runs_dir(parser)


def run(options: argparse.Namespace) -> int:
    """Store the run, and print its id."""
    from hnviz.runs import RunStore, RunWriteError, default_runs_dir
    from hnviz.runs.archive import unpack

    store = RunStore(options.runs_dir or default_runs_dir())
    try:
        print(unpack(store, options.file).id)
    except (ValueError, RunWriteError) as error:
        raise CommandError(str(error)) from error
    return 0
