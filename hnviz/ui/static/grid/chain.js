// The chain of magnifications: the whole text, one row's share of it, its words one by one.

import { bytesOf, ring } from "../shared/canvas.js";
import { count } from "./sentence.js";

const WHOLE = 22; // px from the top to the ribbon of the whole text
const WHOLE_HEIGHT = 20;
const SHARE = 92; // ... to the share
const SHARE_HEIGHT = 26;
const WORDS = 182; // ... to the words
const WORD_HEIGHT = 30;
const INSET = 3; // px left free on both sides, for rings at the ends

export const isNarrow = (width) => width < 600;
export const chainHeight = (width) => (isNarrow(width) ? 286 : 246);

/** Draw the chain for one cell; `full` is { layout, stream, theme, cell, hatch, width }. */
export function drawChain(pen, full) {
  const scene = { ...full, width: full.width - 2 * INSET };
  pen.translate(INSET, 0);
  const { layout, cell } = scene;
  const x = (position) => (scene.width * position) / layout.nTokens;
  const geometry = shareGeometry(scene);
  pen.textBaseline = "alphabetic";
  drawWhole(pen, scene, x);
  drawFunnel(pen, scene, x, geometry);
  drawShare(pen, scene, geometry);
  const here = geometry.x(cell[0] * layout.bptt + cell[2]);
  drawWords(pen, scene, here, geometry); // its line runs under the brackets' names
  drawBrackets(pen, scene, geometry);
  ring(pen, [here - 1.5, SHARE - 4, geometry.size + 3, SHARE_HEIGHT + 8], scene.theme);
}

/** The cell under the pointer, or null: for clicks on the text and on the share. */
export function chainHit(full, left, y) {
  const scene = { ...full, width: full.width - 2 * INSET };
  const x = left - INSET;
  const { layout, cell, width } = scene;
  if (y >= WHOLE - 6 && y < WHOLE + WHOLE_HEIGHT + 10) {
    const position = Math.floor((x / width) * layout.nTokens);
    return layout.owner(Math.max(0, Math.min(layout.nTokens - 1, position)));
  }
  if (y >= SHARE - 6 && y < SHARE + SHARE_HEIGHT + 6) {
    const offset = Math.floor(x / shareGeometry(scene).size);
    return layout.cellAt(cell[1], Math.max(0, Math.min(layout.rowLength - 1, offset)));
  }
  return null;
}

function shareGeometry({ layout, width }) {
  const size = width / (layout.rowLength + Math.max(1, layout.rowLength / 200));
  return { size, x: (offset) => offset * size };
}

function write(pen, theme, text, x, y, { align = "left", bold = false, muted = false } = {}) {
  pen.font = `${bold ? 600 : 400} 13px ${theme.font}`;
  pen.textAlign = align;
  pen.lineJoin = "round";
  pen.strokeStyle = theme.background;
  pen.lineWidth = 5;
  pen.strokeText(text, x, y);
  pen.fillStyle = muted ? theme.muted : theme.text;
  pen.fillText(text, x, y);
}

function drawWhole(pen, scene, x) {
  const { layout, theme, cell, width } = scene;
  const title = `The whole text, ${count(layout.nTokens)} tokens, cut into ${layout.bs} `;
  write(pen, theme, title + (layout.bs > 1 ? "equal shares" : "share"), 0, 13, { bold: true });
  if (!isNarrow(width)) {
    const note = `marks below: what mini-batch ${cell[0]} reads`;
    write(pen, theme, note, width, 13, { align: "right", muted: true });
  }
  const seam = width / layout.bs > 3 ? 1 : 0;
  pen.fillStyle = theme.border;
  for (let row = 0; row < layout.bs; row++) {
    const left = x(layout.starts[row]);
    const right = x(layout.starts[row + 1]);
    pen.fillRect(left + seam / 2, WHOLE, right - left - seam, WHOLE_HEIGHT);
  }
  const left = x(layout.starts[cell[1]]);
  pen.fillStyle = theme.primary;
  const own = Math.max(1.5, x(layout.share(cell[1])) - seam);
  pen.fillRect(left + seam / 2, WHOLE, own, WHOLE_HEIGHT);
  for (let row = 0; row < layout.bs; row++)
    if (row !== cell[1]) markRead(pen, scene, x, row, theme.control);
  markRead(pen, scene, x, cell[1], theme.text);
}

/** A line under what a row reads in this mini-batch; the stream is a ring. */
function markRead(pen, { layout, cell }, x, row, color) {
  const from = layout.position([cell[0], row, 0]);
  const length = Math.min(layout.bptt, layout.nTokens);
  pen.fillStyle = color;
  const over = Math.max(0, from + length - layout.nTokens);
  pen.fillRect(x(from), WHOLE + WHOLE_HEIGHT + 3, Math.max(1, x(length - over)), 4);
  if (over > 0) pen.fillRect(0, WHOLE + WHOLE_HEIGHT + 3, Math.max(1, x(over)), 4);
}

/** Lines from the share's place in the text to its magnification. */
function drawFunnel(pen, { layout, theme, cell, width }, x, geometry) {
  const share = layout.share(cell[1]);
  const left = x(layout.starts[cell[1]]);
  const below = WHOLE + WHOLE_HEIGHT + 9;
  pen.strokeStyle = theme.control;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(left, below);
  pen.lineTo(0.5, SHARE - 20);
  pen.moveTo(left + x(share), below);
  pen.lineTo(Math.min(width, geometry.x(share)), SHARE - 20);
  pen.stroke();
}

function drawShare(pen, scene, geometry) {
  const { layout, stream, theme, cell, width } = scene;
  const [, row] = cell;
  const share = layout.share(row);
  const length = layout.rowLength;
  paintKinds(pen, scene, layout.starts[row], length, geometry);
  const end = geometry.x(Math.min(share, length));
  if (share < length) {
    pen.fillStyle = theme.background;
    pen.globalAlpha = 0.4;
    pen.fillRect(end, SHARE, geometry.x(length) - end, SHARE_HEIGHT);
    pen.globalAlpha = 1;
    pen.fillStyle = scene.hatch;
    pen.fillRect(end, SHARE, geometry.x(length) - end, SHARE_HEIGHT);
  }
  const seams = geometry.size >= 3 ? length : 0;
  pen.fillStyle = theme.background;
  for (let offset = 1; offset < seams; offset++)
    pen.fillRect(geometry.x(offset) - 0.2, SHARE, 0.4, SHARE_HEIGHT);
  if (share < length) {
    pen.fillStyle = theme.text;
    pen.fillRect(end - 1, SHARE - 5, 2, SHARE_HEIGHT + 10);
  }
  const tokens = `${count(share)} token${share === 1 ? "" : "s"}`;
  const title = `Share of row ${row}: ${tokens}`;
  if (!isNarrow(width) && share < length && stream.nTokens > share) {
    const note = "here the next share begins";
    const right = end > 420; // room for it left of the line
    write(pen, theme, note, right ? end - 8 : Math.max(end + 8, 220), SHARE - 7, {
      align: right ? "right" : "left",
      muted: true,
    });
  }
  write(pen, theme, title, 0, SHARE - 7, { bold: true });
}

/** One column a token in the colour of its kind, as an image: any length costs the same. */
function paintKinds(pen, { stream, theme }, start, length, geometry) {
  const image = new ImageData(length, 1);
  const colors = stream.kinds.map((kind) => bytesOf(theme.kind[placeOf(kind)]));
  for (let offset = 0, at = start; offset < length; offset++, at++) {
    if (at >= stream.nTokens) at -= stream.nTokens;
    image.data.set(colors[stream.ids[at]], 4 * offset);
    image.data[4 * offset + 3] = 255;
  }
  const strip = new OffscreenCanvas(length, 1);
  strip.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = geometry.size < 1;
  pen.drawImage(strip, 0, 0, length, 1, 0, SHARE, geometry.x(length), SHARE_HEIGHT);
}

/** Thousand and hundred share a colour. */
export const placeOf = (kind) => (kind === "thousand" || kind === "hundred" ? "place" : kind);

function drawBrackets(pen, { layout, theme, cell, width }, geometry) {
  const top = SHARE + SHARE_HEIGHT + 4;
  const wide = geometry.x(layout.bptt);
  const middle = (batch) => geometry.x((batch + 0.5) * layout.bptt);
  const bracket = (batch, marked) => {
    pen.strokeStyle = marked ? theme.text : theme.control;
    pen.lineWidth = marked ? 2 : 1;
    pen.beginPath();
    pen.moveTo(batch * wide + 1.5, top);
    pen.lineTo(batch * wide + 1.5, top + 6);
    pen.lineTo(Math.max((batch + 1) * wide - 1.5, batch * wide + 2.5), top + 6);
    pen.lineTo(Math.max((batch + 1) * wide - 1.5, batch * wide + 2.5), top);
    pen.stroke();
  };
  const room = 46; // px on each side of the marked one's name
  const at = Math.max(room, Math.min(width - room, middle(cell[0])));
  const short = isNarrow(width) || wide < 96;
  for (let batch = 0; batch < layout.nBatches; batch++) {
    if (batch === cell[0] || wide < 6) continue;
    bracket(batch, false);
    if (wide < 26 || Math.abs(middle(batch) - at) < room + (short ? 10 : 40)) continue;
    const name = short ? String(batch) : `mini-batch ${batch}`;
    write(pen, theme, name, middle(batch), top + 21, { align: "center", muted: true });
  }
  bracket(cell[0], true);
  write(pen, theme, `mini-batch ${cell[0]}`, at, top + 21, { align: "center", bold: true });
}

// ---- words

/** The words around the cell that fit: [{ offset, word, kind, width }], offsets in the row. */
function wordsAround(pen, { layout, stream, cell, theme, width }) {
  const reach = isNarrow(width) ? 3 : 6;
  const offset = cell[0] * layout.bptt + cell[2];
  const start = layout.starts[cell[1]];
  pen.font = `400 15px ${theme.font}`;
  const found = [];
  for (let at = offset - reach; at <= offset + 1 + reach; at++) {
    if (start + at < 0) continue; // nothing stands before the text
    const id = stream.ids[(start + at) % stream.nTokens];
    const word = stream.words[id];
    const room = Math.max(pen.measureText(word).width + 14, 22);
    found.push({ offset: at, word, kind: placeOf(stream.kinds[id]), width: room });
  }
  const total = () => found.reduce((sum, each) => sum + each.width + 4, -4);
  while (total() > width && found.length > 2) {
    const after = found.at(-1).offset - offset - 1;
    if (after >= offset - found[0].offset) found.pop();
    else found.shift();
  }
  return { words: found, total: total(), offset };
}

function drawWords(pen, scene, here, geometry) {
  const { layout, theme, cell, width } = scene;
  const { words, total, offset } = wordsAround(pen, scene);
  let x = Math.max(0, Math.min(width - total, here + geometry.size / 2 - total / 2));
  const middles = {};
  for (const word of words) {
    if (word.offset === offset) connect(pen, theme, here + geometry.size / 2, x + word.width / 2);
    drawWord(pen, scene, word, x, word.offset === offset || word.offset === offset + 1);
    middles[word.offset] = x + word.width / 2;
    if (word.offset === offset) ring(pen, wordBox(word, x), theme, { width: 2.5 });
    if (word.offset === offset + 1) ring(pen, wordBox(word, x), theme, { dash: [4, 3] });
    x += word.width + 4;
  }
  write(pen, theme, "Word by word", 0, WORDS - 12, { bold: true });
  arrowXY(pen, theme, middles[offset], middles[offset + 1]);
  if (isNarrow(width) && offset >= layout.share(cell[1])) {
    const next = (cell[1] + 1) % layout.bs;
    const note = `Hatched: row ${cell[1]} has run into row ${next}'s share.`;
    write(pen, theme, note, 0, WORDS + 84, { muted: true });
  }
}

const wordBox = (word, x) => [x - 1, WORDS - 1, word.width + 2, WORD_HEIGHT + 9];

function drawWord(pen, { layout, theme, cell, hatch }, word, x, marked) {
  const inside = word.offset >= 0 && word.offset < layout.rowLength;
  pen.strokeStyle = theme.border;
  pen.lineWidth = 1;
  pen.strokeRect(x + 0.5, WORDS + 0.5, word.width - 1, WORD_HEIGHT - 1);
  pen.fillStyle = theme.kind[word.kind];
  pen.fillRect(x, WORDS + WORD_HEIGHT - 4, word.width, 5);
  if (word.offset >= layout.share(cell[1]) && inside) {
    pen.fillStyle = hatch;
    pen.fillRect(x, WORDS + WORD_HEIGHT + 1, word.width, 7);
  }
  pen.font = `${marked ? 600 : 400} 15px ${theme.font}`;
  pen.textAlign = "center";
  pen.fillStyle = inside ? theme.text : theme.muted; // muted: this row does not read it
  pen.fillText(word.word, x + word.width / 2, WORDS + 19);
}

/** From the token in the share down to its word. */
function connect(pen, theme, from, to) {
  const top = SHARE + SHARE_HEIGHT + 4;
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
