"""The machine line; it follows its topic, as the engine starts later than the first page."""

from hnviz.app.kit.picture import Example, Picture, Place

EXAMPLES = {
    "ready": Example(follows=True),
}

MACHINE = Picture(__file__, Place("start_machine", "1.5rem"), silent=True, examples=EXAMPLES)
