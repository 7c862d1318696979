"""The machine line; it follows its topic, as the engine starts later than the first page."""

from hnviz.app.kit.picture import Example, Picture

EXAMPLES = {
    "ready": Example(follows=True),
}

MACHINE = Picture(__file__, height="1.5rem", silent=True, examples=EXAMPLES)
