"""The run bar, mounted once on each page that shows a run."""

from hnviz.app.kit.picture import Example, Picture, Place

EXAMPLES = {
    "ready": Example("Model5", settings={"slider": True}),
    "long": Example("Model0", settings={"slider": True}),  # the most steps of any pre-trained run
}

BAR = Picture(__file__, Place("*_bar", "40px", "88px"), silent=True, examples=EXAMPLES)


def run_bar(
    run_id: str,
    key: str,
    *,
    slider: bool = True,
    on_train: bool = False,
    named: bool = False,
) -> None:
    """Draw the run's state, its training-step slider and, where it trains, its buttons.

    The slider moves every picture of the page in the browser and reports nothing to Python: the
    snapshot is in the address as ``?snapshot=``. `on_train` lets the slider wait until the run
    is at rest, as a page that follows the run would show two steps. `named` says which run it is
    while the sidebar may already be about another one.
    """
    BAR(
        key=key,
        run=run_id,
        settings={"slider": slider, "whileTraining": not on_train, "named": named},
    )
