"""Runs one command; reports any failure in one sentence and an exit status."""

import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from hnviz import __version__
from hnviz.cli.parser import CommandError, Parser
from hnviz.config import ConfigError

COMMANDS = {
    "train": "train a model; its recipe supplies the options that you leave out",
    "resume": "continue a run that was stopped or killed, from its last checkpoint",
    "lr": "find a learning rate: lr rises with each of 100 mini-batches, the loss says what works",
    "sweep": "train every combination of some settings, or a random draw; the same command goes on",
    "reproduce": "train all six models and compare each final figure with the notebook's",
    "layout": "show how the text is arranged in mini-batches",
    "app": "serve the app and print its address",
    "gallery": "serve every picture on fixed data, in each of its states (for developers)",
    "task": "show what a task needs: the best accuracy, the context and the states that reach it",
    "check": "look at the training loop in a Python file: what is wrong, and what is a choice",
    "lessons": "list the lessons, check their files, or read the answers to their test",
    "class": "show how hard the questions of a class were, and what a second vote gained",
    "export": "write a lesson, page or report as one HTML file, a run as a notebook or zip file",
    "import": "add a run from a zip file to your own runs",
    "bench": "time hnviz against a plain torch loop, or search for the recipe of a model",
    "ship": "train the pre-trained runs again, and write the answers that pages open with",
}
"""Each command, and its line of the help."""

MODULES = {"resume": "train", "gallery": "app", "import": "export", "class": "classroom"}
"""Commands whose module in hnviz.cli has another name."""

INTERRUPTED = 130  # 128 + SIGINT, as in shells
NOBODY_READS = 141  # 128 + SIGPIPE


def build_parser(names: Iterable[str] = COMMANDS) -> Parser:
    """Make the parser for some commands; their modules are loaded."""
    parser = Parser(
        prog="python -m hnviz",
        description="See how a recurrent network is fed, learns and remembers.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hnviz {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    for name in names:
        said, module = COMMANDS[name], import_module(f"hnviz.cli.{MODULES.get(name, name)}")
        command = commands.add_parser(name, help=said, description=said, allow_abbrev=False)
        add_options, run = module.COMMANDS[name]
        add_options(command)
        command.set_defaults(run=run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit status; 2 comes with one sentence on stderr."""
    if sys.stdout is None:
        return _say("stdout is closed; send it to a file, or to /dev/null")
    try:
        status = _run(argv)
        sys.stdout.flush()
    except (CommandError, ConfigError) as error:
        return _say(str(error))
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except ImportError as error:
        if (error.name or "").startswith("hnviz"):
            raise
        if not isinstance(error, ModuleNotFoundError):
            return _say(_broken(error))
        return _say(
            f"{error.name} is not installed; install hnviz again, or in a checkout run "
            "pip install -r requirements.txt"
        )
    except BrokenPipeError:
        _drop_output()
        return NOBODY_READS
    except OSError as error:
        if error.errno is None:  # a library's
            return _say(_broken(error))
        if error.filename is not None:
            return _say(f"{error.filename}: {error.strerror}")
        _drop_output()
        return _say(f"the output could not be written: {error.strerror}")
    return status


def _run(argv: Sequence[str] | None) -> int:
    words = sys.argv[1:] if argv is None else argv
    named = [each for each in words[:1] if each in COMMANDS]  # load only what it needs
    try:
        options = build_parser(named or COMMANDS).parse_args(argv)
    except SystemExit as leaving:  # --help and --version have been printed
        return int(leaving.code or 0)
    if options.command is None:
        raise CommandError(
            f"no command was given; choose one of {', '.join(COMMANDS)}, "
            "or see python -m hnviz --help"
        )
    if hasattr(options, "models"):
        _use_models(options.models)
    return int(options.run(options))


def _use_models(path: Path | None) -> None:
    """Add the user's own models to those that a command knows. Raises CommandError."""
    from hnviz.own import OwnModelError, use_file, use_named

    try:
        if path is None:
            use_named()
        else:
            use_file(path)
    except OwnModelError as error:
        raise CommandError(str(error)) from error


def fill_closed_streams() -> None:
    """Open the null device in place of each stream that the shell has closed.

    Otherwise the next file to be opened, such as a run's events, would get its number, and with it
    all that a library writes to stderr.
    """
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end


def _broken(error: ImportError | OSError) -> str:
    from hnviz.engine.workers import without_torch

    return without_torch(error)


def _say(sentence: str) -> int:
    print(f"hnviz: {' '.join(sentence.split())}", file=sys.stderr)
    return 2


def _drop_output() -> None:
    """Redirect stdout to the null device: Python's last flush would report the error again."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:  # stdout is not a file, as in a test
        return
