"""How a text becomes mini-batches."""

from hnviz.app.rooms.batches.page import page

page()
