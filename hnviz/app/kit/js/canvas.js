// Small helpers for drawing on a canvas in CSS pixels.

let written = null; // (pen, canvas) -> a pen that also writes down what it draws, while a picture is saved

/** Let `write` make the pens until the returned function is called: see save/pen.js. */
export function writeDown(write) {
  written = write;
  return () => (written = null);
}

/** Size a canvas for the screen's density, clear it, and return its 2d context. */
export function openCanvas(canvas, width, height) {
  const density = (window.devicePixelRatio || 1) * (canvas.currentCSSZoom ?? 1); // present mode zooms
  const across = Math.round(width * density);
  const down = Math.round(height * density);
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.textRendering = "geometricPrecision"; // else letters sit on whole pixels, unevenly apart
  return written ? written(pen, canvas) : pen;
}

/** Where a pointer is in an element, in the element's own pixels. */
export function pointIn(element, { clientX, clientY }) {
  const { left, top, width } = element.getBoundingClientRect();
  const scale = width / element.offsetWidth || 1;
  return [(clientX - left) / scale, (clientY - top) / scale];
}

export const HATCH_APART = 4.8; // px between the lines of a hatch

const hatched = new WeakMap(); // pattern -> the colour of its lines

/** The colour of a pattern that `hatchPattern` made. */
export const hatchColor = (pattern) => hatched.get(pattern) ?? "#888888";

/** A pattern of 45-degree lines, which covers what is read twice. */
export function hatchPattern(pen, color) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const inner = tile.getContext("2d");
  inner.strokeStyle = color;
  inner.lineWidth = 1.6;
  for (const shift of [-8, 0, 8]) {
    inner.moveTo(shift - 1, 9);
    inner.lineTo(shift + 9, -1);
  }
  inner.stroke();
  const pattern = pen.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(HATCH_APART / tile.width)); // finer on dense screens
  hatched.set(pattern, color);
  return pattern;
}

/** "#RRGGBB" as three bytes. */
export function bytesOf(color) {
  return [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
}

/** Draw a ring around a box, in a halo of the background; a dashed ring marks a target. */
export function ring(pen, box, theme, { dash = [], width = 2, color = theme.cursor } = {}) {
  const [x, y, w, h] = box;
  pen.setLineDash([]);
  pen.strokeStyle = theme.background;
  pen.lineWidth = width + 3;
  pen.strokeRect(x, y, w, h);
  pen.setLineDash(dash);
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.strokeRect(x, y, w, h);
  pen.setLineDash([]);
}

const kept = new WeakMap(); // canvas -> { of, image }: the part of a picture that stays, and what it was painted of
let fonts = 0; // how often fonts have come: letters painted before have another look
globalThis.document?.fonts?.addEventListener?.("loadingdone", () => (fonts += 1));

/**
 * Paint what most changes of a picture leave as it is. `draw(pen)` is called where one of `of` is another
 * than before; otherwise its image is copied.
 */
export function paintStill(canvas, pen, of, draw) {
  if (written) return draw(pen);
  const now = [...of, canvas.width, canvas.height, fonts];
  let last = kept.get(canvas);
  if (!last || now.some((each, at) => each !== last.of[at])) {
    const { width, height } = canvas;
    const image = Object.assign(last?.image ?? document.createElement("canvas"), { width, height });
    const still = image.getContext("2d");
    still.setTransform(pen.getTransform());
    still.textRendering = pen.textRendering;
    draw(still);
    kept.set(canvas, (last = { of: now, image }));
  }
  pen.save();
  pen.resetTransform();
  pen.drawImage(last.image, 0, 0);
  pen.restore();
}

/** Write a text that begins, or is centred, at a point and runs at an angle. */
export function writeAt(pen, text, x, y, angle) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(angle);
  pen.fillText(text, 0, 0);
  pen.restore();
}

/** Relative luminance of [red, green, blue], from which the contrast of text follows. */
function luminance(color) {
  const [r, g, b] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour of a text on [red, green, blue]: never under 4.5 to 1. */
export const inkOn = (color) => (luminance(color) > 0.179 ? "#000000" : "#FFFFFF");

/** The smallest of 1, 2, 5, 10, 20, ... whose multiples lie at least `room` px apart. */
export function tickStep(size, room) {
  for (let scale = 1; ; scale *= 10)
    for (const digit of [1, 2, 5]) if (digit * scale * size >= room) return digit * scale;
}
