"""One page of a file: its parts, and all that they need."""

import re
from collections.abc import Mapping
from typing import Any

from hnviz.app.run.engine import store
from hnviz.export import modules
from hnviz.export.asking import AT_END, Question, is_live, kept_steps, orders, questions
from hnviz.export.collect import Drawn, Heading, Mount, Part
from hnviz.export.holding import Holding
from hnviz.web.assets import DATA, PACKAGE, PUBLISHED
from hnviz.web.corpora import CORPORA, corpus_file

_FOLLOWS = re.compile(r'new Following\(\w+, "(\w+)"')
_COUNTED = "kinds"  # the topic whose picture also asks how many whole numbers are right


def module_of(mount: Mount) -> str:
    """Return the path of the module that draws a picture, below the package."""
    return str(mount.data["module"]).split("/", 2)[2]


def runs_of(parts: list[Part]) -> set[str]:
    """Return the runs that some pictures show."""
    mounts = [part for part in parts if isinstance(part, Mount)]
    return {mount.data["run"] for mount in mounts} - {""}


def steps_of(run: str, wanted: list[int], most: int) -> list[int]:
    """Choose the snapshots of a run that a file holds."""
    all_steps = store().folder(run).snapshots()
    return kept_steps(all_steps, [step for step in wanted if step in all_steps], most)


def hold(holding: Holding, parts: list[Part], at: Mapping[str, str]) -> None:
    """Put everything that a page's pictures need into the file. Raises ValueError."""
    for mount in (part for part in parts if isinstance(part, Mount)):
        run = mount.data["run"]
        steps = holding.runs[run]["steps"] if run else []
        for asked in questions(mount, steps, at):
            holding.add_answer(asked)
        if any(is_live(mount, ask) for ask in mount.data["asks"]):
            for step in steps:
                holding.add_weights(run, step)
        for topic in _topics(mount) if run else ():
            holding.add_topic(run, topic)
            for step in steps if topic == _COUNTED else ():
                holding.add_answer(Question(run, step, "whole_numbers"))
        for value in mount.data["settings"].values():
            if isinstance(value, str):
                _hold_file(holding, value)


def _hold_file(holding: Holding, address: str) -> None:
    """Hold what is at an address that a picture fetches."""
    if address.startswith(CORPORA):
        holding.add_file(address, corpus_file(address), "arrayBuffer")
    content = PUBLISHED.find(address.removeprefix(DATA)) if address.startswith(DATA) else None
    if content is not None:
        holding.add_file(address, content, "json" if address.endswith(".json") else "arrayBuffer")


def _topics(mount: Mount) -> list[str]:
    """Return the topics that a picture follows."""
    source = (PACKAGE / module_of(mount)).read_text(encoding="utf-8")
    named = mount.data["settings"].get("topic")
    return [*_FOLLOWS.findall(source), *([named] if named else [])]


def described(part: Part) -> dict[str, Any]:
    """Return a part as the browser takes it."""
    if isinstance(part, Heading):
        return {"level": part.level, "text": part.text}
    if isinstance(part, Drawn):
        return {"name": part.called, "html": part.html}
    data = {key: value for key, value in part.data.items() if key not in ("module", "debug")}
    settings = dict(data["settings"])
    if "orders" in settings:
        settings["orders"] = orders(settings["orders"])
    asks = [{**ask, "at": "end"} if ask["question"] in AT_END else ask for ask in data["asks"]]
    return {
        "picture": {
            "name": part.called,
            "module": modules.specifier(module_of(part)),
            "height": part.height,
            "isolate": part.isolate,
            "modes": part.modes,
            "data": {**data, "asks": asks, "settings": settings, "tokens": modules.TOKENS},
        }
    }
