"""What a class has guessed, in one sentence."""

import re
from collections import Counter
from collections.abc import Sequence
from math import isclose
from statistics import median, quantiles

from hnviz.classroom.guesses import Spread, Value
from hnviz.lessons import Guess

FEWEST = 4  # guesses of which a middle half is worth naming


def sentence(guess: Guess, found: Spread, of: int) -> str:
    """Say how many answered, what most of them guessed, and what is true; `**` marks bold.

    `of` is how many are in the class.
    """
    answered = f"**{found.n}** of {of} answered" if of > found.n else f"**{found.n}** answered"
    if not found.values:
        return f"{answered}."
    said = _picked(guess, found) if guess.kind in ("choice", "square") else _measured(guess, found)
    return f"{answered}. {said}"


def _picked(guess: Guess, found: Spread) -> str:
    counts = Counter(int(_first(value)) for value in found.values)
    right, count = counts[int(_first(guess.truth))], max(counts.values())
    most = sorted(each for each in counts if counts[each] == count)
    chose = f"{right / len(found.values):.0%} chose the right answer".replace("%", " %")
    truth = guess.answers[int(_first(guess.truth))]
    if most == [_first(guess.truth)]:
        return f"{chose}, {_quoted(truth)}."
    share = f"{count / len(found.values):.0%}".replace("%", " %")
    named = _listed([_quoted(guess.answers[each]) for each in most])
    said = f"answer is {named} ({share})"
    if len(most) > 1:
        said = f"answers are {named} ({share} each)"
    return f"The most frequent {said}; {chose}, {_quoted(truth)}."


def _measured(guess: Guess, found: Spread) -> str:
    if isinstance(guess.truth, tuple):
        return _curved(guess, found)
    numbers = [_first(value) for value in found.values]
    named = re.sub(r"(?<=[cs]h|ss)es$|s$", "", guess.unit) if guess.truth == 1 else guess.unit
    unit = f" {named}" if named else ""
    truth = f"the truth is **{guess.truth:g}**{unit}"
    if len(numbers) < FEWEST:
        verb = "guess is" if len(numbers) == 1 else "guesses are"
        return f"The {verb} {', '.join(f'{each:g}' for each in numbers)}; {truth}."
    low, _, high = quantiles(numbers, n=4, method="inclusive")
    if isclose(low, high):
        return f"At least half guessed {low:g}; {truth}."
    return f"Half guessed between {low:.3g} and {high:.3g}; {truth}."


def _curved(guess: Guess, found: Spread) -> str:
    """Say where the middle guess is farthest from the truth."""
    truth = guess.truth if isinstance(guess.truth, tuple) else (guess.truth,)
    curves = [value for value in found.values if isinstance(value, tuple)]
    middle = [median(each) for each in zip(*curves, strict=True)]
    gaps = [abs(one - other) for one, other in zip(middle, truth, strict=True)]
    at = gaps.index(max(gaps))
    return (
        f"The class is farthest off at {guess.answers[at]}: half guessed {middle[at]:.3g} or less, "
        f"the truth is **{truth[at]:.3g}**."
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _quoted(text: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"


def _first(value: Value) -> float:
    return value[0] if isinstance(value, tuple) else value
