"""Loads all that pages need, once; whoever imports this while another thread does waits for it.

The packages' modules import each other's. Two threads that begin at different ends, such as the
warm-up and the first page, or two first pages, would meet in the middle: Python then hands one of
them a module that is not through, and a page shows an error. So `app.py` imports this first.
"""

from importlib import import_module
from pkgutil import walk_packages

import hnviz.app

THEIRS = ("plotly.io", "pyarrow", "PIL.Image")  # what Streamlit loads with the first of its pages
OURS = tuple(
    module.name
    for module in walk_packages(hnviz.app.__path__, "hnviz.app.")
    if not module.ispkg and module.name != __name__
)

for _name in (*THEIRS, *OURS):
    import_module(_name)
