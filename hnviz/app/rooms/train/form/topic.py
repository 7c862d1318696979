"""What runs train on: a line in the form, with news once, when the engine has started."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.run.engine import info
from hnviz.engine.client import EngineInfo
from hnviz.web.topics import Fields


class Machine(Fields):
    """The devices and versions that runs train with."""

    name = "machine"
    of_run = False

    def watches(self, moment: Any) -> Any:
        """Depend on the engine alone."""
        return info()

    def draw(self, moment: Any, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the line."""
        return {"line": machine_line(info())}


def machine_line(known: EngineInfo | None) -> str:
    """Say what runs train on; None while the engine starts."""
    if known is None:
        return "The engine is starting; its device and versions follow."
    versions = ", ".join(f"{name} {number}" for name, number in known.versions.items())
    devices = " and ".join(
        f"{each} ({known.device_names.get(each, each)})" for each in known.devices
    )
    runs = "1 run" if known.max_trainers == 1 else f"{known.max_trainers} runs"
    return f"Trains on {devices}, {runs} at full speed at a time. {versions}."
