"""What the Sweep page follows: one sweep, square by square, and the list of sweeps."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.run.engine import store
from hnviz.questions.params import Param
from hnviz.sweeps import kept
from hnviz.web import swept
from hnviz.web.live import Listing
from hnviz.web.sweeping import sweeper
from hnviz.web.topics import Fields


class SweepMap(Fields):
    """A sweep: `sweep` says how far it is, "0", "1", ... are its runs, `sweeps` lists all.

    Without an id it is the one that trains, or the newest.
    """

    name = "sweep"
    of_run = False
    params: Mapping[str, Param] = {"sweep": Param("text", "")}

    def watches(self, moment: Listing) -> Any:
        """Depend on the sweeps' files, on the engine's jobs and on the sweep that trains."""
        return kept.stamps(store().root), moment.jobs, sweeper().mark()

    def draw(self, moment: Listing, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the sweep, a field for each of its runs. Raises SweepError."""
        sweep_id = params["sweep"] or swept.newest()
        offered = swept.listed()
        if sweep_id is None:
            return {"sweep": None, "sweeps": offered}
        told = swept.told(sweep_id)
        runs = told.pop("runs")
        squares = {str(index): run for index, run in enumerate(runs)}
        return {"sweep": told, "sweeps": offered, **squares}
