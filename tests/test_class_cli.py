"""``hnviz app --class``: its options, and what it prints."""

import os
from pathlib import Path

import pytest

from hnviz.app.shell import host
from hnviz.app.shell.classroom import hold_class
from hnviz.app.shell.host import Address, Invitation, invitation
from hnviz.classroom.qr import blocks
from hnviz.classroom.store import FILE, OLD_FILE
from hnviz.cli import app as cli_app
from hnviz.cli.main import build_parser, main
from tests.classes import a_service

VARIABLES = ("HNVIZ_CLASS", "HNVIZ_CLASS_RUNS", "HNVIZ_CLASS_LESSONS", "HNVIZ_RUNS_DIR")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    before = {name: os.environ.get(name) for name in VARIABLES}
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HNVIZ_RUNS_DIR", str(tmp_path / "runs"))
    yield
    for name, value in before.items():  # the command sets some
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def set_class(*options: str) -> None:
    cli_app.set_class(build_parser().parse_args(["app", *options]))


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--class-view", "coded"], ()),
        (["--class-new"], ()),
        (["--class", "--class-runs", "0"], (1, "1000", 0)),
        (["--class", "--class-lessons", "nowhere"], ()),
        (["--class", "--class-view", "open"], ()),
    ],
)
def test_a_wrong_option_is_one_sentence(options, numbers, capsys, recorded):
    assert main(["app", *options]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    recorded(lines[0], *numbers)


def test_the_options_reach_the_server(tmp_path):
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    set_class(
        "--class", "--class-view", "coded", "--class-runs", "5", "--class-lessons", str(lessons)
    )
    assert os.environ["HNVIZ_CLASS"] == "coded"
    assert os.environ["HNVIZ_CLASS_RUNS"] == "5"
    assert os.environ["HNVIZ_CLASS_LESSONS"] == str(lessons)


def test_a_class_listens_to_the_network_and_an_app_does_not():
    assert cli_app.default_host(is_class=True) == "0.0.0.0"
    assert cli_app.default_host(is_class=False) == "127.0.0.1"


def test_a_new_class_forgets_the_last_one(tmp_path):
    folder = tmp_path / "runs"
    a_service(folder).close()
    (folder / OLD_FILE).touch()
    set_class("--class")
    assert {each.name for each in folder.iterdir()} == {FILE, OLD_FILE}
    set_class("--class", "--class-new")
    assert list(folder.iterdir()) == []
    set_class("--class", "--class-new")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(host, "own_names", lambda: {"127.0.1.1", "lab7", "192.168.1.5"})
    made = a_service(tmp_path)
    hold_class(made)
    yield made
    hold_class(None)
    made.close()


def test_the_invitation_names_an_address_that_the_guard_takes(held, monkeypatch, recorded):
    address = Address("0.0.0.0", 8501, "/below")
    invited = invitation(address)
    assert invited.join == "http://192.168.1.5:8501/below/class/join"
    assert "192.168.1.5" in address.allowed_hosts()
    assert invited.scanned == f"{invited.join}#{held.room.code}"
    assert invited.teacher == f"{invited.join}#teacher={held.room.secret}"
    monkeypatch.setenv("HNVIZ_ORIGINS", "https://lab.example.org")
    recorded(invitation(address).join)
    monkeypatch.delenv("HNVIZ_ORIGINS")
    assert invitation(Address("127.0.0.1", 8501)).join == "http://127.0.0.1:8501/class/join"


def test_what_a_teacher_reads_in_the_terminal(held, capsys):
    cli_app.announce(Address("0.0.0.0", 8501))
    said = capsys.readouterr().out
    invited = invitation(Address("0.0.0.0", 8501))
    assert f" {invited.join} with the code {held.room.code}\n" in said
    assert blocks(invited.scanned) in said
    assert f"your own page, for you only: {invited.teacher}\n" in said
    assert "anyone who can reach it can start" not in said


def test_a_terminal_without_blocks_says_so(monkeypatch, capsys, recorded):
    def fails(text: str) -> str:
        raise UnicodeEncodeError("ascii", "█", 0, 1, "no")

    monkeypatch.setattr("hnviz.classroom.qr.blocks", fails)
    cli_app.invite(Invitation("http://a/class/join", "K7QW4M", "http://a/class/join#teacher=x"))
    recorded(capsys.readouterr().out, part="this terminal cannot show the")
