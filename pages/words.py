"""The words that the pages use, each with a link to the picture that shows it."""

from hnviz.app.rooms.words.page import page

page()
