"""``python -m hnviz``: the command line."""

import sys

if __name__ == "__main__":
    try:
        from hnviz.cli import main

        sys.exit(main())
    except KeyboardInterrupt:  # during the imports
        sys.exit(130)
