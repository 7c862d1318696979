"""A new corpus is one file and one entry of the registry: every page and command then has it."""

import json

import pytest

from tests import guide
from tests.conftest import ROOT

PAGE = "docs/corpora.md"

WALK = """
import json
from hnviz.cli.main import main
from hnviz.runs import RunStore, default_runs_dir
from tests.guide import commands
for words in commands("THE_DOCUMENT"):
    assert main(words) == 0, words
(run,) = [name for name in RunStore(default_runs_dir()).ids() if name[:2] == "20"]

from hnviz.app.shell.navigation import PAGES
from tests.pages import open_page
from tests.test_pages import text
BATCHES = {"feed_part": "Batches", "batches_corpus": "boats"}
CHOOSES = {
    "feed": ({"data_corpus": "boats"}, BATCHES),
    "train": ({"train_corpus": "boats"},),
}
found = {}
for pages in PAGES.values():
    for name in pages:
        for query in ({"run": run}, *CHOOSES.get(name, ({},))):
            app = open_page(name, **query)
            assert not app.exception, (name, query, app.exception)
            assert not app.error, (name, query, app.error)
            found[f"{name} {json.dumps(query)}"] = text(app) + "".join(
                each.proto.json for each in app.get("bidi_component")
            )
from hnviz.engine.client import close_shared_engine
close_shared_engine()
print("FOUND" + json.dumps(found))
""".replace("THE_DOCUMENT", PAGE)


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the project that has the corpus, as the page of the docs adds it."""
    folder = guide.copied(tmp_path_factory.mktemp("copy"))
    guide.follow(PAGE, folder)
    return folder


@pytest.mark.walk
@pytest.mark.slow
def test_every_page_shows_a_corpus_that_was_added(copied, recorded):
    """Train on it from the command line, then walk all pages with that run."""
    done = guide.python(copied, "-c", WALK)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.rpartition("FOUND")[2])
    assert len(found) == 15
    data = found['feed {"data_corpus": "boats"}']
    recorded(data.replace("\\", ""), part="Boats that rise and sink")
    batches = found['feed {"feed_part": "Batches", "batches_corpus": "boats"}']
    assert "api/corpora/train?corpus=boats" in batches
    shown = next(text for name, text in found.items() if name.startswith('remember {"run"'))
    assert "Boats and tides" in shown.replace("\\", "")
    assert "boats" not in (ROOT / "hnviz/data/corpora/__init__.py").read_text()
