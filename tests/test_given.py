"""What `hnviz` itself says of a wrong call: one sentence, in a notebook without the way to it."""

from collections.abc import Callable

import pytest
from torch import nn

import hnviz
from hnviz.given import in_one_line

SHOWN = "_render_traceback_"
"""The method that IPython calls, if an error has it, for the lines to show."""

WRONG: dict[str, Callable[[], object]] = {
    "answer": lambda: hnviz.answer("nothing", nn.Linear(1, 1)),
    "blocks": lambda: hnviz.blocks(0),
    "check": lambda: hnviz.check(print, [], nn.Linear(1, 1), wrong=1),  # type: ignore[call-arg]
    "compare": lambda: hnviz.compare({"model": "nothing"}, {}),
    "erase": lambda: hnviz.erase("nothing", "tens"),
    "open": lambda: hnviz.open("nothing"),
    "patch": lambda: hnviz.patch("nothing", 0, [1]),
    "record": lambda: hnviz.record("nothing"),  # type: ignore[arg-type]
    "show": lambda: hnviz.show("nothing"),
    "validate": lambda: hnviz.validate("nothing"),
    "ask": lambda: hnviz.open("Model5").ask("weather"),
    "ids": lambda: hnviz.open("Model5").ids(3),  # type: ignore[arg-type]
    "weights": lambda: hnviz.open("Model5").weights(10**6),
    "frame": lambda: hnviz.open("Model5").ask("counting_accuracy").frame("nothing"),
}


@pytest.mark.usefixtures("no_runs")
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_one_line_in_a_notebook(name: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)) as error:
        WRONG[name]()
    shown = getattr(error.value, SHOWN)()
    assert shown == [f"{type(error.value).__name__}: {error.value}"] and "\n" not in shown[0]


def test_every_public_function_is_in_the_list() -> None:
    """Callbacks are classes."""
    names = (name for name in dir(hnviz) if name[0].islower() and callable(getattr(hnviz, name)))
    made = {name for name in names if getattr(hnviz, name).__module__.startswith("hnviz.")}
    assert len(made) == 10 and made <= WRONG.keys()


def test_a_function_stays_what_it_is() -> None:
    @in_one_line
    def halved(number: int) -> float:
        """Halve it."""
        return number / 2

    assert (halved(3), halved.__name__, halved.__doc__) == (1.5, "halved", "Halve it.")
