"""What the doctor says of a loop that is recorded, and that the loop does not notice."""

import copy
import gc
import io
import linecache
import pickle
import subprocess
import sys
import time
import warnings
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import hnviz
from hnviz.doctor import Report
from hnviz.doctor.recorded import LoopWatch
from hnviz.recording import Recorder, RecordingWarning
from hnviz.runs.recorded import read_recorded
from tests import loops
from tests.conftest import ROOT
from tests.doctor_loops import (
    BS,
    CORRECT,
    NH,
    Lesson,
    Loop,
    at_random,
    cross_entropy,
    laid_out,
    n_words,
    plain,
    with_rows,
)
from tests.test_doctor import Gru, NeverDetached, OwnLoss, twice, without_head, without_zeroing

Y = [True, False]  # whether the loop hands over its targets


def recorded_loop(loop: Loop, folder: Path, y: bool = True, n: int = 5, **options: Any) -> Recorder:
    """Record some steps of a loop, and a pass over valid."""
    options = {"optimizer": loop.optimizer, "runs_dir": folder, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with hnviz.record(loop.model, **options) as rec:
            try:
                for pair in list(loop.loader)[:n]:
                    loop.step(*pair)
                    rec.batch(1.0, None, pair[1] if y else None)
                valid(loop, rec)
            except RuntimeError as error:
                assert "second time" in str(error)
    return rec


def valid(loop: Loop, rec: Recorder, pairs: Any = None) -> None:
    loop.model.eval()
    with torch.no_grad():
        for pair in laid_out("valid")[:3] if pairs is None else pairs:
            loop.valid[1](*pair) if isinstance(loop, Lesson) else loop.model(pair[0])
    loop.model.train()
    rec.epoch(1.0)


def report_of(rec: Recorder) -> Report:
    assert rec.doctor is not None
    return rec.doctor


# What is right


@pytest.mark.parametrize("y", Y)
@pytest.mark.parametrize("name", ["Model0", "Model1", "Model2", "Model3", "Model4", "Model5"])
def test_the_six_networks_have_nothing_wrong(name: str, y: bool, tmp_path: Path) -> None:
    loop = Lesson(name, bptt=3 if name in ("Model0", "Model1") else 6)
    report = report_of(recorded_loop(loop, tmp_path, y))
    assert (report.wrong, report.choices, report.unknown) == ((), ("batch-norm",), ())


@pytest.mark.parametrize("y", Y)
@pytest.mark.parametrize("kind", loops.LESSON)
def test_the_notebooks_classes_have_nothing_wrong(
    kind: type[nn.Module], y: bool, tmp_path: Path
) -> None:
    model = with_rows(kind()) if hasattr(kind(), "h") else kind()
    last = kind in loops.LESSON[:2]

    def loss(out: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(out, y[:, -1]) if last else cross_entropy(out, y)

    loop = plain(model, loss, laid_out(bptt=3) if last else None)
    report = report_of(recorded_loop(loop, tmp_path, y))
    assert (report.wrong, report.choices, report.unknown) == ((), ("batch-norm",), ())


@pytest.mark.parametrize("y", Y)
def test_fastbooks_last_model_has_nothing_wrong(y: bool, tmp_path: Path) -> None:
    def regularised(out: tuple[Tensor, Tensor, Tensor], y: Tensor) -> Tensor:
        logits, raw, dropped = out
        penalty = 2 * dropped.pow(2).mean() + (raw[:, 1:] - raw[:, :-1]).pow(2).mean()
        return cross_entropy(logits, y) + penalty

    model = with_rows(loops.LMModel7(n_words(), NH, 2, 0.4))
    report = report_of(recorded_loop(plain(model, regularised), tmp_path, y))
    assert (report.wrong, report.choices, report.unknown) == ((), (), ())


def accumulating() -> Loop:
    """Two mini-batches for each update."""
    loop, count = plain(Gru()), [0]

    def step(x: Tensor, y: Tensor) -> None:
        cross_entropy(loop.model(x), y).backward()
        count[0] += 1
        if count[0] % 2 == 0:
            loop.optimizer.step()
            loop.optimizer.zero_grad()

    return Loop(step, loop.loader, loop.model, loop.optimizer)


def two_calls() -> Loop:
    """Two mini-batches in each step, of which the recorder hears once."""
    loop = plain(Gru())
    pairs = laid_out()
    doubled = [(torch.cat(x, 1), torch.cat(y, 1)) for x, y in map(joined, pairs[::2], pairs[1::2])]

    def step(x: Tensor, y: Tensor) -> None:
        loop.optimizer.zero_grad()
        for part, wanted in zip(x.chunk(2, 1), y.chunk(2, 1), strict=True):
            cross_entropy(loop.model(part), wanted).backward()
        loop.optimizer.step()

    return Loop(step, doubled, loop.model, loop.optimizer)


def joined(one: Any, other: Any) -> Any:
    return tuple(zip(one, other, strict=True))


def two_optimizers() -> Loop:
    """The recorder knows of one."""
    model = Gru()
    loop = plain(model, weights=[*model.i_h.parameters(), *model.rnn.parameters()])
    other, step = torch.optim.Adam(model.h_o.parameters(), 1e-3), loop.step

    def both(x: Tensor, y: Tensor) -> None:
        other.zero_grad()
        step(x, y)
        other.step()

    return Loop(both, loop.loader, model, loop.optimizer)


def first_losses() -> Loop:
    """Train's loss is measured before training, with gradients, and a text is said in between."""
    loop = plain(Gru())
    step = loop.step

    def between(x: Tensor, y: Tensor) -> None:
        kept = loop.model.h
        loop.model(x.flip(1))  # nobody calls backward
        with torch.no_grad():
            loop.model(y)
        loop.model.h = kept  # type: ignore[assignment]
        step(x, y)

    return Loop(between, loop.loader, loop.model, loop.optimizer)


class Cell(nn.Module):
    """It is called for each token."""

    def __init__(self) -> None:
        super().__init__()
        self.i_h, self.cell = nn.Embedding(n_words(), NH), nn.GRUCell(NH, NH)
        self.h_o = nn.Linear(NH, n_words())

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.cell(self.i_h(x), h)
        return self.h_o(h), h


def token_by_token(loader: Any = None) -> Loop:
    model = Cell()
    loop, kept = plain(model, loader=loader), [torch.zeros(BS, NH)]

    def step(x: Tensor, y: Tensor) -> None:
        h, out = kept[0], []
        for token in x.unbind(1):
            logits, h = model(token, h)
            out.append(logits)
        kept[0] = h.detach()
        loop.optimizer.zero_grad()
        cross_entropy(torch.stack(out, 1), y).backward()
        loop.optimizer.step()

    return Loop(step, loop.loader, model, loop.optimizer)


RIGHT: dict[str, Callable[[], Loop]] = {
    "several mini-batches for an update": accumulating,
    "several mini-batches in a step": two_calls,
    "another optimizer": two_optimizers,
    "other calls between": first_losses,
    "a cell for each token": token_by_token,
}


@pytest.mark.parametrize("y", Y)
@pytest.mark.parametrize("case", RIGHT)
def test_nothing_wrong_is_found_where_nothing_is(case: str, y: bool, tmp_path: Path) -> None:
    loop = RIGHT[case]()
    report = report_of(
        recorded_loop(loop, tmp_path, y, n=5)
        if case != "a cell for each token"
        else without_valid(loop, tmp_path, y)
    )
    assert (report.wrong, report.unknown) == ((), ()), report


def without_valid(loop: Loop, folder: Path, y: bool, **options: Any) -> Recorder:
    with hnviz.record(loop.model, optimizer=loop.optimizer, runs_dir=folder, **options) as rec:
        for batch in list(loop.loader)[:4]:
            loop.step(*batch)
            rec.batch(1.0, None, batch[-1] if y else None)
    return rec


@pytest.mark.parametrize("kind", CORRECT)
def test_no_correct_loop_is_accused(kind: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    loop, _ = CORRECT[kind](0)
    rec = without_valid(loop, tmp_path, y=True)
    assert report_of(rec).wrong == ()
    starts = any("starts from zeros" in each for each in rec.found.seen)
    assert not (starts and kind in ("three axes", "packed")), rec.found.seen


# What is wrong


WRONG: dict[str, tuple[str, Callable[[], Loop]]] = {
    "never detached": ("never-detached", lambda: plain(NeverDetached())),
    "not zeroed": ("not-zeroed", without_zeroing),
    "not in the optimizer": ("not-updated", without_head),
    "rows at random": ("rows-at-random", lambda: plain(Gru(), loader=at_random())),
    "not shifted": ("not-shifted", lambda: plain(Gru(), loader=[(x, x) for x, _ in laid_out()])),
    "shifted twice": ("shifted-twice", lambda: plain(Gru(), loader=twice())),
    "softmax": (
        "softmax-twice",
        lambda: plain(Gru(), lambda out, y: cross_entropy(out.softmax(-1), y)),
    ),
    "reshaped": (
        "reshaped",
        lambda: plain(Gru(), lambda out, y: F.cross_entropy(out.view(BS, n_words(), -1), y)),
    ),
}


@pytest.mark.parametrize("y", Y)
@pytest.mark.parametrize("bug", WRONG)
def test_what_is_wrong_is_found(bug: str, y: bool, tmp_path: Path) -> None:
    name, made = WRONG[bug]
    report = report_of(recorded_loop(made(), tmp_path, y))
    assert report.wrong == (name,), report


@pytest.mark.parametrize("y", Y)
def test_rows_at_random_are_found_where_the_loop_keeps_the_state(y: bool, tmp_path: Path) -> None:
    loop = Lesson("Model5")
    loop.loader = at_random()
    assert report_of(recorded_loop(loop, tmp_path, y)).wrong == ("rows-at-random",)
    cell = token_by_token(at_random())
    assert report_of(without_valid(cell, tmp_path, y)).wrong == ("rows-at-random",)


@pytest.mark.parametrize(("labels", "wrong"), [(0, ()), (1, ("shifted-twice",))])
@pytest.mark.parametrize("with_answers", [True, False])
def test_a_model_may_return_its_loss(
    with_answers: bool, labels: int, wrong: tuple[str, ...], tmp_path: Path
) -> None:
    model = OwnLoss(shift=1, with_answers=with_answers)
    optimizer = torch.optim.Adam(model.parameters())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with hnviz.record(model, optimizer=optimizer, runs_dir=tmp_path) as rec:
            for pair in laid_out()[:4]:
                out = model(pair[0], labels=pair[labels])
                (out["loss"] if isinstance(out, dict) else out).backward()  # type: ignore[attr-defined]
                optimizer.step()
                optimizer.zero_grad()
                rec.batch(1.0)
    assert report_of(rec).wrong == wrong


def test_without_an_optimizer_less_is_said_and_nothing_wrong(tmp_path: Path) -> None:
    for made in (without_zeroing, without_head):
        report = report_of(recorded_loop(made(), tmp_path, optimizer=None))
        assert (report.wrong, report.unknown) == ((), ())


def test_what_is_wrong_is_said_where_a_person_sees_it(tmp_path: Path) -> None:
    loop = without_zeroing()
    with pytest.warns(RecordingWarning, match="zero_grad.. once") as warned:
        rec = hnviz.record(loop.model, optimizer=loop.optimizer, runs_dir=tmp_path)
        assert rec.doctor is None
        for x, y in loop.loader[:3]:
            loop.step(x, y)
            rec.batch(1.0, None, y)
        until(lambda: rec.doctor is not None and bool(rec.doctor.wrong))
        valid(loop, rec)
        rec.close()
    (only,) = (each for each in warned if each.category is RecordingWarning)
    assert "rec = hnviz.record(" in linecache.getline(only.filename, only.lineno)
    (found,) = report_of(rec).findings
    assert found.line in repr(rec) and rec.folder is not None
    told = read_recorded(rec.folder)
    assert told is not None and told.doctor == (found.line,)


def test_a_state_that_is_never_detached_is_said_before_torch_raises(tmp_path: Path) -> None:
    loop = plain(NeverDetached())
    rec = hnviz.record(loop.model, optimizer=loop.optimizer, runs_dir=tmp_path)
    with pytest.warns(RecordingWarning, match="was not detached"):
        loop.step(*loop.loader[0])
        rec.batch(1.0)
        loop.model(loop.loader[1][0])
        until(lambda: rec.doctor is not None and bool(rec.doctor.wrong))
    rec.close()


def until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


# Valid


SIZES: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "alike": (lambda: laid_out("valid")[:3], ()),
    "unequal": (
        lambda: [*laid_out("valid")[:2], *laid_out("valid", bptt=3)[:1]],
        ("unequal-batches",),
    ),
    "small": (lambda: laid_out("valid", bptt=3)[:1], ("small-valid",)),
    "as large": (lambda: laid_out("valid")[:1], ()),
}


@pytest.mark.parametrize("case", SIZES)
def test_the_first_pass_over_valid_is_looked_at(case: str, tmp_path: Path) -> None:
    made, choices = SIZES[case]
    loop = plain(Gru())
    rec = hnviz.record(loop.model, optimizer=loop.optimizer, runs_dir=tmp_path)
    for x, y in loop.loader[:4]:
        loop.step(x, y)
        rec.batch(1.0, None, y)
        said(loop.model)
    valid(loop, rec, made())
    assert hooks_of(loop.model) == 0
    valid(loop, rec, laid_out("valid", bptt=2)[:1])
    rec.close()
    assert report_of(rec).choices == choices


def said(model: nn.Module) -> None:
    """Let a network say a word, from one row, in the middle of an epoch."""
    assert isinstance(model, Gru)
    kept, model.h = model.h, None
    with torch.no_grad():
        model.eval()(torch.tensor([[3, 4]]))
    model.train().h = kept  # type: ignore[assignment]


def hooks_of(model: nn.Module) -> int:
    """Count the hooks that are set at a model and its parts."""
    each = (item for module in model.modules() for item in vars(module).items())
    return sum(len(hooks) for name, hooks in each if name.endswith(("forward_hooks", "pre_hooks")))


def watch_of(model: nn.Module) -> "weakref.ref[LoopWatch]":
    """Find what watches a loop: a hook of a weight, too, would hold it."""
    each = (each for each in gc.get_objects() if isinstance(each, LoopWatch))
    (found,) = (weakref.ref(each) for each in each if each.watches(model))
    return found


def is_gone(ref: "weakref.ref[Any]") -> bool:
    gc.collect()
    return ref() is None


# The loop does not notice


def state_of(loop: Loop) -> list[bytes]:
    """Copy the weights, the optimizer's figures and the random generator, as bytes."""
    tensors = [*loop.model.state_dict().values(), torch.get_rng_state()]
    tensors += [each for one in loop.optimizer.state.values() for each in one.values()]
    return [each.numpy().tobytes() for each in tensors]


@pytest.mark.parametrize("watch", [True, False])
def test_a_watched_loop_ends_with_the_same_bits(watch: bool, tmp_path: Path) -> None:
    ends = []
    for recorded in (False, True):
        torch.manual_seed(4)
        model = nn.Sequential(loops.LMModel6(n_words(), NH, 2), nn.Dropout(0.3))
        with_rows(model[0])
        loop = plain(model)
        torch.manual_seed(5)
        with record(loop, tmp_path, watch=watch) if recorded else nullcontext() as rec:
            for x, y in loop.loader[:5]:
                loop.step(x, y)
                if rec is not None:
                    rec.batch(1.0, None, y)
        ends.append(state_of(loop))
    assert ends[0] == ends[1]


def record(loop: Loop, folder: Path, **options: Any) -> Recorder:
    return hnviz.record(loop.model, optimizer=loop.optimizer, runs_dir=folder, **options)


def test_the_doctor_can_be_left_out(tmp_path: Path) -> None:
    loop = without_zeroing()
    rec = recorded_loop(loop, tmp_path, watch=False)
    assert rec.doctor is None


@pytest.mark.parametrize("is_slow", [False, True])  # the first report is made before the pass
def test_hooks_are_gone_after_three_steps_and_a_pass(is_slow: bool, tmp_path: Path) -> None:
    loop = plain(Gru())
    rec = record(loop, tmp_path)
    watch = watch_of(loop.model)
    for at, (x, y) in enumerate(loop.loader[:5]):
        assert hooks_of(loop.model) == (2 if at < 3 else 1)  # one waits for valid
        loop.step(x, y)
        rec.batch(1.0, None, y)
    if is_slow:
        until(lambda: rec.doctor is not None)
    valid(loop, rec)
    assert hooks_of(loop.model) == 0
    until(lambda: is_gone(watch))
    rec.close()


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_nothing_of_the_loop_is_held(steps: int, tmp_path: Path) -> None:
    loop = plain(Gru())
    rec = record(loop, tmp_path)
    for x, y in loop.loader[:steps]:
        loop.step(x, y)
        rec.batch(1.0, None, y)
    model, watch = weakref.ref(loop.model), watch_of(loop.model)
    rec.close()
    del loop
    assert is_gone(model) and is_gone(watch)
    assert steps == 0 or report_of(rec).wrong == ()


def test_steps_are_dropped_before_valid(tmp_path: Path) -> None:
    loop = plain(Gru())
    rec = record(loop, tmp_path)
    watch = watch_of(loop.model)()
    assert watch is not None
    for at, (x, y) in enumerate(loop.loader[:3]):
        assert len(watch.steps) == at
        loop.step(x, y)
        rec.batch(1.0, None, y)
    until(lambda: rec.doctor is not None and not watch.steps)
    rec.close()


def saved(model: nn.Module) -> nn.Module:
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    found: nn.Module = torch.load(file, weights_only=False)
    return found


COPIES: dict[str, Callable[[nn.Module], nn.Module]] = {
    "copied": copy.deepcopy,
    "pickled": lambda model: pickle.loads(pickle.dumps(model)),
    "saved": saved,
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_of_a_watched_model_is_not_watched(way: str, tmp_path: Path) -> None:
    loop = plain(Gru())
    rec = record(loop, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for at, (x, y) in enumerate(loop.loader[:4]):
            loop.step(x, y)
            other = COPIES[way](loop.model)
            cross_entropy(other(x), x).backward()  # in no step of the loop
            assert set(other.state_dict()) == set(loop.model.state_dict())
            rec.batch(1.0, None, y)
            assert at > 2 or hooks_of(loop.model) == (2 if at < 2 else 1)
    rec.close()
    assert report_of(rec).findings == ()


THERE = """
import sys, torch
model = torch.load(sys.argv[1], weights_only=False)
print(tuple(model(torch.tensor([[1, 2]] * 8)).shape))
"""


def test_a_pickle_of_a_watched_model_works_in_another_process(tmp_path: Path) -> None:
    loop = plain(Gru())
    rec = record(loop, tmp_path)
    loop.step(*loop.loader[0])
    torch.save(loop.model, tmp_path / "model.pt")
    rec.close()
    ran = subprocess.run(
        [sys.executable, "-c", THERE, str(tmp_path / "model.pt")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert ran.stdout == f"(8, 2, {n_words()})\n"


@pytest.mark.parametrize("first", [True, False], ids=["compiled first", "recorded first"])
@pytest.mark.parametrize("inside", [True, False], ids=["in place", "wrapped"])
def test_a_compiled_model_trains_as_before(first: bool, inside: bool, tmp_path: Path) -> None:
    """Without a break of the program; a wrapped one is watched from outside."""
    model, options = with_rows(loops.Model3()), {"backend": "eager", "fullgraph": True}
    torch.compiler.reset()

    def compiled() -> nn.Module:
        if inside:
            model.compile(**options)
        return model if inside else torch.compile(model, **options)  # type: ignore[return-value,call-overload,no-any-return]

    called = compiled() if first else model
    with hnviz.record(
        called, optimizer=torch.optim.Adam(model.parameters()), runs_dir=tmp_path
    ) as rec:
        loop = plain(called if first else compiled())
        for x, y in loop.loader[:5]:
            loop.step(x, y)
            rec.batch(1.0, None, y)
        valid(loop, rec)
    report = report_of(rec)
    assert report.wrong == ()
    assert report.unknown == (() if first and not inside else ("no-call",))


def test_a_model_that_raises_is_watched_on(tmp_path: Path) -> None:
    loop = plain(Gru())
    rec = record(loop, tmp_path)
    for x, y in loop.loader[:4]:
        with pytest.raises(RuntimeError):
            loop.model(x.float())
        loop.step(x, y)
        rec.batch(1.0, None, y)
    rec.close()
    assert (report_of(rec).wrong, report_of(rec).unknown) == ((), ())


def test_large_answers_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hnviz.doctor.recorded.MOST_NUMBERS", 2_000)
    report = report_of(recorded_loop(without_zeroing(), tmp_path))
    assert (report.wrong, report.unknown) == (("not-zeroed",), ("too-large",))


def test_a_loop_that_shows_nothing_is_not_judged(tmp_path: Path) -> None:
    rec = hnviz.record(Gru(), runs_dir=tmp_path)
    for _ in range(4):
        rec.batch(1.0)
    rec.close()
    assert report_of(rec).unknown == ("no-call",)
