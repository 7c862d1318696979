"""The command line. Each command is a module with `SUMMARY`, `add_options` and `run`.

torch, pandas and Streamlit take seconds to load, so a command imports them only after it has
checked its options.
"""

from hnviz.cli.main import main

__all__ = ["main"]
