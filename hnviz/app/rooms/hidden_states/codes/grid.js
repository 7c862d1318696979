// Where the grid's cells are, and how they are drawn.

import { openCanvas, ring, writeAt } from "../../../kit/js/canvas.js";
import { ramp } from "../../../kit/js/ramp.js";
import { percent } from "../../../kit/js/text.js";

export const FULL = 0.85; // share of variance that has full colour
const LEFT = 34; // px, for the groups' names
const TOP = 92; // px, for the labels' names
const GAP = 18; // px between the two
const BELOW = 62;
const ANGLE = (-62 * Math.PI) / 180;

/** Where everything is in a container of a width, in CSS pixels. */
export function placeGrid({ order, labels, twin }, width) {
  const high = Math.max(1, Math.min(8, Math.floor(480 / order.length)));
  const halves = twin ? 2 : 1;
  const wide = Math.min(30, (width - LEFT - GAP - 24) / (labels.length * halves));
  const second = twin ? LEFT + labels.length * wide + GAP : null;
  return { left: LEFT, top: TOP, wide, high, second, rows: order.length, columns: labels.length, width };
}

export function cellAt({ left, top, wide, high, second, rows, columns }, x, y) {
  const row = Math.floor((y - top) / high);
  const start = second !== null && x >= second ? second : left;
  const label = Math.floor((x - start) / wide);
  return row >= 0 && row < rows && label >= 0 && label < columns ? [row, label] : null;
}

export function paintGrid(canvas, data, theme, box, picked) {
  const pen = openCanvas(canvas, box.width, box.top + box.high * box.rows + BELOW);
  paintHalf(pen, data.explained, box.left, data, theme, box);
  if (data.twin) paintHalf(pen, data.twin, box.second, data, theme, box);
  paintNames(pen, data, theme, box, picked);
  paintGroups(pen, data, theme, box);
  paintKey(pen, data, theme, box);
  const y = box.top + picked.row * box.high;
  for (const start of [box.left, box.second]) {
    if (start === null) continue;
    ring(pen, [start - 1, y - 1, box.wide * box.columns + 2, box.high + 2], theme, { width: 1 });
    ring(pen, [start + picked.label * box.wide - 1, y - 2, box.wide + 2, box.high + 4], theme);
  }
}

function paintHalf(pen, shares, start, { order, labels }, theme, { top, wide, high }) {
  const shade = ramp(theme.sequential);
  order.forEach((unit, row) => {
    for (let label = 0; label < labels.length; label++) {
      const share = Math.min(1, Math.max(0, shares[unit * labels.length + label] / FULL));
      pen.fillStyle = `rgb(${shade[Math.round(255 * share)].join()})`;
      pen.fillRect(start + label * wide, top + row * high, wide - 0.6, high - (high > 4 ? 0.6 : 0));
    }
  });
}

function paintNames(pen, { labels, twin }, theme, { left, top, second, wide, high, rows }, picked) {
  pen.textBaseline = "alphabetic";
  pen.textAlign = "left";
  for (const start of [left, second]) {
    if (start === null) continue;
    labels.forEach((name, at) => {
      pen.font = `${at === picked.label ? "600 " : ""}12px ${theme.font}`;
      pen.fillStyle = at === picked.label ? theme.text : theme.muted;
      writeAt(pen, at ? name : "position", start + (at + 0.5) * wide + 4, top - 7, ANGLE);
    });
  }
  const below = top + high * rows + 17;
  pen.font = `600 12px ${theme.font}`;
  pen.fillStyle = theme.text;
  pen.fillText("this snapshot", left, below);
  pen.font = `12px ${theme.font}`;
  pen.fillStyle = theme.muted;
  if (twin) pen.fillText("untrained", second, below);
}

/** The label that a group of rows codes, at its middle, if the group is high enough. */
function paintGroups(pen, { order, labels, explained }, theme, { left, top, high }) {
  const n = labels.length;
  const best = order.map((unit) => {
    const shares = explained.subarray(unit * n, (unit + 1) * n);
    return Math.max(...shares) < 0.05 ? n : shares.indexOf(Math.max(...shares));
  });
  pen.font = `12px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = "center";
  for (let from = 0; from < best.length; ) {
    let end = from;
    while (end < best.length && best[end] === best[from]) end++;
    const name = best[from] === 0 ? "position" : (labels[best[from]] ?? "little");
    if ((end - from) * high >= pen.measureText(name).width + 4)
      writeAt(pen, name, left - 12, top + ((from + end) / 2) * high, -Math.PI / 2);
    from = end;
  }
}

function paintKey(pen, data, theme, { left, top, high, rows }) {
  const shade = ramp(theme.sequential);
  const y = top + high * rows + 30;
  for (let at = 0; at < 60; at++) {
    pen.fillStyle = `rgb(${shade[Math.round((at * 255) / 59)].join()})`;
    pen.fillRect(left + 28 + at * 1.6, y, 1.8, 10);
  }
  pen.fillStyle = theme.muted;
  pen.textAlign = "left";
  pen.fillText("0 %", left, y + 10);
  pen.fillText(`${percent(FULL)} of its variance`, left + 130, y + 10);
}
