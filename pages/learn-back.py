"""How far back one mistake reaches."""

from hnviz.app.rooms.through_time.page import page

page()
