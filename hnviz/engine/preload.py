"""The modules that the fork server loads before it forks. Only that process imports this one."""

import atexit
import os

from hnviz.engine.workers import end_without_torch, stand_back

# Loading torch must not delay the first page, whose server and browser start at the same time.
stand_back(5)

try:
    from hnviz.engine import machine, observer, trainer
except (ImportError, OSError) as error:
    end_without_torch(error)
trainer.load_texts()

__all__ = ["machine", "observer", "trainer"]

# A normal exit with torch takes a second or two, and this server has nothing to clean up.
atexit.register(os._exit, 0)
