"""A room as a file: its sentences, its parts, and what its controls can do without a server."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from hnviz.app.rooms.hidden_states.page import MEMORY, PARTS
from hnviz.export.build import MAX_FILE_BYTES, export_page
from hnviz.export.collect import HERE, Drawn, Group, Link, Mount, Prose, leaves
from hnviz.export.prose import as_html, words_as_html
from hnviz.export.rooms import FIELDS, Scene, fitted, free, room_scenes
from hnviz.models.catalogue import CATALOGUE, entry
from tests.test_export import held


@cache
def remember(most: int = 14) -> list[Scene]:
    return room_scenes("remember", {}, most)


def fields(scene: Scene, scenes: list[Scene]) -> dict[str, dict[str, Any]]:
    rows = [each for each in leaves(fitted(scenes, scene)) if isinstance(each, Mount)]
    return {
        field["name"]: field
        for row in rows
        if row.called == FIELDS
        for field in row.data["settings"]["fields"]
    }


def remarks(scene: Scene, scenes: list[Scene]) -> Iterator[str]:
    for row in leaves(fitted(scenes, scene)):
        if isinstance(row, Mount) and row.called == FIELDS:
            yield from row.data["settings"]["remarks"].values()


SENTENCES = {
    "**a** :gray[:small[b *c*]]": (
        '<strong>a</strong> <span class="gray"><span class="small">b <em>c</em></span></span>'
    ),
    "<b onclick=x>a</b> 8,000\\.": "&lt;b onclick=x&gt;a&lt;/b&gt; 8,000.",
    "[a](api/x) [b](feed)": "a b",
    "a [(b *c*)](api/lessons/x/file) d": "a  d",
    "[a](javascript:x) :red[b": "[a](javascript:x) :red[b",
    "[a](https://x.org)": '<a href="https://x.org" target="_blank" rel="noreferrer">a</a>',
    r"$\quad h' = \tanh(W_{ih})$": '<span class="formula">h&prime; = tanh(W<sub>ih</sub>)</span>',
    "$<img>$": '<span class="formula">&lt;img&gt;</span>',
    "![a](https://x.org/y.png)": (
        '!<a href="https://x.org/y.png" target="_blank" rel="noreferrer">a</a>'
    ),
}


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_is_html_without_what_could_act(text):
    assert as_html(text) == f"<p>{SENTENCES[text]}</p>"


def test_the_equations_of_all_cells_have_no_latex_left():
    for cell in {entry(name).cell for name in CATALOGUE} - {None}:
        for equation in (cell.equation, *(gate.equation for gate in cell.gates)):
            html = words_as_html(f"${equation}$")
            assert "formula" in html and "\\" not in html, equation


def test_a_file_has_the_sentences_and_folds_of_its_room(own_runs):
    [scene] = room_scenes("build", {}, 1)
    folds = [each for each in scene.parts if isinstance(each, Group) and each.kind == "fold"]
    assert len(folds) == 5 and all(each.parts and not each.is_open for each in folds)
    said = [each.html for each in leaves(scene.parts) if isinstance(each, Prose)]
    assert any("<strong>The network:</strong>" in each for each in said)
    assert any("<sub>" in each for each in said)  # an equation in a fold
    drawn = [each for each in leaves(scene.parts) if isinstance(each, Drawn)]
    assert any("hnviz-lead" in each.html["light"] for each in drawn)
    [shown] = room_scenes("build", {"models_parts": "true"}, 1)
    assert [each.called for each in shown.parts if isinstance(each, Group) and each.is_open] == [
        "models_parts"
    ]


def test_a_table_of_the_page_is_a_table_of_the_file(own_runs):
    [scene] = room_scenes("feed", {}, 1)
    [fold] = [each for each in scene.parts if isinstance(each, Group) and each.kind == "fold"]
    table = next(each.html for each in leaves(fold.parts) if "<table" in getattr(each, "html", ""))
    assert table.count("<tr>") == 39 and "<td>xxbos</td>" in table


def test_a_room_has_a_scene_for_each_part_and_for_each_choice_of_its_controls(own_runs):
    scenes = remember()
    assert scenes[0].at == {}
    chosen = [dict(each.at) for each in scenes]
    assert {"remember_part": MEMORY} in chosen
    assert [each.fields["remember_part"][1] for each in scenes[:2]] == [*PARTS]
    assert {"states_view": "Path of the state"} in chosen
    assert {"remember_part": MEMORY, "predictions_change": "zero units"} in chosen
    assert len({frozenset(each.items()) for each in chosen}) == len(chosen)


def test_words_that_the_networks_read_are_free_and_other_controls_are_fixed(own_runs, recorded):
    scenes = remember()
    first = fields(scenes[0], scenes)
    assert first["states_phrase"]["free"] == ["text"]
    assert first["states_show"]["free"] == ["show"]
    assert first["states_view"]["options"] == scenes[0].fields["states_view"][0]["options"]
    assert first["remember_put"]["leads"] == {"remember_part": MEMORY}
    assert not any(each.get("off") for each in first.values())
    path = next(each for each in scenes if each.at.get("states_view") == "Path of the state")
    assert free(path, "states_path_first") == []
    assert fields(path, scenes)["states_path_first"]["off"]
    [said] = [each for each in remarks(path, scenes) if "states_path_first" in each]
    recorded(said)


def test_a_button_that_acts_on_the_server_is_off_and_says_what_starts_one(own_runs):
    at = {"run": "Model0", "remember_part": MEMORY}
    [scene] = room_scenes("remember", at, 1)
    assert fields(scene, [scene])["predictions_to_Model3"]["off"]
    assert HERE.replace("`", "") in list(remarks(scene, [scene]))


def test_a_choice_that_shows_another_run_is_not_in_a_file(own_runs):
    scenes = room_scenes("build", {}, 3)
    models = {each.fields["models_model"][1] for each in scenes}
    assert models == {"Model5"} and fields(scenes[0], scenes)["models_model"]["off"]


def test_a_link_leads_within_the_file_or_beside_it_or_is_text(own_runs):
    def find(link: Link) -> str | None:
        return "build.html" if link.page == "build" else None

    data, _ = held(export_page("feed", {}, find, most=3).decode())
    said = [part["prose"] for part in data["parts"] if "prose" in part]
    [within] = {each for each in said if "fit into mini-batches" in each}
    assert 'href="#feed_part=Batches"' in within
    assert any('<a href="build.html">Next: which networks' in each for each in said)
    alone, _ = held(export_page("feed", {"feed_part": "Batches"}, most=1).decode())
    [text] = [each["prose"] for each in alone["parts"] if "Next:" in each.get("prose", "")]
    assert "<a" not in text


@pytest.mark.slow
@pytest.mark.parametrize("page", ["start", "feed", "build", "train", "remember", "learn_back"])
def test_a_room_with_all_its_scenes_is_small_enough(own_runs, page):
    file = export_page(page, {})
    assert len(file) <= MAX_FILE_BYTES
    data, _ = held(file.decode())
    held_steps = [len(run["steps"]) for run in data["runs"].values()]
    print(f"{page}: {len(file):,} bytes, {len(data['scenes'][0]['views'])} scenes, {held_steps}")
