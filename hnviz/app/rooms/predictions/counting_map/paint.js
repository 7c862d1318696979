// Where the squares lie, and how they are drawn: 100 rows of 100 numbers, a line at 8000.

import { openCanvas, ring } from "../../../kit/js/canvas.js";

export const NOT_ASKED = -2;
export const RIGHT = -1;

const CUT = 80; // rows of numbers below 8000
const GAP = 30; // px between the two parts, with the line and its words
const LEFT = 50; // px, of the thousands
const TOP = 24; // px, of the hundreds' head
const SHARES = 56; // px at the right edge

/** The arithmetic of places for a width, in CSS pixels. */
export function place(width) {
  const cell = Math.max(2, Math.floor(((width - LEFT - SHARES) / 100) * 4) / 4);
  const inner = cell < 4 ? cell * 0.84 : cell - 0.9;
  return { width, cell, inner, left: LEFT, right: LEFT + 100 * cell, height: TOP + 100 * cell + GAP + 4 };
}

const topOf = (box, row) => TOP + row * box.cell + (row >= CUT ? GAP : 0);

/** The number under a point; null beside the squares. */
export function numberAt(box, x, y) {
  const column = Math.floor((x - box.left) / box.cell);
  const below = y >= TOP + CUT * box.cell + GAP;
  if (!below && y >= TOP + CUT * box.cell) return null;
  const row = Math.floor((y - TOP - (below ? GAP : 0)) / box.cell);
  if (column < 0 || column > 99 || row < 0 || row > 99) return null;
  const number = row * 100 + column;
  return number || null;
}

export function paint(canvas, box, { places, picked, hovered, theme }) {
  const pen = openCanvas(canvas, box.width, box.height);
  pen.font = `13px ${theme.font}`;
  paintSides(pen, box, places, theme);
  paintLine(pen, box, theme);
  paintSquares(pen, box, places, theme);
  if (hovered && hovered !== picked) ringOf(pen, box, hovered, theme, [3, 2]);
  if (picked) ringOf(pen, box, picked, theme, []);
  if (hovered || picked) paintTag(pen, box, hovered || picked, theme);
}

function paintSquares(pen, box, places, theme) {
  const colorOf = (found) => (found === RIGHT ? theme.right : found === 0 ? theme.wrong : theme.text);
  for (let number = 1; number < 10000; number++) {
    const [x, y] = cornerOf(box, number);
    const found = places[number];
    if (found === NOT_ASKED) {
      pen.strokeStyle = theme.control;
      pen.lineWidth = 1;
      pen.strokeRect(x + 0.5, y + 0.5, box.inner - 1, box.inner - 1);
      continue;
    }
    pen.fillStyle = colorOf(found);
    pen.fillRect(x, y, box.inner, box.inner);
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
    pen.fillText(shareOf(places, thousand), box.width - 2, top + 5 * box.cell + 4);
  }
}

/** The share that is right of a thousand numbers, without those not asked; 8000 is in no text. */
export function shareOf(places, thousand) {
  let asked = 0;
  let right = 0;
  for (let number = thousand * 1000; number < thousand * 1000 + 1000; number++) {
    if (number === 8000 || places[number] === NOT_ASKED) continue;
    asked += 1;
    if (places[number] === RIGHT) right += 1;
  }
  const share = (100 * right) / asked;
  return `${share === 0 || share === 100 ? share : share.toFixed(1)} %`;
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
