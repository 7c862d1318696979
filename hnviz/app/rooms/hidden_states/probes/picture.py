"""What the whole state shows, and the same for every pre-trained model."""

from hnviz.app.kit.drawn import MODE, drawn, html, look_of
from hnviz.app.kit.picture import Example, Place, ask
from hnviz.app.kit.tabled import Tabled
from hnviz.app.rooms.hidden_states.units.picture import LAYER, layer_of
from hnviz.app.shell.server import server
from hnviz.figures import code_text
from hnviz.figures.code_text import Probes
from hnviz.figures.probes import erased_lines, probe_lines, probe_table, table_sentence
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

POSITIONS = Param(tuple(code_text.POSITIONS), "due")


def _probes(look: Look) -> Reply:
    """Draw a line for each label: how often a probe reads it right, trained and untrained."""
    layer, positions = layer_of(look), look.params["positions"]
    params = {"layer": layer, "positions": positions}
    record = look.run.record
    found: Probes = look.ask("probe", params).meta
    twin: Probes | None = None
    if look.step and 0 in record.snapshots:
        twin = look.ask("probe", params, step=0).meta
    many = entry(record.config.model).n_layers > 1
    name = f"layer {layer}" if many else "the one layer"
    whose = f"{name} of {record.config.called}"
    sentence = code_text.probe_sentence(whose, look.step, found, twin, positions)
    lines = probe_lines(found, twin, sentence.replace("**", ""), look_of(look))
    note = code_text.probe_note(name, positions, found)
    return html(lines, sentence, note, tables=[_table(found, twin)])


def _all_probes(look: Look) -> Reply:
    """Tabulate what a probe reads from the last layer of every pre-trained model."""
    found: dict[str, tuple[Probes, Probes]] = {}
    known = server().store.ids()
    for model in (name for name in CATALOGUE if name in known):  # a user's own has no such run
        params = {"layer": CATALOGUE[model].n_layers - 1, "positions": look.params["positions"]}
        trained = look.ask("probe", params, step="last", run=model).meta
        found[model] = (trained, look.ask("probe", params, step=0, run=model).meta)
    where = code_text.POSITIONS[look.params["positions"]]
    note = "Bold: the last layer of the last snapshot; grey: untrained."
    tables = [_table(trained, untrained, model) for model, (trained, untrained) in found.items()]
    return html(
        probe_table(found, look_of(look)), table_sentence(found, where), note, tables=tables
    )


def _erased(look: Look) -> Reply:
    """Draw a line for each digit: how often it is kept once all that a probe reads is erased."""
    layer, model = layer_of(look), look.run.record.config.model
    answer = look.ask("erased", {"layer": layer}).meta
    found, n = answer["digits"], answer["n"]
    many = entry(model).n_layers > 1
    whose = f"{f'layer {layer} of ' if many else ''}{model}"
    sentence = code_text.erased_sentence(whose, found, n)
    lines = erased_lines(found, n, sentence.replace("**", ""), look_of(look))
    heads = ("digit", "read", "read once erased", "kept", "at random", "least", "most")
    names = ("reads", "reads_erased", "kept", "random", "least", "most")
    rows = [[digit, *(each[name] for name in names)] for digit, each in found.items()]
    table = Tabled(f"After how many of {n} prompts a digit is read and kept", heads, rows)
    return html(lines, sentence, code_text.ERASED_NOTE, tables=[table])


def _table(found: Probes, twin: Probes | None, model: str = "the state") -> Tabled:
    """Tabulate what a probe reads right of each label."""
    return Tabled(
        f"What a linear probe reads from {model}",
        ["label", "right|share", "untrained|share", "with shuffled labels|share"],
        [
            [name, each["right"], twin[name]["right"] if twin else None, each["chance"]]
            for name, each in found.items()
        ],
    )


PROBES_VIEW = View(
    "probes", {"layer": LAYER, "positions": POSITIONS, "mode": MODE}, _probes, slow=True
)
ALL_PROBES_VIEW = View("all_probes", {"positions": POSITIONS, "mode": MODE}, _all_probes, slow=True)
ERASED_VIEW = View("erased_digits", {"layer": LAYER, "mode": MODE}, _erased, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(PROBES_VIEW, at="rest")]),
}

PROBES = drawn(
    __file__,
    Place("states_probes", "455px", "551px"),
    PROBES_VIEW,
    ALL_PROBES_VIEW,
    ERASED_VIEW,
    examples=EXAMPLES,
)
