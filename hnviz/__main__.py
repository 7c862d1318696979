"""``python -m hnviz``: the same core without a browser."""

import sys

if __name__ == "__main__":
    try:
        from hnviz.cli import main

        sys.exit(main())
    except KeyboardInterrupt:  # while still importing
        sys.exit(130)
