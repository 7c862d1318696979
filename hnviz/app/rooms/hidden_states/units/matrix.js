// What each unit codes: five columns of shares on the rows of the units, and five of the untrained
// network's. Left out where the picture is too narrow for them.

import { ring, writeAt } from "../../../kit/js/canvas.js";
import { ramp } from "../../../kit/js/ramp.js";
import { percent } from "../../../kit/js/text.js";

export const FULL = 0.85; // the share of variance that has full colour
const CELL = 14; // px
const GAP = 14; // px between the picture and the matrix, and between its halves
const ROOM = 760; // px, the least width that has room for it
const ANGLE = (-70 * Math.PI) / 180;

/** How wide the matrix is; 0 where there is no room for it. */
export function matrixWidth({ labels, untrained }, width) {
  if (width < ROOM) return 0;
  return (untrained ? 2 : 1) * (labels.length * CELL + GAP) + 12;
}

/** The left edges of its halves. */
function halves({ labels, untrained }, box) {
  const first = box.width - box.matrix + GAP;
  return untrained ? [first, first + labels.length * CELL + GAP] : [first];
}

/** The share under the pointer: { unit, label, trained }, or null. */
export function labelAt(box, data, x, y) {
  if (!box.matrix) return null;
  const row = Math.floor((y - box.top) / box.cellHeight);
  if (row < 0 || row >= data.units) return null;
  for (const [half, start] of halves(data, box).entries()) {
    const label = Math.floor((x - start) / CELL);
    if (label >= 0 && label < data.labels.length) return { unit: data.order[row], label, trained: half === 0 };
  }
  return null;
}

/** The label that explains most of a unit: [its index, the share]. */
export function bestLabel({ labels, explained }, unit) {
  const shares = explained.subarray(unit * labels.length, (unit + 1) * labels.length);
  const most = Math.max(...shares);
  return [shares.indexOf(most), most];
}

/** Say what a cell of the matrix means. */
export function matrixSentence({ labels, explained, untrained }, { unit, label, trained }) {
  const n = labels.length;
  const share = (values) => percent(values[unit * n + label]);
  const what = label ? `the ${labels[label]} digit` : "the position in the number";
  const twin = untrained ? `; before training, ${share(untrained)}` : "";
  if (!trained) return `Before training, ${what} explains ${share(untrained)} of how unit ${unit} varies; now, ${share(explained)}.`;
  return `${what[0].toUpperCase()}${what.slice(1)} explains ${share(explained)} of how unit ${unit} varies${twin}.`;
}

export function paintMatrix(pen, data, theme, box, unit) {
  if (!box.matrix) return;
  const parts = [data.explained, data.untrained];
  const [label] = bestLabel(data, unit);
  const y = box.top + data.order.indexOf(unit) * box.cellHeight;
  halves(data, box).forEach((start, half) => {
    paintHalf(pen, parts[half], start, data, theme, box, half === 0);
    ring(pen, [start + label * CELL - 1, y - 1, CELL + 2, box.cellHeight + 2], theme);
  });
}

function paintHalf(pen, shares, start, { order, labels, untrained }, theme, box, first) {
  const shade = ramp(theme.sequential);
  const n = labels.length;
  order.forEach((unit, row) => {
    for (let label = 0; label < n; label++) {
      const share = Math.min(1, Math.max(0, shares[unit * n + label] / FULL));
      pen.fillStyle = `rgb(${shade[Math.round(255 * share)].join()})`;
      pen.fillRect(start + label * CELL, box.top + row * box.cellHeight, CELL, box.cellHeight);
    }
  });
  pen.strokeStyle = theme.border;
  pen.lineWidth = 1;
  pen.strokeRect(start - 0.5, box.top - 0.5, n * CELL + 1, order.length * box.cellHeight + 1);
  pen.font = `12px ${theme.font}`;
  pen.textAlign = "left";
  pen.fillStyle = theme.muted;
  labels.forEach((name, label) => {
    writeAt(pen, label ? name : "position", start + (label + 0.5) * CELL + 4, box.top - 6, ANGLE);
  });
  pen.font = `600 12px ${theme.font}`;
  pen.fillStyle = theme.text;
  if (untrained) pen.fillText(first ? "trained" : "untrained", start, 12);
}
