"""Item statistics of a class's CSV, beside the same figures from pandas, scipy and a formula."""

import csv
import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pointbiserialr

from hnviz.classroom.guesses import FIRST, SECOND
from hnviz.classroom.items import TableError, Wrong, items, read_answers
from hnviz.classroom.votes import COLUMNS
from hnviz.cli.main import main

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
def a_class(tmp_path) -> Path:
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


def test_the_figures_of_a_class_are_those_of_pandas_and_scipy(a_class):
    table = pd.read_csv(a_class)
    found = items(read_answers(a_class))
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


def test_the_discrimination_is_the_formula_of_the_point_biserial_correlation(a_class):
    """(M1 - M0) / s * sqrt(p q), with the standard deviation of the whole population."""
    answers = read_answers(a_class)
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
