"""Exports questions for a learning platform: a package of QTI 2.1 with one item each, and a test.

A platform scores an item as the lesson's panel does: a choice is right or wrong, and a number is
right if it is as near to the truth as js/surprise.js of the panel wants.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from hnviz import __version__
from hnviz.export.package import written
from hnviz.lessons import Guess, Lesson, lessons
from hnviz.lessons.exam import questions
from hnviz.lessons.model import NEAR
from hnviz.lessons.words import parts

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGING = "http://www.imsglobal.org/xsd/imscp_v1p1"
TEST_FILE = "test.xml"
KINDS = ("choice", "number")
"""What a platform can check; no curve, and no square, whose cells are too many for a list."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question as a platform asks it."""

    id: str
    part: str  # the title of what it belongs to
    title: str
    text: str  # what the student reads before it
    guess: Guess


def lesson_items(found: Iterable[Lesson]) -> list[Item]:
    """List the questions of lessons that a platform can check."""
    return [
        Item(f"{lesson.id}.{number}", lesson.title, step.title, step.text, step.guess)
        for lesson in found
        for number, step in enumerate(lesson.steps, 1)
        if step.guess is not None and step.guess.kind in KINDS
    ]


def exam_items() -> list[Item]:
    """List the questions of the test before and after the lectures."""
    asked = enumerate(questions(), 1)
    return [Item(f"test.{n}", "Ten questions", f"Question {n}", "", guess) for n, guess in asked]


def export_questions() -> bytes:
    """Return all questions that a platform can check as a package."""
    return package([*lesson_items(lessons().values()), *exam_items()])


def package(items: Iterable[Item]) -> bytes:
    """Return items, a test of them all and the manifest as a zip file."""
    items = list(items)
    files = {_path(each): _xml(item(each)) for each in items}
    return written(manifest(items), {TEST_FILE: _xml(_test(items)), **files})


def item(said: Item) -> ET.Element:
    """Return a question as an `assessmentItem`."""
    guess, is_choice = said.guess, said.guess.kind == "choice"
    kind = "identifier" if is_choice else "float"
    truth = _answer(int(_truth(guess))) if is_choice else f"{_truth(guess):g}"
    feedback = _choice_feedback(guess) if is_choice else _number_feedback(guess)
    right = _make("correctResponse", _make("value", truth))
    none = _make("defaultValue", _make("value", "0"))
    return _make(
        "assessmentItem",
        _declared("response", "RESPONSE", kind, right),
        _declared("outcome", "SCORE", "float", none),
        _declared("outcome", "FEEDBACK", "identifier"),
        _make(
            "itemBody",
            *map(_paragraph, filter(str.strip, said.text.split("\n\n"))),
            _choices(guess) if is_choice else _entry(guess),
        ),
        _choice_score() if is_choice else _number_score(guess),
        *(_feedback(name, texts) for name, texts in feedback.items()),
        xmlns=QTI,
        identifier=_named_in(said),
        title=said.title,
        adaptive="false",
        timeDependent="false",
        toolName="hnviz",
        toolVersion=__version__,
    )


def _declared(what: str, name: str, kind: str, *inside: ET.Element) -> ET.Element:
    """Declare a variable with one value."""
    tag = f"{what}Declaration"
    return _make(tag, *inside, identifier=name, cardinality="single", baseType=kind)


def _feedback(name: str, texts: Iterable[str]) -> ET.Element:
    return _make(
        "modalFeedback",
        *map(_paragraph, texts),
        outcomeIdentifier="FEEDBACK",
        identifier=name,
        showHide="show",
    )


def _choices(guess: Guess) -> ET.Element:
    return _make(
        "choiceInteraction",
        _make("prompt", *_marked(guess.ask)),
        *(
            _make("simpleChoice", words, identifier=_answer(at))
            for at, words in enumerate(guess.answers)
        ),
        responseIdentifier="RESPONSE",
        shuffle="false",
        maxChoices="1",
    )


def _entry(guess: Guess) -> ET.Element:
    """Ask for a number in a line of its own, with its range and its unit."""
    field = _make("textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="8")
    ends = f" ({guess.low:g} to {guess.high:g}) "
    return _make("p", *_marked(guess.ask), ends, field, f" {guess.unit}")


def _choice_feedback(guess: Guess) -> dict[str, list[str]]:
    """Return what a platform says to each answer, by its identifier."""
    because = {each.answer: [each.text] for each in guess.because}
    return {_answer(at): [*because.get(at, ()), guess.why] for at in range(len(guess.answers))}


def _number_feedback(guess: Guess) -> dict[str, list[str]]:
    because = {_interval(at): [each.text, guess.why] for at, each in enumerate(guess.because)}
    return {"RIGHT": [guess.why], **because, "WRONG": [guess.why]}


def _choice_score() -> ET.Element:
    """Score the right answer with 1, and show what is said to the answer that was given."""
    is_right = _make("match", _named("variable", "RESPONSE"), _named("correct", "RESPONSE"))
    return _make(
        "responseProcessing",
        _make("responseCondition", _make("responseIf", is_right, _set("SCORE", "float", "1"))),
        _make("setOutcomeValue", _named("variable", "RESPONSE"), identifier="FEEDBACK"),
    )


def _number_score(guess: Guess) -> ET.Element:
    """Score a number near the truth with 1; `equal` with a tolerance is not read everywhere."""
    near, truth = NEAR * (guess.high - guess.low), _truth(guess)
    others = [
        _make(
            "responseElseIf",
            _between(float(each.low or 0), float(each.high or 0)),
            _set("FEEDBACK", "identifier", _interval(at)),
        )
        for at, each in enumerate(guess.because)
    ]
    return _make(
        "responseProcessing",
        _make(
            "responseCondition",
            _make(
                "responseIf",
                _between(truth - near, truth + near),
                _set("SCORE", "float", "1"),
                _set("FEEDBACK", "identifier", "RIGHT"),
            ),
            *others,
            _make("responseElse", _set("FEEDBACK", "identifier", "WRONG")),
        ),
    )


def _between(low: float, high: float) -> ET.Element:
    ends = (
        _make(
            name, _named("variable", "RESPONSE"), _make("baseValue", f"{end:.9g}", baseType="float")
        )
        for name, end in (("gte", low), ("lte", high))
    )
    return _make("and", *ends)


def _set(name: str, kind: str, value: str) -> ET.Element:
    return _make("setOutcomeValue", _make("baseValue", value, baseType=kind), identifier=name)


def _test(items: Iterable[Item]) -> ET.Element:
    """Return the test: a section for each lesson, and the sum of all scores."""
    by_part: dict[str, list[Item]] = {}
    for each in items:
        by_part.setdefault(each.part, []).append(each)
    sections = (
        _make(
            "assessmentSection",
            *(
                _make(
                    "assessmentItemRef", identifier=f"hnviz.{each.id}", href=f"items/{each.id}.xml"
                )
                for each in held
            ),
            identifier=f"section.{number}",
            title=part,
            visible="true",
        )
        for number, (part, held) in enumerate(by_part.items(), 1)
    )
    total = _make("sum", _make("testVariables", variableIdentifier="SCORE"))
    return _make(
        "assessmentTest",
        _declared("outcome", "SCORE", "float"),
        _make(
            "testPart",
            *sections,
            identifier="part",
            navigationMode="nonlinear",
            submissionMode="individual",
        ),
        _make("outcomeProcessing", _make("setOutcomeValue", total, identifier="SCORE")),
        xmlns=QTI,
        identifier="hnviz.test",
        title="hnviz: questions",
        toolName="hnviz",
        toolVersion=__version__,
    )


def manifest(items: Iterable[Item]) -> str:
    """Return what lists the package's files."""
    items = list(items)
    resources = [_resource(_named_in(each), "imsqti_item_xmlv2p1", _path(each)) for each in items]
    uses = (_make("dependency", identifierref=_named_in(each)) for each in items)
    test = _resource("hnviz.test", "imsqti_test_xmlv2p1", TEST_FILE)
    test.extend(uses)
    root = _make(
        "manifest",
        _make(
            "metadata",
            _make("schema", "QTIv2.1 Package"),
            _make("schemaversion", "1.0.0"),
        ),
        _make("organizations"),
        _make("resources", test, *resources),
        xmlns=PACKAGING,
        identifier="hnviz.questions",
    )
    return _xml(root).decode()


def _resource(name: str, kind: str, path: str) -> ET.Element:
    return _make("resource", _make("file", href=path), identifier=name, type=kind, href=path)


def _named(tag: str, name: str) -> ET.Element:
    return _make(tag, identifier=name)


def _paragraph(text: str) -> ET.Element:
    return _make("p", *_marked(text))


def _marked(text: str) -> list[ET.Element | str]:
    """Return a lesson's text with its marks as elements."""
    return [_make(tag, words) if tag else words for tag, words in parts(" ".join(text.split()))]


def _make(tag: str, *inside: ET.Element | str, **attributes: str) -> ET.Element:
    """Make an element with elements and words in it."""
    made = ET.Element(tag, attributes)
    for each in inside:
        if not isinstance(each, str):
            made.append(each)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + each
        else:
            made.text = (made.text or "") + each
    return made


def _xml(root: ET.Element) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _truth(guess: Guess) -> float:
    return float(guess.truth[0] if isinstance(guess.truth, tuple) else guess.truth)


def _named_in(item: Item) -> str:
    """Return an item's name, which may not begin with a digit."""
    return f"hnviz.{item.id}"


def _path(item: Item) -> str:
    return f"items/{item.id}.xml"


def _answer(at: int) -> str:
    return f"A{at}"


def _interval(at: int) -> str:
    return f"B{at}"
