"""The Sweep page: every combination of some settings, and the map of their figures."""

from hnviz.app.rooms.sweep.page import page

page()
