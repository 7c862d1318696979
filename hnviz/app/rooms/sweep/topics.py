"""What the Sweep page follows: one sweep, square by square, and the list of sweeps."""

from collections.abc import Mapping
from typing import Any

from hnviz.questions.params import Param
from hnviz.sweeps.service import SweepService
from hnviz.web.live import Listing
from hnviz.web.sweeps import listed, sweep_view
from hnviz.web.topics import Fields


class SweepMap(Fields):
    """A sweep: `sweep` says how far it is, "0", "1", ... are its runs, `sweeps` lists all.

    Without an id it is the one that trains, or the newest.
    """

    name = "sweep"
    of_run = False
    params: Mapping[str, Param] = {"sweep": Param("text", "")}

    def __init__(self, sweeps: SweepService) -> None:
        self._sweeps = sweeps

    def watches(self, moment: Listing) -> Any:
        """Depend on the sweeps' files, on the engine's jobs and on the sweep that trains."""
        return moment.jobs, self._sweeps.version()

    def draw(self, moment: Listing, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the sweep, a field for each of its runs. Raises SweepError."""
        offered = listed(self._sweeps)
        sweep_id = params["sweep"] or self._sweeps.training()
        if not sweep_id and offered:
            sweep_id = offered[0]["id"]
        if not sweep_id:
            return {"sweep": None, "sweeps": offered}
        view = sweep_view(self._sweeps, sweep_id)
        squares = {str(index): run for index, run in enumerate(view.pop("runs"))}
        return {"sweep": view, "sweeps": offered, **squares}
