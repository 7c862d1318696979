"""Train a model and watch its curves grow."""

from hnviz.app.rooms.train.page import page

page()
