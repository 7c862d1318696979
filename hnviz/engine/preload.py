"""What the fork server loads before it forks. Imported by that process alone."""

import atexit
import os

from hnviz.engine.priority import stand_back

# Loading torch must not hold up the first page, whose server and browser start at the same moment.
stand_back(5)

from hnviz.engine import machine, observer, trainer  # noqa: E402

__all__ = ["machine", "observer", "trainer"]

# To take torch down takes a second or two, and the server has nothing to put away.
atexit.register(os._exit, 0)
