"""A valid of one's own: which numbers a run says, and how far they are from what it was trained on.

It counts whole numbers, each after the true numbers before it, as the app's counting map does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hnviz.analysis.numbers import wholes
from hnviz.analysis.run import AnyRun, Step
from hnviz.analysis.run import open as open_run
from hnviz.data import numbers_of
from hnviz.data.numbers import BLOCK, LAST_NUMBER, N_BLOCKS, SEED, held_out
from hnviz.figures.numbers import accuracy
from hnviz.given import in_one_line
from hnviz.observe.counting import FIRST_NUMBER, corpus_spelling

if TYPE_CHECKING:
    import pandas as pd

MAX_LENGTH = 20  # tokens of a number

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Validation:
    """Which of some numbers a snapshot says right."""

    run: str
    step: int
    numbers: Ids  # (n,), in rising order
    right: NDArray[np.bool_]  # (n,)
    distance: Ids  # (n,): to the nearest number of train; 0 for one that train has
    length: Ids  # (n,): tokens of the number, without its comma

    def __repr__(self) -> str:
        n, right = len(self.numbers), int(self.right.sum())
        said = f"{self.run} at step {self.step:,} says {right:,} of {n:,} numbers right "
        said += f"({accuracy(right / n)})"
        bands = self.by_distance()
        if len(bands) == 1:
            return f"{said}; all are {_away(bands.index[0])}"
        ends = (bands.index[0], bands.index[-1])
        shares = [f"{accuracy(bands.loc[end, 'share'])} {_away(end)}" for end in ends]
        return f"{said}: {' and '.join(shares)}"

    @property
    def share(self) -> float:
        """The share of the numbers that are right."""
        return float(self.right.mean())

    def frame(self) -> "pd.DataFrame":
        """Return a row per number: number, right, distance, length."""
        import pandas as pd

        columns = ("numbers", "right", "distance", "length")
        table = pd.DataFrame({name: getattr(self, name) for name in columns})
        return table.rename(columns={"numbers": "number"})

    def by_distance(self) -> "pd.DataFrame":
        """Return how many are right by the distance to the nearest number of train.

        Rows: 0, 1, 2 to 3, 4 to 7, and so on, those that have numbers. Columns: n, right, share.
        """
        power = np.where(self.distance > 0, np.log2(np.maximum(self.distance, 1)) // 1, -1)
        names = {each: _band(int(each)) for each in np.unique(power)}
        return _table(self.right, np.array([names[each] for each in power]), list(names.values()))

    def by_length(self) -> "pd.DataFrame":
        """Return how many are right by the tokens of the number. Columns: n, right, share."""
        return _table(self.right, self.length, np.unique(self.length).tolist())


@in_one_line
def validate(
    run: AnyRun,
    numbers: int | Iterable[int] | None = None,
    length: int | Iterable[int] | None = None,
    given: int = 3,
    step: Step = "last",
) -> Validation:
    """Test which numbers a run says right after the `given` numbers before each.

    `numbers` are a range, `hnviz.blocks(...)` or any from 2 to 9,999: the run's own valid if left
    out. With `length`, only those of so many tokens: one number, or several. Raises ValueError.
    """
    opened = open_run(run)
    trained = numbers_of(opened.config)
    chosen = _chosen(trained.of("valid") if numbers is None else numbers)
    spell = corpus_spelling(opened.config.corpus)
    lengths = np.array([len(spell(number)) for number in chosen.tolist()])
    if length is not None:
        wanted = wholes("length", length, 1, MAX_LENGTH)
        kept = np.isin(lengths, wanted)
        if not kept.any():
            raise ValueError(
                f"none of these numbers has {' or '.join(map(str, wanted))} tokens; they have "
                f"{lengths.min()} to {lengths.max()}"
            )
        chosen, lengths = chosen[kept], lengths[kept]
    counted = opened.ask("counting_accuracy", step, given=given)
    right = counted["right"][np.searchsorted(counted["number"], chosen)]
    distance = _distances(chosen, trained.of("train"))
    return Validation(opened.name, counted.step, chosen, right, distance, lengths)


@in_one_line
def blocks(n: int = N_BLOCKS, size: int = BLOCK, seed: int = SEED) -> list[int]:
    """Draw `n` blocks of `size` numbers from 2 to 9,999, with at least one number between two.

    The defaults are the blocks of the split "blocks". Raises ValueError.
    """
    if min(n, size) < 1 or n * (size + 1) > LAST_NUMBER:
        raise ValueError(
            f"n and size must be at least 1, and n times (size + 1) at most {LAST_NUMBER:,}; got n "
            f"{n:,} and size {size:,}"
        )
    drawn = held_out(LAST_NUMBER, n, seed, size).of("valid")
    return [int(each) for each in drawn if each >= FIRST_NUMBER]


def _chosen(numbers: int | Iterable[int]) -> Ids:
    given = wholes("a number to test", numbers, FIRST_NUMBER, LAST_NUMBER)
    if not given:
        raise ValueError("there are no numbers to test: give some from 2 to 9,999")
    return np.unique(np.asarray(given, np.int64))


def _distances(numbers: Ids, train: Ids) -> Ids:
    """Return how far each number is from the nearest one of train; both in rising order."""
    after = np.searchsorted(train, numbers)
    above = train[np.minimum(after, len(train) - 1)]
    below = train[np.maximum(after - 1, 0)]
    return np.minimum(np.abs(above - numbers), np.abs(numbers - below))


def _band(power: int) -> str:
    """Name the distances from 2 ** power on: "0", "1", "2 to 3", "4 to 7"."""
    low = 2**power if power >= 0 else 0
    return f"{low:,}" if power < 1 else f"{low:,} to {2 * low - 1:,}"


def _away(band: str) -> str:
    return "in train" if band == "0" else f"at distance {band} from train"


def _table(right: NDArray[np.bool_], of: NDArray[Any], order: list[Any]) -> "pd.DataFrame":
    import pandas as pd

    rows = [(int((of == each).sum()), int(right[of == each].sum())) for each in order]
    table = pd.DataFrame(rows, columns=["n", "right"], index=order)
    table["share"] = table.right / table.n
    return table
