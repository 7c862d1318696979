"""Lines to put in order: short programs, and what each order of their lines does.

``python -m hnviz bench orders`` runs every order in torch and writes ``orders.json``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from pathlib import Path

FILE = Path(__file__).with_name("orders.json")
LINES = "LINES"
"""Where a frame has the lines."""

RIGHT, OTHER, NOTHING, RAISES = "right", "other", "nothing", "raises"
"""Does the same as the right order; does something else; learns nothing; raises an error."""

Order = tuple[int, ...]  # the lines' indices in the right order, from 0, as they are placed


class OrderError(ValueError):
    """What a reader typed is no order of the lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Puzzle:
    """A program whose lines are to be put in order."""

    title: str
    task: str  # what the program does when it is right
    frame: str  # the program around the lines, with LINES in their place
    lines: tuple[str, ...]  # in the right order
    places: tuple[str, ...]  # "{}" or a line with its indent; a fixed line has no "{}"
    first: Order  # in which a reader finds the lines

    def code(self, order: Order) -> str:
        """Return the lines in an order, with the fixed lines between them."""
        left = iter(self.lines[at] for at in order)
        return "\n".join(
            place.format(next(left)) if "{}" in place else place for place in self.places
        )

    def program(self, order: Order) -> str:
        """Return the whole program."""
        return self.frame.replace(LINES, self.code(order))

    def orders(self) -> list[Order]:
        """Return all orders of the lines, the right one first."""
        return list(permutations(range(len(self.lines))))

    def read(self, text: str) -> Order:
        """Read an order as a reader writes it: "2 1 3", from 1. Raises OrderError."""
        given = text.replace(",", " ").split()
        wanted = [str(at) for at in range(1, len(self.lines) + 1)]
        say = f"write each number from 1 to {len(wanted)} once"
        for each in given:
            if each not in wanted:
                raise OrderError(f"there is no line {each[:20]!r}: {say}")
            if given.count(each) > 1:
                raise OrderError(f"line {each} appears {given.count(each)} times: {say}")
        missing = [each for each in wanted if each not in given]
        if missing:
            lines = f"line {missing[0]} is" if len(missing) == 1 else f"{len(missing)} lines are"
            raise OrderError(f"{lines} missing: {say}")
        return tuple(self.shown(int(each) - 1) for each in given)

    def shown(self, number: int) -> int:
        """Return the line that a reader knows by a number, from 0."""
        return self.first[number]

    def written(self, order: Order) -> str:
        """Write an order as a reader does."""
        return " ".join(str(self.first.index(line) + 1) for line in order)


@dataclass(frozen=True, slots=True)
class Group:
    """All orders that do the same."""

    kind: str  # RIGHT, OTHER, NOTHING or RAISES
    what: str  # the error, or what is measured: see `Puzzle`
    orders: list[str]  # "01243": the lines' indices


def texts(orders: Sequence[Order]) -> list[str]:
    """Write orders as the file has them."""
    return ["".join(map(str, order)) for order in orders]


FORWARD = """
class Net(Model3):
    def forward(self, x, h):
LINES


torch.manual_seed(0)
model = Net(n_words, 32)
optimizer = torch.optim.Adam(model.parameters(), 1e-2)
h, losses = model.init_state(BS), []
for x, y in batches:
    answers, h = model(x, h.detach())
    loss = F.cross_entropy(answers.transpose(1, 2), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
"""

LOOP = """
torch.manual_seed(0)
net = Model3(n_words, 32)
optimizer = torch.optim.Adam(net.parameters(), 1e-2)
state = {"h": net.init_state(BS)}


def model(x):
    answers, h = net(x, state["h"])
    state["h"] = h.detach()
    return answers


losses = []
for x, y in batches:
LINES
    losses.append(loss.item())
"""

PUZZLES: dict[str, Puzzle] = {
    "Forward": Puzzle(
        title="Model3's forward",
        task="Read the words of each row one after another, and answer after each.",
        frame=FORWARD,
        lines=(
            "res = []",
            "h = h + self.i_h(x[:, t])",
            "h = F.relu(self.h_h(h))",
            "res.append(self.bn(h))",
            "res = torch.stack(res, dim=1)",
            "return self.h_o(res), h",
        ),
        places=(
            "        {}",
            "        for t in range(x.shape[1]):",
            "            {}",
            "            {}",
            "            {}",
            "        {}",
            "        {}",
        ),
        first=(4, 2, 0, 3, 5, 1),
    ),
    "Loop": Puzzle(
        title="The training loop",
        task="Train on one mini-batch after another.",
        frame=LOOP,
        lines=(
            "optimizer.zero_grad()",
            "answers = model(x)",
            "loss = F.cross_entropy(answers.transpose(1, 2), y)",
            "loss.backward()",
            "optimizer.step()",
        ),
        places=("    {}",) * 5,
        first=(1, 4, 2, 0, 3),
    ),
    "Mini-batch": Puzzle(
        title="Rows and their targets",
        task="Cut a text into BS rows, x; the target of each word, y, is the next word.",
        frame=LINES,
        lines=(
            "n = (len(ids) - 1) // BS",
            "x = ids[: BS * n]",
            "ids = ids[1:]",
            "y = ids[: BS * n]",
            "x, y = x.view(BS, n), y.view(BS, n)",
        ),
        places=("{}",) * 5,
        first=(2, 4, 1, 0, 3),
    ),
}
"""Each program by its name in the address."""


@cache
def groups() -> dict[str, list[Group]]:
    """Read what each order of each program does; once."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: [Group(**each) for each in listed] for name, listed in found.items()}


def group_of(name: str, order: Order) -> Group:
    """Return what an order of a program does, and which others do the same."""
    (text,) = texts([order])
    return next(each for each in groups()[name] if text in each.orders)
