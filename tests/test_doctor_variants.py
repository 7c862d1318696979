"""The doctor on loops that are written in other ways: three variants of each bug and more."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import hnviz
from tests.doctor_loops import Loop, ids, n_words

ROWS, STEPS, UNITS = 6, 7, 12
Given = tuple[Loop, dict[str, Any]]


def stream(n: int = 8000, split: str = "train") -> Tensor:
    return ids(split)[:n]


def in_rows(text: Tensor | None = None) -> Tensor:
    """Cut a text in ROWS rows, (ROWS, n)."""
    text = stream() if text is None else text
    n = len(text) // ROWS
    return text[: n * ROWS].view(ROWS, n)


def going_on(text: Tensor | None = None) -> list[tuple[Tensor, Tensor]]:
    rows = in_rows(text)
    last = rows.shape[1] - STEPS - 2
    return [
        (rows[:, at : at + STEPS], rows[:, at + 1 : at + STEPS + 1]) for at in range(0, last, STEPS)
    ]


# Networks


class Cell(nn.Module):
    """An LSTM written by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(2 * UNITS, 4 * UNITS) / 5)
        self.b = nn.Parameter(torch.zeros(4 * UNITS))

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        h, c = state
        i, f, g, o = (torch.cat([x, h], -1) @ self.w + self.b).chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class ByHand(nn.Module):
    """Keeps its state in a dict."""

    def __init__(self, rows: int = ROWS) -> None:
        super().__init__()
        self.table = nn.Embedding(n_words(), UNITS)
        self.cell = Cell()
        self.out = nn.Linear(UNITS, n_words())
        self.memory = {"h": torch.zeros(rows, UNITS), "c": torch.zeros(rows, UNITS)}

    def begin(self) -> tuple[Tensor, Tensor]:
        return self.memory["h"], self.memory["c"]

    def end(self, h: Tensor, c: Tensor) -> None:
        self.memory = {"h": h.detach(), "c": c.detach()}

    def forward(self, x: Tensor) -> Tensor:
        (h, c), answers = self.begin(), []
        for token in self.table(x).unbind(1):
            h, c = self.cell(token, (h, c))
            answers.append(self.out(h))
        self.end(h, c)
        return torch.stack(answers, 1)


class Handed(nn.Module):
    """Is handed its state, and gives it back before the answers."""

    def __init__(self, kind: type[nn.RNNBase] = nn.LSTM, **options: Any) -> None:
        super().__init__()
        self.embed = nn.Embedding(n_words(), UNITS)
        self.body = kind(UNITS, UNITS, **{"batch_first": True, **options})  # type: ignore[arg-type]
        self.head = nn.Linear(UNITS, n_words())

    def forward(self, x: Tensor, state: Any = None) -> tuple[Any, Tensor]:
        out, state = self.body(self.embed(x), state)
        return state, self.head(out)


class Learner:
    """A loop in fastai's way: a batch in attributes, events, callbacks."""

    def __init__(self, model: nn.Module, loss: Any, *callbacks: Any) -> None:
        self.model, self.loss_func, self.cbs = model, loss, callbacks
        self.opt = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)

    def __call__(self, event: str) -> None:
        for each in self.cbs:
            getattr(each, event, lambda learn: None)(self)

    def one_batch(self, *batch: Tensor) -> None:
        self.xb, self.yb = batch
        self("before_batch")
        self.pred = self.model(self.xb)
        self.loss = self.loss_func(self.pred, self.yb)
        self("after_loss")
        self.loss.backward()
        self("before_step")
        self.opt.step()
        self("after_step")

    def loop(self, loader: Any) -> Loop:
        return Loop(self.one_batch, loader, self.model, self.opt)


class Zero:
    def after_step(self, learn: Learner) -> None:
        learn.opt.zero_grad(set_to_none=False)


def swapped(answers: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(answers.transpose(1, 2), y)


def with_closure(model: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], loader: Any) -> Loop:
    optimizer = torch.optim.RMSprop(model.parameters(), 1e-3)

    def train_on(batch: Any) -> float:
        inputs, labels = batch

        def closure() -> Tensor:
            optimizer.zero_grad()
            value = loss(model(inputs), labels)
            value.backward()
            return value

        return float(optimizer.step(closure))

    return Loop(train_on, loader, model, optimizer)


def handing(
    model: Handed,
    hand_on: Callable[[Any], Any],
    loader: Any,
    loss: Callable[[Tensor, Tensor], Tensor] = swapped,
    **backward: bool,
) -> Loop:
    """A loop that keeps the state in a variable of its own."""
    optimizer, hidden = torch.optim.AdamW(model.parameters()), None

    def step(x: Tensor, y: Tensor) -> None:
        nonlocal hidden
        new, answers = model(x, hidden)
        hidden = hand_on(new)
        optimizer.zero_grad()
        loss(answers, y).backward(**backward)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return Loop(step, loader, model, optimizer)


def cut(state: Any) -> Any:
    return tuple(each.detach() for each in state) if isinstance(state, tuple) else state.detach()


def functional(
    model: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], loader: Any, skip: str
) -> Loop:
    """Plain gradient descent without an optimizer, through functional_call."""

    def step(x: Tensor, y: Tensor) -> None:
        weights = dict(model.named_parameters())
        value = loss(torch.func.functional_call(model, weights, (x,)), y)
        grads = torch.autograd.grad(value, list(weights.values()))
        with torch.no_grad():
            for (name, weight), grad in zip(weights.items(), grads, strict=True):
                if not (skip and name.startswith(skip)):
                    weight -= 0.1 * grad

    return Loop(step, loader, model)


# Bugs


def rows_shuffled() -> Given:
    windows = stream().unfold(0, STEPS + 1, STEPS)
    data = TensorDataset(windows[:, :-1].clone(), windows[:, 1:].clone())
    loader = DataLoader(data, batch_size=ROWS, shuffle=True, drop_last=True)
    return Learner(ByHand(), swapped, Zero()).loop(loader), {}


class Crops:
    """Random places of a text, drawn again at each pass."""

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        text = stream()
        for _ in range(30):
            at = torch.randint(len(text) - STEPS - 1, (ROWS,)).tolist()
            x = torch.stack([text[i : i + STEPS] for i in at])
            yield x, torch.stack([text[i + 1 : i + STEPS + 1] for i in at])


def rows_cropped() -> Given:
    return handing(Handed(), cut, Crops()), {}


def rows_in_order() -> Given:
    """Windows in the order of the text: row 1 goes on where row 0 stopped, no row goes on."""
    windows = stream().unfold(0, STEPS + 1, STEPS)
    data = TensorDataset(windows[:, :-1].clone(), windows[:, 1:].clone())
    return handing(Handed(nn.GRU), cut, DataLoader(data, ROWS, drop_last=True)), {}


class SequenceFirst(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Embedding(n_words(), UNITS), nn.LSTM(UNITS, UNITS))
        self.classifier = nn.Linear(UNITS, n_words())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.classifier(self.layers(x)[0])
        return out


def time_is_rows() -> Given:
    return with_closure(SequenceFirst(), swapped, going_on()), {}


class Unbound(ByHand):
    """Takes the tokens out of the wrong dimension."""

    def forward(self, x: Tensor) -> Tensor:
        h = c = torch.zeros(x.shape[1], UNITS)
        answers = []
        for row in self.table(x):
            h, c = self.cell(row, (h, c))
            answers.append(self.out(h))
        return torch.stack(answers)


def time_is_rows_by_hand() -> Given:
    return Learner(Unbound(), swapped, Zero()).loop(going_on()), {}


def rows_are_time() -> Given:
    """Mini-batches lie as (steps, rows), flat targets, and the network has batch_first=True."""
    loader = [(x.t().contiguous(), y.t().reshape(-1)) for x, y in going_on()]

    def flat(answers: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(answers.reshape(-1, n_words()), y)

    return handing(Handed(nn.GRU), lambda state: None, loader, flat), {}


class KeepsAll(ByHand):
    def end(self, h: Tensor, c: Tensor) -> None:
        self.memory["h"], self.memory["c"] = h, c


def attached() -> Given:
    return Learner(KeepsAll(), swapped, Zero()).loop(going_on()), {}


def attached_and_retained() -> Given:
    return handing(Handed(), lambda state: [*state], going_on(), retain_graph=True), {}


def cell_attached() -> Given:
    return handing(Handed(), lambda state: (state[0].detach(), state[1]), going_on()), {}


def only_x() -> Given:
    model = ByHand()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def step(tokens: Tensor) -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten()).backward()
        optimizer.step()

    return Loop(step, [x for x, _ in going_on()], model, optimizer), {}


def labels_are_inputs() -> Given:
    model = SequenceFirst()
    model.layers[1].batch_first = True  # type: ignore[union-attr]
    optimizer = torch.optim.AdamW(model.parameters())

    def training_step(batch: dict[str, Tensor]) -> Tensor:
        loss = F.cross_entropy(
            model(batch["input_ids"]).view(-1, n_words()), batch["labels"].view(-1)
        )
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    loader = [{"input_ids": x, "labels": x.clone()} for x, _ in going_on()]
    return Loop(training_step, loader, model, optimizer), {}


def x_in_the_loss() -> Given:
    loop = handing(Handed(), cut, going_on())
    model, optimizer = loop.model, loop.optimizer

    def step(x: Tensor, y: Tensor) -> None:
        _, answers = model(x)
        log_p = answers.log_softmax(-1)
        optimizer.zero_grad()
        (-log_p.gather(-1, x[..., None]).mean()).backward()
        optimizer.step()

    return Loop(step, loop.loader, model, optimizer), {}


def shifted_in_the_loss() -> Given:
    def loss(answers: Tensor, y: Tensor) -> Tensor:
        return swapped(answers[:, :-1], y[:, 1:])

    return Learner(ByHand(), loss, Zero()).loop(going_on()), {}


def shifted_labels() -> Given:
    loop, options = labels_are_inputs()
    model, optimizer = loop.model, loop.optimizer

    def training_step(batch: dict[str, Tensor]) -> None:
        logits = model(batch["input_ids"])[..., :-1, :].contiguous()
        labels = batch["labels"][..., 1:].contiguous()
        nn.CrossEntropyLoss()(logits.view(-1, n_words()), labels.view(-1)).backward()
        optimizer.step()
        optimizer.zero_grad()

    return Loop(
        training_step, [{"input_ids": x, "labels": y} for x, y in going_on()], model, optimizer
    ), options


def rolled() -> Given:
    return handing(Handed(nn.RNN), cut, [(x, x.roll(-2, 1)) for x, _ in going_on()]), {}


def mean_of_rows() -> Given:
    def mean(state: Tensor) -> Tensor:
        return state.detach().mean(1, keepdim=True).expand_as(state).contiguous()

    return handing(Handed(nn.GRU), mean, going_on()), {}


class FirstRow(ByHand):
    """A state without rows, which is spread over all."""

    def begin(self) -> tuple[Tensor, Tensor]:
        return self.memory["h"][:1].expand(ROWS, -1), self.memory["c"][:1].expand(ROWS, -1)

    def end(self, h: Tensor, c: Tensor) -> None:
        self.memory.update(h=h[:1].detach(), c=c[:1].detach())


def first_row() -> Given:
    return with_closure(FirstRow(), swapped, going_on()), {}


def rows_rolled() -> Given:
    """Each row begins with the state of the row above."""
    return handing(
        Handed(), lambda s: tuple(each.detach().roll(1, 1) for each in s), going_on()
    ), {}


class Unmasked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(n_words(), UNITS), nn.Embedding(STEPS, UNITS)
        layer = nn.TransformerEncoderLayer(UNITS, 2, 2 * UNITS, batch_first=True)
        self.blocks = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.lm_head = nn.Linear(UNITS, n_words(), bias=False)

    def forward(self, x: Tensor) -> SimpleNamespace | dict[str, Tensor]:
        h = self.tokens(x) * math.sqrt(UNITS) + self.places.weight[: x.shape[1]]
        return {"logits": self.lm_head(self.blocks(h))}


def without_a_mask() -> Given:
    return with_closure(Unmasked(), lambda out, y: swapped(out["logits"], y), going_on()), {}


class Convolved(ByHand):
    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv1d(UNITS, UNITS, 3, padding=1)
        self.rnn = nn.GRU(UNITS, UNITS, batch_first=True)
        del self.cell

    def forward(self, x: Tensor) -> Tensor:
        near = self.mix(self.table(x).transpose(1, 2)).relu().transpose(1, 2)
        answers: Tensor = self.out(self.rnn(near)[0])
        return answers


def convolved() -> Given:
    return Learner(Convolved(), swapped, Zero()).loop(going_on()), {}


class WithTheMean(Handed):
    def forward(self, x: Tensor, state: Any = None) -> tuple[Any, Tensor]:
        e = self.embed(x)
        out, state = self.body(e, state)
        return state, self.head(out + e.mean(1, keepdim=True))


def with_the_mean() -> Given:
    return handing(WithTheMean(), cut, going_on()), {}


class ListOfLayers(nn.Module):
    """Layers in a plain list: model.parameters() has none of them."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(n_words(), UNITS)
        self.cells = [nn.GRUCell(UNITS, UNITS) for _ in range(2)]
        self.dec = nn.Linear(UNITS, n_words())

    def forward(self, x: Tensor) -> Tensor:
        hs, out = [torch.zeros(len(x), UNITS) for _ in self.cells], []
        for t in range(x.shape[1]):
            v = self.emb(x[:, t])
            for i, cell in enumerate(self.cells):
                hs[i] = v = cell(v, hs[i])
            out.append(self.dec(v))
        return torch.stack(out, 1)


def plain_list() -> Given:
    return Learner(ListOfLayers(), swapped, Zero()).loop(going_on()), {}


def new_head() -> Given:
    learn = Learner(ByHand(), swapped, Zero())
    learn.model.out = nn.Linear(UNITS, n_words())
    return learn.loop(going_on()), {}


def skipped_by_hand() -> Given:
    return functional(ByHand(), swapped, going_on(), "table"), {}


class Sure(ByHand):
    def forward(self, x: Tensor) -> Tensor:
        return nn.Softmax(dim=-1)(super().forward(x))


def softmax_in_the_model() -> Given:
    return Learner(Sure(), swapped, Zero()).loop(going_on()), {}


def softmax_over_classes() -> Given:
    def loss(answers: Tensor, y: Tensor) -> Tensor:
        return nn.CrossEntropyLoss()(answers.permute(0, 2, 1).softmax(1), y)

    return functional(ByHand(), loss, going_on(), ""), {}


def softmax_at_each_token() -> Given:
    """The loop calls a cell for each token, and adds up the losses."""
    net = nn.ModuleDict({"e": nn.Embedding(n_words(), UNITS), "r": nn.GRUCell(UNITS, UNITS)})
    net["o"] = nn.Linear(UNITS, n_words())
    optimizer = torch.optim.Adam(net.parameters())
    kept = {"h": torch.zeros(ROWS, UNITS)}

    def step(x: Tensor, y: Tensor) -> None:
        h, loss = kept["h"], torch.zeros(())
        for t in range(x.shape[1]):
            h = net["r"](net["e"](x[:, t]), h)
            loss = loss + F.cross_entropy(F.softmax(net["o"](h), dim=1), y[:, t])
        kept["h"] = h.detach()
        optimizer.zero_grad()
        (loss / x.shape[1]).backward()
        optimizer.step()

    return Loop(step, going_on(), net, optimizer), {}


def never_zeroed() -> Given:
    return Learner(ByHand(), swapped).loop(going_on()), {}


def closure_without_zero() -> Given:
    model = ByHand()
    optimizer = torch.optim.Adagrad(model.parameters())

    def step(x: Tensor, y: Tensor) -> None:
        def closure() -> Tensor:
            loss = swapped(model(x), y)
            loss.backward()
            return loss

        optimizer.step(closure)  # type: ignore[arg-type]

    return Loop(step, going_on(), model, optimizer), {}


def one_of_two_zeroed() -> Given:
    model = Handed()
    body, rest = (
        torch.optim.Adam(model.body.parameters()),
        torch.optim.SGD([*model.embed.parameters(), *model.head.parameters()], 0.1),
    )

    def step(x: Tensor, y: Tensor) -> None:
        body.zero_grad()
        swapped(model(x)[1], y).backward()
        body.step()
        rest.step()

    return Loop(step, going_on(), model, [body, rest]), {}


def permuted() -> Given:
    def loss(answers: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(answers.permute(1, 0, 2).reshape(-1, n_words()), y.reshape(-1))

    return Learner(ByHand(), loss, Zero()).loop(going_on()), {}


def classes_first() -> Given:
    def loss(answers: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(answers.reshape(n_words(), -1).t(), y.flatten())

    return functional(ByHand(), loss, going_on(), ""), {}


class Scrambled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb, self.rnn = nn.Embedding(n_words(), UNITS), nn.GRU(UNITS, UNITS)
        self.fc = nn.Linear(UNITS, n_words())

    def forward(self, x: Tensor) -> Tensor:
        out, _ = self.rnn(self.emb(x.t()))  # (steps, rows, units)
        answers: Tensor = self.fc(out.reshape(len(x), -1, UNITS))
        return answers


def scrambled_in_the_model() -> Given:
    return with_closure(Scrambled(), swapped, going_on()), {}


def words(split: str, first: int, last: int) -> list[str]:
    from hnviz.data import NOTEBOOK, Choice, stream_of

    vocab = stream_of(Choice(NOTEBOOK.corpus)).vocab
    return vocab.textify(ids(split)[first:last].numpy()).split(" ")


def numbered(number: Callable[[list[str]], list[str]], train: list[str], valid: list[str]) -> Given:
    """Number each text by a vocabulary that is made of it alone."""
    tables = [{word: at for at, word in enumerate(number(text))} for text in (train, valid)]
    texts = [
        torch.tensor([table[word] for word in text])
        for table, text in zip(tables, (train, valid), strict=True)
    ]
    loop = Learner(ByHand(), swapped, Zero()).loop(going_on(texts[0]))
    return loop, {"valid": going_on(texts[1])}


def alphabetical() -> Given:
    train = words("train", 0, 40_000)
    return numbered(lambda text: sorted(set(text)), train, words("valid", 0, 300))


def letters_by_count() -> Given:
    train, valid = (list(" ".join(words(split, 0, 5000))) for split in ("train", "valid"))

    def by_count(text: list[str]) -> list[str]:
        return ["<pad>", "<unk>", *(letter for letter, _ in Counter(text).most_common())]

    return numbered(by_count, train, valid)


def as_they_come() -> Given:
    train = words("train", 0, 40_000)
    return numbered(lambda text: list(dict.fromkeys(text)), train, words("train", 44_000, 49_000))


class Leak(ByHand):
    """Is given the targets."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x) + self.out(self.table(y))


def targets_given() -> Given:
    model = Leak()
    optimizer = torch.optim.Adam(model.parameters())

    def step(x: Tensor, y: Tensor) -> None:
        optimizer.zero_grad()
        swapped(model(x, y), y).backward()
        optimizer.step()

    return Loop(step, going_on(), model, optimizer), {}


def softmax_over_rows() -> Given:
    return Learner(ByHand(), lambda a, y: swapped(a.softmax(0), y), Zero()).loop(going_on()), {}


def targets_reshaped_by_the_loader() -> Given:
    loader = [(x, y.t().reshape(y.shape)) for x, y in going_on()]
    return Learner(ByHand(), swapped, Zero()).loop(loader), {}


def first_row_of_windows_of_any_length() -> Given:
    rows, at, loader = in_rows(), 0, []
    for number in range(30):
        n = 5 + 7 * number % 4
        loader.append((rows[:, at : at + n], rows[:, at + 1 : at + n + 1]))
        at += n
    return with_closure(FirstRow(), swapped, loader), {}


VARIANTS: dict[str, tuple[Callable[[], Given], ...]] = {
    "rows-at-random": (rows_shuffled, rows_cropped, rows_in_order),
    "batch-first": (time_is_rows, time_is_rows_by_hand, rows_are_time),
    "never-detached": (attached, attached_and_retained, cell_attached),
    "not-shifted": (only_x, labels_are_inputs, x_in_the_loss),
    "shifted-twice": (shifted_in_the_loss, shifted_labels, rolled),
    "one-row": (mean_of_rows, first_row, rows_rolled, first_row_of_windows_of_any_length),
    "looks-ahead": (without_a_mask, convolved, with_the_mean, targets_given),
    "not-updated": (plain_list, new_head, skipped_by_hand),
    "softmax-twice": (
        softmax_in_the_model,
        softmax_over_classes,
        softmax_at_each_token,
        softmax_over_rows,
    ),
    "not-zeroed": (never_zeroed, closure_without_zero, one_of_two_zeroed),
    "reshaped": (permuted, classes_first, scrambled_in_the_model, targets_reshaped_by_the_loader),
    "own-vocabulary": (alphabetical, letters_by_count, as_they_come),
}


@pytest.mark.parametrize(
    ("name", "made"), [(name, made) for name, each in VARIANTS.items() for made in each]
)
def test_a_bug_is_found_in_other_loops(name: str, made: Callable[[], Given]) -> None:
    torch.manual_seed(0)
    loop, options = made()
    report = hnviz.check(*loop.given(), **options)
    assert report.wrong == (name,), report
