// The chain of magnifications: the whole text, one row's part of it, its words one by one.

import { ring } from "../../../kit/js/canvas.js";
import { plural } from "../../../kit/js/text.js";
import { isNarrow, pointers, write } from "./look.js";
import { count } from "./words.js";
import { drawWords, WORDS } from "./wordrow.js";

const WHOLE = 26; // px from the top to the ribbon of the whole text
const WHOLE_HEIGHT = 20;
const SHARE = 100; // ... to the share
const SHARE_HEIGHT = 26;
const INSET = 3; // px left free on both sides, for rings at the ends

export const chainHeight = (width) => WORDS + (isNarrow(width) ? 104 : 64);

/** Draw the chain for one cell; `full` is { layout, stream, theme, cell, hatch, epoch, ... }. */
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
  drawWords(pen, scene, here + geometry.size / 2, SHARE + SHARE_HEIGHT + 4); // its line runs under the brackets' names
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

function drawWhole(pen, scene, x) {
  const { layout, theme, cell, width, positions } = scene;
  write(pen, theme, wholeTitle(layout, width), 0, 13, { bold: true });
  if (width >= 720) {
    const note = `marks: what mini-batch ${count(cell[0])} reads`;
    write(pen, theme, note, width, 13, { align: "right", muted: true });
  }
  const pieces = layout.shuffled ? layout.nWindows : layout.bs;
  const edge = (piece) =>
    x(layout.shuffled ? Math.min(piece * layout.bptt, layout.nTokens) : layout.starts[piece]);
  const seam = width / pieces > 3 ? 1 : 0;
  pen.fillStyle = theme.border;
  if (!seam) pen.fillRect(0, WHOLE, width, WHOLE_HEIGHT);
  else
    for (let piece = 0; piece < pieces; piece++)
      pen.fillRect(edge(piece) + 0.5, WHOLE, edge(piece + 1) - edge(piece) - 1, WHOLE_HEIGHT);
  const own = layout.shuffled ? layout.window(cell[0], cell[1]) : cell[1];
  pen.fillStyle = theme.primary;
  const wide = Math.max(1.5, edge(own + 1) - edge(own) - seam);
  pen.fillRect(edge(own) + seam / 2, WHOLE, wide, WHOLE_HEIGHT);
  for (let row = 0; row < layout.bs; row++)
    if (row !== cell[1]) markRead(pen, scene, x, row, theme.control);
  markRead(pen, scene, x, cell[1], theme.text);
  if (positions) pointers(pen, theme, positions, x, WHOLE);
}

function wholeTitle({ nTokens, bs, bptt, shuffled, nWindows }, width) {
  const text = isNarrow(width) ? plural(nTokens, "token") : `The whole text, ${plural(nTokens, "token")}`;
  if (shuffled) return `${text}, cut into ${plural(nWindows, "window")} of ${bptt}`;
  return `${text}, cut into ${bs} ${bs > 1 ? "equal parts" : "part"}`;
}

/** A line under what a row reads in this mini-batch; the stream is a ring. */
function markRead(pen, { layout, cell }, x, row, color) {
  const from = layout.rowStart(cell[0], row);
  const length = Math.min(layout.bptt, layout.nTokens);
  pen.fillStyle = color;
  const over = Math.max(0, from + length - layout.nTokens);
  pen.fillRect(x(from), WHOLE + WHOLE_HEIGHT + 3, Math.max(1, x(length - over)), 4);
  if (over > 0) pen.fillRect(0, WHOLE + WHOLE_HEIGHT + 3, Math.max(1, x(over)), 4);
}

/** Lines from where the share, or the window, is in the text to its magnification. */
function drawFunnel(pen, { layout, theme, cell, width }, x, geometry) {
  const [batch, row] = cell;
  const from = layout.shuffled ? layout.rowStart(batch, row) : layout.starts[row];
  const length = layout.shuffled ? layout.bptt : layout.share(row);
  const to = layout.shuffled ? geometry.x(batch * layout.bptt) : 0;
  const below = WHOLE + WHOLE_HEIGHT + 9;
  pen.strokeStyle = theme.control;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(x(from), below);
  pen.lineTo(Math.max(0.5, to), SHARE - 22);
  pen.moveTo(x(Math.min(from + length, layout.nTokens)), below);
  pen.lineTo(Math.min(width, to + geometry.x(length)), SHARE - 22);
  pen.stroke();
}

function drawShare(pen, scene, geometry) {
  const { layout, epoch, theme, cell } = scene;
  const [, row] = cell;
  const length = layout.rowLength;
  const { width: columns } = epoch.canvas;
  pen.imageSmoothingEnabled = geometry.size < 1;
  pen.drawImage(epoch.canvas, 0, row, columns, 1, 0, SHARE, geometry.x(length), SHARE_HEIGHT);
  hatchShare(pen, scene, geometry);
  pen.fillStyle = theme.background;
  for (let offset = 1; geometry.size >= 3 && offset < length; offset++)
    pen.fillRect(geometry.x(offset) - 0.2, SHARE, 0.4, SHARE_HEIGHT);
  if (layout.shuffled) breaks(pen, scene, geometry);
  else endOfShare(pen, scene, geometry);
  const found = scene.places?.inRow(row) ?? [];
  pointers(pen, theme, found, (offset) => geometry.x(offset + 0.5), SHARE);
  write(pen, theme, shareTitle(layout, row), 0, SHARE - 9, { bold: true });
}

function shareTitle(layout, row) {
  if (!layout.shuffled) return `Row ${row} owns this part: ${plural(layout.share(row), "token")}`;
  if (layout.nBatches === 1) return `Row ${row} reads a single window`;
  return `Row ${row} reads ${count(layout.nBatches)} windows, each from another place`;
}

function hatchShare(pen, { layout, theme, cell, hatch, epoch }, geometry) {
  const areas = layout.bs === 1 ? epoch.hatched : epoch.hatched.filter(([row]) => row === cell[1]);
  pen.beginPath();
  for (const [, from, to] of areas)
    pen.rect(geometry.x(from), SHARE, geometry.x(to - from), SHARE_HEIGHT);
  pen.fillStyle = theme.background;
  pen.globalAlpha = 0.4;
  pen.fill();
  pen.globalAlpha = 1;
  pen.fillStyle = hatch;
  pen.fill();
}

/** Lines where the row jumps to another place in the text. */
function breaks(pen, { layout, theme }, geometry) {
  const wide = geometry.x(layout.bptt);
  if (wide < 6) return;
  for (let batch = 1; batch < layout.nBatches; batch++) {
    const x = geometry.x(batch * layout.bptt);
    pen.fillStyle = theme.background;
    pen.fillRect(x - (wide < 24 ? 1 : 3), SHARE, wide < 24 ? 2 : 6, SHARE_HEIGHT);
    pen.fillStyle = theme.text;
    if (wide >= 24) pen.fillRect(x - 1, SHARE - 5, 2, SHARE_HEIGHT + 10);
  }
}

/** A line where the row's own share ends and the next one's begins. */
function endOfShare(pen, { layout, stream, theme, cell, width }, geometry) {
  const share = layout.share(cell[1]);
  if (share >= layout.rowLength) return;
  const end = geometry.x(share);
  pen.fillStyle = theme.text;
  pen.fillRect(end - 1, SHARE - 5, 2, SHARE_HEIGHT + 10);
  if (isNarrow(width) || stream.nTokens <= share) return;
  const right = end > 420; // room for it left of the line
  write(pen, theme, `row ${(cell[1] + 1) % layout.bs}'s part begins here`, right ? end - 8 : Math.max(end + 8, 220), SHARE - 9, {
    align: right ? "right" : "left",
    muted: true,
  });
}

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
  for (let batch = 0; wide >= 6 && batch < layout.nBatches; batch++) {
    if (batch === cell[0]) continue;
    bracket(batch, false);
    if (wide < 26 || Math.abs(middle(batch) - at) < room + (short ? 10 : 40)) continue;
    const name = short ? count(batch) : `mini-batch ${count(batch)}`;
    write(pen, theme, name, middle(batch), top + 21, { align: "center", muted: true });
  }
  bracket(cell[0], true);
  write(pen, theme, `mini-batch ${count(cell[0])}`, at, top + 21, { align: "center", bold: true });
}
