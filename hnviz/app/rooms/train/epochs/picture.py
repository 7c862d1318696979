"""Each epoch's figures, and the notebook's of the same epoch."""

from hnviz.app.kit.picture import Example, Picture, Place

EXAMPLES = {
    "ready": Example("Model5"),
    "long": Example("Model3"),
}

EPOCHS = Picture(
    __file__, Place("train_epoch_table", "474px", "498px"), silent=True, examples=EXAMPLES
)
