"""Changes of the state after many prompts, each beside the same change at random.

Prompts are drawn as for the app's claims: three numbers of train in a row (`observe.surgery`). The
state after the last word is changed once, or with `hold` before every word that is said.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from hnviz.analysis.numbers import whole, wholes
from hnviz.analysis.run import AnyRun, Run, Step, undisturbed
from hnviz.analysis.run import open as open_run
from hnviz.figures.numbers import percent
from hnviz.figures.sentences import listed, plural
from hnviz.given import check_options, in_one_line
from hnviz.learn.state import State, mapped, seen
from hnviz.models.catalogue import entry
from hnviz.observe import Subject, surgery
from hnviz.observe.directions import DIGITS, digit_directions, independent, random_directions
from hnviz.observe.erasing import digits_kept, same_digit
from hnviz.observe.surgery import CLAIMS, Outcomes, Spoken

if TYPE_CHECKING:
    import pandas as pd

MOST = 1000  # prompts, and random changes
FEW = 4  # units that a sentence names

Ids = NDArray[np.int64]


class Options(TypedDict, total=False):
    """What every change may be given."""

    step: Step  # the snapshot; the last one if left out
    prompts: int  # 100
    controls: int  # random changes, 10
    seed: int  # of both, 0


class Erased(NamedTuple):
    """What an erasure takes away."""

    basis: NDArray[np.float64]  # (k, nh): orthonormal directions
    share: float  # of the variance of the prompts' states in that layer
    control_share: float  # the same of the random directions, their mean
    digit: str = ""  # that they are of


@dataclass(frozen=True, eq=False, repr=False)
class Change:
    """What a network says after a change of its state, and after as large a random one."""

    done: str  # the change, as the beginning of a sentence
    prompts: Ids  # (n,): the last number of each
    outcomes: Outcomes  # (n,) of each: the next number untouched, the other text's, the changed
    controls: tuple[Outcomes, ...]
    erased: Erased | None = None  # None if units were patched

    def __repr__(self) -> str:
        said = f"{self.done}, the next number stays the same "
        said += f"{self._times('own number', of=f' of {len(self.prompts)} prompts')}"
        if self.erased is None:
            return f"{said}, and becomes the other text's {self._times('other number')}"
        if digit := self.erased.digit:
            said += f", and keeps its {digit} digit {self._times(digit)}"
        share, random = percent(self.erased.share), percent(self.erased.control_share)
        return f"{said}; erased is {share} of the states' variance, at random {random}"

    def _times(self, name: str, of: str = "") -> str:
        """Say after how many prompts a claim holds, or a digit is kept."""
        row = (self.digits() if name in DIGITS else self.claims()).loc[name]
        control = f"{row.control:.1f}: {row.least:.0f} to {row.most:.0f}"
        return f"after {row.changed:.0f}{of} (at random {control})"

    def claims(self) -> "pd.DataFrame":
        """Return a row per claim of the app: the prompts for which it holds.

        Columns: changed; control, the mean of the random changes; least and most, of one of them.
        "own number" is the one that the network says untouched.
        """
        return self._table(lambda out: {name: holds(out) for name, holds in CLAIMS.items()})

    def digits(self) -> "pd.DataFrame":
        """Return a row per digit: the prompts in which the next number keeps it; as `claims`.

        After a patch, "taken" counts those in which the digit becomes the other text's.
        """
        table = self._table(digits_kept)
        if self.erased is None:
            table["taken"] = [int(each.sum()) for each in _taken(self.outcomes)]
        return table

    def frame(self) -> "pd.DataFrame":
        """Return a row per prompt: its last number, and the numbers said next; -1000 for none.

        Columns: prompt, untouched, other (the other text's), changed, and control_0 and so on.
        """
        import pandas as pd

        out = self.outcomes
        rows = {"prompt": self.prompts, "untouched": out.own, "other": out.other}
        rows["changed"] = out.said
        rows |= {f"control_{at}": each.said for at, each in enumerate(self.controls)}
        return pd.DataFrame(rows)

    def _table(self, of: Callable[[Outcomes], dict[str, NDArray[np.bool_]]]) -> "pd.DataFrame":
        import pandas as pd

        changed = {name: each.sum() for name, each in of(self.outcomes).items()}
        random = [{name: each.sum() for name, each in of(out).items()} for out in self.controls]
        control = pd.DataFrame(random)
        table = {"changed": pd.Series(changed), "control": control.mean()}
        return pd.DataFrame({**table, "least": control.min(), "most": control.max()})


@in_one_line
def erase(
    run: AnyRun,
    direction: str | ArrayLike,
    layer: int | None = None,
    hold: bool = False,
    **options: Unpack[Options],
) -> Change:
    """Take a direction out of a layer's state: its part becomes the mean over the prompts.

    `direction` is an array (nh,), several as (k, nh), or a digit, "thousands" to "ones": then it is
    all from which a linear probe reads that digit of the last number, fitted on the other numbers
    of train. The control takes out as many random directions. `layer` is the last if left out. Of
    an LSTM, h changes and c does not. Raises ValueError, with a sentence.
    """
    check_options("erase", options, Options.__annotations__)
    trial = _Trial.of(run, layer, options)
    states = trial.states  # (n, nh)
    if isinstance(direction, str):
        with undisturbed():
            basis = digit_directions(trial.subject, trial.layer, direction, trial.prompts)
        digit, named = direction, f"{plural(len(basis), 'direction')} of the {direction} digit"
    else:
        digit = ""
        basis = independent(direction, states.shape[1])
        named = plural(len(basis), "direction")
    drawn = random_directions(len(basis), states.shape[1], trial.controls, trial.seed + 1)
    every = [trial.erased(each, hold) for each in (basis, *drawn)]
    control = float(np.mean([_share(states, each) for each in drawn]))
    often = " before every word" if hold else ""
    done = f"With {named} erased from {trial.where}{often}"
    erased = Erased(basis, _share(states, basis), control, digit)
    return Change(done, trial.prompts, every[0], tuple(every[1:]), erased)


@in_one_line
def patch(
    run: AnyRun,
    layer: int,
    units: Iterable[int],
    from_text: str | None = None,
    **options: Unpack[Options],
) -> Change:
    """Give some units of a layer the values that they have after another text.

    Without `from_text`, each prompt has another drawn prompt, whose next number has another
    thousand, as in the app. The control gives as many random units of the layer their values after
    the same text. All tensors of the state change. Raises ValueError, with a sentence.
    """
    check_options("patch", options, Options.__annotations__)
    trial = _Trial.of(run, layer, options)
    nh = trial.states.shape[1]
    chosen = _units(units, nh)
    other = trial.other_state(from_text)
    chance = np.random.default_rng(trial.seed + 1)
    drawn = [chance.choice(nh, len(chosen), replace=False) for _ in range(trial.controls)]
    theirs = trial.spoken(other).numbers
    every = [trial.patched(each, other, theirs) for each in (chosen, *drawn)]
    source = "another prompt" if from_text is None else f'"{from_text}"'
    done = f"With {_called(chosen)} of {trial.where} from {source}"
    return Change(done, trial.prompts, every[0], tuple(every[1:]))


@dataclass(frozen=True, eq=False)
class _Trial:
    """The prompts of one trial, and the states after them."""

    run: Run
    subject: Subject
    layer: int
    step: int
    prompts: Ids
    others: Ids
    controls: int
    seed: int
    state: State
    own: Spoken

    @classmethod
    def of(cls, run: AnyRun, layer: int | None, options: Options) -> "_Trial":
        opened = open_run(run)
        step = opened.folder.resolve_step(options.get("step", "last"))
        subject = opened.subject(step)
        last = entry(subject.config.model).n_layers - 1
        where = whole("layer", last if layer is None else layer, 0, last)
        seed = whole("seed", options.get("seed", surgery.SEED), 0, 2**31 - 2)
        n = whole("prompts", options.get("prompts", surgery.N_PROMPTS), 2, MOST)
        controls = whole("controls", options.get("controls", 10), 1, MOST)
        with undisturbed():
            prompts, others = surgery.drawn(subject, n, seed)
            state = surgery.after(subject, prompts)
            own = surgery.spoken(subject, state)
        return cls(opened, subject, where, step, prompts, others, controls, seed, state, own)

    @property
    def where(self) -> str:
        return f"layer {self.layer} of {self.run.name} at step {self.step:,}"

    @property
    def states(self) -> NDArray[np.float64]:
        """The layer's states after the prompts, (n, nh)."""
        return seen(self.state)[self.layer].double().numpy()

    def spoken(self, state: State, change: Any = None, hold: bool = False) -> Spoken:
        with undisturbed():
            return surgery.spoken(self.subject, state, change, hold=hold)

    def erased(self, basis: NDArray[np.float64], hold: bool) -> Outcomes:
        kind = seen(self.state).dtype
        change = surgery.Erase(
            layer=self.layer,
            basis=torch.tensor(basis.T, dtype=kind),
            target=torch.tensor(self.states.mean(0), dtype=kind),
        )
        return surgery.compared(self.own, self.spoken(self.state, change, hold))

    def other_state(self, text: str | None) -> State:
        """Return the states to patch from, a row per prompt."""
        with undisturbed():
            if text is None:
                return surgery.after(self.subject, self.others)
            self.run.check_words(text)
            found = surgery.read(self.subject, self.run.ids(text))
        return mapped(found, lambda each: torch.cat([each] * len(self.prompts), dim=-2))

    def patched(self, units: Iterable[int], other: State, theirs: Ids) -> Outcomes:
        change = surgery.Swap(other=other, layer=self.layer, units=tuple(map(int, units)))
        return surgery.compared(self.own, self.spoken(self.state, change), theirs)


def _share(states: NDArray[np.float64], basis: NDArray[np.float64]) -> float:
    """Return the share of the states' variance along orthonormal directions, (k, nh)."""
    away = states - states.mean(0)
    return float(((away @ basis.T) ** 2).sum() / (away**2).sum())


def _taken(out: Outcomes) -> list[NDArray[np.bool_]]:
    """Return where the number said has each digit of the other text's, which is not its own."""
    return [
        same_digit(out.other, out.said, each) & ~same_digit(out.other, out.own, each)
        for each in DIGITS
    ]


def _units(units: Iterable[int], nh: int) -> tuple[int, ...]:
    found = wholes("a unit", units, 0, nh - 1)
    if not 0 < len(set(found)) == len(found) <= nh:
        raise ValueError(f"units must be 1 to {nh} different units; got {found!r:.60}")
    return tuple(found)


def _called(units: Sequence[int]) -> str:
    if len(units) > FEW:
        return f"{len(units)} units"
    return f"unit{'s' if len(units) > 1 else ''} {listed([str(unit) for unit in units])}"
