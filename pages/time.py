"""How far back a loss reaches, and where the state goes."""

from hnviz.app.rooms.through_time.page import page

page()
