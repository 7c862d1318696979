"""How a network learns."""

from hnviz.app.rooms.train.page import page

page()
