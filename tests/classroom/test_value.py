"""The class as a value: codes, waits, guesses, limits, the file, and the statistics of its CSV."""

import csv
import json
import os
import random
import re
import resource
import signal
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pointbiserialr

from hnviz.classroom import ClassError, Classroom, GuessError, Limits, codes, qr
from hnviz.classroom.codes import LETTERS, Backoff, new_code, new_token, tidy
from hnviz.classroom.guesses import (
    FIRST,
    MAX_DRAWN,
    MAX_NUMBERS,
    SECOND,
    Pasted,
    codes_in,
    decode,
    encode,
    read_step,
    read_value,
    spread,
)
from hnviz.classroom.items import TableError, Wrong, items, read_answers
from hnviz.classroom.state import MAX_STEPS
from hnviz.classroom.store import FILE, OLD_FILE, ClassStore, DamagedClassError
from hnviz.classroom.votes import COLUMNS
from hnviz.cli.main import main
from tests.classroom import LIMITS, a_room, stored
from tests.conftest import DATA
from tests.sentences import refusal

STEP = "learning-rate.2"


# --- Codes ---


def test_a_code_has_six_letters_that_nobody_mistakes():
    made = {new_code() for _ in range(500)}
    assert len(made) == 500
    assert not set("".join(made)) & set("O0I1L2Z5S8B")
    assert {len(code) for code in made} == {6}
    assert len({new_token() for _ in range(500)}) == 500


@pytest.mark.parametrize("typed", ["K7QW4M", "k7qw4m", " k7q-w4m ", "k7q w4m"])
def test_a_code_is_known_however_it_is_typed(typed):
    assert Classroom(code="K7QW4M").fits(typed)


@pytest.mark.parametrize("typed", ["", "K7QW4", "K7QW4MM", "K7QW4A", "ü7QW4M", "K7QW4M\n"])
def test_another_code_is_not(typed):
    assert not Classroom(code="K7QW4M").fits(typed)


@given(st.text(st.characters()))
def test_any_text_may_be_given_as_a_code(text):  # half a surrogate pair, too
    assert Classroom(code="K7QW4M").fits(text) == (tidy(text) == "K7QW4M")
    assert not Classroom(secret="s" * 20).is_teacher(text)


# --- Waits ---


def test_waits_grow_for_the_address_that_guesses():
    found, now, waits = Backoff(), 0.0, []
    for _ in range(codes.FREE_CODES + 12):
        now += found.delay("10.0.0.7", now)
        found.failed("10.0.0.7", now)
        waits.append(found.delay("10.0.0.7", now))
    assert waits[: codes.FREE_CODES - 1] == [0.0] * (codes.FREE_CODES - 1)
    assert waits[codes.FREE_CODES - 1 : codes.FREE_CODES + 3] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == codes.MAX_WAIT_SECONDS
    assert found.delay("10.0.0.8", now) == 0  # others may try


def test_a_thousand_wrong_codes_take_more_than_a_day():
    found, now = Backoff(), 0.0
    for _ in range(1000):
        now += found.delay("10.0.0.7", now)
        found.failed("10.0.0.7", now)
    assert now > 24 * 3600


def test_wrong_codes_from_many_addresses_make_nobody_wait_who_has_sent_none():
    found = Backoff()
    for turn in range(100 * 250):
        found.failed(f"10.0.0.{turn % 250}", turn / 1000)
    assert found.delay("10.0.0.7", 25.0) > 60
    assert found.delay("10.9.9.9", 25.0) == 0


def test_so_many_addresses_are_counted_and_the_others_share_one_wait(monkeypatch):
    monkeypatch.setattr(codes, "MAX_ADDRESSES", 10)
    found = Backoff()
    for turn in range(10):
        found.failed(f"10.0.0.{turn}", 0.0)
    for turn in range(100):
        found.failed(f"10.0.1.{turn}", 0.0)
    assert found.delay("10.9.9.9", 0.0) == codes.SHARED_WAIT_SECONDS
    assert found.delay("10.9.9.9", codes.SHARED_WAIT_SECONDS) == 0
    assert found.delay("10.0.0.7", 0.0) == 0  # it is one of those that are counted
    found.failed("10.0.2.1", codes.FORGET_SECONDS + 5)  # the old ones make room
    assert found.delay("10.9.9.9", codes.FORGET_SECONDS + 5) == 0


def test_guessing_finds_a_code_as_rarely_as_the_module_says():
    found, now, n = Backoff(), 0.0, 0
    while now < 8 * 3600:
        now += found.delay("10.0.0.7", now)
        found.failed("10.0.0.7", now)
        n += 1
    n_codes = len(LETTERS) ** 6
    assert n == 266
    assert f"{codes.MAX_ADDRESSES * n / n_codes:.2%} {254 * n / n_codes:.2%}" == "0.45% 0.03%"


def test_a_class_behind_one_router_may_mistype():
    found, waits = Backoff(), []
    for turn in range(200):  # every third code is a wrong one
        waits.append(found.delay("10.0.0.7", turn))
        found.failed("10.0.0.7", turn) if turn % 3 == 0 else found.succeeded("10.0.0.7")
    assert max(waits) == 0


def test_wrong_codes_are_forgotten():
    found = Backoff()
    for _ in range(codes.FREE_CODES + 4):
        found.failed("10.0.0.7", 0.0)
    later = codes.FORGET_SECONDS + 200
    found.failed("10.0.0.7", later)
    assert found.delay("10.0.0.7", later) == 0


# --- Guesses ---


@pytest.mark.parametrize("step", ["batches.1", "a-loop-is-an-rnn.10", "x.99"])
def test_a_step_is_a_lesson_and_a_number(step):
    assert read_step(step) == step


@pytest.mark.parametrize(
    "step", [None, 3, "", "batches", "batches.0", "batches.100", "../x.1", "B.1", "a" * 61 + ".1"]
)
def test_another_step_is_one_sentence(step, recorded):
    recorded(refusal(GuessError, read_step, step), 2, *re.findall(r"\d+", str(step)[:40]))


@pytest.mark.parametrize(
    ("value", "read"),
    [(2, 2.0), (0.1234567891, 0.123457), ([1, 2.5], (1.0, 2.5)), (-0.0, 0.0), ([3], (3.0,))],
)
def test_a_guess_is_a_number_or_numbers(value, read):
    assert read_value(value) == read
    assert str(read_value(value)) == str(read)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, "2", {}, [], [[1]], ["1"], [True]),
        *(float("nan"), float("inf"), 1e10, [1] * (MAX_NUMBERS + 1), 10**400),
    ],
)
def test_another_guess_is_one_sentence(value):
    with pytest.raises(GuessError, match="a guess is a number up to 1e") as error:
        read_value(value)
    assert len(str(error.value)) < 160


def test_the_latest_guess_of_a_member_counts():
    room = a_room("a", "b").guessed("a", STEP, 1.0).guessed("b", STEP, 3.0).guessed("a", STEP, 2.0)
    assert room.counts() == {STEP: 2}
    assert room.answers(STEP) == {"a": 2.0, "b": 3.0}


def test_after_the_reveal_a_step_takes_no_more_guesses(recorded):
    room = a_room("a").guessed("a", STEP, 1.0).shown(STEP)
    recorded(refusal(GuessError, room.guessed, "a", STEP, 2.0))
    closed = room.shown("other.1")  # nobody has answered: the teacher goes on
    with pytest.raises(GuessError, match="came after Reveal"):
        closed.guessed("a", "other.1", 2.0)
    assert closed.own("a") == {STEP: 1.0}


def test_students_have_numbers_in_the_order_of_joining():
    room = a_room("c", "a", "b").joined("a", LIMITS)
    assert [room.members[member] for member in "cab"] == [1, 2, 3]
    room = room.started("b", "run-1")
    assert (room.owner("run-1"), room.owner("run-2")) == (3, None)


def test_the_answers_of_a_removed_member_do_not_count_until_that_is_taken_back():
    room = a_room("a", "b", "c").guessed("a", STEP, 1.0).guessed("b", STEP, 3.0)
    out = room.without([2])
    assert (out.size, out.counts(), out.answers(STEP)) == (2, {STEP: 1}, {"a": 1.0})
    assert [out.holds(each) for each in "abcd"] == [True, False, True, False]
    assert out.joined("d", LIMITS).members["d"] == 4  # there is a place again, and no number twice
    with pytest.raises(ClassError, match="only members of the class"):
        out.check_start("b", (), LIMITS)
    assert out.restored([2]) == room
    assert out.without([7, 99]) == out


def test_those_who_come_and_are_removed_again_and_again_are_bounded(recorded):
    room = Classroom()
    for turn in range(4 * LIMITS.members):
        room = room.joined(f"m{turn}", LIMITS).without([turn + 1])
    recorded(refusal(ClassError, room.joined, "another", LIMITS), 12)


def test_steps_and_members_are_bounded():
    room = a_room("a", "b", "c")
    assert room.joined("a", LIMITS) == room
    with pytest.raises(ClassError, match="the class is full: it has 3 members"):
        room.joined("d", LIMITS)
    for step in range(MAX_STEPS):
        room = room.guessed("a", f"x{step}.1", 1.0)
    with pytest.raises(GuessError, match="at most 200 steps"):
        room.guessed("a", STEP, 1.0)
    assert room.guessed("b", "x0.1", 1.0).counts()["x0.1"] == 2


@given(st.lists(st.floats(-10, 10), max_size=900))
def test_a_spread_says_nothing_of_the_order_of_guesses(values):
    found = spread(values)
    assert found == spread(list(reversed(values)))
    assert found.n == len(values)
    assert len(found.values) == min(MAX_DRAWN, len(values))
    assert list(found.values) == sorted(found.values)


# --- Runs ---


def test_a_viewer_who_starts_fifty_runs_gets_as_many_as_a_student_may_have(recorded):
    room, under_way, said = a_room("a", "b"), [], set()
    for turn in range(50):
        try:
            room.check_start("a", under_way, LIMITS)
        except ClassError as error:
            said.add(str(error))
            if "under way" in str(error):
                under_way.clear()  # they end
            continue
        room = room.started("a", f"run-{turn}")
        under_way.append(f"run-{turn}")
    assert len(room.runs) == LIMITS.each
    under_way_already, all_started = sorted(said, reverse=True)
    recorded(under_way_already, LIMITS.at_once, LIMITS.at_once)
    recorded(all_started, LIMITS.each)
    room.check_start("b", under_way, LIMITS)


def test_a_class_starts_so_many_runs_in_all_and_others_start_none():
    room = a_room("a", "b")
    for run, member in enumerate("aabb"):
        room = room.started(member, str(run))
    with pytest.raises(ClassError, match="a class may start 4 runs"):
        room.check_start("a", (), LIMITS)
    with pytest.raises(ClassError, match="only members of the class"):
        room.check_start("stranger", (), LIMITS)


def test_a_run_that_is_about_to_start_has_a_place():
    room = a_room("a", "b")
    with pytest.raises(ClassError, match="you have 2 runs under way"):
        room.check_start("a", (), LIMITS, ["a", "b", "a"])
    room.check_start("a", (), LIMITS, ["a", "b"])
    with pytest.raises(ClassError, match="a class may start 4 runs"):
        room.started("b", "run-1").check_start("a", (), LIMITS, ["b", "b", "b"])
    assert room.started("a", "run-1").owns("a", "run-1")
    assert not room.started("a", "run-1").owns("b", "run-1")


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="each must be from 1 to 10,000, got 0"):
        Limits(each=0)


# --- Pasted codes ---

VALUES = st.one_of(
    st.integers(-(10**6), 10**6).map(float),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=MAX_NUMBERS),
)


@given(VALUES)
def test_a_pasted_code_reads_back(value):
    guess = Pasted("k7qw4m", STEP, read_value(value))
    assert decode(encode(guess)) == guess
    assert decode(f"  {encode(guess).upper()}\n") == guess


def test_codes_are_the_same_in_the_browser():
    """tests/js/guess_code.test.js holds the browser to the same lines."""
    lines = json.loads((DATA / "guess_codes.json").read_text())
    for line in lines:
        value = read_value(line["value"])
        assert encode(Pasted(line["tag"], line["step"], value)) == line["code"]


@given(st.integers(0, 200), st.sampled_from(LETTERS.lower() + "0.,"))
def test_another_character_is_noticed(at, letter):
    code = encode(Pasted("k7qw4m", STEP, (0.5, 1.25, 3.0)))
    at %= len(code)
    changed = code[:at] + letter + code[at + 1 :]
    if changed != code:
        with pytest.raises(GuessError):
            decode(changed)


@pytest.mark.parametrize(
    "line", ["", "hn", "hello", "hn/a.1/2/k7qw4m", "hn/" * 3000, "hn/a.1/2/k/x"]
)
def test_a_line_that_is_no_code_is_one_sentence(line):
    assert len(refusal(GuessError, decode, line)) < 160


def test_codes_are_found_in_a_chat():
    one, two = (encode(Pasted(tag, STEP, 1.0)) for tag in ("k7qw4m", "aaaaaa"))
    chat = f"Ada 10:31: {one}.\nmy answer ({two}), and no http://hn/x\n> {one}"
    assert [each for each in codes_in(chat) if each in (one, two)] == [one, two, one]


def test_a_code_that_is_pasted_twice_counts_once():
    room = a_room()
    for tag in ("k7qw4m", "k7qw4m", "aaaaaa"):
        room = room.pasted(tag, STEP, 1.0)
    assert room.counts() == {STEP: 2}


# --- The file ---

OLD = json.loads((DATA / "class_0_5_0.json").read_text())
"""A class that release 0.5.0 wrote."""


def test_a_class_goes_on_from_its_file(tmp_path):
    room = a_room("a", "b").guessed("a", STEP, 1.0).guessed("b", "x.1", (1.0, 2.0))
    room = room.shown(STEP).started("a", "20260101-run")
    folder = tmp_path / "runs"
    store = ClassStore(folder)
    assert store.load() is None
    assert not folder.exists()
    store.save(room)
    assert stored(folder) == room
    for change in (room.guessed("b", "x.1", 3.0), room.without([1]), room.covered(STEP)):
        store.save(change)
        assert stored(folder) == change
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
    store.close()
    assert [each.name for each in folder.iterdir()] == [FILE]
    store.delete()
    assert stored(folder) is None


def test_a_killed_process_loses_nothing_that_was_stored(tmp_path):
    hears, says = os.pipe()
    child = os.fork()
    if child == 0:
        store, room = ClassStore(tmp_path), a_room("a")
        for number in range(10**6):
            room = room.guessed("a", STEP, float(number))
            store.save(room)
            os.write(says, b".")
    os.close(says)
    heard = os.read(hears, 1)
    while len(heard) < 200:
        heard += os.read(hears, 1000)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(hears, 1000):
        heard += more
    os.close(hears)
    assert stored(tmp_path).own("a")[STEP] in (len(heard) - 1, len(heard))


def test_a_full_disk_is_an_error_and_leaves_what_was_stored(tmp_path):
    """A limit on the size of files stands for the end of the disk: the system refuses the rest."""
    store, room = ClassStore(tmp_path), a_room("a")
    store.save(room)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
        with pytest.raises(OSError, match=r"disk"):
            for number in range(10**4):
                changed = room.guessed("a", STEP, float(number))
                store.save(changed)
                room = changed
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert stored(tmp_path) == room
    store.save(changed)  # there is room again
    assert stored(tmp_path) == changed
    store.close()


@pytest.mark.parametrize("removed", [None, [2]])  # newer files say who was removed
def test_a_class_of_release_0_5_0_is_carried_over(tmp_path, removed):
    content = OLD if removed is None else {**OLD, "removed": removed}
    (tmp_path / OLD_FILE).write_text(json.dumps(content))
    store = ClassStore(tmp_path)
    room = store.load()
    first, second, third = OLD["members"]
    assert (room.code, room.secret) == (OLD["code"], OLD["secret"])
    assert room.members == {first: 1, second: 2, third: 3}
    assert room.removed == (frozenset() if removed is None else {second})
    assert room.guesses == {
        "text-into-batches.1": {third: 2.0, second: 0.0, "pasted-k7qw4m": 1.0},
        "learning-rate.2": {first: (0.01, 1.5, 3.0)},
    }
    assert room.revealed == {"text-into-batches.1"}
    assert [room.owner(run) for run in OLD["runs"]] == [3, 2]
    assert stored(tmp_path) == room  # nothing is lost if the process is killed here
    store.save(room)
    store.close()
    assert [each.name for each in tmp_path.iterdir()] == [FILE]
    assert stored(tmp_path) == room


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "null", "{", '{"version": 1}', "[" * 100_000),
        json.dumps({**OLD, "code": ""}),
        json.dumps({**OLD, "secret": "x"}),
        json.dumps({**OLD, "members": [1]}),
        json.dumps({**OLD, "version": 2}),
    ],
)
def test_a_damaged_file_is_one_sentence_and_is_put_aside(tmp_path, content):
    path = tmp_path / OLD_FILE
    path.write_text(content)
    store = ClassStore(tmp_path)
    with pytest.raises(DamagedClassError, match=r"class.json does not hold a class"):
        store.load()
    assert store.put_aside().read_text() == content
    assert not path.exists()


def test_a_damaged_database_is_put_aside(tmp_path, recorded):
    store = ClassStore(tmp_path)
    store.save(a_room("a"))
    store.close()
    content = (tmp_path / FILE).read_bytes()
    for cut in range(512, len(content), 509):
        (tmp_path / FILE).write_bytes(content[:cut])
        with pytest.raises(DamagedClassError, match=r"class.db does not hold a class"):
            ClassStore(tmp_path).load()
    (tmp_path / FILE).write_bytes(content.replace(b'"version": 1', b'"version": 9'))
    recorded(refusal(DamagedClassError, store.load))
    assert store.put_aside().name == "class.damaged.db"
    store.save(room := a_room("b"))
    store.close()
    assert stored(tmp_path) == room


def test_a_member_who_is_listed_twice_counts_once(tmp_path):  # found by make fuzz
    content = {**OLD, "members": ["a", "b", "b"]}
    (tmp_path / OLD_FILE).write_text(json.dumps(content))
    assert stored(tmp_path).members == {"a": 1, "b": 2}


# --- QR codes ---


def test_a_qr_code_is_the_same_in_blocks_and_as_a_path():
    rows = qr.matrix("http://192.168.1.5:8501/class/join#K7QW4M")
    size, path = qr.path("http://192.168.1.5:8501/class/join#K7QW4M")
    assert size == len(rows) == len(rows[0])
    drawn = [[0] * size for _ in range(size)]
    for x, y, width in (map(int, each) for each in re.findall(r"M(\d+) (\d+)h(\d+)v1", path)):
        drawn[y][x : x + width] = [1] * width
    assert drawn == rows
    blocks = qr.blocks("http://192.168.1.5:8501/class/join#K7QW4M").split("\n")
    light = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    read = [[light[each][half] for each in line] for line in blocks for half in (0, 1)]
    assert read[:size] == rows


def test_tidy_leaves_letters():
    assert tidy("k7q-w4 m") == "K7QW4M"


# --- Item statistics, beside the same figures from pandas, scipy and a formula ---

STEPS, CLASS = 10, 30
ANSWERS = {1: "right", 0: "wrong"}


def row(student: object, step: int, vote: int, right: int, **more: str) -> dict[str, object]:
    of_row = {"student": student, "lesson": "counting", "step": step, "question": f"Q{step}?"}
    told = {"vote": vote, "answer": ANSWERS[right], "right": right, "belief": "", "time": ""}
    return {**of_row, **told, **more}


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    return path


@pytest.fixture
def thirty(tmp_path):
    """A class of thirty before and after: abler students are right more often, some are away."""
    chance = random.Random(7)
    rows = []
    for student in range(1, CLASS + 1):
        able = chance.uniform(-0.3, 0.3)
        for step in range(1, STEPS + 1):
            for vote in (FIRST, SECOND):
                if chance.random() < 0.1:
                    continue
                likely = 0.2 + 0.05 * step + able + 0.15 * (vote == SECOND)
                right = int(chance.random() < likely)
                wrong = {} if right else {"answer": chance.choice("abc")}
                rows.append(row(student, step, vote, right, **wrong))
    return write(tmp_path / "answers.csv", rows)


def test_the_figures_of_a_class_are_those_of_pandas_and_scipy(thirty):
    table = pd.read_csv(thirty)
    found = items(read_answers(thirty))
    assert [(each.step, each.vote) for each in found] == [
        (step, vote) for step in range(1, STEPS + 1) for vote in (FIRST, SECOND)
    ]
    for item in found:
        of_vote = table[table["vote"] == item.vote]
        right = of_vote[of_vote["step"] == item.step].set_index("student")["right"]
        others = of_vote[of_vote["step"] != item.step].groupby("student")["right"].mean()
        both = right.to_frame("right").join(others.rename("rest"), how="inner")
        expected = pointbiserialr(both["right"], both["rest"]).statistic
        assert item.discrimination == pytest.approx(expected)
        assert item.difficulty == pytest.approx(right.mean())
        assert item.students == len(right)
        wrong = of_vote[(of_vote["step"] == item.step) & (of_vote["right"] == 0)]
        shares = wrong["answer"].value_counts() / len(right)
        assert {each.answer: each.share for each in item.wrong} == pytest.approx(shares.to_dict())
        if item.vote == SECOND:
            first = table[(table["vote"] == FIRST) & (table["step"] == item.step)]
            pairs = first.merge(right.reset_index(), on="student", suffixes=("_1", "_2"))
            assert item.voted_twice == len(pairs)
            assert item.gain == pytest.approx((pairs["right_2"] - pairs["right_1"]).mean())
        else:
            assert (item.gain, item.voted_twice) == (None, 0)


def test_the_discrimination_is_the_formula_of_the_point_biserial_correlation(thirty):
    """(M1 - M0) / s * sqrt(p q), with the standard deviation of the whole population."""
    answers = read_answers(thirty)
    item = items(answers)[0]
    of_vote = [each for each in answers if each.vote == FIRST]
    rest: dict[int, list[float]] = {0: [], 1: []}
    for each in of_vote:
        if each.step == "counting.1":
            others = [
                other.right
                for other in of_vote
                if other.student == each.student and other.step != each.step
            ]
            rest[each.right].append(sum(others) / len(others))
    share = len(rest[1]) / (len(rest[0]) + len(rest[1]))
    apart = np.mean(rest[1]) - np.mean(rest[0])
    expected = apart / np.std(rest[0] + rest[1]) * np.sqrt(share * (1 - share))
    assert item.discrimination == pytest.approx(expected)


def test_a_question_that_all_know_or_that_stands_alone_discriminates_nobody(tmp_path):
    rows = [row(student, 1, FIRST, student % 2) for student in range(6)]
    alone = items(read_answers(write(tmp_path / "one.csv", rows)))
    assert [each.discrimination for each in alone] == [None]
    rows += [row(student, 2, FIRST, 1) for student in range(6)]
    found = items(read_answers(write(tmp_path / "two.csv", rows)))
    assert [each.discrimination for each in found] == [None, None]  # of one the rest is the same
    assert [each.difficulty for each in found] == [0.5, 1.0]


def test_the_command_prints_each_question_with_its_wrong_answers_and_the_gain(
    tmp_path, capsys, recorded
):
    rows = [row(student, 1, FIRST, 0, answer="abcdefg"[student]) for student in range(7)]
    rows += [row(student, 1, SECOND, int(student < 4)) for student in range(7)]
    rows += [
        row(student, 2, FIRST, int(student > 2), belief="" if student > 2 else "E")
        for student in range(7)
    ]
    path = write(tmp_path / "answers.csv", rows)
    assert main(["class", "items", str(path)]) == 0
    said = capsys.readouterr().out
    recorded(said, 1, 7, 0, part="vote 1: 7 answered, 0 %")
    recorded(said, 14, 14, 14, 14, 14, 2, 29, part="others")
    recorded(said, 2, 7, 57, 57, 7, part="gain")
    recorded(said, 43, part="belief")
    assert main(["class", "items", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = items(read_answers(path))
    assert [each["gain"] for each in told] == [None, 4 / 7, None]
    assert told[2]["wrong"] == [Wrong("wrong", 3 / 7, "E")._asdict()]
    assert [each["discrimination"] for each in told] == [each.discrimination for each in found]


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        ("", ()),
        ("student,lesson\n1,counting\n", ()),
        (",".join(COLUMNS) + "\n", ()),
        (",".join(COLUMNS) + "\n1,counting,1,Q?,3,a,1,,\n", (2, 1, 2, 3)),
        (",".join(COLUMNS) + "\n1,counting,1,Q?,1,a,yes,,\n", (2, 0, 1)),
        (",".join(COLUMNS) + "\n1,counting,no,Q?,1,a,1,,\n", (2, 2)),
        (",".join(COLUMNS) + "\n1,counting,1,Q?\n", (2, 1, 2)),
        (",".join(COLUMNS) + 2 * "\n1,counting,1,Q?,1,a,1,,", (2, 1, 1, 1)),
    ],
)
def test_a_file_that_holds_no_answers_is_one_sentence(tmp_path, content, numbers, capsys, recorded):
    path = tmp_path / "answers.csv"
    path.write_text(content)
    with pytest.raises(TableError):
        read_answers(path)
    assert main(["class", "items", str(path)]) == 2
    said = capsys.readouterr().err.strip().replace(str(tmp_path), "")
    assert "\n" not in said
    recorded(said, *numbers)


def test_a_file_that_is_no_text_or_is_not_there_is_one_sentence(tmp_path, capsys):
    path = tmp_path / "answers.csv"
    path.write_bytes(b"\xff\xfe\x00student")
    for each in (path, tmp_path / "nothing.csv"):
        assert main(["class", "items", str(each)]) == 2
        said = capsys.readouterr().err.strip()
        assert "\n" not in said and str(each) in said
