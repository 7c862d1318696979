"""Still pictures as SVG files: what GitHub, a mail or a PDF shows in place of a live page.

Pure functions from arrays to text. Their colours are those of the light mode.
"""

import re
import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray

from hnviz.data import Batch, Vocab
from hnviz.data.tokens import upright
from hnviz.figures.numbers import percent
from hnviz.figures.overlay import Course, Overlay, draw_overlay
from hnviz.figures.panel import Stroke
from hnviz.figures.svg import Drawing
from hnviz.figures.theme import Theme, theme
from hnviz.runs import RunRecord

WIDTH = 760  # px
EDGE = 16  # px around
LINE = 20  # px from line to line
LETTERS = 104  # of a line of text
LEFT = 46  # px, for the name of the axis upwards
MOST_WORDS = 12  # steps and rows at which every word is written
CELL = 24  # px, the height of a written one
ROOM = 300  # px for a grid upwards
LABEL = 11  # px that a column needs for its word
WORD_CHARS = 14  # of a word at a column
BAR = 220  # px, of a share of 100 %

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True)
class Heat:
    """Values of units over words, for one drawing."""

    words: Sequence[str]
    values: NDArray[np.floating]  # (n_units, n_words), from top to bottom
    scale: float  # the value that has full colour
    signed: bool
    what: str  # "the state"
    named: str  # what the rows are: "64 units, as numbered"


class Sheet(Drawing):
    """A drawing that grows downwards, as a file of its own."""

    def __init__(self, sentence: str) -> None:
        super().__init__(WIDTH, EDGE, theme("light"))
        self.sentence = sentence.replace("**", "")
        for line in wrap(self.sentence, LETTERS, break_on_hyphens=False):
            self.line(line)
        self.height += 6

    def line(self, words: str, *, muted: bool = False, x: float = EDGE) -> None:
        """Write a line below what is there."""
        self.height += LINE
        fill = self.look.muted if muted else self.look.text
        self._parts.append(
            f'<text x="{x:g}" y="{self.height - 5:g}" fill="{fill}">{escape(words)}</text>'
        )

    def rect(self, box: tuple[float, float, float, float], fill: str, edge: str = "none") -> None:
        """Fill a rectangle: x, y, width and height."""
        x, y, width, height = box
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" '
            f'stroke="{edge}"/>'
        )

    def word(self, x: float, y: float, words: str, turn: int = 0, fill: str = "") -> None:
        """Write a word in the middle of a place, or from its end upwards at an angle."""
        turned = f' transform="rotate({turn} {x:g} {y:g})"' if turn else ""
        anchor = "end" if turn else "middle"
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="12" '
            f'fill="{fill or self.look.text}"{turned}>{escape(words)}</text>'
        )

    def picture(self, x: float, y: float, pixels: NDArray[np.uint8]) -> None:
        """Put in an image of (height, width, 3) pixels."""
        height, width, _ = pixels.shape
        self._parts.append(
            f'<image x="{x:g}" y="{y:g}" width="{width}" height="{height}" '
            f'style="image-rendering:pixelated" href="data:image/png;base64,{png(pixels)}"/>'
        )

    def beside(self, other: Drawing) -> None:
        """Put another drawing below what is there."""
        self._parts.append(f'<g transform="translate(0 {self.height})">{other.content}</g>')
        self.height += other.height

    def written(self) -> str:
        """Return the file."""
        height, label = self.height + EDGE, escape(self.sentence)
        drawn = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" '
            f'viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{label}" font-size="13" '
            f'font-family="sans-serif"><title>{label}</title>'
            f'<rect width="100%" height="100%" fill="{self.look.background}"/>{self.content}</svg>'
        )
        return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", drawn)


def batch_still(sentence: str, batch: Batch, vocab: Vocab, kind: Callable[[str], str]) -> str:
    """Draw x and y of a mini-batch: its words where they fit, else the colours of their kinds."""
    sheet = Sheet(sentence)
    bs, bptt = batch.x.shape
    draw = _written_grid if max(bs, bptt) <= MOST_WORDS else _coloured_grid
    for name, ids in (("x: what each row reads", batch.x), ("y: its next token", batch.y)):
        sheet.line(f"{name}, mini-batch {batch.index}", muted=True)
        draw(sheet, [[vocab.itos[index] for index in row] for row in ids.tolist()], kind)
    _legend(sheet, dict.fromkeys(kind(vocab.itos[index]) for index in np.unique(batch.x).tolist()))
    return sheet.written()


def _written_grid(sheet: Sheet, rows: list[list[str]], kind: Callable[[str], str]) -> None:
    across = min(110, (WIDTH - LEFT - 2 * EDGE) / len(rows[0]))
    letters = max(3, int(across / 7))
    for number, row in enumerate(rows):
        y = sheet.height
        sheet.word(EDGE + 12, y + 16, f"{number}", fill=sheet.look.muted)
        for step, word in enumerate(row):
            fill, ink = _colours(sheet.look, kind(word))
            x = LEFT + step * across
            sheet.rect((x, y, across - 2, CELL - 2), fill)
            sheet.word(x + across / 2 - 1, y + 15, _short(word, letters), fill=ink)
        sheet.height += CELL
    sheet.line(f"row, from 0; steps 0 to {len(rows[0]) - 1} from left to right", muted=True, x=LEFT)


def _coloured_grid(sheet: Sheet, rows: list[list[str]], kind: Callable[[str], str]) -> None:
    across = max(1, min(10, (WIDTH - LEFT - EDGE) // len(rows[0])))
    down = max(1, min(10, ROOM // len(rows)))
    colours = [[_bytes(_colours(sheet.look, kind(word))[0]) for word in row] for row in rows]
    pixels = np.array(colours, np.uint8).repeat(down, 0).repeat(across, 1)
    sheet.picture(LEFT, sheet.height, pixels)
    for number, y in ((0, 11), (len(rows) - 1, len(pixels))):
        sheet.word(LEFT - 16, sheet.height + y, f"{number}", fill=sheet.look.muted)
    sheet.height += len(pixels)
    sheet.line(f"row, from 0; steps 0 to {len(rows[0]) - 1} from left to right", muted=True, x=LEFT)


def _legend(sheet: Sheet, kinds: Sequence[str] | dict[str, None]) -> None:
    x = float(LEFT)
    sheet.height += 8
    for name in (each for each in sheet.look.letters if each in kinds):
        fill, ink = _colours(sheet.look, name)
        sheet.rect((x, sheet.height, 18, 18), fill)
        sheet.word(x + 9, sheet.height + 13, sheet.look.letters[name], fill=ink)
        sheet.text(x + 24, sheet.height + 13, name, anchor="start", muted=True)
        x += 44 + 7 * len(name)
    sheet.height += 18


def _colours(look: Theme, kind: str) -> tuple[str, str]:
    return look.kind.get(kind, look.kind["other"]), look.kind_text.get(kind, look.text)


def state_still(sentence: str, heat: Heat) -> str:
    """Draw units over words."""
    sheet = Sheet(sentence)
    _heat(sheet, heat)
    return sheet.written()


def machine_still(
    sentence: str, heat: Heat, given: int, guesses: Sequence[tuple[str, float]]
) -> str:
    """Draw the state over the words read and said, and what comes after those `given`."""
    sheet = Sheet(sentence)
    _heat(sheet, heat, given)
    sheet.height += 8
    sheet.line(f"The likeliest words after “{_short(heat.words[given - 1])}”", muted=True)
    for word, share in guesses:
        y = sheet.height
        sheet.rect((LEFT + 90, y + 3, max(1, BAR * share), 13), sheet.look.role["h_o"])
        sheet.text(LEFT + 84, y + 15, _short(word), anchor="end")
        sheet.text(LEFT + 98 + BAR * share, y + 15, percent(share), anchor="start")
        sheet.height += LINE
    return sheet.written()


def _heat(sheet: Sheet, heat: Heat, given: int | None = None) -> None:
    """Draw values as colours; words from `given` on are in the colour of what a network says."""
    n_units, n = heat.values.shape
    across = max(1, min(26, (WIDTH - LEFT - EDGE) // n))
    down = max(1, min(8, ROOM // n_units))
    shown = heat.values[:, : (WIDTH - LEFT - EDGE) // across]
    look = sheet.look
    colours = look.diverging if heat.signed else look.diverging[len(look.diverging) // 2 :]
    low = -heat.scale if heat.signed else 0.0
    sheet.line(f"{heat.named}: {heat.what} after each token", muted=True)
    pixels = ramp(colours, (shown - low) / (heat.scale - low))
    sheet.picture(LEFT, sheet.height, pixels.repeat(down, 0).repeat(across, 1))
    sheet.height += n_units * down
    every = max(1, -(-LABEL // across))
    for at in range(0, shown.shape[1], every):
        ink = look.role["h_o"] if given is not None and at >= given else look.text
        x = LEFT + (at + 0.5) * across + 4
        sheet.word(x, sheet.height + 12, _short(heat.words[at]), -60, ink)
    sheet.height += 96
    cut = f"; the first {shown.shape[1]:,} of {n:,} tokens" if shown.shape[1] < n else ""
    sheet.line(f"\N{MINUS SIGN}{heat.scale:g}" if heat.signed else "0", muted=True, x=LEFT)
    bar = ramp(colours, np.linspace(0, 1, 120)[None].repeat(10, 0))
    sheet.picture(LEFT + 32, sheet.height - 14, bar)
    sheet.text(LEFT + 160, sheet.height - 5, f"{heat.scale:g}{cut}", anchor="start", muted=True)


def curve_still(sentence: str, record: RunRecord) -> str:
    """Draw loss and accuracy by training step."""
    sheet, look = Sheet(sentence), theme("light")
    strokes = {"train": Stroke(look.train, "7 4", 2), "valid": Stroke(look.valid, "", 2.5, True)}
    steps = [each.step for each in record.epochs]
    smooth = [each.smooth_loss for each in record.batches]
    losses = [
        Course("train", [each.step + 1 for each in record.batches], smooth, strokes["train"]),
        Course("valid", steps, [each.valid_loss for each in record.epochs], strokes["valid"]),
    ]
    running = [each.train_accuracy for each in record.epochs]
    shares = [
        Course("train, running", steps, running, strokes["train"]),
        Course("valid", steps, [each.accuracy for each in record.epochs], strokes["valid"]),
    ]
    for title, courses, share in (
        ("Loss, nats per token", losses, False),
        ("Share of right answers", shares, True),
    ):
        drawn = [each for each in courses if len(each.x)]
        if drawn:
            sheet.line(title, muted=True)
            sheet.beside(
                draw_overlay(Overlay(title=title, said="", courses=drawn, share=share), look)
            )
    return sheet.written()


def ramp(colours: Sequence[str], shares: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return the colour of each share from 0 to 1, between those of a scale: (..., 3) bytes."""
    stops = np.array([_bytes(each) for each in colours], float)
    places = np.linspace(0, 1, len(stops))
    within = np.nan_to_num(np.clip(shares, 0, 1), nan=0.5)
    return np.stack([np.interp(within, places, part) for part in stops.T], -1).astype(np.uint8)


def png(pixels: NDArray[np.uint8]) -> str:
    """Write (height, width, 3) pixels as a PNG file, in base64."""
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def _bytes(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def _short(word: str, letters: int = WORD_CHARS) -> str:
    word = upright(word)
    return word if len(word) <= letters else f"{word[: letters - 1]}…"
