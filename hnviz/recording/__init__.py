"""Records a loop outside hnviz as a run that the app shows: `hnviz.record`."""

from typing import TYPE_CHECKING, Any

from hnviz.recording.answering import Answering, answer
from hnviz.recording.recorder import Recorder, RecordingWarning
from hnviz.recording.settings import KNOWN, Options

if TYPE_CHECKING:
    from typing import Unpack

    from torch import nn

__all__ = ["Answering", "Recorder", "RecordingWarning", "answer", "record"]


def record(
    model: "nn.Module", text: Any = "human_numbers", **options: "Unpack[Options]"
) -> Recorder:
    """Record a loop that trains `model` on `text`; docs/recording.md lists the options.

    The record is a run's folder, which the app shows while the loop trains. Raises TypeError for an
    unknown option; whatever else goes wrong is said in a warning, and the loop goes on.
    """
    for name in options:
        if name not in KNOWN:
            raise TypeError(f"hnviz.record has no option {name!r}; it has {', '.join(KNOWN)}")
    return Recorder(model, text, options)
