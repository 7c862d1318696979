"""What the network says next, what changes it, and which numbers it can count to."""

from hnviz.app.rooms.predictions.page import page

page()
