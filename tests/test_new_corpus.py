"""A new corpus is one file and one entry of the registry: every page and command then has it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FILE = '''"""A text of two sentences, again and again."""

from hnviz.data.corpora.value import Corpus, Tokens
from hnviz.data.tokens import tokenize

TIDES = "the tide comes in , and the boats rise . the tide goes out , and the boats sink . "

BOATS = Corpus(
    id="boats",
    title="Boats and tides",
    description="Boats that rise and sink with the tide.",
    make=lambda way: Tokens(tokenize(TIDES * 60), tokenize(TIDES * 12)),
    tokenize=lambda text: tokenize(text)[1:],
)
'''
BEFORE = "for each in (HUMAN_NUMBERS, *LANGUAGES)}"
AFTER = "for each in (HUMAN_NUMBERS, *LANGUAGES, BOATS)}"
IMPORT = "from hnviz.data.corpora.boats import BOATS\n"

WALK = """
import json
from hnviz.cli.main import main
from hnviz.runs import RunStore, default_runs_dir
small = ["--bs", "4", "--bptt", "6", "--nh", "4", "--epochs", "1", "--device", "cpu"]
assert main(["layout", "--corpus", "boats", "--split", "train"]) == 0
assert main(["train", "--corpus", "boats", *small]) == 0
(run,) = [name for name in RunStore(default_runs_dir()).ids() if name[:2] == "20"]

from hnviz.app.shell.navigation import PAGES
from tests.pages import open_page
from tests.test_pages import text
found = {}
for pages in PAGES.values():
    for name in pages:
        for query in ({"run": run}, {f"{name}_corpus": "boats"} if name in CHOOSES else {}):
            app = open_page(name, **query)
            assert not app.exception, (name, query, app.exception)
            assert not app.error, (name, query, app.error)
            found[f"{name} {json.dumps(query)}"] = text(app) + "".join(
                each.proto.json for each in app.get("bidi_component")
            )
from hnviz.engine.client import close_shared_engine
close_shared_engine()
print("FOUND" + json.dumps(found))
""".replace("CHOOSES", '("data", "batches", "train")')


def linked(source: str, target: str) -> None:
    """Share a file where that is possible, as it is within one disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project that has the corpus; the files are shared with it by links."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("hnviz", "pages"):
        shutil.copytree(ROOT / name, folder / name, copy_function=linked)
    shutil.copy(ROOT / "app.py", folder)
    (folder / "tests").symlink_to(ROOT / "tests")
    corpora = folder / "hnviz/data/corpora"
    (corpora / "boats.py").write_text(FILE)
    registry = corpora / "__init__.py"
    source = registry.read_text()
    assert source.count(BEFORE) == 1
    registry.unlink()  # a link: the project's own stays as it is
    head, imports = source.split("from hnviz.data.corpora.human", 1)
    registry.write_text(
        f"{head}{IMPORT}from hnviz.data.corpora.human{imports}".replace(BEFORE, AFTER)
    )
    return folder


@pytest.mark.walk
def test_every_page_shows_a_corpus_that_was_added(copied: Path) -> None:
    """Train on it from the command line, then walk all pages with that run."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(copied),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HNVIZ_RUNS_DIR": str(copied / "runs"),
    }
    done = subprocess.run(
        [sys.executable, "-c", WALK], cwd=copied, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.rpartition("FOUND")[2])
    assert len(found) >= 12
    data = found['data {"data_corpus": "boats"}']
    assert "Boats that rise and sink with the tide." in data.replace("\\", "")
    assert "api/corpora/train?corpus=boats" in found['batches {"batches_corpus": "boats"}']
    shown = next(text for name, text in found.items() if name.startswith('states {"run"'))
    assert "Boats and tides" in shown.replace("\\", "")
    assert "boats" not in (ROOT / "hnviz/data/corpora/__init__.py").read_text()
