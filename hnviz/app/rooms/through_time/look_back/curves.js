// The marked row as curves, one per model, on a log scale.

import { openCanvas, writeAt } from "../../../kit/js/canvas.js";

const LEFT = 52; // px
const TOP = 8;
const PLOT = 280;
const BELOW = 96;
const MOST_DECADES = 8;
const ANGLE = (-70 * Math.PI) / 180;
// Width and dash of each style; a model has the colour that it has in all comparisons of models.
const STYLES = [
  [2.6, []],
  [2.2, [8, 3]],
  [2.4, [2, 3]],
  [2, [12, 3, 3, 3]],
  [1.8, [9, 3, 2, 3]],
];

function colorOf({ name }, theme) {
  const [, number] = /^Model(\d)/.exec(name) ?? [];
  return theme.categorical[number] ?? theme.valid;
}

export function paintCurves(canvas, width, { words, lines, row, theme }) {
  const pen = openCanvas(canvas, width, TOP + PLOT + BELOW);
  const shown = lines.filter((line) => line.rows[row]);
  const values = shown.flatMap((line) => Array.from(line.rows[row])).filter((value) => value > 0);
  const [low, high] = decades(values);
  const clipped = values.some((value) => Math.log10(value) < low);
  const x = (word) => LEFT + 8 + ((width - LEFT - 16) * word) / Math.max(1, row);
  const y = (value) => TOP + (PLOT * (high - Math.max(low, Math.log10(value)))) / (high - low);
  paintAxis(pen, { low, high, clipped, width, y, theme });
  paintWords(pen, words.slice(0, row + 1), x, theme);
  for (const line of [...shown].reverse()) paintCurve(pen, line, line.rows[row], { x, y, theme });
}

/** The powers of ten around the values, at most eight below the highest. */
function decades(values) {
  const logs = values.map(Math.log10);
  if (!logs.length) return [-1, 0];
  const high = Math.ceil(Math.max(...logs) + 1e-9);
  const low = Math.max(Math.floor(Math.min(...logs)), high - MOST_DECADES);
  return [Math.min(low, high - 1), high];
}

function paintAxis(pen, { low, high, clipped, width, y, theme }) {
  pen.font = `12px ${theme.font}`;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.lineWidth = 1;
  for (let power = low; power <= high; power++) {
    const at = Math.round(y(10 ** power)) + 0.5;
    pen.strokeStyle = theme.border;
    pen.beginPath();
    pen.moveTo(LEFT, at);
    pen.lineTo(width - 2, at);
    pen.stroke();
    pen.fillStyle = theme.muted;
    const name = power === 0 ? "1" : power === 1 ? "10" : `1e${String(power).replace("-", "−")}`;
    pen.fillText(clipped && power === low ? `≤ ${name}` : name, LEFT - 6, at);
  }
}

function paintWords(pen, words, x, theme) {
  const each = Math.ceil((13 * Math.max(1, words.length - 1)) / (x(words.length - 1) - x(0) || 1));
  pen.fillStyle = theme.muted;
  words.forEach((word, at) => {
    if ((words.length - 1 - at) % each === 0) writeAt(pen, word, x(at) + 4, TOP + PLOT + 10, ANGLE);
  });
  pen.textAlign = "center";
  pen.fillText("word looked at", (x(0) + x(words.length - 1)) / 2, TOP + PLOT + BELOW - 8);
}

function paintCurve(pen, line, values, { x, y, theme }) {
  const [wide, dash] = STYLES[line.style];
  pen.strokeStyle = colorOf(line, theme);
  pen.lineWidth = wide;
  pen.setLineDash(dash);
  pen.beginPath();
  let drawn = 0;
  values.forEach((value, at) => {
    if (!(value > 0)) return; // outside of what this model reads, or vanished
    if (drawn++) pen.lineTo(x(at), y(value));
    else pen.moveTo(x(at), y(value));
  });
  if (drawn === 1) {
    const at = values.findIndex((value) => value > 0);
    pen.setLineDash([]);
    pen.arc(x(at), y(values[at]), 3, 0, 7);
  }
  pen.stroke();
  pen.setLineDash([]);
}

/** A line's entry in the legend. */
export function swatch(line, theme) {
  const [wide, dash] = STYLES[line.style];
  const item = document.createElement("li");
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("width", 34);
  picture.setAttribute("height", 10);
  picture.setAttribute("aria-hidden", "true");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of Object.entries({ d: "M1 5H33", stroke: colorOf(line, theme), "stroke-width": wide, "stroke-dasharray": dash.join(" ") || "none" }))
    stroke.setAttribute(name, value);
  picture.append(stroke);
  item.append(picture, line.name);
  return item;
}
