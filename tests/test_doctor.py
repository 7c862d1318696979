"""The doctor: what is wrong in a loop, what is a choice, and that everything is put back."""

import gc
import itertools
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import hnviz
from hnviz.app.shell.navigation import PAGES
from hnviz.cli.main import main
from hnviz.data import BatchLayout, batches
from hnviz.doctor import Report
from hnviz.doctor.report import PICTURES
from tests import guide, loops
from tests.conftest import ROOT
from tests.doctor_loops import (
    BPTT,
    BS,
    CORRECT,
    NH,
    Lesson,
    Loop,
    at_random,
    cross_entropy,
    ids,
    laid_out,
    n_words,
    plain,
    with_rows,
)
from tests.sentences import Recorded

# What is right, and which choices it makes


@pytest.mark.parametrize("name", ["Model0", "Model1", "Model2", "Model3", "Model4", "Model5"])
def test_the_six_networks_have_nothing_wrong(name: str) -> None:
    loop = Lesson(name, bptt=3 if name in ("Model0", "Model1") else 6)
    report = hnviz.check(*loop.given(), valid=loop.valid)
    assert (report.wrong, report.unknown) == ((), ())
    state = "state-from-valid" if loop.net.stateful else "reset-each-batch"
    assert set(report.choices) == {"batch-norm", state}


@pytest.mark.parametrize("kind", [loops.Model3, loops.Model5])
def test_the_notebooks_classes_have_nothing_wrong(kind: type[nn.Module]) -> None:
    report = hnviz.check(*plain(with_rows(kind())).given(), valid=laid_out("valid"))
    assert (report.wrong, report.unknown) == ((), ())
    assert set(report.choices) == {"batch-norm", "state-from-valid"}


def test_fastbooks_last_model_has_nothing_wrong() -> None:
    def regularised(out: tuple[Tensor, Tensor, Tensor], y: Tensor) -> Tensor:
        logits, raw, dropped = out
        penalty = 2 * dropped.pow(2).mean() + (raw[:, 1:] - raw[:, :-1]).pow(2).mean()
        return cross_entropy(logits, y) + penalty

    model = with_rows(loops.LMModel7(n_words(), NH, 2, 0.4))
    loop = plain(model, regularised)
    report = hnviz.check(*loop.given(), valid=laid_out("valid"), resets=model.reset)
    assert (report.wrong, report.choices, report.unknown) == ((), (), ())
    report = hnviz.check(*loop.given(), valid=laid_out("valid"))
    assert (report.wrong, report.choices, report.unknown) == ((), ("state-from-valid",), ())


def answers_alive() -> int:
    """Count the tensors that still have a graph behind them."""
    gc.collect()
    return sum(isinstance(each, Tensor) and not each.is_leaf for each in gc.get_objects())


def test_a_check_keeps_no_answers_of_the_loop() -> None:
    """A hook of a tensor that leads back to it is a circle that Python cannot collect."""
    before = answers_alive()
    assert hnviz.check(*plain(with_rows(loops.Model3())).given()).wrong == ()
    assert answers_alive() <= before


# What is wrong


class Gru(nn.Module):
    """Right in all; each bug changes one thing."""

    def __init__(self, **options: bool) -> None:
        super().__init__()
        self.i_h = nn.Embedding(n_words(), NH)
        self.rnn = nn.GRU(NH, NH, **{"batch_first": True, **options})
        self.h_o = nn.LazyLinear(n_words())
        self.h: Tensor | None = None
        self(laid_out()[0][0])
        self.h = None

    def keep(self, h: Tensor) -> Tensor:
        return h.detach()

    def forward(self, x: Tensor) -> Tensor:
        res, h = self.rnn(self.i_h(x), self.h)
        self.h = self.keep(h)
        logits: Tensor = self.h_o(res)
        return logits


class NeverDetached(Gru):
    def keep(self, h: Tensor) -> Tensor:
        return h


class OneRow(Gru):
    def keep(self, h: Tensor) -> Tensor:
        return h[:, -1:].expand(-1, BS, -1).detach().contiguous()


def without_zeroing() -> Loop:
    loop = plain(Gru())

    def step(x: Tensor, y: Tensor) -> None:
        cross_entropy(loop.model(x), y).backward()
        loop.optimizer.step()

    return Loop(step, loop.loader, loop.model, loop.optimizer)


def without_head() -> Loop:
    model = Gru()
    return plain(model, weights=[*model.i_h.parameters(), *model.rnn.parameters()])


def divided_by_zero() -> Loop:
    """Its second loss is no number."""
    step = itertools.count()
    return plain(Gru(), lambda out, y: cross_entropy(out, y) / (next(step) < 1))


def retained() -> Loop:
    loop = plain(NeverDetached())

    def step(x: Tensor, y: Tensor) -> None:
        loop.optimizer.zero_grad()
        cross_entropy(loop.model(x), y).backward(retain_graph=True)

    return Loop(step, loop.loader, loop.model, loop.optimizer)


def twice() -> list[tuple[Tensor, Tensor]]:
    """The targets of a text that has lost its first token."""
    text = ids("train").numpy()
    layout = BatchLayout(len(text), BS, BPTT)
    return [
        (torch.from_numpy(batch.x), torch.from_numpy(text[(layout.positions(at) + 2) % len(text)]))
        for at, batch in enumerate(batches(text, layout))
        if at < 10
    ]


def own_numbers() -> list[tuple[Tensor, Tensor]]:
    """Valid with ids by how often each word comes in valid."""
    text = ids("valid")
    order = text.bincount().argsort(descending=True)
    own = torch.empty_like(order)
    own[order] = torch.arange(len(order))
    return [(own[x], own[y]) for x, y in laid_out("valid", 32, 20)]


WRONG: dict[str, tuple[str, Callable[[], Loop]]] = {
    "rows at random": ("rows-at-random", lambda: plain(Gru(), loader=at_random())),
    "batch_first": ("batch-first", lambda: plain(Gru(batch_first=False))),
    "never detached": ("never-detached", lambda: plain(NeverDetached())),
    "never detached, retained": ("never-detached", retained),
    "not shifted": ("not-shifted", lambda: plain(Gru(), loader=[(x, x) for x, _ in laid_out()])),
    "shifted twice": ("shifted-twice", lambda: plain(Gru(), loader=twice())),
    "one row": ("one-row", lambda: plain(OneRow())),
    "ahead": ("looks-ahead", lambda: plain(Gru(bidirectional=True))),
    "not in the optimizer": ("not-updated", without_head),
    "softmax": (
        "softmax-twice",
        lambda: plain(Gru(), lambda out, y: cross_entropy(out.softmax(-1), y)),
    ),
    "not zeroed": ("not-zeroed", without_zeroing),
    "reshaped": (
        "reshaped",
        lambda: plain(Gru(), lambda out, y: F.cross_entropy(out.view(BS, n_words(), -1), y)),
    ),
    "no number": ("no-number", divided_by_zero),
}


@pytest.mark.parametrize("bug", WRONG)
def test_what_is_wrong_is_found_and_all_is_put_back(bug: str) -> None:
    name, made = WRONG[bug]
    loop = made()
    before = {name: each.clone() for name, each in loop.model.state_dict().items()}
    report = hnviz.check(*loop.given())
    assert report.wrong == (name,), report
    assert report.status == 1
    assert name != "no-number" or "At step 1," in str(report)
    assert all(torch.equal(before[name], each) for name, each in loop.model.state_dict().items())
    assert all(weight.grad is None for weight in loop.model.parameters())


def test_valid_with_a_vocabulary_of_its_own_is_found() -> None:
    loop = plain(Gru(), loader=laid_out("train", 32, 20))
    report = hnviz.check(*loop.given(), valid=own_numbers())
    assert report.wrong == ("own-vocabulary",), report


def test_valid_of_other_numbers_has_the_same_vocabulary() -> None:
    loop = plain(Gru(), loader=laid_out("train", 32, 20))
    report = hnviz.check(*loop.given(), valid=laid_out("valid", 32, 20))
    assert report.wrong == (), report
    assert isinstance(report, Report)


# Correct loops of other kinds

FEWER = ("looks-ahead", "rows-at-random", "own-vocabulary")
SKIPPED: dict[str, tuple[str, ...]] = {
    "tagger": FEWER,
    "tagger both ways": FEWER,
    "2 classes": ("softmax-twice", *FEWER),
    "5 classes": FEWER,
    "regression": FEWER,
    "translation": FEWER[:1],
    "packed": FEWER,
    "overlapping": FEWER[1:2],
}


@pytest.mark.parametrize("kind", CORRECT)
def test_no_correct_loop_is_accused(kind: str, recorded: Recorded) -> None:
    torch.manual_seed(0)
    loop, options = CORRECT[kind](0)
    report = hnviz.check(*loop.given(), **options)
    assert report.wrong == (), report
    assert report.skipped == SKIPPED.get(kind, ())
    for each in report.findings:
        if each.level == "skipped" and kind in ("2 classes", "overlapping"):
            recorded(each.sentence)


# What is a choice


def test_a_state_that_is_reset_in_each_mini_batch_is_a_choice() -> None:
    class Reset(Gru):
        def keep(self, h: Tensor) -> Tensor:
            return torch.zeros_like(h)

    assert "reset-each-batch" in hnviz.check(*plain(Reset()).given()).choices
    cut = hnviz.check(*plain(Reset(), loader=at_random()).given())
    assert (cut.wrong, cut.choices) == ((), ())
    meant = hnviz.check(*plain(Reset()).given(), carries=True)
    assert meant.wrong == ("not-as-meant",)


@pytest.mark.parametrize(
    ("valid", "choices"),
    [
        (lambda: laid_out("valid")[:3], ()),
        (lambda: [*laid_out("valid")[:3], *laid_out("valid", bptt=3)[:1]], ("unequal-batches",)),
        (list, ("small-valid",)),
        (lambda: laid_out("valid", bptt=3)[:1], ("small-valid",)),
        (lambda: laid_out("valid", bs=BS, bptt=BPTT)[:1], ()),
    ],
)
def test_the_sizes_of_valid(valid: Callable[[], list[object]], choices: tuple[str, ...]) -> None:
    model = Gru()
    found = hnviz.check(*plain(model).given(), valid=valid(), resets=lambda: forget(model))
    assert (found.wrong, found.choices) == ((), choices)


def forget(model: Gru) -> None:
    model.h = None


def test_a_valid_that_repeats_its_own_rows_is_small() -> None:
    text = ids("valid")[:9].numpy()
    (batch,) = batches(text, BatchLayout(9, BS, BPTT))
    given = [(torch.from_numpy(batch.x), torch.from_numpy(batch.y))]
    model = Gru()
    found = hnviz.check(*plain(model).given(), valid=given, resets=lambda: forget(model))
    assert found.choices == ("small-valid",)


def test_a_sum_over_answers_is_a_choice() -> None:
    def total(out: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(out.flatten(0, 1), y.flatten(), reduction="sum")

    found = hnviz.check(*plain(Gru(), total).given())
    assert (found.wrong, found.choices) == ((), ("summed-loss",))
    assert f"{BS * BPTT} answers" in str(found)


@pytest.mark.parametrize(
    ("loss", "wrong"),
    [
        (lambda out, y: F.cross_entropy(out.transpose(1, 2), y), ()),
        (lambda out, y: F.cross_entropy(out.softmax(-1).transpose(1, 2), y), ("softmax-twice",)),
        (lambda out, y: F.cross_entropy(out.reshape(BS, -1, BPTT), y), ("reshaped",)),
    ],
)
def test_a_loss_is_tried_on_made_up_answers(
    loss: Callable[[Tensor, Tensor], Tensor], wrong: tuple[str, ...]
) -> None:
    assert hnviz.check(*plain(Gru()).given(), loss=loss).wrong == wrong


# Everything is put back


class Stateful(Gru):
    """State in a list, batch norm, dropout."""

    def __init__(self) -> None:
        self.kept: list[Tensor] = []
        super().__init__()
        self.bn, self.drop = nn.BatchNorm1d(NH), nn.Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        res, h = self.rnn(self.i_h(x), self.kept[0] if self.kept else None)
        self.kept[:] = [h.detach()]
        if hasattr(self, "bn"):
            res = self.drop(self.bn(res.transpose(1, 2)).transpose(1, 2))
        out: Tensor = self.h_o(res)
        return out


def everything(loop: Loop) -> dict[str, object]:
    """Copy what a check may change, as bytes and plain values."""
    model, optimizer = loop.model, loop.optimizer
    assert isinstance(model, Stateful)
    found: dict[str, object] = {
        n: t.detach().numpy().tobytes() for n, t in model.state_dict().items()
    }
    found |= {f"kept {at}": t.numpy().tobytes() for at, t in enumerate(model.kept)}
    for at, weight in enumerate(model.parameters()):
        found[f"grad {at}"] = None if weight.grad is None else weight.grad.numpy().tobytes()
        found[f"place {at}"] = weight.data_ptr()
        for name, value in optimizer.state.get(weight, {}).items():
            found[f"{name} {at}"] = value.numpy().tobytes()
    found["groups"] = str(
        [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]
    )
    found["torch"] = torch.get_rng_state().numpy().tobytes()
    found["numpy"] = np.random.get_state()[1].tobytes()  # type: ignore[index, union-attr]
    found["python"] = random.getstate()
    found["modes"] = [module.training for module in model.modules()]
    return found


def test_everything_is_put_back_bit_for_bit() -> None:
    joined = [torch.cat(each) for each in zip(*laid_out(), strict=True)]
    loop = plain(Stateful(), loader=DataLoader(TensorDataset(*joined), BS))
    step = loop.step
    noise = {"n": 0, "last": torch.zeros(3)}

    def noisy(x: Tensor, y: Tensor) -> None:
        noise["n"] += 1
        noise["last"] = torch.rand(3) + random.random() + np.random.rand()
        step(x, y)

    loop.step = noisy
    for x, y in [*loop.loader][:5]:
        noisy(x, y)
    loop.model.eval()
    before, last, n = everything(loop), noise["last"], noise["n"]
    report = hnviz.check(*loop.given(), valid=laid_out("valid"))
    assert report.wrong == (), report
    after = everything(loop)
    assert [name for name in before if before[name] != after[name]] == []
    assert noise["last"] is last and noise["n"] == n


# Bad input


class Bigram(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(n_words(), n_words())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.table(x)
        return out


def raising() -> Loop:
    loop = plain(Gru())

    def step(x: Tensor, y: Tensor) -> None:
        loop.step(x, y)
        raise KeyError("no such thing")

    return Loop(step, loop.loader, loop.model, loop.optimizer)


def not_called() -> Loop:
    loop, other = plain(Gru()), Gru()
    return Loop(loop.step, loop.loader, other, None)


UNKNOWN: dict[str, tuple[str, Callable[[], Loop]]] = {
    "no state": ("no-state", lambda: plain(Bigram())),
    "raises": ("raised", raising),
    "another model": ("no-call", not_called),
    "no module": ("no-module", lambda: Loop(print, [], 3)),  # type: ignore[arg-type]
    "a class": ("no-module", lambda: Loop(print, [], Gru)),  # type: ignore[arg-type]
    "no optimizer": ("unreadable", lambda: Loop(print, [], Gru(), "adam")),
    "an array": ("unreadable", lambda: plain(Gru(), loader=[(np.zeros(2), np.zeros(2))])),
    "no mini-batch": ("unreadable", lambda: plain(Gru(), loader=[])),
    "no loader": ("unreadable", lambda: plain(Gru(), loader=3)),
    "no ids": ("unreadable", lambda: plain(Gru(), loader=[(torch.rand(2, 3), "y")])),
    "a generator": ("unreadable", lambda: plain(Gru(), loader=(pair for pair in laid_out()))),
    "other loss": ("other-loss", lambda: plain(Gru(), lambda out, y: out.pow(2).mean())),
    "no gradient": ("raised", lambda: plain(Gru(), lambda out, y: torch.zeros(()))),
}


PARTLY = ("no state", "raises", "other loss")
"""Of these something could be checked."""


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_cannot_be_told_is_said(case: str, recorded: Recorded) -> None:
    name, made = UNKNOWN[case]
    report = hnviz.check(*made().given())
    (found,) = (each for each in report.findings if each.name == name)
    recorded(re.sub(r"\d", "N", f"{report}".partition("\n")[0] + f" {found.sentence}"))
    assert report.wrong == () and report.status == (0 if case in PARTLY else 2)


def test_a_wrong_option_or_valid_is_named() -> None:
    with pytest.raises(TypeError, match="no option 'valids'"):
        hnviz.check(*plain(Gru()).given(), valids=3)  # type: ignore[call-arg]
    report = hnviz.check(*plain(Gru()).given(), valid=3)
    (found,) = (each for each in report.findings if each.name == "unreadable")
    assert (found.place, found.sentence[:19]) == ("valid", "The argument valid ")


def test_an_iterator_of_a_list_is_not_moved() -> None:
    loop = plain(Gru(), loader=iter(laid_out()))
    assert hnviz.check(*loop.given()).wrong == ()
    assert torch.equal(next(loop.loader)[0], laid_out()[0][0])


def test_a_compiled_model_is_looked_at_from_outside() -> None:
    model = with_rows(loops.Model5())
    compiled = torch.compile(model, backend="eager")
    loop = plain(compiled)  # type: ignore[arg-type]
    report = hnviz.check(*loop.given())
    assert report.wrong == (), report


class OwnLoss(Gru):
    """Returns its loss, shifts its labels, and is called with both."""

    def __init__(self, *, shift: int, with_answers: bool) -> None:
        self.shift, self.with_answers = shift, with_answers
        super().__init__()

    def forward(self, x: Tensor, labels: Tensor | None = None) -> object:  # type: ignore[override]
        out = super().forward(x)
        if labels is None:
            return out
        n = x.shape[1] - self.shift
        loss = F.cross_entropy(out[:, :n].transpose(1, 2), labels[:, self.shift :])
        return {"loss": loss, "logits": out} if self.with_answers else loss


@pytest.mark.parametrize("with_answers", [True, False])
@pytest.mark.parametrize(
    ("shift", "labels", "wrong"),
    [(1, 0, ()), (0, 1, ()), (1, 1, ("shifted-twice",)), (0, 0, ("not-shifted",))],
)
def test_a_model_may_return_its_loss(
    with_answers: bool, shift: int, labels: int, wrong: tuple[str, ...]
) -> None:
    model = OwnLoss(shift=shift, with_answers=with_answers)
    optimizer = torch.optim.Adam(model.parameters())

    def step(batch: dict[str, Tensor]) -> None:
        out = model(batch["input_ids"], batch["labels"])
        (out["loss"] if isinstance(out, dict) else out).backward()  # type: ignore[attr-defined]
        optimizer.step()
        optimizer.zero_grad()

    loader = [{"input_ids": pair[0], "labels": pair[labels]} for pair in laid_out()]
    assert hnviz.check(step, loader, model, optimizer).wrong == wrong


def test_a_check_never_raises() -> None:
    class Breaks(list[object]):
        """A loader that gives less at each pass."""

        def __iter__(self) -> Iterator[object]:
            self.n = getattr(self, "n", 0) + 1
            if self.n > 1:
                raise OSError("the disk is gone")
            return super().__iter__()

    report = hnviz.check(*plain(Gru(), loader=Breaks(laid_out())).given(), valid=laid_out())
    assert report.unknown == ("not-all",)


# The names of hnviz, and the command


def test_the_pictures_to_look_at_are_there() -> None:
    known = (ROOT / "docs/addresses.md").read_text(encoding="utf-8")
    pages = {name for group in PAGES.values() for name in group}
    for address in filter(None, PICTURES.values()):
        url = urlsplit(address)
        assert (url.path.strip("/").replace("-", "_") or "start") in pages, address
        for name in parse_qs(url.query):
            assert f"`{name}`" in known, address


PAGE = "docs/doctor.md"


def test_the_page_of_the_doctor_is_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done: list[int] = []
    for act in guide.acts(PAGE):
        path = tmp_path / act.file
        if act.verb == "writes":
            path.write_text(f"{act.text}\n", encoding="utf-8")
        elif act.verb == "changes":
            path.write_text(guide.patched(path.read_text("utf-8"), act.text), encoding="utf-8")
            done.append(main(["check", act.file]))
        else:
            done.append(main(act.text.split()[3:]))
    assert done == [0, 1]
    said = capsys.readouterr().out
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    for line in said.splitlines():
        assert line in page, line


def test_each_finding_is_on_the_page() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    source = "".join(path.read_text("utf-8") for path in (ROOT / "hnviz/doctor").glob("*.py"))
    names = re.findall(r"\b(?:wrong|choice|unknown)\(\s*\"([a-z-]+)\"", source)
    assert len(names) > 20
    assert [name for name in names if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step = 1", "loader, model"),
        ("1 / 0", "ZeroDivisionError"),
        ("while True: pass", "2 s"),
        ("import time; time.sleep(60)", "2 s"),
        ("while True:\n try:\n  while True: pass\n except KeyboardInterrupt: pass", "2 s"),
        (None, "no such file"),
    ],
)
def test_a_file_without_a_loop_is_refused(
    text: str | None,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hnviz.cli.check.LIMIT_SECONDS", 2.0)
    file = tmp_path / "loop.py"
    if text is not None:
        file.write_text(text)
    assert main(["check", str(file)]) == 2
    assert said in capsys.readouterr().err
