// The whole pass zoomed out: every row's windows side by side, the one in view framed.

import { bytesOf, ring, tickStep } from "../../../kit/js/canvas.js";
import { colorName } from "../../../kit/js/legend.js";
import { isNarrow } from "./look.js";

const EXACT = 4096; // columns up to which a token has one of its own
const TOP = 22;
const MARKED = 3000; // places that are marked; more would overlap

/** Make { canvas, hatched }, once per layout. canvas is bs rows high; a column averages its tokens. */
export function epochImage(layout, stream, theme) {
  const { bs, bptt, nBatches, rowLength } = layout;
  const columns = rowLength <= EXACT ? rowLength : EXACT / 2;
  const image = new ImageData(columns, bs);
  const colors = Uint8Array.from(stream.kinds.flatMap((kind) => bytesOf(theme.kind[colorName(kind)])));
  const hatched = []; // [row, from, to], offsets in the row
  const sums = new Float32Array(4 * columns);
  for (let row = 0; row < bs; row++) {
    sums.fill(0);
    for (let batch = 0; batch < nBatches; batch++) {
      addWindow(sums, colors, stream, layout, [batch, row]);
      const own = layout.ownSteps(batch, row);
      if (own < bptt) hatched.push([row, batch * bptt + own, (batch + 1) * bptt]);
    }
    const pixels = image.data.subarray(4 * columns * row, 4 * columns * (row + 1));
    for (let at = 0; at < sums.length; at += 4) {
      for (let part = 0; part < 3; part++) pixels[at + part] = sums[at + part] / sums[at + 3];
      pixels[at + 3] = 255;
    }
  }
  const canvas = new OffscreenCanvas(columns, bs);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { canvas, hatched };
}

function addWindow(sums, colors, { ids }, layout, [batch, row]) {
  const { bptt, nTokens, rowLength } = layout;
  const scale = sums.length / 4 / rowLength;
  let at = layout.rowStart(batch, row);
  for (let offset = batch * bptt, end = offset + bptt; offset < end; offset++) {
    const column = 4 * Math.floor(offset * scale + 1e-9);
    const color = 3 * ids[at];
    sums[column] += colors[color];
    sums[column + 1] += colors[color + 1];
    sums[column + 2] += colors[color + 2];
    sums[column + 3]++;
    if (++at === nTokens) at = 0;
  }
}

/** Where the map lies: its rows under the window's rows. */
export function epochGeometry(layout, window) {
  const width = window.width - window.left - 10;
  const tall = Math.max(isNarrow(window.width) ? 72 : 96, Math.min(128, 2 * layout.bs));
  const across = width / layout.rowLength;
  return { left: window.left, top: TOP, wide: width, tall, across, width: window.width };
}

export const epochHeight = (geometry) => geometry.top + geometry.tall + 8;

/** The cell under the pointer, or null. */
export function epochHit(layout, geometry, x, y) {
  const offset = Math.floor((x - geometry.left) / geometry.across);
  const row = Math.floor(((y - geometry.top) / geometry.tall) * layout.bs);
  const inside = offset >= 0 && offset < layout.rowLength && row >= 0 && row < layout.bs;
  return inside ? layout.cellAt(row, offset) : null;
}

/** Draw the map; `scene` is { layout, theme, hatch, epoch, places, cell }. */
export function drawEpoch(pen, scene, geometry) {
  const { layout, theme, epoch, cell } = scene;
  const { left, top, wide, tall, across } = geometry;
  pen.imageSmoothingEnabled = across < 1 || tall / layout.bs < 1;
  pen.drawImage(epoch.canvas, left, top, wide, tall);
  hatchMap(pen, scene, geometry);
  if (scene.places) markPlaces(pen, scene, geometry);
  axes(pen, scene, geometry);
  const window = across * layout.bptt;
  const room = Math.max(0, 3 - window); // so that the frame can be seen
  ring(pen, [left + cell[0] * window - room / 2, top - 1.5, window + room, tall + 3], theme);
}

function hatchMap(pen, { layout, theme, hatch, epoch }, { left, top, tall, across }) {
  const down = tall / layout.bs;
  pen.beginPath();
  for (const [row, from, to] of epoch.hatched)
    pen.rect(left + from * across, top + row * down, (to - from) * across, down);
  for (const [style, alpha] of [[theme.background, 0.4], [hatch, 0.4]]) {
    pen.fillStyle = style;
    pen.globalAlpha = alpha;
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function markPlaces(pen, { layout, theme, places }, { left, top, wide, tall, across }) {
  pen.fillStyle = theme.background;
  pen.globalAlpha = 0.6; // what was not searched for fades
  pen.fillRect(left, top, wide, tall);
  pen.globalAlpha = 1;
  const down = tall / layout.bs;
  const stride = Math.max(1, places.count / MARKED);
  const size = places.count > 100 ? 2.5 : 5;
  pen.fillStyle = theme.cursor;
  for (let at = 0; at < places.count; at += stride) {
    const [batch, row, step] = places.at(Math.floor(at));
    const x = left + (batch * layout.bptt + step + 0.5) * across;
    pen.fillRect(x - size / 2, top + (row + 0.5) * down - size / 2, size, size);
  }
}

function axes(pen, { layout, theme }, { left, top, wide, tall, across, width }) {
  const window = across * layout.bptt;
  if (window >= 6) {
    pen.fillStyle = theme.background;
    for (let batch = 1; batch < layout.nBatches; batch++)
      pen.fillRect(left + batch * window - 1, top, 2, tall);
  }
  pen.font = `400 13px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = "right";
  pen.textBaseline = "alphabetic";
  pen.fillText("mini-batch", left + wide, 12);
  const end = left + wide - pen.measureText("mini-batch").width - 24;
  pen.textAlign = "center";
  const every = tickStep(window, 44);
  for (let batch = 0; batch < layout.nBatches; batch += every) {
    const x = left + (batch + 0.5) * window;
    if (x < end) pen.fillText(batch, x, 12);
  }
  pen.textAlign = "right";
  pen.fillText(0, left - 8, top + 10);
  if (layout.bs > 1) pen.fillText(layout.bs - 1, left - 8, top + tall - 1);
  pen.textAlign = "left";
  if (!isNarrow(width)) pen.fillText("row", 0, 12);
}
