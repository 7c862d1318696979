"""The counting map: 9,999 squares, and the picked number beside them."""

from typing import Any

from hnviz.app.kit.drawn import MODE, look_of
from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.kit.state import Whole
from hnviz.data import corpus_of, kind_in
from hnviz.data.stream import SPLITS
from hnviz.figures.counting import (
    MapFigures,
    held_out,
    map_headline,
    map_sentence,
    mistakes_sentence,
    number_card,
)
from hnviz.figures.forced_or_free import WHY_NO_PERPLEXITY, free_row, free_sentence
from hnviz.figures.sentences import when
from hnviz.figures.split_words import split_words
from hnviz.questions.view import Look, Reply, View

GIVEN = Whole(
    name="map_given",
    page="Count",
    low=1,
    high=5,
    first=3,
    meaning="how many numbers are given on the counting map",
)
NUMBER = Whole(
    name="map_number",
    page="Count",
    low=1,  # has no number before it, so it is not asked for
    high=9999,
    first=8317,
    meaning="the number whose card is shown",
)


def _map(look: Look) -> Reply:
    """Return "places", int8 (10000,), by number: -2 not asked, -1 right, else the first wrong word.

    meta: "given"; "shares", how much of train and of valid is right, and their "columns"; "held",
    the first and last number of each block held out of train; "token", what one is; "mistakes", the
    sentence below the map; "alt".
    """
    given, config = look.params["given"], look.run.record.config
    found = look.ask("counting_accuracy", {"given": given}).arrays
    names = ("number", "right", "first_wrong", "alone")
    figures = MapFigures(given, **{name: found[name] for name in names}, text=config)
    told = map_sentence(f"{config.called} {when(look.step)}", figures).replace("**", "")
    meta: dict[str, Any] = {
        "given": given,
        "shares": figures.shares,
        "columns": split_words(config).columns,
        "held": held_out(config),
        "token": figures.token,
        "mistakes": mistakes_sentence(figures).replace("**", ""),
        "alt": told,
    }
    return Reply({"places": figures.places}, meta, map_headline(figures))


def _number(look: Look) -> Reply:
    """Draw a number's true words and those that the network says."""
    number, given = look.params["number"], look.params["given"]
    if number == NUMBER.low:
        return Reply({}, {"html": "<p><b>1</b> has no number before it, so it is not asked.</p>"})
    kind = kind_in(corpus_of(look.run.record.config))
    answer = look.ask("counted_number", {"number": number, "given": given})
    return Reply({}, {"html": number_card(number, answer.meta, look_of(look), kind)})


def _free(look: Look) -> Reply:
    """Return how well the network does with the true words, and how far it counts with its own.

    meta: "rows", of train and of valid, each with its cells; "said", the sentence above them;
    "why", the one below.
    """
    given, config = look.params["given"], look.run.record.config
    asked = [{"split": split, "given": given} for split in SPLITS]
    found = [look.ask("forced_or_free", each).meta for each in asked]
    columns = split_words(config).columns
    rows = [[column, *free_row(meta)] for column, meta in zip(columns, found, strict=True)]
    said = free_sentence(f"{config.called} {when(look.step)}", found[1], split_words(config))
    return Reply({}, {"rows": rows, "said": said.replace("**", ""), "why": WHY_NO_PERPLEXITY}, said)


MAP_VIEW = View("counting_map", {"given": GIVEN.param}, _map, slow=True)
NUMBER_VIEW = View(
    "number_card",
    {"number": NUMBER.param, "given": GIVEN.param, "mode": MODE},
    _number,
)

FREE_VIEW = View("counting_freely", {"given": GIVEN.param}, _free, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(MAP_VIEW), ask(NUMBER_VIEW), ask(FREE_VIEW)]),
    "long": Example("Model5", [ask(MAP_VIEW), ask(NUMBER_VIEW, number=7888), ask(FREE_VIEW)]),
}

HEIGHT = "calc(325px + 0.588 * var(--hn-page, 932px))"
"""Its squares grow with the page's column, whose width page.css says."""

MAP = Picture(
    __file__,
    Place("map_picture", HEIGHT, "1326px"),
    views=(MAP_VIEW, NUMBER_VIEW, FREE_VIEW),
    isolate=False,
    silent=True,
    state={"number": NUMBER},
    examples=EXAMPLES,
)
