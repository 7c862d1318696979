"""Questions as a QTI 2.1 package, which a converter and a player of others read and score."""

import io
import json
import re
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hnviz.cli.main import main
from hnviz.export.package import MANIFEST
from hnviz.export.qti import (
    NEAR,
    PACKAGING,
    QTI,
    TEST_FILE,
    Item,
    exam_items,
    lesson_items,
    package,
)
from hnviz.lessons import Because, Guess, lessons
from hnviz.lessons.words import parts
from tests.conftest import ROOT, profile
from tests.tools import tool

SURPRISE = ROOT / "hnviz/app/lesson/panel/surprise.js"
TOLD = Guess(
    kind="number",
    ask="How many **tokens**?",
    why="4 rows of 8.",
    low=0,
    high=64,
    unit="tokens",
    truth=32,
    because=(
        Because(low=8, high=12, text="Eight are one row."),
        Because(low=60, high=64, text="No."),
    ),
)
PICKED = Guess(
    kind="choice",
    ask="Which & why?",
    why="<It> ends.",
    answers=("a < b", "a & b", "“c”"),
    truth=1,
    because=(Because(answer=2, text="Not `c`."),),
)
ITEMS = [
    *lesson_items(lessons().values()),
    *exam_items(),
    Item("mine.1", "Mine", "Numbers", "One *text*.\n\nTwo.", TOLD),
    Item("mine.2", "Mine", "<Choices>", "A `code` & more.", PICKED),
]
SCORE = """async ([xml, answers]) => {
  const [item, holder] = ["qti-item", "item-container"].map((name) => document.createElement(name));
  holder.itemXML = xml;
  item.append(holder);
  document.body.replaceChildren(item);
  const find = () => item.querySelector("qti-assessment-item") ??
    holder.shadowRoot?.querySelector("qti-assessment-item");
  while (!find()?.variables?.length) await new Promise(requestAnimationFrame);
  const found = find();
  const scored = [];
  for (const answer of answers) {
    found.updateResponseVariable("RESPONSE", answer);
    found.processResponse();
    await new Promise(requestAnimationFrame);
    const named = found.getOutcome("FEEDBACK").value;
    const said = [...found.querySelectorAll("qti-modal-feedback")]
      .find((each) => each.getAttribute("identifier") === named);
    scored.push([Number(found.getOutcome("SCORE").value), said?.textContent.trim()]);
  }
  return { scored, text: found.querySelector("qti-item-body").textContent };
}"""


def plain(text: str) -> str:
    """A text without its marks."""
    return "".join(words for _, words in parts(" ".join(text.split())))


def held(content: bytes) -> dict[str, bytes]:
    """The files of a package, by path."""
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_the_package_lists_each_of_its_files_once():
    files = held(package(ITEMS))
    manifest = ET.fromstring(files.pop(MANIFEST))
    listed = [each.get("href") for each in manifest.iter(f"{{{PACKAGING}}}file")]
    assert sorted(listed) == sorted(files) and len(listed) == len(ITEMS) + 1
    test = ET.fromstring(files[TEST_FILE])
    refs = [each.get("href") for each in test.iter(f"{{{QTI}}}assessmentItemRef")]
    assert refs == [f"items/{each.id}.xml" for each in ITEMS]
    sections = [each.get("title") for each in test.iter(f"{{{QTI}}}assessmentSection")]
    assert sections == [*dict.fromkeys(each.part for each in ITEMS)]


def test_all_choices_and_numbers_of_the_lessons_are_asked():
    kinds = [
        step.guess.kind
        for lesson in lessons().values()
        for step in lesson.steps
        if step.guess is not None
    ]
    wanted = kinds.count("choice") + kinds.count("number")
    assert len(lesson_items(lessons().values())) == wanted > 20


def test_a_number_is_as_near_as_the_panel_wants():
    (near,) = re.findall(r"const NEAR = ([\d.]+);", SURPRISE.read_text(encoding="utf-8"))
    assert float(near) == NEAR


def test_the_command_writes_the_package(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "questions", "--qti"]) == 0
    content = Path("questions.zip").read_bytes()
    assert capsys.readouterr().out == f"questions.zip: {len(content):,} bytes\n"
    assert content == package([*lesson_items(lessons().values()), *exam_items()])
    assert main(["export", "questions"]) == 2
    assert "--qti" in capsys.readouterr().err


def answers_to(guess: Guess) -> list[tuple[str, float]]:
    """Answers to try, as a platform stores them, and their values."""
    if guess.kind == "choice":
        return [(f"A{at}", at) for at in range(len(guess.answers))]
    near = NEAR * (guess.high - guess.low)
    tried = {guess.low, guess.high, (guess.low + guess.high) / 2, *ends(guess)}
    tried |= {float(guess.truth) + by * near for by in (-1.01, -0.99, 0, 0.99, 1.01)}  # type: ignore[arg-type]
    return [(f"{each:.6f}", float(f"{each:.6f}")) for each in sorted(tried)]


def ends(guess: Guess) -> set[float]:
    return {
        float(end) for each in guess.because for end in (each.low, each.high) if end is not None
    }


def wanted(guess: Guess, value: float) -> list:
    """The score of an answer, and what is said to it."""
    near = 0 if guess.kind == "choice" else NEAR * (guess.high - guess.low)
    is_right = abs(value - float(guess.truth)) <= near  # type: ignore[arg-type]
    because = None if is_right else guess.because_of(value)
    return [
        int(is_right),
        "".join(map(plain, [because.text] if because else [])) + plain(guess.why),
    ]


@pytest.fixture(scope="module")
def converted(tmp_path_factory) -> dict[str, str]:
    """The items as QTI 3, which a converter made of them."""
    tool("@citolab/qti-convert")
    folder = tmp_path_factory.mktemp("qti")
    for name, content in held(package(ITEMS)).items():
        if name.startswith("items/"):
            (folder / Path(name).name).write_bytes(content)
    done = subprocess.run(
        ["node", ROOT / "tests/js/qti.js", folder],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return dict(json.loads(done.stdout))


def test_a_player_reads_and_scores_every_item(browser, converted):
    player = tool("@citolab/qti-components") / "cdn/index.global.js"
    with profile(browser) as context:
        tab = context.new_page()
        tab.set_content("<!doctype html><title>A platform</title><body></body>")
        tab.add_script_tag(content=player.read_text(encoding="utf-8"))
        for each in ITEMS:
            tried = answers_to(each.guess)
            said = tab.evaluate(SCORE, [converted[f"{each.id}.xml"], [name for name, _ in tried]])
            assert said["scored"] == [wanted(each.guess, value) for _, value in tried], each.id
            text = " ".join(said["text"].split())
            shown = [
                each.guess.ask,
                *(each.guess.answers or [each.guess.unit]),
                *each.text.split("\n\n"),
            ]
            for words in shown:
                assert plain(words) in text, each.id


def test_right_and_wrong_answers_of_each_item_are_tried():
    for each in ITEMS:
        scores = {wanted(each.guess, value)[0] for _, value in answers_to(each.guess)}
        assert scores == {0, 1}, each.id
