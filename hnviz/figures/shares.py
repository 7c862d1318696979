"""How much of a step from one model to the next is the network, and how much is the recipe."""

from typing import TYPE_CHECKING, Any

from hnviz.figures.numbers import accuracy, points
from hnviz.models.catalogue import entry

if TYPE_CHECKING:
    import pandas as pd


SPLITS = ("train", "valid")

_LAST_EPOCH = "on every token of their last epoch: on train a running figure, as the weights moved"
_SCORED = {
    "Model2": "on the token after the first three of a window, read from zeros: 16,704 tokens of "
    "train, 4,352 of valid",
    "Model3": _LAST_EPOCH,
    "Model5": _LAST_EPOCH,
}
"""Model -> where it and the model before it were scored, so that both have the same tokens."""

_REMARKS = {
    "Model2": " Batch norm moved as well and counts as network: these runs cannot separate its "
    "effect from that of the answers."
}
_FIRST = "The chart on the first page shows one run each, seed 0, scored on"


def scored_note(model: str) -> str:
    """Say what the figures of a step are, and why those of another page differ."""
    from hnviz.runs import one_recipe_table, reference_range

    said = f"Means of ten seeds in hnviz, scored {_SCORED[model]}."
    if model != "Model2":
        said = f"{said} {_FIRST} the same tokens; on train, of the last weights."
        ends = map(accuracy, reference_range(model, "ones", "accuracy") or ())
        return f"{said} Ten seeds in fastai get {' to '.join(ends)} of valid right."
    runs = one_recipe_table("Model3").query("recipe == 'Model2' and model == 'Model2'")["valid"]
    return (
        f"{said} {_FIRST} every token that it answers. Scored on all of them, these ten runs "
        f"of Model2 get {accuracy(runs.mean())} of valid right, as beside Model3; "
        f"the run of seed 0 gets {accuracy(runs.iloc[0])}."
    )


def measured_note(model: str) -> str:
    """Say how the two networks of a step and their recipes were measured."""
    return (
        f"Each network was trained with each recipe from ten seeds. All are scored "
        f"{_SCORED[model]}. A cell holds the mean and the range of the ten. Both networks make the "
        "same number of training steps with a recipe. The order matters: the two rows give the "
        f"network different parts of the change.{_REMARKS.get(model, '')}"
    )


def shares_sentence(table: "pd.DataFrame") -> str:
    """Say what the new recipe alone changes, and what the new network adds to that.

    `table` holds runs of two models with both recipes: columns recipe, model, seed, steps, train,
    valid.
    """
    before, after = table["model"].unique()
    many, fewer = table.groupby("recipe")["steps"].first()[[after, before]]
    start, network, recipe, both = (float(each["train"]) for each in _alone(table).values())
    moved = "" if after == "Model2" else ", and on train a running figure"
    mean = f"Each share is a mean of {table['seed'].nunique()} seeds{moved}."
    asked = f"**How much is the network, how much the recipe?** {mean}"
    if after == "Model2":
        return (
            f"{asked} The new recipe alone costs {before} "
            f"**{points(start, recipe)}** on train: {before} then makes {many:,} "
            f"training steps instead of {fewer:,}, and answers once in "
            f"{entry(after).recipe.bptt} tokens. The new network, which answers after every token, "
            f"wins **{points(both, recipe)}** back. Batch norm moved too, and counts as "
            "network here."
        )
    if after == "Model5":
        own = _alone(table)
        before_valid, network_valid = (float(each["valid"]) for each in list(own.values())[:2])
        times = entry(after).recipe.lr / entry(before).recipe.lr
        return (
            f"{asked} All of the gain is the network. With {before}'s recipe, {after} already gets "
            f"**{accuracy(network)}** of train and **{accuracy(network_valid)}** of valid right; "
            f"{before} gets {accuracy(start)} and {accuracy(before_valid)}. {after}'s own recipe "
            f"saves time: with {many:,} training steps instead of {fewer:,} and {times:.1f} times "
            f"the highest lr, {after} learns about as much; {before} loses "
            f"**{points(start, recipe)}** on train."
        )
    return (
        f"{asked} The new recipe alone lifts {before} by **{points(recipe, start)}** on "
        f"train, with {many:,} training steps instead of {fewer:,} and "
        f"{entry(after).recipe.lr / entry(before).recipe.lr:.0f} times the highest lr. The kept "
        f"state alone adds **{points(network, start)}**, but after the new recipe "
        f"**{points(both, recipe)}**: a memory pays off only after enough training."
    )


def apart(table: "pd.DataFrame") -> dict[str, Any]:
    """Return what the new recipe alone changes on train, and the new network after that.

    {"before": the model before, "recipe", "network": shares of right answers, means over seeds,
    "n": how many}. They are differences of rounded shares, as in `shares_sentence`.
    """
    start, _, recipe, both = (round(float(each["train"]), 3) for each in _alone(table).values())
    return {
        "before": str(table["model"].unique()[0]),
        "recipe": recipe - start,
        "network": both - recipe,
        "n": int(table["seed"].nunique()),
    }


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
