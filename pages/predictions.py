"""What the network says next, what changes it, and which numbers it can count to."""

from hnviz.ui.predictions import VIEWS, view_choice
from hnviz.ui.run_view import run_in_view
from hnviz.ui.show import page_title

page_title("Predictions")
run = run_in_view()
if run is not None:
    VIEWS[view_choice()](run)
