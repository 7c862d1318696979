"""The command line. A module's `COMMANDS` names what adds a command's options, and what runs it.

torch, pandas and Streamlit take seconds to load, so a command checks its options before it imports
them.
"""

from hnviz.cli.main import main

__all__ = ["main"]
