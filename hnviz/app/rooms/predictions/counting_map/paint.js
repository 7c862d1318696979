// Where the squares are, and how they are drawn: 100 rows of 100 numbers, a line at 8000 or outlines.

import { openCanvas, ring } from "../../../kit/js/canvas.js";
import { accuracy } from "../../../kit/js/text.js";

export const NOT_ASKED = -2;
export const RIGHT = -1;

const CUT = 80; // rows of numbers below 8000
const GAP = 30; // px between the two parts, with the line and its words
const LEFT = 50; // px, of the thousands
const TOP = 24; // px, of the hundreds' head
const SHARES = 56; // px at the right edge

export const LATER = 0.2; // of a square, at each side: a later mistake is smaller, not only darker
const ABOVE = 345; // px of the page above the squares: all of them fit into a window of 800 px
const SMALLEST = 4; // px of a square on a wide page

/** The arithmetic of places for a width and a window's height, in CSS pixels; `whole` has no line at 8000. */
export function place(width, height, whole = false) {
  const gap = whole ? 0 : GAP;
  const high = Math.max(SMALLEST, (height - ABOVE - TOP - gap - 4) / 100);
  const cell = Math.max(2, Math.floor(Math.min((width - LEFT - SHARES) / 100, high) * 4) / 4);
  const inner = cell < 4 ? cell * 0.84 : cell - 0.9;
  const right = LEFT + 100 * cell;
  return { width: Math.min(width, right + SHARES), cell, inner, gap, left: LEFT, right, height: TOP + 100 * cell + gap + 4 };
}

const topOf = (box, row) => TOP + row * box.cell + (row >= CUT ? box.gap : 0);

/** The number under a point; null beside the squares. */
export function numberAt(box, x, y) {
  const column = Math.floor((x - box.left) / box.cell);
  const below = y >= TOP + CUT * box.cell + box.gap;
  if (!below && y >= TOP + CUT * box.cell) return null;
  const row = Math.floor((y - TOP - (below ? box.gap : 0)) / box.cell);
  if (column < 0 || column > 99 || row < 0 || row > 99) return null;
  const number = row * 100 + column;
  return number || null;
}

export function paint(canvas, box, { places, held, picked, hovered, theme }) {
  const pen = openCanvas(canvas, box.width, box.height);
  pen.font = `13px ${theme.font}`;
  paintSides(pen, box, places, theme);
  if (box.gap) paintLine(pen, box, theme);
  paintSquares(pen, box, places, theme);
  for (const block of held) outline(pen, box, block, theme);
  if (hovered && hovered !== picked) ringOf(pen, box, hovered, theme, [3, 2]);
  if (picked) ringOf(pen, box, picked, theme, []);
  if (hovered || picked) paintTag(pen, box, hovered || picked, theme);
}

function paintSquares(pen, box, places, theme) {
  const colors = [theme.right, theme.wrong, theme.text]; // one pass each: a change of colour is slow
  colors.forEach((color, which) => {
    pen.fillStyle = color;
    const inset = which === 2 ? LATER * box.inner : 0;
    for (let number = 1; number < 10000; number++) {
      const found = places[number];
      if (found === NOT_ASKED || which !== (found === RIGHT ? 0 : found === 0 ? 1 : 2)) continue;
      const top = topOf(box, Math.floor(number / 100));
      pen.fillRect(box.left + (number % 100) * box.cell + inset, top + inset, box.inner - 2 * inset, box.inner - 2 * inset);
    }
  });
  pen.strokeStyle = theme.control;
  pen.lineWidth = 1;
  for (let number = 1; number < 10000; number++) {
    if (places[number] !== NOT_ASKED) continue;
    const [x, y] = cornerOf(box, number);
    pen.strokeRect(x + 0.5, y + 0.5, box.inner - 1, box.inner - 1);
  }
}

function cornerOf(box, number) {
  return [box.left + (number % 100) * box.cell, topOf(box, Math.floor(number / 100))];
}

function paintSides(pen, box, places, theme) {
  pen.textBaseline = "alphabetic";
  for (const column of [0, 20, 40, 60, 80]) {
    pen.textAlign = "center";
    pen.fillStyle = theme.muted;
    pen.fillText(`+${column}`, box.left + (column + 0.5) * box.cell, TOP - 9);
  }
  pen.textAlign = "right";
  pen.fillText("right", box.width - 2, TOP - 9);
  for (let thousand = 0; thousand < 10; thousand++) {
    const top = topOf(box, thousand * 10);
    pen.fillStyle = theme.muted;
    pen.textAlign = "right";
    pen.fillText((thousand * 1000).toLocaleString("en-US"), box.left - 8, top + 11);
    pen.fillStyle = theme.text;
    pen.fillText(shareOf(box, places, thousand), box.width - 2, top + 5 * box.cell + 4);
  }
}

/** The share that is right of the numbers asked in a thousand; no text of the notebook has 8000. */
export function shareOf(box, places, thousand) {
  let asked = 0;
  let right = 0;
  for (let number = thousand * 1000; number < thousand * 1000 + 1000; number++) {
    if ((box.gap && number === 8000) || places[number] === NOT_ASKED) continue;
    asked += 1;
    if (places[number] === RIGHT) right += 1;
  }
  return accuracy(right / asked);
}

function paintLine(pen, box, theme) {
  const y = TOP + CUT * box.cell + GAP - 6;
  pen.strokeStyle = theme.text;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(0, y);
  pen.lineTo(box.width, y);
  pen.stroke();
  pen.fillStyle = theme.text;
  pen.textAlign = "left";
  pen.font = `600 13px ${theme.font}`;
  const words = box.cell < 4 ? "8,000: from here on, never read" : "8,000: from here on, numbers never read in training";
  pen.fillText(words, box.left, y - 6);
  pen.font = `13px ${theme.font}`;
}

/** A frame around the numbers of a block, in each row where it has numbers. */
function outline(pen, box, [first, last], theme) {
  pen.strokeStyle = theme.primary;
  pen.lineWidth = box.cell < 4 ? 0.75 : 1.5;
  for (let start = first; start <= last; start = Math.floor(start / 100 + 1) * 100) {
    const end = Math.min(last, Math.floor(start / 100) * 100 + 99);
    const [x, y] = cornerOf(box, start);
    pen.strokeRect(x - 0.5, y - 0.5, (end - start) * box.cell + box.inner + 1, box.inner + 1);
  }
}

function ringOf(pen, box, number, theme, dash) {
  const [x, y] = cornerOf(box, number);
  const pad = box.cell < 4 ? 2.5 : 2;
  ring(pen, [x - pad, y - pad, box.inner + 2 * pad, box.inner + 2 * pad], theme, { dash });
}

/** The number in a small frame beside its square. */
function paintTag(pen, box, number, theme) {
  const text = number.toLocaleString("en-US");
  const [x, y] = cornerOf(box, number);
  pen.font = `600 12px ${theme.font}`;
  const wide = pen.measureText(text).width + 12;
  const left = x + box.cell + 8 + wide > box.right ? x - 8 - wide : x + box.cell + 8;
  const top = Math.min(Math.max(y + box.cell / 2 - 10, 1), box.height - 21);
  pen.fillStyle = theme.background;
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.roundRect(left, top, wide, 20, 4);
  pen.fill();
  pen.stroke();
  pen.fillStyle = theme.text;
  pen.textAlign = "left";
  pen.fillText(text, left + 6, top + 14);
}
