"""``python -m tests.chaos.nursery``: trains runs in forked processes, to be killed.

Each line on stdin is a run's folder and the speed to which it is limited, or null, as JSON; the
answer is the number of the process that trains it. Torch is loaded once, and this process never
trains: autograd would refuse to in a fork of one that has.
"""

import json
import os
import signal
import sys
from pathlib import Path

import torch

from hnviz.engine.trainer import Control, run_in_folder
from hnviz.runs import RunFolder


def main() -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # killed ones are gone at once
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                path, speed = json.loads(line)
                run_in_folder(RunFolder(Path(path)), Control(speed=speed))
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
