"""Run one command; report any failure in one sentence and an exit status."""

import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from hnviz import __version__
from hnviz.cli.parser import CommandError, Parser
from hnviz.config import ConfigError

COMMANDS = (
    "train",
    "resume",
    "lr",
    "sweep",
    "reproduce",
    "layout",
    "app",
    "gallery",
    "task",
    "lessons",
    "export",
    "import",
    "bench",
    "ship",
)
MODULES = {"import": "imports"}  # command -> its module of hnviz.cli, where the names differ

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
        module = import_module(f"hnviz.cli.{MODULES.get(name, name)}")
        command = commands.add_parser(
            name, help=module.SUMMARY, description=module.SUMMARY, allow_abbrev=False
        )
        module.add_options(command)
        command.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit status; 2 comes with one sentence on stderr."""
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
    named = [each for each in words[:1] if each in COMMANDS]  # only what it needs is loaded
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
    """Open the null device in place of a stream that the shell has closed.

    Otherwise the next file, such as a run's events, would get its number, and whatever a library
    writes to stderr.
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
    """Redirect stdout to nowhere; else Python reports the error again in its last flush."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:  # stdout is not a file, as in a test
        return
