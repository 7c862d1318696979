// The window of one mini-batch: bs rows by bptt steps, one cell a token.

import { bytesOf, ring, tickStep } from "../../../kit/js/canvas.js";
import { colorName } from "../../../kit/js/legend.js";
import { isNarrow } from "./look.js";
import { sameCell } from "./layout.js";
import { count } from "./words.js";

const TOP = 22; // px above the cells, for the steps' numbers
const TALLEST = 560; // px of all rows together
const TALLEST_NARROW = 360;
const VEIL = 190; // of 255: how much of the background covers what was not found
const FRAMED = 400;
const SEAM = 5; // px: smaller cells have no gap between them
const AHEAD = 2; // tokens of the next mini-batch beside the window
const FEW = 16; // rows and steps up to which they are shown

/** Where the cells lie for a width in px; a small window has `ahead` tokens of the next one beside it. */
export function windowGeometry(layout, width) {
  const { bs, bptt, nBatches } = layout;
  const narrow = isNarrow(width);
  const left = narrow ? 30 : 64;
  const ahead = bs <= FEW && bptt <= FEW && nBatches > 1 ? Math.min(AHEAD, bptt) : 0;
  const gap = !ahead ? 0 : narrow ? 26 : 64;
  const right = 10; // room for the target of a row's last step
  const across = Math.min((width - left - right - gap) / (bptt + ahead), 120);
  const tallest = narrow ? TALLEST_NARROW : TALLEST;
  const down = Math.max(1, Math.min(tallest / bs, across > 40 || ahead ? 26 : 16));
  const wide = across * bptt;
  return { left, top: TOP, across, down, wide, tall: down * bs, width, ahead, gap };
}

export const windowHeight = (geometry) => Math.ceil(geometry.top + geometry.tall + 8);

/** The [row, step] under the pointer, or null. */
export function windowHit(layout, geometry, x, y) {
  const step = Math.floor((x - geometry.left) / geometry.across);
  const row = Math.floor((y - geometry.top) / geometry.down);
  const inside = step >= 0 && step < layout.bptt && row >= 0 && row < layout.bs;
  return inside ? [row, step] : null;
}

/** Draw the cells of a mini-batch; `scene` is { layout, stream, theme, hatch, batch }. */
export function drawWindow(pen, scene, geometry) {
  const { layout } = scene;
  const small = Math.min(geometry.across, geometry.down) * devicePixelRatio < 1;
  pen.imageSmoothingEnabled = small;
  pen.drawImage(
    kindsImage(scene),
    0,
    0,
    layout.bptt,
    layout.bs,
    geometry.left,
    geometry.top,
    geometry.wide,
    geometry.tall,
  );
  hatchRepeated(pen, scene, geometry);
  if (scene.mask) veil(pen, scene, geometry);
  seams(pen, scene, geometry);
  cellText(pen, scene, geometry);
  if (scene.mask) frameFound(pen, scene, geometry);
  axes(pen, scene, geometry);
  if (geometry.ahead && scene.batch + 1 < layout.nBatches) drawAhead(pen, scene, geometry);
}

/** One pixel a token: 262,144 of them cost 2 ms. */
function kindsImage({ layout, stream, theme, batch }) {
  const image = new ImageData(layout.bptt, layout.bs);
  const pixels = new Uint32Array(image.data.buffer);
  const colors = stream.kinds.map((kind) => {
    const [red, green, blue] = bytesOf(theme.kind[colorName(kind)]);
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
  let pixel = 0;
  for (let row = 0; row < layout.bs; row++) {
    let at = layout.rowStart(batch, row);
    for (let step = 0; step < layout.bptt; step++) {
      pixels[pixel++] = colors[stream.ids[at]];
      if (++at === layout.nTokens) at = 0;
    }
  }
  const canvas = new OffscreenCanvas(layout.bptt, layout.bs);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Whether a cell of a mini-batch is hatched. */
export function hatches(layout, batch) {
  for (let row = 0; row < layout.bs; row++) if (layout.ownSteps(batch, row) < layout.bptt) return true;
  return false;
}

function hatchRepeated(pen, { layout, theme, hatch, batch }, geometry) {
  pen.beginPath();
  for (let row = 0; row < layout.bs; row++) {
    const own = layout.ownSteps(batch, row);
    if (own === layout.bptt) continue;
    const left = geometry.left + own * geometry.across;
    const wide = (layout.bptt - own) * geometry.across;
    pen.rect(left, geometry.top + row * geometry.down, wide, geometry.down);
  }
  pen.fillStyle = theme.background;
  pen.globalAlpha = 0.4;
  pen.fill();
  pen.globalAlpha = 1;
  pen.fillStyle = hatch;
  // On cells as small as the lines themselves these would hide the kinds' colours.
  pen.globalAlpha = Math.min(geometry.across, geometry.down) < 4 ? 0.4 : 1;
  pen.fill();
  pen.globalAlpha = 1;
}

/** Fade what was not searched for. */
function veil(pen, { layout, theme, batch, mask }, geometry) {
  const image = new ImageData(layout.bptt, layout.bs);
  const pixels = new Uint32Array(image.data.buffer);
  const [red, green, blue] = bytesOf(theme.background);
  const color = ((VEIL << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  let pixel = 0;
  for (let row = 0; row < layout.bs; row++) {
    let at = layout.rowStart(batch, row);
    for (let step = 0; step < layout.bptt; step++, pixel++) {
      if (!mask[at]) pixels[pixel] = color;
      if (++at === layout.nTokens) at = 0;
    }
  }
  const canvas = new OffscreenCanvas(layout.bptt, layout.bs);
  canvas.getContext("2d").putImageData(image, 0, 0);
  const { left, top, wide, tall } = geometry;
  pen.drawImage(canvas, left, top, wide, tall);
}

/** Frame what was found, unless that needs too many frames: then fading alone shows it. */
function frameFound(pen, scene, geometry) {
  const runs = foundRuns(scene);
  if (runs.length > FRAMED) return;
  const { left, top, across, down } = geometry;
  for (const [row, from, to] of runs) {
    const box = [left + from * across, top + row * down, Math.max(3, (to - from) * across), down];
    ring(pen, box, scene.theme, { width: 1.5, color: scene.theme.primary });
  }
}

/** What is found in this mini-batch: [row, first step, step after the last]. */
export function foundRuns({ layout, batch, mask }) {
  const runs = [];
  for (let row = 0; row < layout.bs && runs.length <= FRAMED; row++) {
    const start = layout.rowStart(batch, row);
    const found = (step) => step < layout.bptt && mask[(start + step) % layout.nTokens];
    for (let step = 0; step < layout.bptt; step++) {
      if (!found(step)) continue;
      const from = step;
      while (found(step)) step++;
      runs.push([row, from, step]);
    }
  }
  return runs;
}

/** Gaps between cells, on whole device pixels so that they stay sharp. */
function seams(pen, { layout, theme }, geometry) {
  const sharp = (value) => Math.round(value * devicePixelRatio) / devicePixelRatio;
  pen.fillStyle = theme.background;
  if (geometry.across >= SEAM)
    for (let step = 1; step <= layout.bptt; step++) {
      const x = sharp(geometry.left + step * geometry.across - 0.5);
      pen.fillRect(x, geometry.top, 1, geometry.tall);
    }
  if (geometry.down >= SEAM)
    for (let row = 1; row <= layout.bs; row++) {
      const y = sharp(geometry.top + row * geometry.down - 0.5);
      pen.fillRect(geometry.left, y, geometry.wide, 1);
    }
}

/** Words where they fit, letters where those fit, else a dot on every comma. */
function cellText(pen, { layout, stream, theme, batch, mask }, geometry) {
  const { across, down } = geometry;
  if (Math.min(across, down) < SEAM) return;
  const words = across >= 62 && down >= 16;
  const letters = !words && across >= 12 && down >= 12;
  pen.font = words ? `400 12px ${theme.font}` : `600 10px ${theme.codeFont}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const size = Math.min(2.5, down / 3);
  for (let row = 0; row < layout.bs; row++)
    for (let step = 0; step < layout.bptt; step++) {
      const position = layout.position([batch, row, step]);
      const id = stream.ids[position];
      const kind = stream.kinds[id];
      const x = geometry.left + (step + 0.5) * across;
      const y = geometry.top + (row + 0.5) * down;
      pen.globalAlpha = mask && !mask[position] ? 0.4 : 1;
      if (words || letters) {
        const text = words ? stream.words[id] : theme.letters[kind];
        const hatched = step >= layout.ownSteps(batch, row);
        if (hatched) paper(pen, theme, x, y, pen.measureText(text).width + 6, down);
        const plain = hatched || (mask && !mask[position]); // on paper, not on its kind's colour
        pen.fillStyle = plain ? theme.text : theme.kindText[colorName(kind)];
        pen.fillText(text, x, y + 0.5);
      } else if (kind === "comma") {
        pen.fillStyle = theme.commaMark;
        pen.fillRect(x - size / 2, y - size / 2, size, size);
      }
    }
  pen.globalAlpha = 1;
}

/** What each row reads first in the next mini-batch, and the state that leads there. */
function drawAhead(pen, scene, geometry) {
  const { layout, stream, theme, batch } = scene;
  const { across, down, ahead, gap } = geometry;
  const from = geometry.left + geometry.wide;
  const words = across >= 62;
  for (let row = 0; row < layout.bs; row++) {
    const top = geometry.top + row * down;
    stateArrow(pen, theme, [from + 5, from + gap - 5, top + down / 2], layout.continues(batch + 1, row));
    for (let step = 0; step < ahead; step++) {
      const id = stream.ids[layout.position([batch + 1, row, step])];
      const kind = stream.kinds[id];
      const x = from + gap + step * across;
      pen.strokeStyle = theme.border;
      pen.lineWidth = 1;
      pen.strokeRect(x + 1.5, top + 1.5, across - 3, down - 3);
      pen.fillStyle = theme.kind[colorName(kind)];
      pen.fillRect(x + 1, top + down - 5, across - 2, 4);
      pen.fillStyle = theme.text;
      pen.font = words ? `400 12px ${theme.font}` : `600 10px ${theme.codeFont}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText(words ? stream.words[id] : theme.letters[kind], x + across / 2, top + down / 2 - 1);
    }
  }
  pen.textBaseline = "alphabetic";
  pen.font = `400 13px ${theme.font}`;
  pen.fillStyle = theme.muted;
  const next = isNarrow(geometry.width) ? "next" : `mini-batch ${count(batch + 1)}`;
  pen.fillText(next, from + gap + (ahead * across) / 2, 12);
  pen.fillStyle = theme.role.h_h;
  if (gap > 40) pen.fillText("state", from + gap / 2, 12);
}

/** Solid where the row goes on, dashed where the state belongs to other text. */
function stateArrow(pen, theme, [from, to, y], goesOn) {
  pen.strokeStyle = theme.role.h_h;
  pen.lineWidth = 2;
  pen.setLineDash(goesOn ? [] : [4, 4]);
  pen.beginPath();
  pen.moveTo(from, y);
  pen.lineTo(to, y);
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(to - 5, y - 4);
  pen.lineTo(to, y);
  pen.lineTo(to - 5, y + 4);
  pen.stroke();
}

/** Plain background behind a word on hatching. */
function paper(pen, theme, x, y, width, down) {
  pen.fillStyle = theme.background;
  pen.fillRect(x - width / 2, y - Math.min(8, down / 2 - 2), width, Math.min(16, down - 4));
}

function axes(pen, { layout, theme }, geometry) {
  pen.font = `400 13px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textBaseline = "alphabetic";
  pen.textAlign = "center";
  const everyStep = tickStep(geometry.across, 34);
  for (let step = 0; step < layout.bptt; step += everyStep) {
    const x = geometry.left + (step + 0.5) * geometry.across;
    pen.fillText(step ? step : "step 0", x, 12);
  }
  pen.textAlign = "right";
  const everyRow = tickStep(geometry.down, 18);
  for (let row = 0; row < layout.bs; row += everyRow)
    pen.fillText(row, geometry.left - 8, geometry.top + (row + 0.5) * geometry.down + 4.5);
  pen.textAlign = "left";
  if (!isNarrow(geometry.width)) pen.fillText("row", 0, 12);
}

/** Ring the marked cell, its target and, thinly, other cells here that read the same position. */
export function drawMarks(pen, { layout, theme, cell, picked }, geometry) {
  const box = ([, row, step]) => {
    const across = Math.max(geometry.across, 4);
    const down = Math.max(geometry.down, 4);
    const x = geometry.left + (step + 0.5) * geometry.across - across / 2;
    const y = geometry.top + (row + 0.5) * geometry.down - down / 2;
    return [x - 1.5, y - 1.5, across + 2, down + 2];
  };
  const here = (other) => other[0] === cell[0] && !sameCell(other, cell);
  for (const other of layout.cells(layout.position(cell)).filter(here))
    ring(pen, box(other), theme, { width: 1.5, color: theme.control });
  if (here(picked)) ring(pen, box(picked), theme, { width: 1, color: theme.primary });
  const target = layout.target(cell);
  if (target?.[0] === cell[0]) ring(pen, box(target), theme, { dash: [3, 2.5] });
  else if (target) {
    // It opens the row in the next mini-batch, whose edge is beside the window.
    const [, y, wide, tall] = box(cell);
    const x = geometry.left + geometry.wide + (geometry.ahead ? geometry.gap : 3);
    ring(pen, [x, y, geometry.ahead ? wide : 5, tall], theme, { dash: [3, 2.5] });
  }
  ring(pen, box(cell), theme);
}
