"""Loads all of our modules that pages need, once; a thread that imports it meanwhile waits.

The packages' modules import each other's. Two threads that begin at different ends, such as the
warm-up and the first page, or two first pages, would meet in the middle: Python then gives one of
them a module that is not loaded, and a page shows an error. So the script imports this first.
"""

from importlib import import_module
from pkgutil import walk_packages

import hnviz.app

NOT_MODULES = (__name__, "hnviz.app.script")  # Streamlit runs the script, nobody imports it
OURS = tuple(
    module.name
    for module in walk_packages(hnviz.app.__path__, "hnviz.app.")
    if not module.ispkg and module.name not in NOT_MODULES
)

for _name in OURS:
    import_module(_name)
