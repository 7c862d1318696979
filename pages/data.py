"""How a text becomes tokens, and tokens become ids."""

from hnviz.app.rooms.data.page import page

page()
