"""``hnviz.check``: looks at a training loop of one's own, and puts everything back."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from torch import nn

from hnviz.doctor import seen
from hnviz.doctor import valid as of_valid
from hnviz.doctor.alignment import ALL, FEW, go_on
from hnviz.doctor.batch import Batch, first
from hnviz.doctor.dependence import Influence, influence
from hnviz.doctor.kind import LoopKind, embeddings, kind_of, means, not_looked_at
from hnviz.doctor.recorded import STEPS, at_random
from hnviz.doctor.report import Finding, Report, choice, unknown, wrong
from hnviz.doctor.snapshot import Snapshot
from hnviz.doctor.trials import Act, Form, Loop, Trials
from hnviz.doctor.valid import Valid
from hnviz.doctor.watch import Watch
from hnviz.given import UnreadableError, check_options, in_one_line, kind, said


class Options(TypedDict, total=False):
    """What `check` can be given besides."""

    loss: Callable[..., Any] | None
    """The function of the answers and y that the step calls."""
    valid: Any
    """The loader of valid; or a pair, the loader and a function that reads one mini-batch."""
    carries: bool | None
    """Whether the state is meant to go on from mini-batch to mini-batch."""
    resets: Act | None
    """What the loop calls, without arguments, before each pass over train and over valid."""


@in_one_line
def check(
    step: Callable[..., Any],
    loader: Iterable[Any],
    model: nn.Module,
    optimizer: object = None,
    **options: Unpack[Options],
) -> Report:
    """Look at a training loop, and say what is wrong, what is a choice, and what cannot be seen.

    `step` trains on one mini-batch, as the loop does: it is called as ``step(x, y)``, or with what
    the loader gives if that has other parts, and runs forward, backward and the update. `loader`
    gives the mini-batches of a pass over train. Models, optimizers, statistics, generators and
    whatever else a step can reach are put back bit for bit. What fails is said in the report; only
    an unknown option raises TypeError.
    """
    check_options("check", options, Options.__annotations__)
    if not isinstance(model, nn.Module):
        no_module = unknown("no-module", f"{NO_MODULE}; got {kind(model)}", "model")
        return Report.of([no_module], checked=False)
    roots = (step, model, optimizer, options.get("valid"), options.get("resets"), loader)
    watch = Watch(model, optimizer)
    snapshot = Snapshot(*roots)
    found = list[Finding]()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for finding in _findings(Loop(step, watch, snapshot), loader, options):
                found.append(finding)
    except UnreadableError as error:
        found.append(unknown("unreadable", str(error), error.place))
    except Exception as error:  # whatever a loop does
        found.append(unknown("not-all", f"The check stopped at an error: {said(error)}"))
    finally:
        snapshot.restore()
        watch.close()
    return Report.of(found, watch.checked)


@dataclass(frozen=True)
class Watched:
    """What the watched steps say about the loop, for the trials."""

    batches: list[Batch]
    form: Form
    answers: seen.Answers | None
    kind: LoopKind
    only_ids: bool  # the model is called with the ids, and with no state


def _findings(loop: Loop, loader: Iterable[Any], options: Options) -> Iterator[Finding]:
    for each in loop.watch.optimizers:
        if not callable(getattr(each, "step", None)):
            wanted = "the argument optimizer must be a torch.optim.Optimizer, or a list of them"
            raise UnreadableError(f"{wanted}; got {kind(each)}", "optimizer")
    batches = first(loader, STEPS + 1)
    if not batches:
        raise UnreadableError("the loader gives no mini-batch: it is empty", "loader")
    failed = _run(loop, batches[:STEPS])
    steps = loop.watch.steps
    loop.watch.checked = any(call.grads for step in steps for call in step.calls)
    yield from seen.of_watch(loop.watch, batches)
    if failed and not any(step.reaches_back for step in steps):
        yield failed
    watched = _watched(loop.watch, batches)
    if (loss := options.get("loss")) and watched.answers:
        yield from seen.of_loss(loss, watched.answers, batches[0].y)
    if not any(step.calls for step in steps):
        return
    if seen.has_batch_norm(loop.watch.model):
        yield seen.batch_norm()
    trials = Trials(loop, watched.form)
    found = influence(trials, batches, watched.kind)
    loop.watch.checked |= found.made
    yield from found.findings
    yield from _rows(found, batches, watched.kind, options.get("carries"))
    yield from not_looked_at(watched.kind)
    yield from _valid(trials, loader, watched, options)


def _run(loop: Loop, batches: list[Batch]) -> Finding | None:
    """Train on some mini-batches; return what was raised."""
    loop.watch.model.train()
    for batch in batches:
        try:
            loop.run(batch)
        except Exception as error:
            return unknown("raised", f"The step raised {said(error)}", _place_of(error))
        finally:
            loop.watch.step()
    return None


def _watched(watch: Watch, batches: list[Batch]) -> Watched:
    step = watch.steps[0]
    answers = seen.answers_of(step, batches[0])
    of_loop = kind_of(answers, batches, embeddings(watch.model))
    output, dim = (answers.output, answers.want.dim) if answers else (0, -1)
    return Watched(
        batches,
        Form(output, dim, of_loop.data.time),
        answers,
        of_loop,
        all(call.module == id(watch.model) and call.only_ids for call in step.calls),
    )


def _rows(
    found: Influence, batches: list[Batch], of_loop: LoopKind, carries: bool | None
) -> Iterator[Finding]:
    """Compare whether rows go on with whether the state does."""
    going = go_on(batches, of_loop.data) if means("rows-at-random", of_loop) else None
    if carries is not None and found.carried is not None and carries != found.carried:
        state = "is not carried" if carries else "is carried"
        yield wrong(
            "not-as-meant",
            f"The state {state} from mini-batch to mini-batch, but carries={carries} was given.",
            "step",
            "reach",
        )
    if found.carried and going is not None and going < FEW:
        yield at_random(going)
    elif found.carried is False and found.remembers and going is not None and going >= ALL:
        yield choice(
            "reset-each-batch",
            "The state starts from zeros in each mini-batch although the rows go on.",
            "step",
            "reach",
        )


def _valid(
    trials: Trials, loader: Iterable[Any], watched: Watched, options: Options
) -> Iterator[Finding]:
    how, time, batches = Valid.of(options.get("valid")), watched.form.time, watched.batches
    if how is None:
        yield unknown("no-valid", NO_VALID, "valid")
        return
    yield from of_valid.of_loaders(loader, how.loader)
    read = of_valid.read(how.loader, "valid")
    sizes = [batch.x.numel() for batch in read]
    ids = read[0].x if read else None
    yield from of_valid.of_sizes(sizes, ids, batches[0].x.numel(), time)
    train = of_valid.read(loader)
    if means("own-vocabulary", watched.kind):
        yield from of_valid.of_ids(train, read, time, watched.kind)
    if read and len(batches) > 1 and not of_valid.outside(read, watched.kind):
        loop = (trials, watched.only_ids)
        yield from of_valid.of_state(loop, batches, read[0], how, options.get("resets"))


NO_MODULE = (
    "The arguments of hnviz.check are step, loader, model and optimizer, in this order, and the "
    "model is a torch.nn.Module"
)
NO_VALID = "No valid was given, so its size, its numbering and the state after it were not seen."


def _place_of(error: BaseException) -> str:
    """Name the line that raised."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "hnviz/doctor" not in file and "/torch/" not in file:
            place = f"{file.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
