"""Loads all of our modules that pages need, once; a thread that imports it meanwhile waits.

The packages' modules import each other's. Two threads that begin at different ends, such as the
warm-up and the first page, or two first pages, would meet in the middle: Python then gives one of
them a module that is not loaded, and a page shows an error. So the script imports this first.
"""

from importlib import import_module
from pathlib import Path

APP = Path(__file__).parents[1]
NOT_MODULES = ("__init__", "everything", "script")  # Streamlit runs the script, nobody imports it
OURS = tuple(
    ".".join(("hnviz.app", *path.relative_to(APP).with_suffix("").parts))
    for path in sorted(APP.rglob("*.py"))
    if path.stem not in NOT_MODULES
)

for _name in OURS:
    import_module(_name)
