"""A report on runs: what it says, what it leaves out, and what it refuses in one sentence."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hnviz.app.shell.server import server
from hnviz.cli.main import build_parser, main
from hnviz.cli.parser import chosen_corpus
from hnviz.cli.train import OPTIONS
from hnviz.config import RunConfig
from hnviz.data.corpora.own import Way, own_corpus, way_of
from hnviz.data.stream import bits_per_character, measured
from hnviz.events import Ended, EpochEnd, KindFigures, RunStarted
from hnviz.export import ExportError
from hnviz.export.build import MAX_FILE_BYTES
from hnviz.export.report import MAX_RUNS, report
from hnviz.export.report_parts import bits_notes, ends, headline
from hnviz.figures.numbers import accuracy
from hnviz.figures.overlay import MOST_NAMED, Course, Overlay, overlay
from hnviz.figures.panel import Stroke
from hnviz.figures.theme import theme
from hnviz.runs import RunFolder, RunStore
from hnviz.runs.archive import repeat_command
from hnviz.runs.events import encode
from hnviz.runs.files import CONFIG, EVENTS
from hnviz.runs.folder import Label, RunInfo, write_label
from hnviz.web.downloads import Exporter, download_routes
from hnviz.web.http import door
from tests.made_runs import events, make_run

CONFIGS = {
    "recipe": RunConfig.for_model("Model5"),
    "pre-trained LSTM": RunConfig.for_model("LSTM", seed=3, lr=0.00125),
    "all else": RunConfig.for_model(
        "Model3BN", bs=32, nh=40, pct_start=0.1, bn_init="uniform", reset_state="both", epochs=2
    ),
    "task": RunConfig.for_model("Model5", corpus="task-recall-gap.6", device="cpu"),
    "blocks": RunConfig.for_model("Model5", split="blocks"),
}


def parsed(command: str) -> RunConfig:
    """Read a command as `hnviz train` does."""
    python, dash, module, *rest = shlex.split(command)
    assert (python, dash, module) == ("python", "-m", "hnviz")
    options = build_parser().parse_args(rest)
    given = {name: getattr(options, name) for name in OPTIONS}
    return RunConfig.for_model(options.model, corpus=chosen_corpus(options), **given)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_command_trains_with_the_same_settings(name):
    assert parsed(repeat_command(CONFIGS[name])) == CONFIGS[name]


def test_the_command_of_an_own_text_reads_it_in_the_same_way(tmp_path, monkeypatch):
    content = b"the cat sat on the mat and the dog sat on the log. " * 20
    way = Way(level="bpe", merges=30, min_count=2, valid=20)
    config = RunConfig.for_model("Model5", corpus=own_corpus(content, way).id)
    assert way_of(config.corpus) == way
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_bytes(content)
    assert parsed(repeat_command(config)) == config
    read = "--text text.txt --tokens bpe --merges 30 --min-count 2 --valid-percent 20"
    assert read in repeat_command(config)
    by_word = replace(config, corpus=own_corpus(content, Way()).id)
    read = "--text text.txt --tokens word --min-count 1 --valid-percent 10"
    assert read in repeat_command(by_word)


def test_the_command_leaves_out_what_is_as_usual():
    assert repeat_command(RunConfig.for_model("Model5", corpus="numbers-fr")) == (
        "python -m hnviz train --model Model5 --bptt 20 --lr 0.01 --epochs 10 --seed 0 --bs 64 "
        "--nh 64 --corpus numbers-fr"
    )
    assert "--corpus" not in repeat_command(RunConfig.for_model("Model5"))


def test_a_report_on_a_run_says_all_of_it(tmp_path):
    store = RunStore(tmp_path)
    page = report(store, ["Model5"]).decode()
    record = store.record("Model5")
    last = record.epochs[-1]
    assert len(page.encode()) <= MAX_FILE_BYTES
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    assert accuracy(last.accuracy).replace(" ", "\N{NO-BREAK SPACE}") in page
    for section in ("Loss and accuracy", "by kind", "remembers", "Epoch by epoch", "Settings"):
        assert section in page
    comma = last.valid_kinds["comma"]
    assert (
        f">comma</th><td>{accuracy(comma.right / comma.n)}</td><td>{comma.n:,}</td>".replace(
            " %", "\N{NO-BREAK SPACE}%"
        )
        in page
    )
    assert repeat_command(record.config) in page
    assert page.count("<svg") == 6  # three charts, each for a page's width and for a phone's
    assert not re.search(r"#[0-9A-Fa-f]{6}", page[page.index("<body") :])  # all are variables


def test_a_report_on_several_runs_has_the_settings_that_differ(tmp_path):
    page = report(RunStore(tmp_path), ["Model4", "Model5", "Model4"]).decode()
    assert "Report: 2 runs compared" in page
    table = page[page.index("The settings in which the runs differ") :]
    heads = re.findall(r'<th scope="col">(.*?)</th>', table[: table.index("</thead>")])
    assert heads[:2] == ["run", "model"] and "seed" not in heads
    assert "The same in all: " in page and "seed 0" in page
    assert page.count("python -m hnviz train") == 2


def test_runs_on_other_tokens_are_compared_by_bits_per_character(recorded):
    text = b"the cat sat on the mat and the dog sat on the log. " * 40
    records = {
        level: replace(
            RunStore(Path("unused")).record("Model5"),
            config=RunConfig(corpus=own_corpus(text, Way(level=level)).id),
        )
        for level in ("word", "char")
    }
    loss = records["word"].epochs[-1].valid_loss
    bits = {name: bits_per_character(loss, record.config) for name, record in records.items()}
    recorded(headline(records), f"{bits['word']:.2f}", f"{bits['char']:.2f}")
    assert bits_notes(records) == []
    same = {name: replace(each, config=RunConfig()) for name, each in records.items()}
    assert "right on valid" in headline(same) and bits_notes(same) == []
    assert "%" not in headline({"a": replace(same["word"], epochs=())})


def test_a_report_says_how_far_bits_per_character_compare_runs(recorded):
    text = b"the cat sat on the mat and the dog sat on the log. " * 40 + b"a new zebra came."
    record = RunStore(Path("unused")).record("Model5")
    words = replace(record, config=RunConfig(corpus=own_corpus(text, Way(level="word")).id))
    unknown = f"{100 * measured(words.config).unknown:.1f}"
    other = own_corpus(b"one two three four five six. " * 40, Way(level="char")).id
    others = replace(record, config=RunConfig(corpus=other))
    different, lacking = bits_notes({"words": words, "others": others})
    assert different.startswith("These runs read different texts")
    recorded(lacking, unknown, part="their letters cost nothing")


def test_runs_of_a_name_are_told_apart_and_a_name_is_text(tmp_path):
    name = '<img src=x onerror="alert(1)">'
    folders = [make_run(tmp_path, number, 80) for number in (1, 2)]
    for folder in folders:
        write_label(folder.path, Label(name))
    page = report(RunStore(tmp_path), [folder.id for folder in folders]).decode()
    assert "<img" not in page
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt; (2)" in page


HOSTILE = '<meta http-equiv="refresh" content="0; url=//a.invalid">'


def hostile_run(root: Path, number: int) -> RunFolder:
    """A run with HTML in each field that can hold text."""
    folder = make_run(root, number, 80)
    config = folder.config
    RunInfo(config, {HOSTILE: HOSTILE}, HOSTILE, 0.0).save(folder.path / CONFIG)
    told = []
    for event in events(number, 80, config):
        match event:
            case RunStarted():
                event = replace(event, device=HOSTILE)
            case EpochEnd():
                event = replace(
                    event, valid_kinds={**event.valid_kinds, HOSTILE: KindFigures(1, 2, 3.0)}
                )
            case Ended():
                event = replace(event, message=HOSTILE)
        told.append(event)
    (folder.path / EVENTS).write_bytes(b"".join(map(encode, told)))
    write_label(folder.path, Label(HOSTILE))
    return RunFolder(folder.path)


def test_no_field_of_a_run_is_anything_but_text_in_a_report(tmp_path):
    ids = [hostile_run(tmp_path, number).id for number in (1, 2)]
    for wanted in (ids[:1], ids):
        page = report(RunStore(tmp_path), wanted).decode()
        assert page.count("&lt;meta http-equiv=&#34;refresh&#34;") > 1
        assert page.count("<meta") == 3  # the character set, the policy and the width
        assert "default-src 'none'" in page


def test_a_run_that_ends_in_an_unknown_way_is_refused_and_would_be_text(tmp_path, capsys):
    run = make_run(tmp_path, 1, 80)
    ended = Ended(status=HOSTILE, step=80, message="", time=1.0)
    record = replace(run.read(), ended=ended)
    assert "&lt;meta" in ends({"a": record}) and "<meta" not in ends({"a": record})
    path = run.path / EVENTS
    path.write_bytes(b"".join([*path.read_bytes().splitlines(keepends=True)[:-1], encode(ended)]))
    assert main(["export", "report", run.id, "Model5", "--runs-dir", str(tmp_path)]) == 2
    said = "a run ends as finished, stopped, diverged, failed; got '<meta"
    assert said in capsys.readouterr().err


def test_what_cannot_be_reported_is_one_sentence(tmp_path, capsys):
    store = RunStore(tmp_path)
    fresh = store.create(RunConfig(epochs=1)).id
    broken = make_run(tmp_path, 3, 80).id
    (tmp_path / broken / "events.jsonl").write_text("{nothing\n")
    sentences = {
        fresh: f"the run {fresh} has no finished epoch, so there is nothing to report",
        broken: f"the run {broken} is damaged: ",
        "nobody": "there is no run named 'nobody'",
    }
    for run_id, said in sentences.items():
        arguments = ["Model5", run_id, "--runs-dir", str(tmp_path), "--out", str(tmp_path / "x")]
        assert main(["export", "report", *arguments]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
    with pytest.raises(ExportError, match=f"a report takes 1 to {MAX_RUNS} runs; got 25"):
        report(store, [f"run{at}" for at in range(25)])


def test_a_report_is_served_to_be_saved(own_runs):
    client = TestClient(
        Starlette(routes=door(download_routes(server(), Exporter()))), base_url="http://127.0.0.1"
    )
    one = client.get("/api/report?runs=Model1")
    assert one.status_code == 200
    assert one.headers["content-disposition"] == 'attachment; filename="report-Model1.html"'
    assert one.text.startswith("<!doctype html>")
    lost, none = (client.get(f"/api/report?runs={runs}") for runs in ("Model1,nobody", ""))
    assert (lost.status_code, none.status_code) == (404, 422)
    assert json.loads(lost.text)["error"].startswith("there is no run named 'nobody'")


def test_a_chart_leaves_a_gap_where_a_figure_is_missing():
    nan = float("nan")
    line = Stroke("red")
    courses = [Course("one", [0, 1, 2, 3, 4], [0.1, 0.2, nan, 0.4, 0.5], line)]
    drawn = overlay(Overlay(title="T", said="S.", courses=courses, share=True), theme("light"))
    assert drawn.count('stroke="red"') == 3  # two pieces, and the line beside the name
    assert courses[0].end == 0.5 and Course("none", [0], [nan], line).end is None
    many = [Course(f"run {at}", [0, 1], [at / 30, at / 20], line) for at in range(20)]
    drawn = overlay(Overlay(title="T", said="S.", courses=many, share=True), theme("light"))
    assert len(many) > MOST_NAMED
    assert re.findall(r">(run \d+)<", drawn) == ["run 0", "run 19"]
    assert len(Course("long", range(10_001), [0.5] * 10_001, line).short.x) < 500
