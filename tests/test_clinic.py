"""The clinic: each patient's evidence is in the file, and it contradicts each wrong diagnosis."""

from math import e, log
from pathlib import Path

import pytest

from hnviz.cli import main
from hnviz.exercises.clinic import (
    AGAIN,
    BUGS,
    CASES,
    CURVES,
    EVIDENCE,
    FILE,
    HEALTHY,
    HIDDEN,
    PASSES,
    SEEDS,
    Case,
    Ends,
    lines_of,
    measured,
    program,
)
from hnviz.figures import clinic as of
from hnviz.figures.numbers import percent
from hnviz.figures.theme import MODES, theme
from tests.pages import open_page
from tests.sentences import Recorded

MOST_BYTES = 4_000_000
each_case = pytest.mark.parametrize("case", CASES.values(), ids=[*CASES])
patients = {case.name: case for case in CASES.values()}


def test_twelve_patients_have_twelve_diagnoses_and_one_is_healthy() -> None:
    assert [*CASES] == [f"{ward}{bed}" for ward in "ABC" for bed in "1234"]
    assert patients.keys() == BUGS.keys()
    assert len(CASES) == 12
    assert HEALTHY in patients


def test_the_file_is_small_and_has_five_seeds_of_each_loop() -> None:
    assert FILE.stat().st_size <= MOST_BYTES
    runs = measured().runs
    assert runs.keys() == {*BUGS, AGAIN}
    for five in runs.values():
        assert len(five) == SEEDS
        assert all(len(run.passes) == PASSES for run in five)


@pytest.mark.parametrize("name", [name for name in BUGS if name not in (*HIDDEN, HEALTHY)])
def test_the_curves_of_a_bug_end_further_apart_than_the_seeds_lie(name: str) -> None:
    case = patients[name]
    assert case.parted()
    for curve in case.parted():
        ill, mended = ([run.last(curve) for run in runs] for runs in (case.ill, case.mended))
        gap = max(min(ill) - max(mended), min(mended) - max(ill))
        assert gap > 0
        middle = abs(sorted(ill)[2] - sorted(mended)[2])
        assert middle > max(max(ill) - min(ill), max(mended) - min(mended))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("rows-at-random", ["layout", "doctor"]),
        ("one-row", ["batch", "doctor"]),
        ("not-updated", ["doctor"]),
    ],
)
def test_three_bugs_are_in_no_curve(name: str, shown: list[str]) -> None:
    case = patients[name]
    assert name in HIDDEN
    for curve in CURVES:
        for at in range(PASSES):
            ill, mended = case.ends(curve, at)
            assert ill.meets(mended), (curve, at)
    assert case.shows() == shown


def test_nothing_of_the_healthy_patient_differs() -> None:
    case = patients[HEALTHY]
    assert case.overlaps()
    assert case.shows() == []
    assert case.mended != case.ill


@each_case
def test_the_doctor_names_the_bug_in_all_five_seeds(case: Case) -> None:
    expected = [] if case.name == HEALTHY else [case.name]
    assert [run.wrong for run in case.ill] == [expected] * SEEDS
    assert [run.wrong for run in case.mended] == [[]] * SEEDS


@each_case
def test_the_evidence_contradicts_each_wrong_diagnosis(case: Case) -> None:
    assert [name for name, bug in BUGS.items() if bug.sign(case.ill)] == [case.name]
    assert len(case.offered) == 5
    assert case.name in case.offered


@each_case
def test_one_verdict_is_right_and_the_evidence_is_where_it_differs(case: Case) -> None:
    said = [of.verdict(case, name).split()[0] for name in case.offered]
    assert said == ["Right." if name == case.name else "No." for name in case.offered]
    shown = [name for name in EVIDENCE if of.pointed(case, name, name in case.shows())[0] == "Y"]
    assert shown == case.shows()


def two(case: Case, curve: str, at: int = -1) -> list[str]:
    """Return the lowest and the highest of the patient's seeds, as a page has them."""
    column = CURVES.index(curve)
    values = sorted(run.passes[at][column] for run in case.ill)
    return [f"{values[0]:.2f}", f"{values[-1]:.2f}"]


def numbers_of(case: Case) -> list[float | str]:
    """Return the numbers in the sentence that says that a diagnosis is right."""
    size, run = measured(), case.ill[0]
    chance = f"{log(size.words):.2f}"
    third = sorted(each.passes[2][2] for each in case.ill)
    each_state = [f"{abs(state[0]):.2f}" for state in run.states]
    train, valid = two(case, "train loss"), two(case, "valid loss")
    found: dict[str, list[float | str]] = {
        "not-shifted": [run.shift],
        "shifted-twice": [2, run.shift],
        "looks-ahead": [90, run.shift, f"{100 * third[0]:.0f}", f"{100 * third[-1]:.0f}"],
        "rows-at-random": [*shares(case)],
        "one-row": [*each_state],
        "batch-first": [size.steps, size.rows, run.n_states],
        "softmax-twice": [
            f"{log(1 + (size.words - 1) / e):.2f}",
            f"{log(size.words) - 0.3:.2f}",
            *train,
        ],
        "not-zeroed": [*two(case, "train loss", 0), *train, *two(case, "valid loss", 0), *valid],
        "not-updated": [],
        "reshaped": [chance, *valid],
        "own-vocabulary": [chance, *train, *valid],
        HEALTHY: [run.shift * 100],
    }
    return found[case.name]


def shares(case: Case) -> list[str]:
    """Return the least and the largest share of rows that go on, in percent."""
    found = sorted({run.go_on for run in case.ill})
    return [percent(each).removesuffix(" %") for each in (found[0], found[-1])]


@each_case
def test_the_right_verdict_has_the_numbers_of_the_file(case: Case, recorded: Recorded) -> None:
    recorded(of.verdict(case, case.name), *numbers_of(case))


def test_a_patient_opens_with_the_ends_of_its_curves(recorded: Recorded) -> None:
    case = patients["batch-first"]
    right = sorted(run.last("valid accuracy") for run in case.ill)
    ends = [f"{100 * each:.0f}" for each in (right[0], right[-1])]
    recorded(of.headline(case), *two(case, "train loss"), *ends)


@each_case
def test_a_bug_is_one_line(case: Case) -> None:
    assert program(case.name) == program(HEALTHY) or case.name != HEALTHY
    if case.name == HEALTHY:
        return
    ill, whole = lines_of(case.name)
    assert ill != whole
    assert whole in program(HEALTHY)
    assert ill in program(case.name)
    lines, mended = (set(program(name).splitlines()) for name in (case.name, HEALTHY))
    assert len(mended - lines) == 1


def test_an_unknown_bug_is_refused(recorded: Recorded) -> None:
    with pytest.raises(ValueError, match="flat-tyre") as raised:
        program("flat-tyre")
    recorded(str(raised.value))


def test_ranges_meet_where_they_share_a_value() -> None:
    assert Ends(1, 2).meets(Ends(2, 3))
    assert not Ends(1, 2).meets(Ends(2.5, 3))


@pytest.mark.parametrize("mode", MODES)
def test_mend_draws_both_sides(mode: str) -> None:
    case, look = patients["softmax-twice"], theme(mode)
    assert of.curves(case, look).count("<polyline") == 3 * SEEDS
    assert "<th></th><th>0</th><th>1</th>" in of.mini_batch(case, look)
    mended = of.mend(case, look)
    assert mended.count("<polyline") == 2 * 3 * SEEDS
    for line in lines_of(case.name):
        assert line in mended


@pytest.mark.parametrize(("ward", "bed"), [("A", "1"), ("B", "2")])
def test_the_page_shows_a_patient(ward: str, bed: str) -> None:
    page = open_page("train", train_part="Exercises", clinic_ward=ward, clinic_bed=bed)
    text = "".join(each.proto.body for each in (*page.markdown, *page.get("html")))
    case = CASES[f"{ward}{bed}"]
    for name in case.offered:
        assert BUGS[name].title in text
    assert f"Patient {case.bed}" in text


@pytest.mark.slow  # it loads torch
def test_the_command_writes_where_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Path] = []

    def write(path: Path) -> list[str]:
        asked.append(path)
        return ["ready"]

    monkeypatch.setattr("hnviz.bench.clinic.write", write)
    assert main(["bench", "clinic", "--to", str(tmp_path / "clinic.json")]) == 0
    assert asked == [tmp_path / "clinic.json"]
    assert capsys.readouterr().out == "ready\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["one-row", HEALTHY])
def test_a_patient_trains_again_to_its_figures(name: str) -> None:
    from hnviz.bench.clinic import run

    again, shipped = run(name, 1), measured().runs[name][1]
    assert again.x == shipped.x
    assert again.wrong == shipped.wrong
    assert (again.shift, again.go_on, again.n_states) == (
        shipped.shift,
        shipped.go_on,
        shipped.n_states,
    )
    assert (again.spread == 0) == (shipped.spread == 0)
    assert again.passes[0] == pytest.approx(shipped.passes[0], rel=0.01)
    assert again.passes[-1] == pytest.approx(shipped.passes[-1], rel=0.1)
