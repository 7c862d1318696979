"""Each epoch's figures, and the notebook's of the same epoch."""

from hnviz.app.kit.picture import Example, Picture

EXAMPLES = {
    "ready": Example("Model5"),
    "long": Example("Model3"),
}

EPOCHS = Picture(__file__, height="400px", silent=True, examples=EXAMPLES)
