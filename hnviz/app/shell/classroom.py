"""The class of this server. A Streamlit script takes no arguments, so pages ask for it here."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hnviz.web.classroom.service import ClassService

VIEW = "HNVIZ_CLASS"  # "free" or "coded": who may look; without it there is no class
RUNS = "HNVIZ_CLASS_RUNS"  # that a student may start
LESSONS = "HNVIZ_CLASS_LESSONS"  # the folder of lessons for phones

_service: "ClassService | None" = None


def class_service() -> "ClassService | None":
    """Return the class of this server; None if it has none."""
    return _service


def hold_class(service: "ClassService | None") -> None:
    """Let this server have a class, or none."""
    global _service
    _service = service


def open_class() -> None:
    """Open the class that the environment asks for, if it is not open. Raises ValueError.

    Its modules are loaded only where there is one.
    """
    view = os.environ.get(VIEW)
    if not view or _service is not None:
        return
    from hnviz.app.shell.server import exporter
    from hnviz.classroom import Limits
    from hnviz.engine.client import shared_engine
    from hnviz.runs import default_runs_dir
    from hnviz.web.classroom.lessons import LessonCache, LessonFiles
    from hnviz.web.classroom.service import ClassService

    runs, lessons = os.environ.get(RUNS), os.environ.get(LESSONS)
    folder = default_runs_dir()
    service = ClassService(
        folder,
        view=view,
        limits=Limits(each=int(runs)) if runs else None,
        jobs=lambda: {job.run_id for job in shared_engine().jobs()},
    )
    service.experiments.losses = lambda configs, steps: shared_engine().first_losses(configs, steps)
    cache = LessonCache(folder / ".lessons")
    service.lessons = LessonFiles(
        Path(lessons) if lessons else None, partial(exporter().lesson, in_class=True), cache
    )
    hold_class(service)
