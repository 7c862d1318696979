"""The one-cycle schedule, with a mark at the step where the run is."""
