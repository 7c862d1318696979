"""The small curve above the count: it follows the topic of the Train page's curves."""

from hnviz.app.kit.picture import Example, Picture, Place

EXAMPLES = {
    "ready": Example("Model5", settings={"comes_to_it": False}),
    "long": Example("Model0", settings={"comes_to_it": False}),  # the most steps
}

LOSS = Picture(__file__, Place("start_loss", "208px", "230px"), silent=True, examples=EXAMPLES)


def loss_curve(key: str, run: str, *, comes_to_it: bool) -> None:
    """Draw a run's loss; a browser that has just started the run scrolls to it."""
    LOSS(key=key, run=run, settings={"comes_to_it": comes_to_it})
