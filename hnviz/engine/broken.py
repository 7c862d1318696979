"""The sentence for a PyTorch, or a library that it needs, that cannot be loaded."""

import os
import sys
from typing import NoReturn


def said_of(error: ImportError | OSError) -> str:
    """Write one sentence about an error of `import torch`."""
    reason = " ".join(str(error).split())
    return (
        f"PyTorch or another library cannot be loaded: {reason}; install it again for this system"
    )


def end_with(error: ImportError | OSError) -> NoReturn:
    """Make that sentence the last line of the log, and end the process."""
    sys.stderr.write(f"{said_of(error)}\n")
    sys.stderr.flush()
    os._exit(1)
