"""What a network is made of."""

from hnviz.app.rooms.models.page import page

page()
