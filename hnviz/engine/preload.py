"""The modules that the fork server loads before it forks. Only that process imports this one."""

import atexit
import os

from hnviz.engine.broken import end_with
from hnviz.engine.priority import stand_back

# Loading torch must not delay the first page: its server and browser start at the same time.
stand_back(5)

try:
    from hnviz.engine import machine, observer, stopwatch, trainer
except (ImportError, OSError) as error:
    end_with(error)

__all__ = ["machine", "observer", "stopwatch", "trainer"]

# A normal exit with torch takes a second or two, and this server has nothing to clean up.
atexit.register(os._exit, 0)
