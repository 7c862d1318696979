"""What a server and the processes under it hold: memory, descriptors, temporary files."""

from dataclasses import dataclass
from pathlib import Path

import psutil

MEGABYTE = 2**20


@dataclass(frozen=True)
class Held:
    """What is held at one moment."""

    memory: float  # MB of the server itself
    processes: int
    descriptors: int  # of all processes together
    files: int  # in the folder for temporary ones

    @classmethod
    def by(cls, pid: int, temporary: Path) -> "Held":
        """Look at the processes as they are now."""
        server = psutil.Process(pid)
        family = [server, *server.children(recursive=True)]
        alive = [each for each in family if each.status() != psutil.STATUS_ZOMBIE]
        return cls(
            memory=server.memory_info().rss / MEGABYTE,
            processes=len(alive),
            descriptors=sum(each.num_fds() for each in alive),
            files=sum(1 for _ in temporary.rglob("*")),
        )

    def left_over(self, before: "Held", viewers: int) -> dict[str, float]:
        """Return what is held beyond `before`, after so many viewers have come and gone."""
        return {
            "memory, MB a viewer": (self.memory - before.memory) / viewers,
            "processes": self.processes - before.processes,
            "descriptors": self.descriptors - before.descriptors,
            "temporary files": self.files - before.files,
        }
