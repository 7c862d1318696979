"""Six networks, each one step from the last."""

from hnviz.app.rooms.models.page import page

page()
