// The map: one row per answer, one column per word before it.

import { openCanvas, ring, writeAt } from "../../../kit/js/canvas.js";
import { ramp } from "../../../kit/js/ramp.js";

const LABELS = 70; // px at the left
const BELOW = 76; // px for the words below
const ANGLE = (-70 * Math.PI) / 180;

const shades = ({ gradient }) => ramp(gradient).map((color) => `rgb(${color})`);

/** Paint, and return where the cells lie. */
export function paintMap(canvas, width, { words, lines, row, stale, theme }) {
  const n = words.length;
  const size = Math.min(28, (width - LABELS - 4) / n);
  const box = { left: LABELS, top: 4, size, n };
  const pen = openCanvas(canvas, width, box.top + n * size + BELOW);
  const most = strongest(stale ?? lines[0]);
  const shade = shades(theme);
  for (let at = 0; at < n; at++) {
    const own = lines[0].rows[at];
    const values = own ?? stale?.rows[at];
    pen.globalAlpha = own ? 1 : 0.4;
    for (let word = 0; word <= at; word++) {
      pen.fillStyle = values ? shade[Math.round(255 * Math.min(1, values[word] / most))] : theme.surface;
      pen.fillRect(box.left + word * size, box.top + at * size, size - 0.8, size - 0.8);
    }
  }
  pen.globalAlpha = 1;
  paintWords(pen, words, row, theme, box);
  paintKey(pen, most, theme, box);
  ring(pen, [box.left - 1.5, box.top + row * size - 1.5, (row + 1) * size + 2, size + 2], theme);
  return box;
}

export function cellAt({ left, top, size, n }, x, y) {
  const [row, word] = [Math.floor((y - top) / size), Math.floor((x - left) / size)];
  return row >= 0 && row < n && word >= 0 && word <= row ? [row, word] : null;
}

/** Full colour: the value that one cell in twenty exceeds. */
function strongest(line) {
  const values = Float32Array.from(line.rows.flatMap((row) => Array.from(row ?? []))).sort();
  return Number(values[Math.floor(values.length * 0.95)].toPrecision(2)) || values.at(-1) || 1;
}

function paintWords(pen, words, row, theme, { left, top, size, n }) {
  const each = Math.ceil(12 / size);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  words.forEach((word, at) => {
    const marked = at === row;
    pen.font = `${marked ? "600 " : ""}12px ${theme.font}`;
    pen.fillStyle = marked ? theme.text : theme.muted;
    const free = at % each === 0 && Math.abs(at - row) * size >= 12;
    if (marked || free) pen.fillText(word, left - 6, top + (at + 0.5) * size);
    if (at % each) return;
    pen.font = `12px ${theme.font}`;
    pen.fillStyle = theme.muted;
    writeAt(pen, word, left + (at + 0.5) * size + 4, top + n * size + 8, ANGLE);
  });
}

function paintKey(pen, most, theme, { left, top, size, n }) {
  const x = left + n * size - 124;
  const shade = shades(theme);
  if (n * size < 220) return; // no room beside the triangle
  for (let at = 0; at < 50; at++) {
    pen.fillStyle = shade[Math.round((at * 255) / 49)];
    pen.fillRect(x + at * 2.4, top + 2, 2.6, 10);
  }
  pen.font = `12px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textBaseline = "alphabetic";
  pen.textAlign = "left";
  pen.fillText("0", x, top + 26);
  pen.textAlign = "right";
  pen.fillText(`${most < 0.001 ? most.toExponential(0) : most} or more`, x + 122, top + 26);
}
