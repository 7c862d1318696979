// Draws the overlaid curves on a canvas: axes, bands of seeds, lines, and names at their ends.

import { openCanvas } from "../../../kit/js/canvas.js";
import { movedApart, placeOf, ticks } from "../../../kit/js/scale.js";

const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const LABEL = 16; // px between the middles of two names
const TICK = "13px";

/** How the n-th of `count` lines looks: neighbours differ in colour and dash; both tell 24 apart. */
export function lookOf(at, count, theme) {
  const colors = theme.categorical;
  if (count > colors.length * DASHES.length) return { color: theme.muted, dash: [], width: 1, alpha: count > 60 ? 0.25 : 0.45 };
  return { color: colors[at % colors.length], dash: DASHES[(at + Math.floor(at / 12)) % DASHES.length], width: 2, alpha: 1 };
}

/** The box of the plot, and its two scales. */
export function layOut({ width, height, x, y, logX, logY, room }) {
  const box = { left: 58, right: width - room, top: 10, bottom: height - 44 };
  return {
    box,
    across: { from: x[0], to: x[1], log: logX, start: box.left, end: box.right },
    up: { from: y[0], to: y[1], log: logY, start: box.bottom, end: box.top },
  };
}

/** Put the lines of a scene into pixels, for painting and for the pointer. */
export function place(scene, { across, up, box }) {
  for (const line of scene.lines) {
    const px = new Float32Array(2 * line.x.length);
    for (let at = 0; at < line.x.length; at++) {
      px[2 * at] = placeOf(across, line.x[at]);
      px[2 * at + 1] = Math.max(box.top, placeOf(up, line.y[at]));
    }
    line.px = px;
  }
}

/** Paint everything but what the pointer adds. */
export function paint(canvas, scene, laid, theme) {
  const pen = openCanvas(canvas, scene.width, scene.height);
  pen.font = `${TICK} ${theme.font}`;
  grid(pen, scene, laid, theme);
  pen.save();
  pen.beginPath();
  pen.rect(laid.box.left, laid.box.top - 4, laid.box.right - laid.box.left + 3, laid.box.bottom - laid.box.top + 8);
  pen.clip();
  for (const band of scene.bands) fillBand(pen, band, laid);
  for (const label of [false, true]) for (const line of scene.lines) if (Boolean(line.label) === label) stroke(pen, line);
  pen.restore();
  gapWords(pen, scene, laid, theme);
  names(pen, scene, laid, theme);
}

function grid(pen, { xTitle, yTitle, writeX, writeY, width, height }, { box, across, up }, theme) {
  pen.lineWidth = 1;
  pen.strokeStyle = theme.border;
  pen.fillStyle = theme.muted;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const tick of ticks(up, 6)) {
    const at = Math.round(placeOf(up, tick)) + 0.5;
    pen.beginPath();
    pen.moveTo(box.left, at);
    pen.lineTo(box.right, at);
    pen.stroke();
    pen.fillText(writeY(tick), box.left - 8, at);
  }
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const tick of ticks(across, width < 600 ? 4 : 8)) pen.fillText(writeX(tick), placeOf(across, tick), box.bottom + 7);
  pen.fillText(xTitle, (box.left + box.right) / 2, height - 18);
  pen.save();
  pen.translate(9, (box.top + box.bottom) / 2);
  pen.rotate(-Math.PI / 2);
  pen.textBaseline = "middle";
  pen.fillText(yTitle, 0, 0);
  pen.restore();
}

/** Fill between two courses of values: the seeds of a setting, or the gap between two runs. */
function fillBand(pen, { x, low, high, color, alpha }, { across, up, box }) {
  if (!x.length) return;
  const y = (value) => Math.min(box.bottom, Math.max(box.top, placeOf(up, value)));
  pen.beginPath();
  for (let at = 0; at < x.length; at++) pen.lineTo(placeOf(across, x[at]), y(high[at]));
  for (let at = x.length - 1; at >= 0; at--) pen.lineTo(placeOf(across, x[at]), y(low[at]));
  pen.closePath();
  pen.globalAlpha = alpha;
  pen.fillStyle = color;
  pen.fill();
  pen.globalAlpha = 1;
}

/** Draw a line; a value without a place, such as that of a run that diverged, leaves a gap. */
export function stroke(pen, { px, color, dash, width, alpha = 1, dots = false }) {
  pen.strokeStyle = pen.fillStyle = color;
  pen.lineWidth = width;
  pen.globalAlpha = alpha;
  pen.lineJoin = "round";
  pen.setLineDash(dash);
  pen.beginPath();
  let down = false;
  for (let at = 0; at < px.length; at += 2) {
    if (!Number.isFinite(px[at]) || !Number.isFinite(px[at + 1])) down = false;
    else if (down) pen.lineTo(px[at], px[at + 1]);
    else {
      pen.moveTo(px[at], px[at + 1]);
      down = true;
    }
  }
  pen.stroke();
  pen.setLineDash([]);
  if (dots || px.length === 2) {
    for (let at = 0; at < px.length; at += 2) {
      if (Number.isFinite(px[at + 1])) pen.fillRect(px[at] - 3, px[at + 1] - 3, 6, 6);
    }
  }
  pen.globalAlpha = 1;
}

/** Write how wide the gap of two runs is at its end, where there is room. */
function gapWords(pen, { gap }, { box, across, up }, theme) {
  if (!gap?.x.length) return;
  const [x, low, high] = [placeOf(across, gap.x.at(-1)), placeOf(up, gap.low.at(-1)), placeOf(up, gap.high.at(-1))];
  if (!(Math.abs(high - low) > LABEL) || x - 16 - pen.measureText(gap.text).width < box.left) return;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillStyle = theme.text;
  pen.fillText(gap.text, x - 8, (low + high) / 2);
}

/** Write names at the ends of the lines that have one; a short stroke shows which line it is. */
function names(pen, { lines }, { box }, theme) {
  const named = lines.filter(({ label, px }) => label && Number.isFinite(lastOf(px)));
  const places = movedApart(named.map(({ px }) => lastOf(px)), LABEL, box.top + 4, box.bottom - 2);
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  for (const [at, line] of named.entries()) {
    const y = places[at];
    const px = Float32Array.of(box.right + 7, y, box.right + 29, y);
    stroke(pen, { ...line, px, dots: false, width: Math.max(2, line.width), alpha: 1 });
    pen.fillStyle = theme.text;
    pen.fillText(line.label, box.right + 35, y);
  }
}

function lastOf(px) {
  for (let at = px.length - 1; at > 0; at -= 2) if (Number.isFinite(px[at])) return px[at];
  return NaN;
}

/** Paint the line under the pointer, or of the chosen row, above all others. */
export function paintMark(canvas, scene, laid, theme, { line, at }) {
  const pen = openCanvas(canvas, scene.width, scene.height);
  const shown = scene.lines[line];
  if (!shown) return;
  pen.save();
  pen.beginPath();
  pen.rect(laid.box.left, laid.box.top - 4, laid.box.right - laid.box.left + 3, laid.box.bottom - laid.box.top + 8);
  pen.clip();
  stroke(pen, { ...shown, color: theme.background, dash: [], width: 7, alpha: 1, dots: false });
  stroke(pen, { ...shown, color: shown.alpha < 1 ? theme.cursor : shown.color, width: 3, alpha: 1 });
  pen.restore();
  if (at === null) return;
  pen.fillStyle = theme.cursor;
  pen.beginPath();
  pen.arc(shown.px[2 * at], shown.px[2 * at + 1], 4.5, 0, 2 * Math.PI);
  pen.fill();
}
