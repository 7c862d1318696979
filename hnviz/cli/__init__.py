"""The command line. A module's `COMMANDS` says what adds a command's options, and what runs it.

torch, pandas and Streamlit take seconds to load, so a command imports them only after it has
checked its options.
"""

from hnviz.cli.main import main

__all__ = ["main"]
