"""Where the recipe of a model beyond the notebook's comes from, and what it reaches."""

from typing import TYPE_CHECKING

from hnviz.figures.numbers import accuracy

if TYPE_CHECKING:
    import pandas as pd

SETTINGS = ["lr", "bptt", "epochs", "pct_start"]


def origin_sentence(tried: "pd.DataFrame") -> str:
    """Say how a model's recipe was found; `tried` as `hnviz.runs.recipes_table` returns it."""
    means = tried.groupby(SETTINGS)["held_out"].agg(["mean", "count"])
    often = means[means["count"] == means["count"].max()]
    return (
        f"The notebook has no such model, so a search found the recipe: of {len(means)} recipes "
        f"tried, this one was right most often, for **{accuracy(often['mean'].max())}** of the "
        "words of numbers that were held out of train. Valid was not looked at."
    )


def seeds_sentence(model: str, seeds: "pd.DataFrame") -> str:
    """Say what a recipe reaches from each seed; `seeds` is `hnviz.runs.five_seeds_table`'s."""
    valid = ", ".join(accuracy(share) for share in seeds["valid"])
    return (
        f"With this recipe, {len(seeds)} runs of {model} that differ only in their seed end at a "
        f"valid accuracy of {valid}."
    )


def window_bound_sentence(bptt: int, given: float, most: float, reached: float | None) -> str:
    """Say how near the pre-trained run of a model without a carried state is to its windows' best.

    `given`: the accuracy on train of the table of the whole text, over all positions of its own
    windows of `bptt` tokens; `most`: that of a table made for just these; `reached`: the run's.
    """
    return (
        f"Each window of {bptt} tokens begins with nothing known. So on train its tokens give "
        f"**{accuracy(given)}**, and no network can exceed {accuracy(most)}; the pre-trained run: "
        f"{accuracy(reached)}."
    )
