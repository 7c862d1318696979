"""The wheel, made from the sdist: a command that carries the app, its pages and the runs."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest

from hnviz.app.shell.navigation import PAGES, UNLISTED
from hnviz.cli.main import build_parser
from hnviz.runs.store import RUNS_DIR_VARIABLE
from hnviz.web.assets import styled
from tests.conftest import ROOT, free_port, idle
from tests.test_doors import answers

BUILD = [sys.executable, "-m", "hatchling", "build", "-d"]
ALONE = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build a wheel from the sdist, as pip does on a machine without a wheel of hnviz."""
    place = tmp_path_factory.mktemp("dist")
    subprocess.run([*BUILD, place, "-t", "sdist"], cwd=ROOT, check=True, capture_output=True)
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    source = place / archive.name.removesuffix(".tar.gz")
    subprocess.run([*BUILD, place, "-t", "wheel"], cwd=source, check=True, capture_output=True)
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Install it, without the network, beside the packages that are here; return its bin folder."""
    place = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    paths = {"base": str(place), "platbase": str(place)}
    site = Path(sysconfig.get_path("purelib", vars=paths))
    (site / "packages_here.pth").write_text(sysconfig.get_path("purelib"))
    scripts = Path(sysconfig.get_path("scripts", vars=paths))
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--no-index"]
    subprocess.run([*pip, "--no-deps", "-q", wheel], check=True, env=ALONE)
    return scripts


def run(installed: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [installed / "hnviz", *arguments], cwd=folder, env=ALONE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def docker(word: str) -> list[str]:
    """What the Dockerfile says after a word, one line each."""
    text = (ROOT / "docs/deploy/Dockerfile").read_text().replace("\\\n", "")
    return re.findall(rf"^{word} (.*)$", text, re.MULTILINE)


def test_the_image_holds_what_the_package_is_made_of():
    copied = {name for line in docker("COPY") for name in line.split()[:-1]}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    included = {name.strip("/") for name in settings["targets"]["sdist"]["include"]}
    assert copied == included | {"pyproject.toml"}
    assert all((ROOT / name).exists() for name in copied)


def test_the_container_has_no_rights_and_keeps_its_runs_on_a_volume():
    (user,), (volume,), (ports,) = docker("USER"), docker("VOLUME"), docker("EXPOSE")
    assert user == "1000" and f"--uid {user} " in docker("RUN")[0]
    assert docker("ENV") == [f"{RUNS_DIR_VARIABLE}={volume}"]
    assert f"chown hnviz {volume}" in docker("RUN")[0]
    command = json.loads(docker("CMD")[-1])
    options = build_parser().parse_args(command[1:])
    assert (command[0], options.host, options.port) == ("hnviz", "0.0.0.0", int(ports))


def test_the_class_sets_what_the_app_reads():
    compose = (ROOT / "docs/deploy/compose.yaml").read_text()
    sources = "".join(path.read_text() for path in (ROOT / "hnviz").rglob("*.py"))
    names = set(re.findall(r"HNVIZ_\w+", compose))
    assert len(names) >= 4 and all(f'"{name}"' in sources for name in names)
    assert "dockerfile: docs/deploy/Dockerfile" in compose


def test_both_files_name_the_same_ranges():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [line.partition("  #")[0].replace('"', "'") for line in lines]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == wanted
    (ray,) = project["optional-dependencies"]["ray"]
    assert ray in (ROOT / "requirements-dev.txt").read_text() and "ray" not in "".join(wanted)
    assert all(re.search(r"[<]\d", each) for each in wanted)
    slow = (ROOT / ".ci/requirements-slow.txt").read_text()
    for extra in ("tensorboard", "fastai", "lightning", "transformers"):
        assert all(each in slow for each in project["optional-dependencies"][extra])


def test_the_wheel_holds_all_that_git_holds_of_the_package(wheel):
    listed = subprocess.run(["git", "ls-files", "hnviz", "pages"], cwd=ROOT, capture_output=True)
    here = {
        name if name.startswith("hnviz/") else f"hnviz/{name}"
        for name in listed.stdout.decode().splitlines()
    }
    if not here:
        pytest.skip("not a git checkout")
    with ZipFile(wheel) as packed:
        names = set(packed.namelist())
        (about,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = message_from_string(packed.read(about).decode())
    assert {name for name in names if ".dist-info/" not in name} == here
    assert metadata["Requires-Python"] == ">=3.11"
    needed = [each for each in metadata.get_all("Requires-Dist") if "extra ==" not in each]
    assert len(needed) == len((ROOT / "requirements.txt").read_text().splitlines())


def test_the_command_trains_in_an_empty_folder(installed, tmp_path):
    options = ("--model", "Model2", "--bs", "512", "--bptt", "64", "--epochs", "1", "--json")
    (row,) = map(json.loads, run(installed, tmp_path, "train", *options).splitlines())
    assert 0 < row["accuracy"] < 1
    (made,) = (path for path in (tmp_path / "runs").iterdir())
    assert (made / "events.jsonl").is_file()
    assert "13017/70/64" in run(installed, tmp_path, "layout", "--split", "valid", "--bptt", "70")


@pytest.fixture(scope="module")
def served(installed, tmp_path_factory) -> Iterator[str]:
    port, folder = free_port(), tmp_path_factory.mktemp("empty")
    process = subprocess.Popen(
        [installed / "hnviz", "app", "--port", str(port)], cwd=folder, env=ALONE
    )
    try:
        while not answers(port):
            assert process.poll() is None
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def test_the_containers_check_tells_a_healthy_app(served):
    said = docker("HEALTHCHECK")[0].partition(" CMD ")[2]
    for port, healthy in ((served.rpartition(":")[2], True), (str(free_port()), False)):
        command = [part.replace("8501", port) for part in json.loads(said)]
        done = subprocess.run([sys.executable, *command[1:]], stderr=subprocess.DEVNULL)
        assert (command[0], done.returncode == 0) == ("python", healthy)


@pytest.mark.slow
def test_its_pages_are_the_same_in_a_browser(served, page):
    for name in ("", "data", "train"):
        page.goto(f"{served}/{name}")
        idle(page)
        page.get_by_role("heading", level=1).wait_for()
        page.get_by_text("Model5: pre-trained").first.wait_for()
    links = page.locator(styled(":--navLink"))
    titles = [
        title for pages in PAGES.values() for name, title in pages.items() if name not in UNLISTED
    ]
    assert [each.inner_text().strip() for each in links.all()] == titles
    assert not page.get_by_text("Traceback").count()
