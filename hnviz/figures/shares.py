"""How much of a step from one model to the next is the network, and how much is the recipe."""

from typing import TYPE_CHECKING

from hnviz.catalogue import entry
from hnviz.figures.numbers import accuracy

if TYPE_CHECKING:
    import pandas as pd


SPLITS = ("train", "valid")

SHARES_NOTE = (
    "Each network was trained with each recipe from ten seeds. All are "
    "scored on the same tokens, those after the first three of a window, read from zeros: "
    "16,704 tokens of train, 4,352 of valid. A cell holds the mean and the range of the ten. Both "
    "networks make the same number of training steps with a recipe. The order matters: the two "
    "rows give the network different parts of the change. Batch norm moved as well and counts as "
    "network: these runs cannot separate its effect from that of the answers."
)


def shares_sentence(table: "pd.DataFrame") -> str:
    """Say what the new recipe costs on train, and what the new network wins back.

    `table` holds runs of two models with both recipes: columns recipe, model, seed, steps, train,
    valid.
    """
    before, after = table["model"].unique()
    steps = table.groupby("recipe")["steps"].first()
    train = {change: shares["train"] for change, shares in _alone(table).items()}
    start, _, recipe, both = train.values()
    return (
        f"**How much is the network, how much the recipe?** The new recipe alone costs {before} "
        f"**{100 * (start - recipe):.1f} points** on train: {before} then makes {steps[after]:,} "
        f"training steps instead of {steps[before]:,}, and answers once in "
        f"{entry(after).recipe.bptt} tokens. The new network, which answers after every token, "
        f"wins **{100 * (both - recipe):.1f}** of them back. Batch norm moved too, and counts as "
        "network here."
    )


def alone_table(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return the mean accuracies with neither, one or both of network and recipe changed."""
    import pandas as pd

    return pd.DataFrame(
        {"what changes": change, **{split: accuracy(shares[split]) for split in SPLITS}}
        for change, shares in _alone(table).items()
    )


def _alone(table: "pd.DataFrame") -> dict[str, "pd.Series[float]"]:
    """Return what changes -> the mean accuracies over the seeds."""
    before, after = table["model"].unique()
    mean = table.groupby(["recipe", "model"])[list(SPLITS)].mean()
    return {
        f"nothing: {before}": mean.loc[before, before],
        "only the network": mean.loc[before, after],
        "only the recipe": mean.loc[after, before],
        f"both: {after}": mean.loc[after, after],
    }


def shares_table(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return one row per recipe: its training steps, and each model's accuracies over the seeds."""
    import pandas as pd

    rows = []
    for recipe, runs in table.groupby("recipe", sort=False):
        row = {"recipe": f"{recipe}'s", "training steps": f"{runs['steps'].iloc[0]:,}"}
        for split in SPLITS:
            for model, own in runs.groupby("model", sort=False):
                row[f"{model}, {split}"] = _spread(own[split])
        rows.append(row)
    return pd.DataFrame(rows)


def _spread(values: "pd.Series[float]") -> str:
    return f"{accuracy(values.mean())} ({accuracy(values.min())} to {accuracy(values.max())})"
