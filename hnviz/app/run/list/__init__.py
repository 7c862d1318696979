"""The list of runs: any browser may open, follow or stop any of them."""
