"""Tasks: each stated figure against an independent calculation, in fractions or by enumeration."""

import json
import string
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import product
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnviz.cli import main
from hnviz.config import ConfigError, RunConfig
from hnviz.data import BatchLayout, corpus, stream_of
from hnviz.models.catalogue import CATALOGUE
from hnviz.runs.ruler import position_bounds, token_bounds
from hnviz.tasks.bounds import contexts, curve, statement_of
from hnviz.tasks.cycle import Cycle
from hnviz.tasks.generators import (
    EVEN_ONES,
    REBER,
    copy,
    count,
    dates,
    dyck,
    numeral,
    parity,
    periodic,
    recall,
    regular,
    roman,
)
from hnviz.tasks.machine import Machine, TaskError
from hnviz.tasks.reach import Reader, outlook, result
from hnviz.tasks.task import TASKS, TaskStream, task, task_stream

MACHINES = {
    "dyck 1 2": lambda: dyck(1, 2),
    "dyck 2 2": lambda: dyck(2, 2),
    "dyck 3 1": lambda: dyck(3, 1),
    "copy": lambda: copy(2, 2, 1),
    "recall": lambda: recall(3, 2),
    "parity": lambda: parity(4),
    "reber": lambda: regular(REBER),
    "even ones": lambda: regular(EVEN_ONES),
}
CYCLES = {
    "count 10": lambda: count(10, 2),
    "count 2": lambda: count(2, 5),
    "roman": lambda: roman(60),
    "dates": lambda: dates(2001, 1),
    "periodic": lambda: periodic("a a b a b b"),
}


# --- independent calculations -------------------------------------------------------------------


def exact_moves(machine: Machine) -> list[dict[str, tuple[Fraction, int]]]:
    """The moves of a machine with their chances as fractions."""
    return [
        {
            token: (Fraction(chance).limit_denominator(1000), int(to))
            for token, chance, to in zip(machine.tokens, chances, after, strict=True)
            if chance
        }
        for chances, after in zip(machine.chance, machine.move, strict=True)
    ]


def exact_shares(moves: list[dict[str, tuple[Fraction, int]]]) -> list[Fraction]:
    """The stationary distribution, by elimination: shares @ (P - 1) = 0, sum 1."""
    n = len(moves)
    rows = [[Fraction(0)] * (n + 1) for _ in range(n)]
    for state_, each in enumerate(moves):
        rows[state_][state_] -= 1
        for chance, to in each.values():
            rows[to][state_] += chance
    rows[-1] = [Fraction(1)] * (n + 1)
    for column in range(n):
        pivot = next(row for row in range(column, n) if rows[row][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(n):
            if row != column and rows[row][column]:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[-1] for row in rows]


def tables_after(machine: Machine, k: int) -> list[Counter[str]]:
    """Write out every context of k tokens, and how probable it is with each next token."""
    moves = exact_moves(machine)
    paths = [((), state_, share) for state_, share in enumerate(exact_shares(moves))]
    for _ in range(k):
        paths = [
            ((*text, token), to, mass * chance)
            for text, state_, mass in paths
            for token, (chance, to) in moves[state_].items()
        ]
    table: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for text, state_, mass in paths:
        for token, (chance, _) in moves[state_].items():
            table[text][token] += mass * chance
    return list(table.values())


def best_after(machine: Machine, k: int) -> Fraction:
    """Guess the likeliest token after each context of k tokens."""
    return sum((max(after.values()) for after in tables_after(machine, k)), Fraction(0))


def least_after(machine: Machine, k: int) -> float:
    """The mean surprise of one who knows how probable each token is after k tokens."""
    return sum(
        -float(mass) * log(mass / sum(after.values()))
        for after in tables_after(machine, k)
        for mass in after.values()
    )


def least_of(machine: Machine) -> float:
    moves = exact_moves(machine)
    return sum(
        -float(share * chance) * log(chance)
        for share, each in zip(exact_shares(moves), moves, strict=True)
        for chance, _ in each.values()
    )


def variance(machine: Machine, n: int) -> float:
    """The variance of the summed surprise of n tokens, step by step over all states."""
    states, tokens = np.nonzero(machine.chance)
    to, chance = machine.move[states, tokens], machine.chance[states, tokens]
    off = -np.log(chance) - least_of(machine)
    share, first, second = machine.share, np.zeros(len(machine.share)), np.zeros(len(machine.share))
    for _ in range(n):
        one = first[states] + off * share[states]
        two = second[states] + 2 * off * first[states] + off**2 * share[states]
        share, first, second = (
            np.bincount(to, chance * each, machine.n_states) for each in (share[states], one, two)
        )
    return float(second.sum() - first.sum() ** 2)


def limit_of(machine: Machine) -> Fraction:
    moves = exact_moves(machine)
    best = (max(chance for chance, _ in each.values()) for each in moves)
    return sum(
        (share * top for share, top in zip(exact_shares(moves), best, strict=True)), Fraction(0)
    )


def classes(moves: list[dict[str, tuple[Fraction, int]]], depth: int) -> int:
    """Count the states that differ in the chances of some text of up to `depth` tokens."""

    def futures(state_: int, left: int) -> tuple:
        if not left:
            return ()
        return tuple(
            (token, chance, futures(to, left - 1))
            for token, (chance, to) in sorted(moves[state_].items())
        )

    return len({futures(state_, depth) for state_ in range(len(moves))})


def least_in_cycle(text: list[str], k: int) -> float:
    n = len(text)
    past = [tuple(text[(end - k + step) % n] for step in range(k)) for end in range(n)]
    seen, pairs = Counter(past), Counter(zip(past, text, strict=True))
    return sum(-count * log(count / seen[past]) for (past, _), count in pairs.items()) / n


def best_in_cycle(text: list[str], k: int) -> Fraction:
    table: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for end in range(len(text)):
        past = tuple(text[(end - k + step) % len(text)] for step in range(k))
        table[past][text[end]] += 1
    return Fraction(sum(max(after.values()) for after in table.values()), len(text))


# --- the figures of machines --------------------------------------------------------------------


@pytest.mark.parametrize("name", MACHINES)
def test_the_best_accuracy_is_that_of_every_context_written_out(name):
    machine = MACHINES[name]()
    assert machine.limit == pytest.approx(float(limit_of(machine)), abs=1e-12)
    for k, best in enumerate(curve(machine, 6), 1):
        assert best.accuracy == pytest.approx(float(best_after(machine, k)), abs=1e-12)


@pytest.mark.parametrize("name", MACHINES)
def test_the_least_loss_is_that_of_every_context_written_out(name):
    machine = MACHINES[name]()
    assert machine.least == pytest.approx(least_of(machine), abs=1e-12)
    assert machine.blind.loss == pytest.approx(least_after(machine, 0), abs=1e-12)
    for k, best in enumerate(curve(machine, 6), 1):
        assert best.loss == pytest.approx(least_after(machine, k), abs=1e-12)


@pytest.mark.parametrize("name", MACHINES)
def test_the_deviation_is_that_of_long_texts(name):
    machine = MACHINES[name]()
    a_token = (variance(machine, 1200) - variance(machine, 600)) / 600
    assert machine.deviation**2 == pytest.approx(a_token, abs=1e-4)


@pytest.mark.parametrize("name", MACHINES)
def test_the_context_of_the_probabilities_is_the_shortest_with_the_least_loss(name):
    machine = MACHINES[name]()
    enough, least = contexts(machine).chances, least_of(machine)
    if enough is None:
        assert all(least_after(machine, k) > least + 1e-9 for k in range(8))
    else:
        assert least_after(machine, enough) == pytest.approx(least, abs=1e-12)
        assert enough == 0 or least_after(machine, enough - 1) > least + 1e-9


@pytest.mark.parametrize(
    ("machine", "guess"), [(regular(EVEN_ONES), 0), (dyck(1, 2), 1), (dyck(1, 9), 1)]
)
def test_accuracy_can_hide_memory_that_the_probabilities_need(machine, guess):
    assert contexts(machine) == (guess, None)
    assert curve(machine, 20)[-1].accuracy == pytest.approx(machine.limit)
    assert curve(machine, 20)[-1].loss > machine.least + 1e-6


def test_a_long_text_costs_what_its_generator_makes_expect():
    stream = TaskStream.of("regular", {"table": EVEN_ONES, "tokens": 100_000})
    statement, numbers = statement_of("regular", dict(stream.values)), {}
    text = np.array([numbers.setdefault(token, len(numbers)) for token in stream.texts()[0]])
    for bound in token_bounds(text, 4):
        assert bound.loss == pytest.approx(
            statement.least_loss(bound.k), abs=statement.error(100_000)
        )


@pytest.mark.parametrize("name", MACHINES)
def test_the_context_is_the_shortest_that_reaches_the_limit(name):
    machine = MACHINES[name]()
    enough, limit = contexts(machine).guess, limit_of(machine)
    if enough is None:
        assert all(best_after(machine, k) < limit for k in range(8))
    else:
        assert best_after(machine, enough) == limit
        assert enough == 0 or best_after(machine, enough - 1) < limit


@pytest.mark.parametrize("name", MACHINES)
def test_the_states_are_those_that_some_text_tells_apart(name):
    machine = MACHINES[name]()
    assert machine.n_needed == classes(exact_moves(machine), 5)


@pytest.mark.parametrize(
    ("machine", "finite"),
    [
        (recall(3, 2), 4),
        (recall(2, 5), 7),
        (copy(2, 2, 1), 4),
        (copy(2, 3, 4), 8),
        (dyck(2, 1), 1),
        (dyck(2, 2), None),
        (parity(4), None),
        (regular(REBER), 2),
        (regular(EVEN_ONES), 0),  # in both states a zero is among the likeliest
    ],
)
def test_known_contexts(machine, finite):
    """A letter must be kept over its gap and the question: gap + 2, or length + delay + 1."""
    assert contexts(machine).guess == finite


@pytest.mark.parametrize(("kinds", "depth"), [(2, 1), (2, 2), (2, 3), (3, 2), (4, 3), (2, 5)])
def test_brackets_need_the_states_of_the_formula(kinds, depth):
    statement = statement_of("dyck", {"kinds": kinds, "depth": depth}, longest=1)
    formula = (kinds ** (depth + 1) - 1) // (kinds - 1)
    assert statement.rule_states == statement.stream_states == formula


def test_a_counter_of_brackets_needs_one_state_for_each_depth():
    assert statement_of("dyck", {"kinds": 1, "depth": 9}, longest=1).stream_states == 10


@pytest.mark.parametrize("every", [2, 4, 8])
def test_parity_is_a_coin_toss_until_an_answer_is_in_sight(every):
    """The bits since the last answer are geometric in number, and say nothing without it."""
    statement = statement_of("parity", {"every": every}, longest=20)
    assert (statement.rule_states, statement.context) == (2, None)
    assert statement.stream_states == 4  # odd or even, and asked or not
    for k in range(1, 21):
        unknown = (1 - 1 / every) ** (k - 1)
        assert statement.best_answers(k) == pytest.approx(1 - unknown / 2, abs=1e-9)


def test_the_ruler_of_a_text_cannot_say_so():
    """A table of 20-token contexts remembers the bits of the very text: most occur once."""
    machine = parity(8)
    fitted = token_bounds(ids_of(machine, 50_000), 20)[-1].accuracy
    assert fitted > 0.95
    assert curve(machine, 20)[-1].accuracy < 0.5


@pytest.mark.parametrize(("symbols", "gap"), [(2, 1), (3, 2)])
def test_recall_is_that_of_all_its_blocks(symbols, gap):
    """Written out without a machine: all pairs of blocks, read from every place of the second."""
    noise = list(product("xy", repeat=gap))
    blocks = [(s, *n, "?", s) for s in "abc"[:symbols] for n in noise]
    size = gap + 3
    exact = curve(recall(symbols, gap), size)
    for k in range(1, gap + 3):
        table: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for text in (one + two for one in blocks for two in blocks):
            for end in range(size, 2 * size):
                table[text[end - k : end]][text[end]] += 1
        right = sum(max(after.values()) for after in table.values())
        assert exact[k - 1].accuracy == pytest.approx(right / (size * len(blocks) ** 2), abs=1e-12)


@st.composite
def tables(draw):
    n, n_tokens = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    rows = [
        f"{state_} {token} {draw(st.integers(0, n - 1))}"
        for state_ in range(n)
        for token in "abc"[:n_tokens]
        if (state_, token) == (0, "a") or draw(st.booleans())
    ]
    accept = draw(st.sets(st.integers(0, n - 1), min_size=1))
    return "; ".join([*rows, "accept " + " ".join(map(str, accept))])


@given(tables())
@settings(max_examples=60, deadline=None)
def test_any_automaton_has_the_figures_of_its_enumeration(text):
    try:
        machine = regular(text)
    except TaskError:
        return
    limit, enough = limit_of(machine), contexts(machine).guess
    assert machine.share.sum() == pytest.approx(1)
    assert machine.n_needed == classes(exact_moves(machine), 5)
    accuracies = [best_after(machine, k) for k in range(5)]
    assert accuracies == sorted(accuracies)
    reached = next((k for k, accuracy in enumerate(accuracies) if accuracy == limit), None)
    assert enough == reached or (reached is None and (enough is None or enough > 4))
    for k, best in enumerate(curve(machine, 4), 1):
        assert best.accuracy == pytest.approx(float(accuracies[k]), abs=1e-12)


# --- the figures of cycles ----------------------------------------------------------------------


@pytest.mark.parametrize("name", CYCLES)
def test_a_cycle_is_counted_over_its_period(name):
    cycle = CYCLES[name]()
    text = cycle.write(len(cycle.ids), seed=0)
    for k, best in enumerate(cycle.curve(30), 1):
        assert best.accuracy == float(best_in_cycle(text, k))
        assert best.loss == pytest.approx(least_in_cycle(text, k), abs=1e-12)
    assert best_in_cycle(text, cycle.context) == 1
    assert best_in_cycle(text, cycle.context - 1) < 1
    assert cycle.n_needed == len(text)
    assert not any(text == text[step:] + text[:step] for step in range(1, len(text)))


def test_one_token_again_and_again_needs_nothing(capsys):
    assert main(["task", "show", "periodic", "sequence=a a"]) == 0
    out = capsys.readouterr().out
    assert "No context is needed" in out
    assert "needs one state" in out


@given(st.lists(st.sampled_from("ab"), min_size=2, max_size=12), st.integers(1, 3))
def test_a_sequence_written_several_times_has_the_same_period(tokens, times):
    once, more = periodic(" ".join(tokens)), periodic(" ".join(tokens * times))
    assert (once.ids == more.ids).all()
    assert once.context <= max(0, once.n_needed - 1)
    assert once.context == 0 or once.best(once.context - 1).accuracy < 1


def test_a_leap_day_takes_years_of_memory():
    """The year is not written, so the end of February depends on a day three years before."""
    statement = statement_of("dates", {"first": 2001, "years": 28})
    assert statement.context == 3 * 4 * 365 + 4
    assert statement.nearly == 4


def test_numerals():
    known = {4: "IV", 9: "IX", 14: "XIV", 49: "XLIX", 444: "CDXLIV", 1994: "MCMXCIV", 3888: None}
    for number, written in known.items():
        assert numeral(number) == (written or "MMMDCCCLXXXVIII")
    assert len({numeral(number) for number in range(1, 4000)}) == 3999


def test_counting_in_base_ten():
    text = "".join(count(10, 3).write(10_000, seed=0)).split(",")
    assert text[:1001] == [*map(str, range(1000)), "0"]


# --- texts --------------------------------------------------------------------------------------


def ids_of(source: Machine | Cycle, n_tokens: int, seed: int = 1) -> np.ndarray:
    numbers = {token: number for number, token in enumerate(source.tokens)}
    return np.array([numbers[token] for token in source.write(n_tokens, seed)])


@pytest.mark.parametrize("name", TASKS)
def test_a_text_is_a_function_of_parameters_and_seed(name):
    source = task(name).built(task(name).values())
    text = source.write(500, seed=3)
    assert source.write(500, seed=3) == text
    assert any(source.write(500, seed) != text for seed in range(4, 20))
    assert source.write(200, seed=3) == text[:200]
    assert set(text) <= set(source.tokens)


@pytest.mark.parametrize(
    "source",
    [
        *(recall(3, 2), copy(2, 2, 1), regular(REBER), dyck(2, 1), count(10, 3), roman(999)),
        *(dates(2001, 4), periodic("a a b a b b")),
    ],
    ids=["recall", "copy", "reber", "dyck", "count", "roman", "dates", "periodic"],
)
def test_the_fitted_ruler_agrees_where_the_context_is_finite(source):
    """Its table gains from chance: among equally likely tokens, it picks the one that came more
    often. That adds at most half the root of contexts per token."""
    n_tokens = 60_000
    enough = source.context if isinstance(source, Cycle) else contexts(source).guess
    best = source.curve(8) if isinstance(source, Cycle) else curve(source, min(8, enough))
    exact = [each.accuracy for each in best]
    ids = ids_of(source, n_tokens)
    fitted = token_bounds(ids, min(8, enough))
    assert len(fitted) == min(8, enough) == len(exact)
    for k, (best, bound) in enumerate(zip(exact, fitted, strict=True), 1):
        error = 4 * sqrt(max(best * (1 - best), 1e-3) / n_tokens)
        windows = np.lib.stride_tricks.sliding_window_view(ids, k)
        n_contexts = len(np.unique(windows @ len(source.tokens) ** np.arange(k)))
        gained = sqrt(n_contexts / n_tokens) / 2
        assert best - error < bound.accuracy < best + error + gained


def test_brackets_balance():
    depth, most, opened = 0, 0, []
    for token in dyck(3, 4).write(5000, seed=2):
        if token in "([{":
            opened.append(token)
        else:
            assert "([{".index(opened.pop()) == ")]}".index(token)
        depth = len(opened)
        most = max(most, depth)
    assert most == 4


def test_parity_answers_count_the_ones():
    ones, asked, answers = 0, False, Counter()
    for token in parity(4).write(5000, seed=2):
        if asked:
            assert token == ("odd" if ones % 2 else "even")
            answers[token] += 1
        ones += token == "1"
        asked = token == "?"
    assert min(answers.values()) > 400


# --- ids and corpora ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", TASKS)
def test_an_id_holds_all_parameters(name):
    stream = TaskStream.of(name, {"tokens": 300, "seed": 7})
    assert task_stream(stream.id) == stream
    assert TaskStream.of(name, {}).texts() == task_stream(f"task-{name}").texts()
    assert set(stream.id) <= set(string.ascii_letters + string.digits + "-_.")


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=9))
def test_any_token_survives_an_id(token):
    stream = TaskStream.of("periodic", {"sequence": f"{token} b {token} c"})
    assert task_stream(stream.id).texts()[0][:3] == [token, "b", token]


def test_a_task_is_a_corpus():
    read = corpus("task-recall-gap.2-tokens.400")
    train, valid = read.tokens()
    assert (len(train), len(valid), train[0]) == (401, 201, "xxbos")
    assert train[1:20] != valid[1:20]
    assert read.tokenize("a x y ?") == ["a", "x", "y", "?"]
    assert corpus("task-recall-gap.2-seed.1").content_hash() != read.content_hash()
    stream = stream_of(RunConfig(corpus=read.id))
    assert len(stream.vocab) == 9 + 4 + 3  # nine specials, four letters, two of noise, the question
    assert not (stream.valid == stream.vocab.stoi["xxunk"]).any()


def test_a_text_that_repeats_has_at_least_one_period():
    train, valid = task_stream("task-count-digits.4").texts()
    assert (len(train), len(valid)) == (48_890, 24_445)
    assert train[:6] == ["0", ",", "1", ",", "2", ","]


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            "task",
            "task-",
            "task-nope",
            "task-dyck-depth",
            "task-dyck-depth.0",
            "task-dyck-depth.x",
        ),
        *("task-dyck-depth.2-depth.3", "task-dyck-tokens.1", "task-dyck-kinds.4-depth.64"),
        *("task-periodic-sequence.a_.110000.", "task-periodic-sequence." + "a_" * 5000),
    ],
)
def test_an_id_that_cannot_be_is_refused(wrong):
    with pytest.raises(ConfigError) as refused:
        RunConfig(corpus=wrong)
    assert refused.value.field == "corpus"
    assert len(str(refused.value).splitlines()) == 1


def test_a_long_id_is_refused_with_the_limit(recorded):
    with pytest.raises(ConfigError) as refused:
        RunConfig(corpus="task-periodic-sequence." + "a_" * 5000)
    recorded(str(refused.value), 2000)


# --- models -------------------------------------------------------------------------------------

NEAR, FAR = TaskStream.of("recall", {"gap": 6}), TaskStream.of("recall", {"gap": 30})


def causes(stream: TaskStream, bptt: int | None = None) -> list[str]:
    readings = [Reader(name, bptt or each.recipe.bptt) for name, each in CATALOGUE.items()]
    return [outlook(stream, reading).cause for reading in readings]


def test_three_causes_are_kept_apart():
    beyond = ("window", "open", "window", "open")  # Transformer, Model5Reg, IRNN, Model3Tanh
    assert causes(NEAR) == ["window"] * 3 + ["open"] * 5 + list(beyond)
    far = ["detach" if cause == "open" else cause for cause in causes(NEAR)]
    assert causes(FAR, 20) == far
    assert outlook(NEAR, Reader("Model1", 8)).cause == "open"  # answers once, after eight
    assert outlook(NEAR, Reader("Model1", 7)).cause == "window"
    assert outlook(NEAR, Reader("Model0", 40)).reader.window == 3
    assert outlook(NEAR, Reader("Model5", 8)).cause == "open"
    assert outlook(NEAR, Reader("Model5", 7)).cause == "detach"


def test_a_ceiling_is_the_mean_over_the_positions_of_a_window():
    """Five tokens a block and windows of four: they start at every place of a block alike."""
    stream = TaskStream.of("recall", {"symbols": 3, "gap": 2, "tokens": 19_998})
    mean = sum(best_after(recall(3, 2), k) for k in range(1, 5)) / 4
    assert outlook(stream, Reader("Model2", 4)).ceiling == pytest.approx(float(mean), abs=2e-3)
    last = outlook(stream, Reader("Model1", 3)).ceiling
    assert last == pytest.approx(float(best_after(recall(3, 2), 3)), abs=2e-3)
    kept = outlook(stream, Reader("Model5", 3))
    assert kept.shown == pytest.approx(float(best_after(recall(3, 2), 3)))
    assert kept.limit - 0.02 < kept.ceiling < kept.limit  # each row has a first token


def least_of_answers(ids: np.ndarray, begins: np.ndarray, step: int) -> float:
    """The entropy of what follows the tokens of each window up to a step."""
    seen = [(ids[at : at + step + 1].tobytes(), ids[(at + step + 1) % len(ids)]) for at in begins]
    past, pairs = Counter(each for each, _ in seen), Counter(seen)
    return sum(-n * log(n / past[each]) for (each, _), n in pairs.items()) / len(seen)


@pytest.mark.parametrize(
    ("name", "given", "bptt"),
    [
        ("recall", {"symbols": 2, "gap": 3}, 4),  # six tokens a block: starts differ by two
        ("copy", {"symbols": 2, "length": 2, "delay": 1}, 3),
        ("dyck", {"kinds": 2, "depth": 2}, 4),  # brackets open and close at places by turns
        ("periodic", {}, 3),
    ],
)
def test_a_ceiling_is_that_of_a_table_for_each_position_of_the_layout(name, given, bptt):
    """Fitted on a long valid text: where windows start at few places, they are a clock."""
    stream = TaskStream.of(name, {**given, "tokens": 200_000})
    numbers = {token: number for number, token in enumerate(["xxbos", *stream.source.tokens])}
    ids = np.array([numbers[token] for token in ["xxbos", *stream.texts()[1]]])
    fitted = position_bounds(ids, BatchLayout(len(ids), 64, bptt), kept=False).accuracy.mean()
    looked = outlook(stream, Reader("Model2", bptt))
    assert looked.ceiling - 0.005 < fitted < looked.ceiling + 0.015  # ties add to a table
    layout = BatchLayout(len(ids), 64, bptt)
    begins = layout.all_row_starts().ravel()
    losses = [least_of_answers(ids, begins, step) for step in range(bptt)]
    assert looked.least == pytest.approx(float(np.mean(losses)), abs=0.01)


def test_a_row_that_keeps_its_state_lacks_a_past_at_its_beginning():
    stream = TaskStream.of("recall", {"symbols": 3, "gap": 2, "tokens": 20_000})
    length = BatchLayout(10_001, 313, 20).row_length
    best = [float(best_after(recall(3, 2), min(k, 4))) for k in range(1, length + 1)]
    kept = outlook(stream, Reader("Model5", 20, bs=313))
    assert kept.ceiling == pytest.approx(sum(best) / length, abs=2e-3)


def test_a_window_can_be_a_clock():
    """Where all windows start at one place of a period, the position alone gives the answer."""
    stream = TaskStream.of("periodic", {"sequence": "a b b", "tokens": 11_998})
    clock = outlook(stream, Reader("Model2", 3, bs=1))
    assert (clock.cause, clock.ceiling) == ("open", 1)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_an_outlook_for_every_model(name):
    for model, each in CATALOGUE.items():
        looked = outlook(TaskStream.of(name, {}), Reader(model, each.recipe.bptt))
        assert 0 < looked.shown <= looked.ceiling <= 1
        assert looked.least >= statement_of(name, {}).least - 0.01  # where it answers may cost less
        assert looked.gain > 0
        assert looked.why


def test_a_result_names_its_cause():
    able, n = outlook(NEAR, Reader("Model5", 20)), 10_000
    assert result(able, able.ceiling - 0.003, n).reached is True
    failed = result(able, able.ceiling - able.gain, n)
    assert failed.reached is False
    assert "did not with this recipe" in failed.sentence
    assert result(able, able.ceiling, 100).reached is None  # the error is larger than the gain
    short = result(outlook(NEAR, Reader("Model2", 4)), 0.45, n)
    assert (short.reached, short.cause) == (False, "window")
    far = outlook(FAR, Reader("Model5", 20))
    assert "no gradient showed" in result(far, far.shown, 10**6).sentence
    assert "carries more" in result(far, (far.shown + far.ceiling) / 2, 10**6).sentence
    assert "although" in result(far, far.ceiling, 10**6).sentence


# --- the command line ---------------------------------------------------------------------------


def test_the_list_names_every_task(capsys):
    assert main(["task", "list"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n{each.name} " in f"\n{out}" and each.title in out for each in TASKS.values())


@pytest.mark.parametrize("name", TASKS)
def test_show_prints_the_statement(name, capsys):
    assert main(["task", "show", name, "--bptt", "8"]) == 0
    out = capsys.readouterr().out
    assert task(name).source in out
    assert "The best possible accuracy is" in out
    assert all(model in out for model in CATALOGUE)


def test_show_says_that_accuracy_hides_memory(capsys, recorded):
    assert main(["task", "show", "regular", f"table={EVEN_ONES}"]) == 0
    shown = capsys.readouterr().out
    recorded(shown, part="No context is needed to")
    recorded(shown, 0.936, 0.005, 1.055, 1.042, part="least loss to expect is")
    recorded(shown, 0.936, 0.005, 1.055, 1.042, part="with the last token")
    recorded(shown, part="no number of tokens is")


def test_show_as_json(capsys):
    assert main(["task", "show", "dyck", "kinds=3", "depth=2", "--json", "--sample", "7"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["rule_states"], shown["context"], len(shown["sample"])) == (13, None, 7)
    assert shown["values"] == {"kinds": 3, "depth": 2}
    assert shown["corpus"] == "task-dyck-kinds.3-depth.2"


def test_a_table_comes_from_a_file(tmp_path, capsys):
    path = tmp_path / "even.txt"
    path.write_text(EVEN_ONES.replace("; ", "\n"))
    assert main(["task", "show", "regular", "--table", str(path)]) == 0
    assert "needs 2 states" in capsys.readouterr().out


def test_training_on_a_task_ends_with_whether_it_was_reached(tmp_path, capsys):
    corpus_id = "task-recall-gap.3-tokens.200"
    words = ["--corpus", corpus_id, "--bs", "4", "--nh", "4", "--epochs", "1", "--device", "cpu"]
    assert main(["train", "--model", "Model2", *words, "--runs-dir", str(tmp_path)]) == 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("Model2 is right ")
    assert "starts each window of 20 tokens from zeros" in last


def test_an_automaton_too_large_for_exact_figures_still_trains(tmp_path, capsys):
    moves = np.random.default_rng(1).integers(0, 45, (45, 2))
    rows = "; ".join(
        f"{at} {token} {to[i]}" for at, to in enumerate(moves) for i, token in enumerate("ab")
    )
    stream = TaskStream.of("regular", {"table": f"{rows}; accept 0 1 2", "tokens": 200})
    with pytest.raises(TaskError, match="more than 20,000 sets"):
        statement_of(stream.name, dict(stream.values))
    words = ["--bs", "4", "--nh", "4", "--epochs", "1", "--device", "cpu", "--runs-dir"]
    assert main(["train", "--corpus", stream.id, *words, str(tmp_path)]) == 0
    assert "choose a smaller machine" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["nope"], ()),
        (["dyck", "depth=0"], (1, 64, 0)),
        (["dyck", "depth=2.5"], (1, 64, 2.5)),
        (["dyck", "kinds=9"], (1, 4, 9)),
        (["dyck", "size=3"], ()),
        (["dyck", "kinds=4", "depth=60"], (2_048,)),
        (["dyck", "depth"], (3,)),
        (["count", "base=16", "digits=12"], (12, 16, 281_474_976_710_656, 100_000)),
        (["periodic", "sequence="], ()),
        (["periodic", "sequence=a \0"], ()),
        (["regular", "table=A 0 B; accept C"], ()),
        (["regular", "table=A 0 A; B 0 C; accept C"], ()),
        (["regular", "table=A 0 B; A 0 A; accept A"], (0,)),
        (["regular", "table=A 0 B"], ()),
        (["regular", "table=accept A"], ()),
        (["regular", "table=A 0; accept A"], (0,)),
        (["regular", "table=A . A; accept A"], ()),
        (["regular", "table=A 0 B; B 0 B; accept A"], ()),
        (["recall", "--bptt", "0"], (1, 512, 0)),
        (["recall", "seed=-1"], (0, 2_147_483_647, 1)),
        (["recall", "--sample", "0"], (1, "100000", 0)),
        (["recall", "--table", "missing.txt"], ()),
    ],
)
def test_what_cannot_be_is_one_sentence(words, numbers, capsys, recorded):
    assert main(["task", "show", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    recorded(err, *numbers)


def test_a_table_that_is_not_text_is_one_sentence(tmp_path, capsys):
    path = tmp_path / "bytes"
    path.write_bytes(b"A \xff\x00 A\naccept A\n")
    assert main(["task", "show", "regular", "--table", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_of_paritys_bits_and_questions_one_in_every_asks(recorded):
    """An answer follows each question, so of all tokens one in `every` + 1 asks."""
    written = parity(8).write(20_000, 3)
    asks = sum(token == "?" for token in written)
    answers = sum(token in ("even", "odd") for token in written)
    assert abs(asks - answers) <= 1
    assert asks / (len(written) - answers) == pytest.approx(1 / 8, abs=0.01)
    assert asks / len(written) == pytest.approx(1 / 9, abs=0.01)
    recorded(TASKS["parity"].parameters[0].meaning)
