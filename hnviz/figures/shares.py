"""How much of a step from one model to the next is the network, and how much is the recipe."""

import pandas as pd

SPLITS = ("train", "valid")

SHARES_NOTE = (
    "How this was measured: each network was trained with each recipe from ten seeds. All are "
    "scored on the same slots, the token after the first three of a window, read from zeros: "
    "16,704 slots of train, 4,352 of valid. A cell holds the mean and the range of the ten. Both "
    "networks make the same number of updates with a recipe. The order matters: the two "
    "rows give the network different shares. Batch norm moved as well, and these runs cannot "
    "separate its effect from that of the answers."
)


def shares_sentence(table: pd.DataFrame) -> str:
    """Split the change into the network's share, with the first recipe, and the recipe's.

    `table` holds runs of two models with both recipes: columns recipe, model, seed, steps, train,
    valid.
    """
    before, after = table["model"].unique()
    mean = table.groupby(["recipe", "model"])[list(SPLITS)].mean()
    start, network, both = (
        mean.loc[pair] for pair in ((before, before), (before, after), (after, after))
    )
    return (
        f"**How much is the network, how much the recipe?** With {before}'s recipe the new network "
        f"takes train accuracy from {start['train']:.3f} to **{network['train']:.3f}** and valid "
        f"from {start['valid']:.3f} to **{network['valid']:.3f}**. {after}'s recipe then takes "
        f"train to **{both['train']:.3f}** and valid to **{both['valid']:.3f}**. Batch norm moved "
        "too, and counts as network here."
    )


def shares_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per recipe: its updates, and each model's accuracies over the seeds."""
    rows = []
    for recipe, runs in table.groupby("recipe", sort=False):
        row = {"recipe": f"{recipe}'s", "updates": f"{runs['steps'].iloc[0]:,}"}
        for split in SPLITS:
            for model, own in runs.groupby("model", sort=False):
                row[f"{model}, {split}"] = _spread(own[split])
        rows.append(row)
    return pd.DataFrame(rows)


def _spread(values: "pd.Series[float]") -> str:
    return f"{values.mean():.3f} ({values.min():.3f} to {values.max():.3f})"
