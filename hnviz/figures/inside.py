"""What is inside a run's accuracy and loss: its answers by kind of token, epoch by epoch."""

from typing import TYPE_CHECKING, Any

from hnviz.data import KINDS

if TYPE_CHECKING:
    from hnviz.runs import RunRecord

SHOWN = KINDS[:-1]  # xxbos has no bar: it is the only special token that is ever a target
MOST_EPOCHS = 99  # a longer run shows every n-th, and the last
MOST_COUNTED = 10  # snapshots for which counting is asked


def epochs_by_kind(record: "RunRecord") -> dict[str, Any]:
    """Pack a run's epochs for the browser; older runs, without counts, have empty lists.

    "epochs" has {epoch, step, accuracy, loss, train, valid} for each epoch; train and valid list
    [n, right, summed loss] for each of "kinds". "special" counts answers without a bar, by split.
    """
    whole = [epoch for epoch in record.epochs if epoch.train_kinds and epoch.valid_kinds]
    # From the planned epochs alone, so that a browser can keep what it has of a live run.
    every = -(-record.config.epochs // MOST_EPOCHS)
    shown = [epoch for epoch in whole if epoch.number % every == 0 or epoch is whole[-1]]
    none = (0, 0, 0.0)
    return {
        "kinds": list(SHOWN),
        "planned": record.config.epochs,
        "epochs": [
            {
                "epoch": epoch.number,
                "step": epoch.step,
                "accuracy": epoch.accuracy,
                "loss": epoch.valid_loss,
                "train": [_rounded(epoch.train_kinds.get(kind, none)) for kind in SHOWN],
                "valid": [_rounded(epoch.valid_kinds.get(kind, none)) for kind in SHOWN],
            }
            for epoch in shown
        ],
        "special": {
            "train": whole[-1].train_kinds.get("special", none)[0] if whole else 0,
            "valid": whole[-1].valid_kinds.get("special", none)[0] if whole else 0,
        },
    }


def _rounded(figures: tuple[int, int, float]) -> list[float]:
    n, right, loss = figures
    return [n, right, float(f"{loss:.6g}")]


def counted_steps(record: "RunRecord", *, live: bool) -> list[int]:
    """Choose a few snapshots for which counting is asked, the newest first.

    They are the untrained one and every n-th epoch's last; a run that has ended adds its last. n
    depends only on the planned epochs, so a live run's choices stay.
    """
    every = -(-record.config.epochs // MOST_COUNTED)
    snapshots = set(record.snapshots)
    ends = [epoch.step for epoch in record.epochs if epoch.step in snapshots]
    chosen = {epoch.step for epoch in record.epochs if epoch.number % every == 0} & snapshots
    chosen |= {0} & snapshots
    if not live:
        chosen |= set(ends[-1:])
    return sorted(chosen, reverse=True)
