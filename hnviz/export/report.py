"""A report on one or several runs: one HTML file without a script, to read and to print."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hnviz import __version__
from hnviz.app.run import text as run_text
from hnviz.app.run.names import shown_name
from hnviz.config import RunConfig
from hnviz.export import ExportError
from hnviz.export import report_parts as parts
from hnviz.export.html import plain_page
from hnviz.export.report_parts import run_charts, together_charts
from hnviz.figures.offers import without_notebook
from hnviz.figures.sentences import plural
from hnviz.runs import RunFolder, RunRecord, RunStore, notebook_table
from hnviz.runs.folder import read_label

PROVED = (run_text.remember, run_text.ruler, run_text.best_loss)
"""What a report says about a run's memory."""

MAX_RUNS = 24
"""The most runs that colours and dashes can distinguish."""


@dataclass(frozen=True)
class Reported:
    """One run of a report."""

    name: str
    folder: RunFolder
    record: RunRecord

    @property
    def config(self) -> RunConfig:
        """Its settings."""
        return self.record.config


def report(store: RunStore, ids: Sequence[str]) -> bytes:
    """Return a report on some runs.

    Raises RunNotFound, DamagedRun, or ExportError, each with one sentence.
    """
    wanted = list(dict.fromkeys(ids))
    if not 0 < len(wanted) <= MAX_RUNS:
        raise ExportError(f"a report takes 1 to {MAX_RUNS} runs; got {len(wanted):,}: take fewer")
    runs = _named([_read(store, run_id) for run_id in wanted])
    names = [run.name for run in runs]
    title = names[0] if len(runs) == 1 else f"{len(runs)} runs compared"
    sections = _of_one(runs[0]) if len(runs) == 1 else _of_several(runs)
    note = f"Made with hnviz {__version__}. This page is one file and needs no network."
    body = Markup("\n").join([*sections, Markup("<footer><p>{}</p></footer>").format(note)])
    return plain_page(f"Report: {title}", body, style=parts.STYLE, colours=parts.colours)


def _read(store: RunStore, run_id: str) -> Reported:
    folder = store.folder(run_id)
    record = folder.read()
    if not record.epochs:
        raise ExportError(
            f"the run {run_id} has no finished epoch, so there is nothing to report: choose "
            "another run, or let this one train longer"
        )
    given = "" if folder.shipped else read_label(folder.path).name
    return Reported(shown_name(record.config, given, folder.shipped), folder, record)


def _named(runs: Sequence[Reported]) -> list[Reported]:
    """Number equal names."""
    count = Counter(run.name for run in runs)
    seen: Counter[str] = Counter()
    named = []
    for run in runs:
        seen[run.name] += 1
        again = f" ({seen[run.name]})" if count[run.name] > 1 else ""
        named.append(Reported(f"{run.name}{again}", run.folder, run.record))
    return named


def _of_one(run: Reported) -> Iterator[Markup]:
    record, config = run.record, run.config
    bounds = parts.bounds_of(config)
    yield parts.lead(run_text.figures(record), *_when(run))
    if not without_notebook(config):
        yield parts.prose(run_text.against_notebook(record, notebook_table(config.model)))
    yield parts.heading("Loss and accuracy by training step")
    yield from run_charts(record, bounds)
    yield parts.heading("Accuracy by kind of token")
    yield parts.kinds_of_one(record)
    yield parts.heading("What it remembers")
    yield parts.prose(*(said(record, bounds) for said in PROVED))
    yield parts.bounds_table(bounds)
    yield parts.heading("Epoch by epoch")
    yield parts.epochs(record)
    yield parts.heading("Settings")
    yield parts.settings_of_one(config)
    n_steps = record.started.n_steps if record.started else record.step
    yield parts.prose(run_text.schedule(record, n_steps))
    yield parts.heading("Train it again")
    yield parts.commands([(run.name, config)], run.folder.versions)


def _of_several(runs: Sequence[Reported]) -> Iterator[Markup]:
    records = {run.name: run.record for run in runs}
    yield parts.lead(parts.headline(records), *parts.bits_notes(records))
    yield parts.heading("How each run ended")
    yield parts.ends(records)
    yield parts.heading("Settings that differ")
    yield parts.settings_of_several({run.name: run.config for run in runs})
    yield parts.heading("Accuracy and loss by training step")
    yield from together_charts(records)
    yield parts.heading("Accuracy by kind of token, on valid")
    yield parts.kinds_of_several(records)
    yield parts.heading("What each remembers")
    yield parts.remembered(records)
    yield parts.heading("Train them again")
    yield parts.commands([(run.name, run.config) for run in runs], runs[0].folder.versions)


def _when(run: Reported) -> list[str]:
    """Say when a run was made, on what, and how it ended."""
    record = run.record
    said = [f"Run {run.folder.id}: {run_text.steps(record)}, {record.status}"]
    if run.folder.shipped:
        said.append("pre-trained, it comes with hnviz")
    else:
        said.append(f"started {parts.day(run.folder.created)}")
    if record.started is not None:
        weights = plural(record.started.n_weights, "number")
        said.append(f"{run_text.where(record.started.device)}, {weights} to learn")
    seconds = sum(epoch.seconds for epoch in record.epochs)
    said.append(f"{seconds:.1f} s for {plural(len(record.epochs), 'epoch')}")
    return ["; ".join(said) + "."]
