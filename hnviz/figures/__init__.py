"""Pictures as values: (record or arrays, theme) to a Plotly figure, or to SVG or HTML text."""

from collections.abc import Callable

import plotly.graph_objects as go

from hnviz.figures.cell_diagrams import gru_cell, lstm_cell
from hnviz.figures.corpus import token_counts
from hnviz.figures.curves import accuracy_curves, loss_curves
from hnviz.figures.diagrams import legend, rolled, unrolled
from hnviz.figures.found import found_places
from hnviz.figures.handover import handover
from hnviz.figures.ladder import ladder
from hnviz.figures.plan import schedule_curves
from hnviz.figures.probes import probe_lines, probe_table
from hnviz.figures.query import query_lines
from hnviz.figures.reach import reach_curves
from hnviz.figures.ruler import position_curves
from hnviz.figures.sketch import Sketch

FIGURES: dict[str, Callable[..., go.Figure | Sketch]] = {
    "accuracy_curves": accuracy_curves,
    "loss_curves": loss_curves,
    "position_curves": position_curves,
    "reach_curves": reach_curves,
    "schedule_curves": schedule_curves,
}
"""Every chart; one test draws each in both modes."""

DIAGRAMS: dict[str, Callable[..., str]] = {
    "gru_cell": gru_cell,
    "handover": handover,
    "legend": legend,
    "lstm_cell": lstm_cell,
    "query_lines": query_lines,
    "rolled": rolled,
    "unrolled": unrolled,
}
"""Every drawing in SVG."""

DRAWINGS: dict[str, Callable[..., str]] = {
    "found_places": found_places,
    "ladder": ladder,
    "probe_lines": probe_lines,
    "probe_table": probe_table,
    "token_counts": token_counts,
}
"""Every drawing in HTML."""
