"""Every figure that a lesson says, against the pre-trained runs, the text and the tables."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from hnviz.app.machine.picture import SAYS
from hnviz.app.machine.view import READING_VIEW
from hnviz.app.pictures import VIEWS
from hnviz.app.shell.server import server
from hnviz.bench.claims import Tried
from hnviz.bench.tables import read_rows
from hnviz.config import RunConfig
from hnviz.data import BatchLayout, human_numbers_stream, split_text, stream_of
from hnviz.data.corpora import BUILT_IN
from hnviz.data.corpora.base import Choice
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.data.stream import SPLITS
from hnviz.events import EpochEnd
from hnviz.figures.sentences import own_tokens
from hnviz.layout import ShuffledLayout
from hnviz.lessons import Guess, lessons
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe.surgery import N_PROMPTS
from hnviz.runs import five_seeds_table, lr_table, notebook_table, one_recipe_table
from hnviz.runs.ruler import layout_bounds, own_answers, random_bound, run_bounds, text_bounds
from hnviz.schedule import one_cycle
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")

BY_NAME = {view.name: view for view in VIEWS}
STREAM = human_numbers_stream()
LAYOUT = BatchLayout(len(STREAM.valid), 64, 70)
FRENCH = RunConfig.for_model("Model5", corpus="numbers-fr")
CLAIMS = files("hnviz.runs") / "data" / "claims.csv"
PLAIN = ("0", "1", "2", "3")  # as a count: "Model3", "Row 1", "layer 0"


@cache
def said(view: str, run: str = "Model5", step: int | str = "last", **params: Any) -> str:
    """The sentence of a picture, without its marks."""
    sentence = shown(BY_NAME[view], run, step, **params).sentence
    return sentence.replace("**", "").replace("\N{NO-BREAK SPACE}", " ")


def found(pattern: str, sentence: str) -> float:
    match = re.search(pattern, sentence)
    assert match, f"{pattern!r} is not in {sentence!r}"
    return float(match[1].replace(",", ""))


def written(sentence: str, *patterns: str) -> set[str]:
    """The figures as the sentence writes them."""
    matches = [(pattern, re.search(pattern, sentence)) for pattern in patterns]
    lacking = [pattern for pattern, match in matches if match is None]
    assert not lacking, f"{lacking} not in {sentence!r}"
    return {match[1] for _, match in matches if match}


def last(run: str) -> EpochEnd:
    return server().store.record(run).epochs[-1]


def config_of(run: str) -> RunConfig:
    return server().store.record(run).config


def on_train(run: str) -> float:
    """Percent right on train with the last weights."""
    return 100 * server().store.record(run).accuracies.train


def bounds(split: str) -> list[float]:
    return [100 * bound.accuracy for bound in text_bounds(split_text(split))]


def rates(model: str) -> dict[float, Any]:
    table = lr_table()
    return {row.lr: row for row in table[table["model"] == model].itertuples()}


def plan() -> Any:
    recipe = CATALOGUE["Model5"].recipe
    return one_cycle(400, recipe.lr, recipe.pct_start)


def given_way(**change: Any) -> str:
    """What the network continues with after a change of its state."""
    sentence = said("change_state", text="4316 to 4318", **change)
    match = re.search(r"(?:It now continues|Now) “(.+?)”", sentence)
    return match[1] if match else sentence


def shares_of_kinds() -> dict[str, float]:
    return {kind: 100 * each.right / each.n for kind, each in last("Model5").valid_kinds.items()}


def swap(**layer: int) -> str:
    return given_way(how="another state", other="5038 to 5040", **layer)


def says_after(text: str) -> str:
    """The number that the machine says next, after a comma."""
    found = shown(READING_VIEW, text=text, n=SAYS)
    said = found.arrays["ids"][found.meta["given"] :].tolist()
    comma, number, *_ = " ".join(found.meta["words"][str(each)] for each in said).split(" , ")
    return number.strip() if comma in (",", "") else comma.removeprefix(", ")


def differing_words() -> float:
    sentence = said("change_state", text="4316 to 4318", how="zero units", units="0 to 31", layer=0)
    return found(r"(\d+) of 40 words differ", sentence)


def mean_valid(model: str, recipe: str) -> float:
    """Over ten seeds, on valid."""
    table = one_recipe_table("Model3")
    return 100 * float(table[(table.model == model) & (table.recipe == recipe)].valid.mean())


def at(words: str) -> Callable[[Guess], int]:
    """The place of the answer that begins with these words."""
    return lambda guess: [each.startswith(words) for each in guess.answers].index(True)


def reached_by_the_first_word() -> float:
    """The words that the last word's loss reaches, less those after the first."""
    norms = shown(BY_NAME["lanes"], "Model5", first=5, every=False).arrays["detach"]
    return np.count_nonzero(norms) - (CATALOGUE["Model5"].recipe.bptt - 1)


TRUTHS: dict[tuple[str, int], Callable[[Guess], float | Sequence[float]]] = {
    ("text-into-batches", 1): lambda guess: guess.answers.index("thousand"),
    ("text-into-batches", 3): lambda guess: LAYOUT.n_batches,
    ("text-into-batches", 4): lambda guess: row_that_goes_on(guess),
    ("text-into-batches", 5): lambda guess: going_on(ShuffledLayout(LAYOUT.n_tokens, 64, 70)),
    ("text-into-batches", 6): lambda guess: guess.answers.index("thousand") + 1,
    ("a-loop-is-an-rnn", 2): lambda guess: (
        0
        if found(
            r"largest difference is ([\d.]+)\.", said("models_in_step", "Model1", batch="first")
        )
        == 0
        else 1
    ),
    ("a-loop-is-an-rnn", 4): lambda guess: guess.answers.index(
        f"{CATALOGUE['Model2'].n_weights(len(STREAM.vocab), 64):,}"
    ),
    ("a-loop-is-an-rnn", 5): lambda guess: found(
        r"([\d,]+) of 1,280 answers differ", said("models_in_step", "Model3", batch="second")
    ),
    ("a-loop-is-an-rnn", 6): lambda guess: [
        each.startswith(f"{CATALOGUE['Model3'].n_weights(len(STREAM.vocab), 64):,}")
        for each in guess.answers
    ].index(True),
    ("what-the-state-remembers", 1): lambda guess: (
        at("The tens digit")(guess)
        if "tens digit explains 85 % of how unit 11" in unit_rows()
        else -1
    ),
    ("what-the-state-remembers", 3): lambda guess: found(
        r"word's position explains (\d+) %", unit_rows(0)
    ),
    ("what-the-state-remembers", 4): lambda guess: 100 * probed_tens(0),
    ("what-the-state-remembers", 5): lambda guess: erased()["tens"]["kept"],
    ("what-the-state-remembers", 8): lambda guess: (
        1 if "less than from zeros" in said("train_to_valid") else 0
    ),
    ("what-the-state-remembers", 9): lambda guess: (
        at("Its state")(guess) if from_zeros()[0][0] + 0.6 < from_zeros()[0][-1] else -1
    ),
    ("what-the-state-remembers", 10): lambda guess: guess.answers.index(
        f"{100 * reset_ends('Model5')[1]:.1f} %"
    ),
    ("why-truncate", 2): lambda guess: (
        0 if "Detach ends the gradient" in said("lanes", first=5, every=False) else 1
    ),
    ("why-truncate", 3): lambda guess: reached_by_the_first_word(),
    ("why-truncate", 4): lambda guess: (
        3 if found(r"1 in (\d+) billion", said("lanes", step=0, first=5, every=False)) > 1 else 2
    ),
    ("why-truncate", 6): lambda guess: (
        at("Model2, which starts every mini-batch from zeros")(guess)
        if stops() == ["Model2"]
        else -1
    ),
    ("learning-rate", 1): lambda guess: [1000 * plan().lr[int(step)] for step in guess.answers],
    ("learning-rate", 2): lambda guess: (
        at("Long steps in an old")(guess)
        if plan().momentum[0] == 0.95 and abs(plan().momentum[120] - 0.85) < 1e-9
        else -1
    ),
    ("learning-rate", 3): lambda guess: rates("Model5")[1e-5].train_loss,
    ("learning-rate", 5): lambda guess: mean_valid("Model2", "Model3"),
    ("is-47-percent-bad", 2): lambda guess: bounds("valid")[:7],
    ("is-47-percent-bad", 4): lambda guess: (
        1 if run_bounds(config_of("Model0"), "valid")[2].most > 0.57 else 0
    ),
    ("is-47-percent-bad", 6): lambda guess: (
        1 if on_train("Model3") > 100 * run_bounds(config_of("Model3"), "train")[5].most else 0
    ),
    ("counting-past-8000", 2): lambda guess: [
        found(rf"([\d.]+) % {part}", said("counting_map", given=3)) for part in guess.answers
    ],
    ("counting-past-8000", 3): lambda guess: guess.answers.index(says_after("8316 to 8318")),
    ("counting-past-8000", 5): lambda guess: at(f"About {100 * last('Model5').accuracy:.0f} %")(
        guess
    ),
    ("counting-past-8000", 6): lambda guess: found(
        r"([\d.]+) % in the held-out blocks", said("counting_map", "Model5-blocks", given=3)
    ),
    ("change-the-state", 2): lambda guess: guess.answers.index(swap()),
    ("change-the-state", 3): lambda guess: guess.answers.index(swap(layer=1)),
    ("change-the-state", 5): lambda guess: differing_words(),
    ("change-the-state", 6): lambda guess: tried_here()[-1],
    ("seeds", 1): lambda guess: sum(
        each > last("LSTM").accuracy for each in seeds_of("Transformer")
    ),
    ("seeds", 2): lambda guess: 100 * (max(seeds_of("LSTM")) - min(seeds_of("LSTM"))),
    ("seeds", 3): lambda guess: guess.answers.index(
        re.sub(
            ".*how unit", "Unit", said("unit_rows", "Model5Reg", text="4367 to 4372", layer=0)
        ).partition(" varies")[0]
    ),
    ("regularisation", 1): lambda guess: (
        at("It rises")(guess) if losses("Model5")[-1] > losses("Model5")[4] + 0.05 else -1
    ),
    ("regularisation", 3): lambda guess: (
        at("Lower")(guess) if last("Model5Reg").accuracy < last("Model5").accuracy - 0.02 else -1
    ),
    ("regularisation", 4): lambda guess: found(
        r"([\d.]+) % from 8,001", said("counting_map", "Model5Reg", given=3)
    ),
    ("attention-or-state", 2): lambda guess: 100 * reset_ends("Transformer")[0],
    ("attention-or-state", 3): lambda guess: found(
        r"kept, ([\d.]+) % and", said("positions", split="valid")
    ),
    ("attention-or-state", 4): lambda guess: [
        found(rf"([\d.]+) % {part}", said("counting_map", "Transformer", given=3))
        for part in guess.answers
    ],
    ("own-text", 1): lambda guess: guess.answers.index(follower("quatre")),
    ("own-text", 2): lambda guess: 100 * french()[7].accuracy,
}
"""(lesson, step) -> what is true, computed."""


def going_on(layout: BatchLayout) -> int:
    """In how many rows mini-batch 1 goes on where mini-batch 0 ended."""
    after = (layout.row_starts(0) + layout.bptt) % layout.n_tokens
    return int((after == layout.row_starts(1)).sum())


def row_that_goes_on(guess: Guess) -> int:
    """The answer with the row whose end is followed by the beginning of row 1."""
    ends = (LAYOUT.row_starts(0) + LAYOUT.bptt) % LAYOUT.n_tokens
    (row,) = np.flatnonzero(ends == LAYOUT.row_starts(1)[1])
    return at(f"Those that row {row} has read")(guess)


@cache
def erased(layer: int = 1) -> dict[str, dict[str, float]]:
    """What the picture says of each digit that is erased."""
    rows = shown(BY_NAME["erased_digits"], layer=layer).meta["tables"][0]["rows"]
    names = ("reads", "reads_erased", "kept", "random", "least", "most")
    return {digit: dict(zip(names, each, strict=True)) for digit, *each in rows}


def from_zeros(run: str = "Model5") -> tuple[list[float], list[float]]:
    """Shares right from zeros: of each step of valid's first mini-batch, and of each mini-batch."""
    steps, batches = shown(BY_NAME["train_to_valid"], run).meta["tables"]
    return [row[2] for row in steps["rows"]], [row[2] for row in batches["rows"]]


def reset_ends(run: str) -> tuple[float, float]:
    """The share right at the first and at the last word of a window of valid, from zeros."""
    says = said("positions", run, split="valid")
    first, last = (r"right ([\d.]+) % of", r"and ([\d.]+) % at")
    return found(first, says) / 100, found(last, says) / 100


def seeds_of(model: str) -> list[float]:
    """The accuracies on valid of five runs of a model."""
    return five_seeds_table(model).valid.tolist()


def losses(run: str) -> list[float]:
    """The losses on valid after each epoch."""
    return [each.valid_loss for each in server().store.record(run).epochs]


@cache
def french() -> Any:
    """What the last tokens allow on the French train."""
    return text_bounds(split_text("train", FRENCH))


def follower(word: str) -> str:
    """The token that follows a French word most often in train."""
    stream = stream_of(FRENCH)
    after = np.flatnonzero(stream.train[:-1] == stream.vocab.stoi[word]) + 1
    return stream.vocab.itos[int(np.bincount(stream.train[after]).argmax())]


def of_seeds() -> set[str]:
    models = ("LSTM", "Transformer", "Model5Reg")
    spread = [100 * (max(seeds_of(each)) - min(seeds_of(each))) for each in models]
    train = [f"{100 * each:.1f}" for each in five_seeds_table("Model5Reg").train]
    claims = shown(
        BY_NAME["change_claims"], "LSTM", text="4316 to 4318", other="5038 to 5040"
    ).meta["holds"]["other number"]
    explains = said("unit_rows", "Model5Reg", text="4367 to 4372", layer=0)
    return {
        *(percent(100 * each) for model in models for each in seeds_of(model)),
        *map(percent, spread[:2]),
        *(train + [percent(100 * last(run).accuracy) for run in ("LSTM", "Transformer")]),
        *written(explains, r"explains (\d+) %", r"unit (\d+)"),
        *(str(claims), "11", "4,316", "4,318", "5,038", "5,040"),
    }


def of_regularisation() -> set[str]:
    five, reg = losses("Model5"), losses("Model5Reg")
    epochs = server().store.record("Model5").epochs
    right = [percent(100 * each.accuracy) for each in epochs[4:]]
    assert min(five) == five[3] and "80.4 %" in f"{100 * last('Model5Reg').accuracy:.1f} %"
    above = r"([\d.]+) % from"
    return {
        *(
            min(right),
            max(right),
            *(f"{each:.3f}" for each in (five[3], five[4], five[-1], reg[-1])),
        ),
        *(percent(100 * last(run).accuracy) for run in ("Model5", "Model5Reg")),
        *(percent(100 * each) for each in seeds_of("Model5Reg")),
        *written(said("counting_map", given=3), above),
        *written(said("counting_map", "Model5Reg", given=3), above),
        *("4", "5", "10", "7.0", "8,000", "8,001", "7,999"),
    }


def of_attention() -> set[str]:
    map_of, own = said("counting_map", "Transformer", given=3), said("counting_map", given=3)
    mistakes = shown(BY_NAME["counting_map"], "Transformer", given=3).meta["mistakes"]
    positions = said("positions", "Transformer", split="valid")
    lstm = said("lanes", "LSTM", first=5, every=False)
    window = shown(BY_NAME["look_back_map"], "Transformer", text="4311 to 4314").meta["window"]
    return {
        *written(map_of, r"([\d.]+) % up to", r"([\d.]+) % from"),
        *written(own, r"([\d.]+) % up to", r"([\d.]+) % from"),
        *written(mistakes, r"Of its ([\d,]+) mistakes", r"([\d,]+) start"),
        *written(
            positions, r"right ([\d.]+) % of", r"better than ([\d.]+) %", r"and ([\d.]+) % at"
        ),
        *written(
            said("positions", split="valid"),
            *(r"right ([\d.]+) % of", r"kept, ([\d.]+) %", r"better than ([\d.]+) %"),
        ),
        f"{CATALOGUE['Model5'].recipe.bptt}",
        *written(lstm, r"1 in (\d+) million", r"left (\d+) steps back"),
        *(percent(100 * end(seeds_of("Transformer"))) for end in (min, max)),
        *(f"{window}", f"{window - 1}", "7,999", "8,000", "8,001"),
    }


CATS = "the cat sat on the mat , the dog sat on the log , the cat saw the dog ."


def of_own_texts() -> set[str]:
    texts = {step.at.get("data_text") for step in lessons()["own-text"].steps}
    assert texts == {None, CATS}
    streams = [
        stream_of(Choice(own_corpus(CATS.encode(), Way(level=each)).id))
        for each in ("word", "char", "bpe")
    ]
    return {
        *(percent(100 * french()[k - 1].accuracy) for k in (8,)),
        *(f"{len(each.train)}" for each in streams),
        *(f"{len(streams[0].valid)}", f"{len(BUILT_IN)}", "98", "80", "99"),
    }


def unit_rows(step: int | str = "last") -> str:
    return said("unit_rows", "Model5", step, text="4367 to 4372", layer=0)


def probed_tens(step: int | str) -> float:
    """The share of tens digits that a probe reads right from the upper layer."""
    rows = shown(BY_NAME["probes"], "Model5", step, layer=1).meta["tables"][0]["rows"]
    return next(right for label, right, *_ in rows if label == "tens")


GUESSES = {
    (lesson.id, number): step.guess
    for lesson in lessons().values()
    for number, step in enumerate(lesson.steps, 1)
    if step.guess
}


def test_every_guess_has_its_truth_here():
    assert set(TRUTHS) == set(GUESSES)


@pytest.mark.parametrize(("lesson", "number"), GUESSES)
def test_the_truth_of_a_guess_is_what_the_runs_say(lesson, number):
    guess = GUESSES[lesson, number]
    computed = TRUTHS[lesson, number](guess)
    if guess.kind in ("choice", "square"):
        assert computed == guess.truth
    else:
        near = 0.005 * (guess.high - guess.low)  # nobody sees less on the slider
        assert guess.truth == pytest.approx(computed, abs=near)


def percent(value: float) -> str:
    return f"{value:.1f}"


def of_states() -> set[str]:
    for rule in ("zeros beat the state of train", "training makes a unit follow the tens digit"):
        assert holds(rule) == [1, 1, 1, 1, 1]
    layers = CATALOGUE["Model5"].n_layers
    later = shown(BY_NAME["train_to_valid"], "Model5").meta["note"]
    tens, numbers = erased()["tens"], ("reads", "kept", "random", "least", "most")
    return {
        *written(later, r"right ([\d.]+) % of the time", r"and ([\d.]+) to ", r" to ([\d.]+) % in"),
        *written(said("train_to_valid"), r"gets ([\d.]+) %", r"zeros, ([\d.]+) %"),
        *written(said("positions", split="valid"), r"right ([\d.]+) % of", r"and ([\d.]+) % at"),
        *written(said("positions", split="valid"), r"kept, [\d.]+ % and ([\d.]+) %"),
        *(f"{tens[name]:g}" for name in numbers),
        *written(unit_rows(), r"explains (\d+) % of how", r"untrained, (\d+) % at best"),
        *written(unit_rows(0), r"explains (\d+) %"),
        *(percent(100 * probed_tens(0)), f"{100 * probed_tens('last'):.0f}", "8"),
        *(str(layers * 64), "64", "20", "11", "100"),
    }


def of_gradients() -> set[str]:
    assert sum(holds("reaches further than Model5")) == 3
    return {
        *written(said("lanes", first=5, every=False), r"([\d.]+) % is", r"(\d+) steps back"),
        *written(said("lanes", step=0, first=5, every=False), r"1 in (\d+) billion"),
        *written(said("reach_of_all"), r"runs, (\d+) % of", r"gets (\d+) steps back"),
        *(str(reach("Model5")), "20"),
    }


def stops() -> list[str]:
    """The models of the last step of "Why truncate?" whose gradient ends in its mini-batch."""
    models = ("Model2", "Model4", "Model5")
    return [each for each in models if reach(each, "measured") < config_of(each).bptt]


def reach(model: str, what: str = "trained") -> int:
    """The farthest step back that gets 1 % of the nearest gradient, or that is measured."""
    networks = shown(BY_NAME["reach_of_all"]).meta["networks"]
    found: int = next(each[what] for each in networks if each["model"] == model)
    return found


def of_rates() -> set[str]:
    assert holds("the best rate is the last that works") == [1, 1, 1, 1, 1]
    tanh = rates("Model3Tanh")
    assert not any(np.isnan(row.train_loss) for row in tanh.values())
    assert max(tanh, key=lambda lr: tanh[lr].valid) == 3e-3
    two, three = CATALOGUE["Model2"].recipe, CATALOGUE["Model3"].recipe
    steps = [mean_valid(*each) for each in (("Model2",) * 2, ("Model2", "Model3"), ("Model3",) * 2)]
    peak = int(plan().lr.argmax())
    occur = len(np.unique(STREAM.train))  # tokens of the list
    assert three.epochs == 2 * two.epochs
    return {
        *("400", "1.0e-2", "10", "0.4", "25", f"{peak}", f"{100 * peak // 400}"),
        *(f"{100 * each.pct_start:.0f}" for each in (two, three)),
        *(f"{plan().momentum[0]:g}", f"{plan().momentum[120]:.2f}"),
        *(f"{rates('Model5')[lr].train_loss:.2f}" for lr in (1e-2, 1e-5)),
        *(f"{np.log(occur):.2f}", f"{occur}", f"{len(STREAM.vocab)}", "1.0e-5", "3.0e-2"),
        *("1.0e-1", "3.0e-3", "0.3"),
        *(percent(100 * rates("Model3")[0.03].valid), percent(100 * last("Model2").accuracy)),
        *map(percent, (*steps, steps[2] - steps[0], steps[1] - steps[0], steps[2] - steps[1])),
        f"{three.lr / two.lr:.0f}",
    }


def of_bounds() -> set[str]:
    valid, train = bounds("valid"), bounds("train")
    notebook = 100 * float(notebook_table("Model0")["accuracy"].iloc[-1])
    layout = BatchLayout(len(STREAM.valid), 64, 20)
    window = layout_bounds(split_text("valid"), layout)[0]
    own, config = 100 * last("Model0").accuracy, config_of("Model0")
    three = run_bounds(config, "valid")[2]
    six = [100 * run_bounds(config_of("Model3"), split)[5].most for split in SPLITS]
    n_first, first = layout.n_batches * layout.bs, 100 * float(window.accuracy[0])
    assert six[0] == 100 * run_bounds(config_of("Model5"), "train")[5].most
    return {
        *map(percent, (own, notebook, valid[2], train[5], 100 * three.accuracy)),
        *map(percent, (100 * three.most, 100 * random_bound(config, "valid", 3), *six)),
        percent(100 * random_bound(config_of("Model3"), "train", 6)),
        f"{100 * own / (100 * three.accuracy):.0f}",
        *map(percent, (on_train("Model3"), 100 * last("Model3").accuracy, first, valid[0])),
        percent(100 * at_random(n_first)),
        *(f"{n_first}", f"{len(own_answers(config, 'valid')):,}", "57", "7", "8,000"),
    }


def at_random(n: int) -> float:
    """What a table of one word, made for n random words of valid, gets right: a mean of 20."""
    ids = split_text("valid").ids
    pairs = list(zip(ids.tolist(), np.roll(ids, -1).tolist(), strict=True))
    found = []
    for seed in range(20):
        table: dict[int, Counter[int]] = defaultdict(Counter)
        for at in np.random.default_rng(seed).permutation(len(pairs))[:n]:
            table[pairs[at][0]][pairs[at][1]] += 1
        found.append(sum(max(each.values()) for each in table.values()) / n)
    return float(np.mean(found))


def first_word_share() -> float:
    """The share of its mistakes beyond 8,000 that start at the first word."""
    told = shown(BY_NAME["counting_map"], given=3).meta["mistakes"]
    return found(r"([\d,]+) start", told) / found(r"Of its ([\d,]+) mistakes", told)


def of_counting() -> set[str]:
    kind = "a mistake above 8,000"
    right = percents("a number above 8,000 is right")
    first, only = (
        percents(f"{kind} {how}") for how in ("starts at the first word", "is the first word only")
    )
    assert 100 * first_word_share() == pytest.approx(first[0])  # the pre-trained run
    kinds, blocks = shares_of_kinds(), said("counting_map", "Model5-blocks", given=3)
    inside = r"([\d.]+) % up to", r"([\d.]+) % from", r"There, (\d+) % of"
    return {
        *written(said("counting_map", given=3), *inside),
        *written(blocks, r"([\d.]+) % in the held-out"),
        f"{100 * first_word_share():.0f}",
        *(percent(kinds[kind]) for kind in ("comma", "tens", "ones")),
        percent(100 * last("Model5").accuracy),
        *(f"{end(right[1:]):.1f}" for end in (min, max)),
        *(f"{end(shares[1:]):.0f}" for shares in (first, only) for end in (min, max)),
        *("7,999", "8,000", "8,001", "9,999", "8,316", "8,317", "8,318", "8,319", "100", "20"),
    }


def tried_here() -> list[int]:
    """For how many of 100 prompts the claims of "Change the state" hold, about the run itself."""

    def found(claim: str, how: str = "another state", **change: Any) -> int:
        meta = shown(
            BY_NAME["change_claims"], "Model5", text="4316 to 4318", how=how, **change
        ).meta
        assert meta["claim"] == claim or claim == "other thousand"
        return meta["holds"][claim]

    swapped, zeros = {"other": "5038 to 5040"}, {"units": "0 to 31", "layer": 0}
    counts = [
        found("other thousand, own rest", layer=1, **swapped),
        found("other thousand", layer=1, **swapped),
        found("another number", layer=0, **swapped),
        found("same words", "zero units", **zeros),
        found("another number", "set one unit", units="2", layer=0, value=1.0, hold=True),
    ]
    table = [holds(f"layer 1 gives the thousand{more}")[0] for more in (", layer 0 the rest", "")]
    assert counts[:2] == table  # the table's seed 0 is the pre-trained run
    return counts


def holds(claim: str) -> list[int]:
    """How often a claim holds for each of five seeds."""
    rows = [row for row in read_rows(CLAIMS, Tried) if row.claim == claim]
    assert [row.seed for row in rows] == [0, 1, 2, 3, 4]
    return [row.holds for row in rows]


def percents(claim: str) -> list[float]:
    """In how many percent of cases a claim holds for each of five seeds."""
    rows = [row for row in read_rows(CLAIMS, Tried) if row.claim == claim]
    assert [row.seed for row in rows] == [0, 1, 2, 3, 4]
    return [100 * row.holds / row.n for row in rows]


def surprise_at(word: int, text: str) -> tuple[float, float]:
    """How likely Model5 holds “ninety” after a word, and the word that came."""
    read = shown(READING_VIEW, "Model5", text=text, n=SAYS)
    best, shares = read.arrays["best"][word], read.arrays["shares"][word]
    assert read.meta["words"][str(best[0])] == "ninety"
    return float(shares[0]), float(2.0 ** -read.arrays["surprise"][word + 1])


def of_changes() -> set[str]:
    expected, came = surprise_at(3, text="4316 to 4318")
    assert swap(layer=0) == "four thousand five"
    held = given_way(how="set one unit", units="2", value=1.0, layer=0, hold=True)
    assert held == "four thousand six hundred twenty two"
    zeros = holds("zeroing units 0 to 31 changes no word")
    set_one = holds("unit 2 held at 1 changes the number")
    return {
        *map(str, (N_PROMPTS, *tried_here())),
        *(str(end(each[1:])) for each in (zeros, set_one) for end in (min, max)),
        *(f"{100 * expected:.0f}", f"{100 * came:.1f}"),
        *("4,316", "4,317", "4,318", "5,038", "5,039", "5,040", "31", "40"),
    }


FIGURES: dict[str, Callable[[], set[str]]] = {
    "text-into-batches": lambda: {
        *(f"{len(STREAM.vocab)}", f"{LAYOUT.n_tokens:,}", "64", "63", "70", f"{64 * 70:,}"),
        *(f"{LAYOUT.n_slots:,}", f"{LAYOUT.n_repeated:,}", f"{LAYOUT.n_tokens / 4480:.1f}"),
        *("3,046", "7,999", "8,001", "9,999"),
    },
    "seeds": of_seeds,
    "regularisation": of_regularisation,
    "attention-or-state": of_attention,
    "own-text": of_own_texts,
    "a-loop-is-an-rnn": lambda: {
        *(f"{CATALOGUE['Model1'].n_weights(len(STREAM.vocab), 64):,}", "20", "0.0"),
        *(f"{64 * CATALOGUE['Model3'].recipe.bptt:,}", "602", "64"),
    },
    "what-the-state-remembers": of_states,
    "why-truncate": of_gradients,
    "learning-rate": of_rates,
    "is-47-percent-bad": of_bounds,
    "counting-past-8000": of_counting,
    "change-the-state": of_changes,
}
"""Lesson -> the figures that its sentences may hold, as they are written."""


@pytest.mark.parametrize("lesson", lessons())
def test_a_lessons_sentences_hold_no_other_figures(lesson):
    known = FIGURES[lesson]() | set(PLAIN)
    for step in lessons()[lesson].steps:
        guess = [step.guess.ask, step.guess.why] if step.guess else []
        guess += [each.text for each in step.guess.because] if step.guess else []
        text = re.sub(r"Model\d", "", " ".join([lessons()[lesson].about, step.text, *guess]))
        figures = re.findall(r"\d[\d,]*(?:\.\d+)?(?:e-\d+)?", text)
        unknown = {each.rstrip(",") for each in figures} - known
        assert not unknown, f"{step.title}: {sorted(unknown)} of {sorted(known)}"


def test_the_first_lesson_asks_what_its_picture_asks():
    """The question quotes the text that the picture has read, and the picture hides the answer."""
    first, *_ = lessons()["text-into-batches"].steps
    assert first.guess
    line = own_tokens(str(first.at["data_sentence"]), STREAM.vocab).tokens
    read = int(first.at["data_step"])
    assert f"“{' '.join(line[1:read])}”" in first.guess.ask  # after xxbos
    assert line[read] == first.guess.answers[int(first.guess.truth)]


def test_the_row_that_reads_on_is_that_of_the_picture(recorded):
    step = lessons()["text-into-batches"].steps[3]
    batch, row, _ = str(step.at["cell"]).split("-")
    recorded(step.text, row, batch, int(batch) + 1, part="ends mini-batch")
