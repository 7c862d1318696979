// The words around the marked cell, as its row reads them, and the arrow from x to y.

import { ring } from "../../../kit/js/canvas.js";
import { colorName } from "../../../kit/js/legend.js";
import { isNarrow, write } from "./look.js";

export const WORDS = 190; // px from the top of the chain
const WORD_HEIGHT = 30;
const GAP = 4;
const CUT = 34; // px of a gap where the text breaks off

/** Words that fit: [{ offset, word, kind, width, gap, isTarget }]; offset counts in the row. */
function wordsAround(pen, scene) {
  const { layout, cell, theme, width } = scene;
  const reach = isNarrow(width) ? 3 : 6;
  const offset = cell[0] * layout.bptt + cell[2];
  pen.font = `400 15px ${theme.font}`;
  const found = [];
  for (let at = offset - reach; at <= offset + 1 + reach; at++) {
    const position = layout.around(cell[1], at);
    if (position !== null) found.push(wordAt(pen, scene, at, position));
    if (at === offset && !layout.target(cell) && layout.shuffled) {
      const next = (layout.position(cell) + 1) % layout.nTokens;
      found.push({ ...wordAt(pen, scene, at, next), offset: at + 0.5 }); // no cell of this row
    }
  }
  for (let at = 1; at < found.length; at++) found[at].gap = gapBefore(layout, found[at]);
  if (found.length) found[0].gap = 0;
  const fit = fitted(found, offset, width);
  const y = layout.shuffled && !layout.target(cell) ? offset + 0.5 : offset + 1;
  return { ...fit, offset, y };
}

function wordAt(pen, { layout, stream, cell }, offset, position) {
  const id = stream.ids[position];
  const word = stream.words[id];
  const [batch, , step] = layout.cellAt(cell[1], Math.max(0, offset));
  const inside = offset >= 0 && offset < layout.rowLength;
  return {
    offset,
    word,
    kind: colorName(stream.kinds[id]),
    width: Math.max(pen.measureText(word).width + 14, 22),
    inside,
    hatched: inside && step >= layout.ownSteps(batch, cell[1]),
  };
}

const gapBefore = (layout, { offset }) =>
  layout.shuffled && offset % layout.bptt === 0 ? CUT : GAP;

/** Drop words at both ends, the farther ones first, until the rest fits. */
function fitted(words, offset, width) {
  const total = () => words.reduce((sum, each, at) => sum + each.width + (at ? each.gap : 0), 0);
  while (total() > width && words.length > 2) {
    const after = words.at(-1).offset - offset - 1;
    if (after >= offset - words[0].offset) words.pop();
    else words.shift();
  }
  return { words, total: total() };
}

/** Draw them; `here` is the middle of the marked token in the strip that ends at `top`. */
export function drawWords(pen, scene, here, top) {
  const { layout, theme, cell, width } = scene;
  const { words, total, offset, y } = wordsAround(pen, scene);
  let x = Math.max(0, Math.min(width - total, here - total / 2));
  const middles = {};
  for (const [at, word] of words.entries()) {
    if (at) x += word.gap;
    if (at && word.gap === CUT) drawCut(pen, theme, x - CUT / 2);
    if (word.offset === offset) connect(pen, theme, here, x + word.width / 2, top);
    drawWord(pen, scene, word, x, word.offset === offset || word.offset === y);
    middles[word.offset] = x + word.width / 2;
    if (word.offset === offset) ring(pen, wordBox(word, x), theme, { width: 2.5 });
    if (word.offset === y) ring(pen, wordBox(word, x), theme, { dash: [4, 3] });
    x += word.width;
  }
  write(pen, theme, "Word by word", 0, WORDS - 12, { bold: true });
  arrowXY(pen, theme, middles[offset], middles[y]);
  if (isNarrow(width)) write(pen, theme, narrowNote(layout, cell), 0, WORDS + 84, { muted: true });
}

/** Why words are hatched, where no legend is near. */
function narrowNote(layout, [batch, row, step]) {
  if (step < layout.ownSteps(batch, row)) return "";
  if (layout.shuffled) return "Hatched: this token is read in another place too.";
  return `Hatched: row ${row} has run into row ${(row + 1) % layout.bs}'s part.`;
}

/** Here the row goes on with a window from somewhere else. */
function drawCut(pen, theme, x) {
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1.5;
  pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(x, WORDS - 2);
  pen.lineTo(x, WORDS + WORD_HEIGHT + 6);
  pen.stroke();
  pen.setLineDash([]);
  write(pen, theme, "cut", x, WORDS + WORD_HEIGHT + 21, { align: "center", muted: true });
}

const wordBox = (word, x) => [x - 1, WORDS - 1, word.width + 2, WORD_HEIGHT + 9];

function drawWord(pen, { theme, hatch }, word, x, marked) {
  pen.strokeStyle = theme.border;
  pen.lineWidth = 1;
  pen.strokeRect(x + 0.5, WORDS + 0.5, word.width - 1, WORD_HEIGHT - 1);
  pen.fillStyle = theme.kind[word.kind];
  pen.fillRect(x, WORDS + WORD_HEIGHT - 4, word.width, 5);
  if (word.hatched) {
    pen.fillStyle = hatch;
    pen.fillRect(x, WORDS + WORD_HEIGHT + 1, word.width, 7);
  }
  pen.font = `${marked ? 600 : 400} 15px ${theme.font}`;
  pen.textAlign = "center";
  // Muted: this row does not read it.
  pen.fillStyle = word.inside && Number.isInteger(word.offset) ? theme.text : theme.muted;
  pen.fillText(word.word, x + word.width / 2, WORDS + 19);
}

/** From the token in the share down to its word. */
function connect(pen, theme, from, to, top) {
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(from, top);
  pen.lineTo(from, top + 26);
  pen.lineTo(to, WORDS - 4);
  pen.stroke();
}

function arrowXY(pen, theme, x, y) {
  const level = WORDS + WORD_HEIGHT + 22;
  write(pen, theme, "x", x, level + 4, { align: "center", bold: true });
  write(pen, theme, "y", y, level + 4, { align: "center", bold: true });
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x + 8, level);
  pen.lineTo(y - 9, level);
  pen.moveTo(y - 14, level - 4);
  pen.lineTo(y - 9, level);
  pen.lineTo(y - 14, level + 4);
  pen.stroke();
}
