"""``python -m hnviz``, and the command ``hnviz``."""

import sys


def run() -> None:
    """Run the command line, and end the process with its status."""
    try:
        from hnviz.cli.training import loading

        with loading():
            from hnviz.cli.main import fill_closed_streams, main

        fill_closed_streams()
        sys.exit(main())
    except KeyboardInterrupt:  # between the two
        sys.exit(130)


if __name__ == "__main__":
    run()
