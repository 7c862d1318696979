"""What the learning rate finder follows: a range test, and the short runs that try a rate."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hnviz.app.rooms.train.topics import thinned
from hnviz.figures.sketch import plain_list
from hnviz.lr_finder import STEPS, suggestions
from hnviz.runs import RunRecord
from hnviz.runs.folder import RANGE_TEST
from hnviz.web.state import CurrentRun
from hnviz.web.topics import Fields


class Rates(Fields):
    """The loss and the learning rate of each mini-batch, and what they suggest."""

    name = "rates"

    def watches(self, moment: CurrentRun) -> Any:
        """Depend on the record, and on how the run waits and ends."""
        return moment.record, moment.status, moment.place

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is known of a test or a run.

        "lr", "loss" and "smooth" are lists; "accuracy" is the share right on valid after the last
        epoch; "found" are a test's suggestions, each {lr, loss, at}.
        """
        record = moment.record
        batches = thinned(record).batches
        return {
            "config": asdict(record.config),
            "status": moment.status,
            "live": moment.is_live,
            "place": moment.place,
            "message": record.ended.message if record.ended else "",
            "step": record.step,
            "n_steps": record.started.n_steps if record.started else STEPS,
            "lr": plain_list([batch.lr for batch in batches]),
            "loss": plain_list([batch.loss for batch in batches]),
            "smooth": plain_list([batch.smooth_loss for batch in batches]),
            "accuracy": record.epochs[-1].accuracy if record.epochs else None,
            "found": _found(record),
        }


def _found(record: RunRecord) -> dict[str, dict[str, float]]:
    """Return what a test that has ended suggests; nothing for a run."""
    if record.ended is None or not record.id.startswith(RANGE_TEST):
        return {}
    batches = record.batches
    made = suggestions([batch.lr for batch in batches], [batch.smooth_loss for batch in batches])
    return {name: each._asdict() for name, each in made.items()}
