"""Records a loop outside hnviz as a run that the app shows: `hnviz.record`."""

from typing import TYPE_CHECKING, Any

from torch import nn

from hnviz.given import check_options, in_one_line, kind
from hnviz.recording.answering import Answering, answer
from hnviz.recording.recorder import Recorder, RecordingWarning
from hnviz.recording.settings import Options

if TYPE_CHECKING:
    from typing import Unpack

__all__ = ["Answering", "Recorder", "RecordingWarning", "answer", "record"]


@in_one_line
def record(model: nn.Module, text: Any = "human_numbers", **options: "Unpack[Options]") -> Recorder:
    """Record a loop that trains `model` on `text`; docs/recording.md lists the options.

    The record is a run's folder, which the app shows while the loop trains. Raises TypeError for a
    model that is no module and for an unknown option. A warning says whatever else goes wrong, and
    the loop goes on.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"hnviz.record takes a model, which is an nn.Module; got {kind(model)}")
    check_options("record", options, Options.__annotations__)
    return Recorder(model, text, options)
