"""Every topic that a browser can follow."""

from hnviz.app.rooms.sweep.topics import SweepMap
from hnviz.app.rooms.train.finder.topic import Rates
from hnviz.app.rooms.train.form.topic import Machine
from hnviz.app.rooms.train.inside.topic import Kinds
from hnviz.app.rooms.train.topics import Curves, Schedule
from hnviz.app.run.topics import Run, Runs
from hnviz.sweeps.service import SweepService
from hnviz.web.topics import Topic

_EVERYWHERE = (Run(), Runs(), Machine())
_TRAIN = (Curves(), Schedule(), Kinds(), Rates())

TOPICS: tuple[Topic, ...] = (*_EVERYWHERE, *_TRAIN)
"""Those that need nothing but runs."""


def topics(sweeps: SweepService) -> tuple[Topic, ...]:
    """Return all topics of a server."""
    return (*TOPICS, SweepMap(sweeps))
