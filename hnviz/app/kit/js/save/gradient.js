// @ts-check
// The linear gradients of CSS, as the browser writes them out, for SVG. No DOM.

/**
 * @typedef {[number, string]} Stop a share of the line, and its colour
 * @typedef {{ angle: number, repeats: boolean, stops: (length: number) => Stop[] }} Gradient
 *   angle   in degrees, clockwise from up
 *   stops   of a line of a length in pixels; of a gradient that repeats, the last may be far below 1
 */

const SIDES = { top: 0, right: 90, bottom: 180, left: 270 };
const STOP = /^(.*?)((?: -?[\d.]+(?:%|px))*)$/;

/**
 * The linear gradients of a `background-image`; other images are left out.
 * @param {string} image
 * @returns {Gradient[]}
 */
export function gradientsOf(image) {
  return split(image).flatMap((layer) => {
    const [, repeating, inside] = /^(repeating-)?linear-gradient\((.*)\)$/.exec(layer) ?? [];
    if (inside === undefined) return [];
    const parts = split(inside);
    const angle = angleOf(parts[0]);
    if (angle !== null) parts.shift();
    return [{ angle: angle ?? 180, repeats: Boolean(repeating), stops: (/** @type {number} */ length) => stopsOf(parts, length) }];
  });
}

/**
 * Cut at the commas that are in no brackets.
 * @param {string} text
 */
export function split(text) {
  const parts = [""];
  let depth = 0;
  for (const letter of text) {
    if (letter === "(") depth += 1;
    if (letter === ")") depth -= 1;
    if (letter === "," && !depth) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

/** @param {string} text such as "45deg" or "to right"; null if it is a colour */
function angleOf(text) {
  const turned = /^(-?[\d.]+)deg$/.exec(text);
  if (turned) return Number(turned[1]);
  return SIDES[/** @type {keyof typeof SIDES} */ (text.replace(/^to /, ""))] ?? null;
}

/**
 * @param {string[]} parts colours with their places
 * @param {number} length px
 * @returns {Stop[]}
 */
function stopsOf(parts, length) {
  /** @type {[number|null, string][]} */
  const stops = parts.flatMap((part) => {
    const [, color, places] = /** @type {RegExpExecArray} */ (STOP.exec(part));
    const found = places.trim().split(" ").filter(Boolean);
    const shares = found.map((place) => (place.endsWith("%") ? Number.parseFloat(place) / 100 : Number.parseFloat(place) / length));
    return shares.length ? shares.map((share) => /** @type {[number|null, string]} */ ([share, color])) : [[null, color]];
  });
  const last = stops.length - 1;
  stops[0][0] ??= 0;
  stops[last][0] ??= 1;
  const known = stops.map(([share], at) => {
    if (share !== null) return share;
    const before = stops.findLastIndex(([each], place) => place < at && each !== null);
    const after = stops.findIndex(([each], place) => place > at && each !== null);
    const [from, to] = [Number(stops[before][0]), Number(stops[after][0])];
    return from + ((to - from) * (at - before)) / (after - before);
  });
  return stops.map(([, color], at) => [known[at], color]);
}

/**
 * The line along which a gradient changes in a box, and its stops; of one that repeats, the first stretch.
 * @param {Gradient} gradient
 * @param {{ x: number, y: number, width: number, height: number }} box
 */
export function lineOf({ angle, repeats, stops }, { x, y, width, height }) {
  const turn = (angle * Math.PI) / 180;
  const [across, down] = [Math.sin(turn), -Math.cos(turn)];
  const length = Math.abs(width * across) + Math.abs(height * down) || 1;
  const [x1, y1] = [x + (width - across * length) / 2, y + (height - down * length) / 2];
  const all = stops(length);
  const part = repeats ? all[all.length - 1][0] || 1 : 1;
  const shares = all.map(([share, color]) => /** @type {Stop} */ ([Math.min(1, Math.max(0, share / part)), color]));
  return { x1, y1, x2: x1 + across * length * part, y2: y1 + down * length * part, shares };
}
