"""A short-lived process that reports what this machine can train on.

A process that has used CUDA must not fork, so neither the engine nor the fork server uses it.
"""

import os
import platform
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from hnviz.learn import usable_devices
from hnviz.runs.store import versions


def serve(pipe: Connection) -> None:
    """Send the result of `describe` once."""
    pipe.send(("machine", describe()))


def describe() -> dict[str, Any]:
    """Return the fields of EngineInfo that come from torch or from the machine."""
    devices = usable_devices()
    names, free = {"cpu": processor()}, 0
    if "cuda" in devices:
        names["cuda"] = torch.cuda.get_device_name(0)
        free, _ = torch.cuda.mem_get_info()
    return {
        "devices": devices,
        "device_names": names,
        # str: unpickling torch's own type would load torch
        "versions": versions() | {"torch": str(torch.__version__)},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "card_bytes": free,
    }


def processor() -> str:
    """Return the processor's model name, if the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()
