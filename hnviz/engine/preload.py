"""What the fork server loads before it forks. Imported by that process alone."""

import atexit
import os

from hnviz.engine import machine, observer, trainer

__all__ = ["machine", "observer", "trainer"]

# To take torch down takes a second or two, and the server has nothing to put away.
atexit.register(os._exit, 0)
