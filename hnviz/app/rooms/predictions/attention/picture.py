"""Where each word of a prompt looks: a map for each layer of a Transformer's attention."""

from hnviz.app.kit.drawn import MODE, drawn, look_of, two_sizes
from hnviz.app.kit.picture import Example, Place, ask
from hnviz.app.kit.tabled import Tabled
from hnviz.app.rooms.predictions.next_word.picture import TEXT
from hnviz.app.rooms.predictions.prompt import read_prompt
from hnviz.figures.attention import Looks, attention_maps, attention_note, attention_sentence
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.questions.view import Look, Reply, View

MOST_WORDS = 14  # at a map's sides


def _attention(look: Look) -> Reply:
    """Draw the last words of a prompt as one window: how much each looks at those before it."""
    config = look.run.record.config
    given = read_prompt(look.params["text"], config)
    first = max(0, len(given.ids) - min(MOST_WORDS, config.bptt))
    answer = look.ask("attention", {"ids": list(given.ids[first:])})
    looks = Looks(given.tokens[first:], answer.arrays["shares"])
    sentence, theme = attention_sentence(looks), look_of(look)
    alt = sentence.replace("**", "")
    sizes = (attention_maps(looks, theme, alt, WIDE), attention_maps(looks, theme, alt, NARROW))
    note = attention_note(looks, len(given.ids), config.bptt)
    return two_sizes(sizes, _table(looks), sentence, note)


def _table(looks: Looks) -> Tabled:
    """Tabulate every share, a row for each pair of words."""
    pairs = [(row, column) for row in range(len(looks.words)) for column in range(row + 1)]
    layers = [f"layer {layer}|share" for layer in range(len(looks.shares))]
    rows = [
        [
            *(looks.words[row], looks.words[column], row - column),
            *looks.shares[:, row, column].tolist(),
        ]
        for row, column in pairs
    ]
    return Tabled("Where each word looks", ["word", "looks at", "tokens back", *layers], rows)


ATTENTION_VIEW = View("attention_maps", {"text": TEXT, "mode": MODE}, _attention)

EXAMPLES = {
    "ready": Example("Transformer", [ask(ATTENTION_VIEW, text="4316 to 4318")]),
    "long": Example("Transformer", [ask(ATTENTION_VIEW, text="4301 to 4330")]),
    "one word": Example("Transformer", [ask(ATTENTION_VIEW, text="nine")]),
}

ATTENTION = drawn(
    __file__, Place("predictions_attention", "600px", "820px"), ATTENTION_VIEW, examples=EXAMPLES
)
