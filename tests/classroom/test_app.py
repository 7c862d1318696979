"""The Class page, ``hnviz app --class``, and what a class changes on other pages; no browser."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from hnviz.app.rooms.classroom import page as class_page
from hnviz.app.rooms.classroom.answers.picture import questions
from hnviz.app.rooms.tasks.study import BS
from hnviz.app.run import start
from hnviz.app.run.list.rows import row
from hnviz.app.run.topics import Runs
from hnviz.app.shell import asgi, host
from hnviz.app.shell.classroom import class_service, hold_class, open_class
from hnviz.app.shell.host import Address, Invitation, invitation
from hnviz.app.shell.server import server
from hnviz.classroom.guesses import Pasted, check_fits, encode, guess_of, read_value
from hnviz.classroom.qr import blocks
from hnviz.classroom.store import FILE, OLD_FILE
from hnviz.cli import app as cli_app
from hnviz.cli.main import build_parser, main
from hnviz.config import RunConfig
from hnviz.engine.client import EngineError
from hnviz.runs import RunSummary
from hnviz.web.classroom.service import Visitor
from hnviz.web.state import ServerState
from tests.classroom import a_service
from tests.load import attack
from tests.pages import choose, control, controls, open_page, press
from tests.sentences import refusal
from tests.test_pages import drawn, text


@pytest.fixture
def held(own_runs, monkeypatch, tmp_path):
    """A class on this server, as the environment asks for it."""
    monkeypatch.setenv("HNVIZ_CLASS", "free")
    monkeypatch.setenv("HNVIZ_CLASS_RUNS", "7")
    with pytest.MonkeyPatch.context() as patch:  # the engine that all tests share has its own
        patch.setenv("HNVIZ_RUNS_DIR", str(tmp_path))
        open_class()
    made = class_service()
    assert made is not None
    visits(monkeypatch, Visitor())  # AppTest has no cookies; a browser test has
    yield made
    made.close()
    hold_class(None)


def visits(monkeypatch: pytest.MonkeyPatch, who: Visitor) -> None:
    monkeypatch.setattr(start, "visitor", lambda: who)
    monkeypatch.setattr(class_page, "visitor", lambda: who)


def said(app: AppTest) -> str:
    assert not app.exception
    return text(app).replace("\\", "")


def test_without_a_class_there_is_no_class_page_in_the_menu(own_runs):
    assert class_service() is None
    assert start.may_view()
    assert "Class" not in said(open_page("start"))


def test_the_environment_says_what_the_class_may_do(held, tmp_path):
    assert (held.view, held.limits.each) == ("free", 7)
    held.close()
    assert (tmp_path / FILE).exists()


def test_the_teachers_page_shows_code_and_address_and_every_question(held, monkeypatch, recorded):
    visits(monkeypatch, Visitor(teacher=True))
    app = open_page("class")
    recorded(said(app), part="Students see the answers of")
    settings = drawn(app, "class_board")["settings"]
    assert settings["code"] == held.room.code
    assert settings["address"].endswith("/class/join")
    assert settings["qr"]["path"].startswith("M")
    assert drawn(app, "class_answers")["settings"]["questions"].keys() == questions().keys()
    assert held.room.secret not in str(app.get("bidi_component"))


def test_a_truth_fits_what_its_own_step_asks():
    for step, asked in questions().items():
        truth = asked["truth"]
        check_fits(read_value(list(truth) if isinstance(truth, tuple) else truth), guess_of(step))


def test_pasted_codes_are_counted_and_wrong_ones_stay_in_the_box(held, monkeypatch):
    visits(monkeypatch, Visitor(teacher=True))
    step, asked = next(
        (step, each) for step, each in questions().items() if each["kind"] == "choice"
    )
    good = encode(Pasted("k7qw4m", step, float(asked["truth"])))
    app = open_page("class")
    press(choose(app, class_codes=f"Ada: {good}"), "class_paste").run()
    assert "1 code was counted." in said(app)
    assert control(app, "class_codes")["value"] == ""
    press(choose(app, class_codes=f"{good[:-1]}_"), "class_paste").run()
    assert "0 codes were counted." in said(app)
    assert "is wrong or missing; copy it again" in control(app, "class_codes")["wrong"]
    assert control(app, "class_codes")["value"] == f"{good[:-1]}_"
    assert held.counts() == {step: 1}


def test_stop_all_stops_what_is_under_way(held, monkeypatch, recorded):
    visits(monkeypatch, Visitor(teacher=True))
    stopped = []

    class Job:
        def __init__(self, run_id: str) -> None:
            self.run_id = run_id

    class Engine:
        def jobs(self):
            return [Job("run-1"), Job("run-2")]

        def stop(self, run_id: str) -> None:
            if run_id == "run-2":
                raise EngineError("run-2 has ended", "conflict")
            stopped.append(run_id)

    app = open_page("class")
    monkeypatch.setattr(class_page, "server", lambda: SimpleNamespace(engine=Engine()))
    press(app, "class_stop").run()
    recorded(said(app), 2, part="those that wait too")
    press(app, "class_keep").run()
    press(app, "class_stop").run()
    assert stopped == []
    press(app, "class_stop_now").run()
    (line,) = (each for each in said(app).splitlines() if "run was stopped" in each)
    recorded(line, 1, 2)
    assert stopped == ["run-1"]


@pytest.mark.parametrize(
    ("who", "wanted"),
    [("", "join with its code"), ("second", "You are in the class as **student 2**")],
)
def test_others_see_the_way_in_and_no_code(held, monkeypatch, who, wanted):
    members = [held.admit("10.0.0.7").result(10) for _ in range(2)]
    visits(monkeypatch, Visitor(member=members[1] if who else None))
    app = open_page("class")
    assert wanted in said(app)
    assert held.room.code not in str(app)
    assert not controls(app) & {"class_codes", "class_stop"}


def test_a_run_in_a_class_says_whose_it_is(held, monkeypatch):
    members = [held.admit("10.0.0.7").result(10) for _ in range(2)]
    for member in members:
        held.start(member, lambda member=member: f"run-{held.room.members[member]}")
    lines = [RunSummary(id=f"run-{at}", shipped=False, status="running") for at in (1, 2, 3)]
    topic = Runs()
    before = topic.watches(lines)
    assert [row(line, {})["student"] for line in lines] == [1, 2, None]
    held.start(members[0], lambda: "run-3")
    assert topic.watches(lines) != before
    assert row(lines[2], {})["student"] == 1
    visits(monkeypatch, Visitor(member=members[1]))
    assert drawn(open_page("class"), "class_runs")["settings"]["student"] == 2
    assert [start.whose(f"run-{at}") for at in (1, 2, 4)] == ["student 1", "yours", ""]


def test_a_link_of_a_class_leads_to_the_address_of_its_students(held, monkeypatch):
    monkeypatch.setenv("HNVIZ_ORIGINS", "https://lab.example.org")
    assert drawn(open_page("start"), "run_line")["settings"]["home"] == "https://lab.example.org/"


def test_a_stranger_starts_no_run_and_the_page_says_why(held, recorded):
    app = open_page("start")
    press(app, "start_train").run()
    recorded(said(app), part="Only members of the class")
    assert not held.room.runs


def test_a_member_starts_runs_up_to_the_limit(held, monkeypatch, recorded):
    member = held.admit("10.0.0.7").result(10)
    visits(monkeypatch, Visitor(member=member))
    config, names = RunConfig.for_model("Model5"), iter(map(str, range(50)))

    class Engine:
        def start(self) -> None:
            pass

        def train(self, config: RunConfig, viewer: str, *, range_test: bool = False) -> str:
            return next(names)

    monkeypatch.setattr(start, "server", lambda: ServerState(server().store, Engine))
    for _ in range(held.limits.each):
        start.start_run(config)
    recorded(refusal(ValueError, start.start_run, config), 7)
    visits(monkeypatch, Visitor(teacher=True))
    assert start.start_run(config) == "7"


def test_a_members_press_on_train_asks_the_members_own_device(held, monkeypatch, recorded):
    member = held.admit("10.0.0.7").result(10)
    visits(monkeypatch, Visitor(member=member))
    monkeypatch.setattr(start, "start_run", lambda config: pytest.fail("the server trains"))
    app = press(open_page("train", train_model="Model3", train_seed="5"), "train_start").run()
    settings = drawn(app, "train_settings")["settings"]
    (order,) = settings["device"]["orders"]
    assert settings["device"]["trains"] and "speed" not in settings
    assert order["config"] == RunConfig.for_model("Model3", seed=5).to_dict()
    assert not held.room.runs  # until the device has sent the run
    app = press(app, "train_start").run()
    first, again = drawn(app, "train_settings")["settings"]["device"]["orders"]
    assert first == order
    assert again["number"] != order["number"] and again["text"] == order["text"]
    for at in range(held.limits.each):
        held.start(member, lambda at=at: f"run-{at}")
    app = press(app, "train_start").run()
    recorded(said(app), 7, part="A student may start")
    assert drawn(app, "train_settings")["settings"]["device"]["orders"] == [first, again]


@pytest.mark.parametrize(
    ("page", "name", "wanted"),
    [
        ("start", "start_train", RunConfig.for_model("Model5").to_dict()),
        ("tasks", "tasks_start", {"model": "Model3", "nh": 32, "bs": BS}),
    ],
)
def test_other_buttons_ask_the_members_own_device_too(held, monkeypatch, page, name, wanted):
    visits(monkeypatch, Visitor(member=held.admit("10.0.0.7").result(10)))
    monkeypatch.setattr(start, "start_run", lambda config: pytest.fail("the server trains"))
    app = open_page(page, **({"tasks_model": "Model3"} if page == "tasks" else {}))
    row = control(app, name)["row"]
    assert drawn(app, row)["settings"]["device"]["orders"] == []
    app = press(app, name).run()
    (order,) = drawn(app, row)["settings"]["device"]["orders"]
    assert wanted.items() <= order["config"].items()
    assert not held.room.runs


@pytest.mark.parametrize("model", ["Model3", "Model5Reg"])
def test_the_server_trains_for_the_teacher_and_what_a_phone_cannot(held, monkeypatch, model):
    who = Visitor(teacher=True)
    if model == "Model5Reg":
        who = Visitor(member=held.admit("10.0.0.7").result(10))
    visits(monkeypatch, who)
    asked: list[RunConfig] = []
    monkeypatch.setattr(start, "start_run", lambda config: asked.append(config))
    press(open_page("train", train_model=model), "train_start").run()
    assert [config.model for config in asked] == [model]


def test_a_double_click_starts_one_run(monkeypatch):
    session, names, clock = {}, iter("abcd"), iter([1.0, 2.9, 2.9, 2.9, 5.1, 5.2])
    monkeypatch.setattr(start.state, "get", session.get)
    monkeypatch.setattr(start.state, "put", session.__setitem__)
    monkeypatch.setattr(start, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(start, "attempt", lambda key, action, config: next(names))
    config = RunConfig()
    assert start.start("error", config) == "a"  # at 1.0
    assert start.start("error", config) == "a"  # at 2.9
    other = RunConfig(model="Model3")
    assert start.start("error", other) == "b"  # other settings, kept at 2.9
    assert start.start("error", config) == "c"
    assert start.start("error", config) == "d"  # at 5.1, more than two seconds later
    monkeypatch.setattr(start, "attempt", lambda key, action, config: None)
    assert start.start("error", RunConfig(model="Model4")) is None  # refused, and not kept
    assert session["last_start"][0] == config


def test_with_a_coded_view_a_stranger_sees_the_way_in_alone(held, monkeypatch):
    monkeypatch.setattr(held, "view", "coded")
    app = open_page("train")
    assert "These pages are for those who have joined" in said(app)
    assert not drawn(app, "train_settings") and not app.sidebar.selectbox
    member = held.admit("10.0.0.7").result(10)
    monkeypatch.setattr(start, "visitor", lambda: Visitor(member=member))
    assert control(open_page("train"), "train_start")


def test_the_app_has_the_classs_routes_only_when_it_holds_one(held, monkeypatch):
    def answers() -> list[int]:
        client = TestClient(Starlette(routes=asgi.routes()))
        addresses = ("/api/class", "/class/join", "/class/lesson/none")
        return [client.get(address).status_code for address in addresses]

    assert answers() == [200, 200, 404]
    assert (
        "no lesson 'none' is served here"
        in (TestClient(Starlette(routes=asgi.routes())).get("/class/lesson/none").json()["error"])
    )
    free = len(asgi.middleware())
    monkeypatch.setattr(held, "view", "coded")
    assert len(asgi.middleware()) == free + 1
    monkeypatch.delenv("HNVIZ_CLASS")
    hold_class(None)
    assert answers() == [404, 404, 404]


# --- The command ---

VARIABLES = ("HNVIZ_CLASS", "HNVIZ_CLASS_RUNS", "HNVIZ_CLASS_LESSONS", "HNVIZ_RUNS_DIR")


@pytest.fixture
def own_environment(monkeypatch, tmp_path):
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
def test_a_wrong_option_is_one_sentence(own_environment, options, numbers, capsys, recorded):
    assert main(["app", *options]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    recorded(lines[0], *numbers)


def test_the_options_reach_the_server(own_environment, tmp_path):
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


def test_a_new_class_forgets_the_last_one(own_environment, tmp_path):
    folder = tmp_path / "runs"
    a_service(folder).close()
    (folder / OLD_FILE).touch()
    set_class("--class")
    assert {each.name for each in folder.iterdir()} == {FILE, OLD_FILE}
    set_class("--class", "--class-new")
    assert list(folder.iterdir()) == []
    set_class("--class", "--class-new")


@pytest.fixture
def hosted(service, monkeypatch):
    monkeypatch.setattr(host, "own_names", lambda: {"127.0.1.1", "lab7", "192.168.1.5"})
    hold_class(service)
    yield service
    hold_class(None)


def test_the_invitation_names_an_address_that_the_guard_takes(hosted, monkeypatch, recorded):
    address = Address("0.0.0.0", 8501, "/below")
    invited = invitation(address)
    assert invited.join == "http://192.168.1.5:8501/below/class/join"
    assert "192.168.1.5" in address.allowed_hosts()
    assert invited.scanned == f"{invited.join}#{hosted.room.code}"
    assert invited.teacher == f"{invited.join}#teacher={hosted.room.secret}"
    monkeypatch.setenv("HNVIZ_ORIGINS", "https://lab.example.org")
    recorded(invitation(address).join)
    monkeypatch.delenv("HNVIZ_ORIGINS")
    assert invitation(Address("127.0.0.1", 8501)).join == "http://127.0.0.1:8501/class/join"


def test_what_a_teacher_reads_in_the_terminal(hosted, capsys):
    cli_app.announce(Address("0.0.0.0", 8501))
    said = capsys.readouterr().out
    invited = invitation(Address("0.0.0.0", 8501))
    assert f" {invited.join} with the code {hosted.room.code}\n" in said
    assert blocks(invited.scanned) in said
    assert f"your own page, for you only: {invited.teacher}\n" in said
    assert "anyone who can reach it can start" not in said


def test_a_terminal_without_blocks_says_so(monkeypatch, capsys, recorded):
    def fails(text: str) -> str:
        raise UnicodeEncodeError("ascii", "█", 0, 1, "no")

    monkeypatch.setattr("hnviz.classroom.qr.blocks", fails)
    cli_app.invite(Invitation("http://a/class/join", "K7QW4M", "http://a/class/join#teacher=x"))
    recorded(capsys.readouterr().out, part="this terminal cannot show the")


# --- Under attack: ``python -m tests.load.attack --class`` is the whole ---


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_a_class_goes_on_while_it_is_attacked(capsys):
    with ThreadPoolExecutor(1) as thread:  # a loop of the browser tests may run in this one
        held = thread.submit(attack.main, "--class", "--brief")
        assert held.result() == 0, capsys.readouterr().out
