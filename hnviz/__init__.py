"""hnviz: see how a recurrent network is fed, learns and remembers."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hnviz.analysis.changes import erase as erase
    from hnviz.analysis.changes import patch as patch
    from hnviz.analysis.compare import compare as compare
    from hnviz.analysis.run import open as open
    from hnviz.analysis.valid import blocks as blocks
    from hnviz.analysis.valid import validate as validate
    from hnviz.doctor.check import check as check
    from hnviz.notebook.show import show as show
    from hnviz.recording import answer as answer
    from hnviz.recording import record as record
    from hnviz.recording.fastai import FastaiCallback as FastaiCallback
    from hnviz.recording.lightning import LightningCallback as LightningCallback
    from hnviz.recording.transformers import TransformersCallback as TransformersCallback

__version__ = "0.5.0"

_PUBLIC = {
    "answer": "hnviz.recording",
    "blocks": "hnviz.analysis.valid",
    "check": "hnviz.doctor.check",
    "compare": "hnviz.analysis.compare",
    "erase": "hnviz.analysis.changes",
    "FastaiCallback": "hnviz.recording.fastai",
    "LightningCallback": "hnviz.recording.lightning",
    "open": "hnviz.analysis.run",
    "patch": "hnviz.analysis.changes",
    "record": "hnviz.recording",
    "show": "hnviz.notebook.show",
    "TransformersCallback": "hnviz.recording.transformers",
    "validate": "hnviz.analysis.valid",
}
"""What a notebook may call as ``hnviz.NAME``, and the module that has it, loaded when it is used:
the server's process never loads torch."""


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
