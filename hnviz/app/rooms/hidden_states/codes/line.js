// The picked unit's line over the words, the picked label's means behind it, and its track.

import { inkOn, openCanvas } from "../../../kit/js/canvas.js";
import { ramp } from "../../../kit/js/ramp.js";

const LEAST = 58; // px a word
const ROW = 104; // px
const ROWS = 6; // of words at most
const PLOT = 52;
const SLOTS = ["digit", "thou.", "digit", "hund.", "tens", "ones", ","];

/** The first row of a label's means. */
export function firstMean(label, slots) {
  return label === 0 ? 0 : slots + 10 * (label - 1);
}

export function meanAt({ means, slots, order }, label, value, unit) {
  return value < 0 ? NaN : means[(firstMean(label, slots.length) + value) * order.length + unit];
}

/** The range of the rows: -1 to 1 for tanh; for a unit of a relu, 0 to its highest value. */
function reach({ means, values, scale, order, words }, unit) {
  if (scale === 1) return [-1, 1];
  const own = [...values.subarray(unit * words.length, (unit + 1) * words.length), ...means.filter((_, at) => at % order.length === unit)];
  const known = own.filter((value) => !Number.isNaN(value));
  const [low, high] = [Math.min(0, ...known), Math.max(...known)];
  return high > low ? [low, high] : [0, 1];
}

/** Draw; return how many words had room, and the range of the rows. */
export function paintLine(canvas, width, data, theme, { unit, label }) {
  const { words, tracks, values } = data;
  const [low, high] = reach(data, unit);
  const scale = Math.max(-low, high);
  const n = words.length;
  const each = Math.max(3, Math.floor(width / LEAST));
  const shown = Math.min(n, each * ROWS);
  const wide = width / each;
  const pen = openCanvas(canvas, width, Math.ceil(shown / each) * ROW);
  for (let from = 0; from < shown; from += each) {
    const end = Math.min(shown, from + each);
    const top = (from / each) * ROW;
    const x = (at) => (at - from + 0.5) * wide;
    const y = (value) => top + 6 + (PLOT * (high - Math.max(low, Math.min(high, value)))) / (high - low);
    const row = Array.from({ length: end - from }, (_, at) => from + at);
    const mean = (at) => meanAt(data, label, tracks[label][at], unit);
    pen.strokeStyle = theme.border;
    pen.lineWidth = 1;
    stroke(pen, [[0, y(0)], [(end - from) * wide, y(0)]]);
    pen.strokeStyle = theme.train;
    pen.lineWidth = 1.5;
    pen.setLineDash([4, 3]);
    for (const at of row) if (!Number.isNaN(mean(at))) stroke(pen, [[x(at) - wide / 2 + 2, y(mean(at))], [x(at) + wide / 2 - 2, y(mean(at))]]);
    pen.setLineDash([]);
    pen.strokeStyle = pen.fillStyle = theme.role.h_h;
    pen.lineWidth = 2;
    const points = row.map((at) => [x(at), y(values[unit * n + at])]);
    stroke(pen, points);
    for (const [left, up] of points) {
      pen.beginPath();
      pen.arc(left, up, 3, 0, 7);
      pen.fill();
    }
    for (const at of row) paintWord(pen, { x: x(at), top: top + PLOT + 12, wide }, words[at], { mean: mean(at), value: tracks[label][at], label, scale }, theme);
  }
  return { shown, low, high };
}

function paintWord(pen, { x, top, wide }, word, { mean, value, label, scale }, theme) {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `12px ${theme.font}`;
  pen.fillStyle = theme.text;
  pen.fillText(word, x, top + 8, wide - 2);
  if (value < 0) return;
  const shade = ramp(theme.diverging)[Number.isNaN(mean) ? 128 : Math.round((Math.max(-1, Math.min(1, mean / scale)) + 1) * 127.5)];
  pen.fillStyle = `rgb(${shade})`;
  pen.fillRect(x - wide / 2 + 1, top + 18, wide - 2, 17);
  pen.fillStyle = inkOn(shade);
  pen.fillText(label === 0 ? SLOTS[value] : value, x, top + 27, wide - 4);
}

function stroke(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}
