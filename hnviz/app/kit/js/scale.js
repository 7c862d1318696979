// @ts-check
// The axes of charts: where values are, and round ticks. No DOM.

/** @typedef {{ from: number, to: number, log: boolean, start: number, end: number }} Scale from values to pixels */

/**
 * Where a value is, in pixels; nan where a log axis has no place for it.
 * @param {Scale} scale
 * @param {number} value
 */
export function placeOf({ from, to, log, start, end }, value) {
  const share = log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  return start + share * (end - start);
}

/**
 * Round values along an axis, at most about `most`; on a log axis powers of ten, with 2 and 5 where
 * there is room.
 * @param {Scale} scale
 * @param {number} most
 */
export function ticks({ from, to, log }, most) {
  if (log) return logTicks(from, to, most);
  const step = roundStep((to - from) / most);
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first;
  return Array.from({ length: Math.max(0, count + 1) }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** @param {number} rough */
function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return /** @type {number} */ ([1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= rough * 0.999));
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} most
 */
function logTicks(from, to, most) {
  const [low, high] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))];
  for (const digits of [[1, 2, 5], [1, 3], [1]]) {
    const found = [];
    for (let power = low; power <= high; power++) for (const digit of digits) found.push(Number((digit * 10 ** power).toPrecision(6)));
    const inside = found.filter((each) => each >= from * 0.999 && each <= to * 1.001);
    if (inside.length <= most + 2 || digits.length === 1) return thin(inside, most);
  }
  return [];
}

/**
 * @param {number[]} values
 * @param {number} most
 */
const thin = (values, most) => values.filter((_, at) => at % Math.ceil(values.length / most || 1) === 0);

/**
 * A tick of a number axis: 1,200; 0.05; 2M.
 * @param {number} value
 */
export function tickText(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`;
  if (size && size < 1e-3) return value.toExponential();
  return value.toLocaleString("en", { maximumSignificantDigits: 6 });
}

/**
 * Move places apart until neighbours have `gap` between them, from `low` to `high`, in order.
 * @param {number[]} places
 * @param {number} gap
 * @param {number} low
 * @param {number} high
 */
export function movedApart(places, gap, low, high) {
  const order = places.map((_, at) => at).sort((one, other) => places[one] - places[other]);
  const moved = [...places];
  let least = low;
  for (const at of order) {
    moved[at] = Math.max(places[at], least);
    least = moved[at] + gap;
  }
  let most = high;
  for (const at of order.reverse()) {
    moved[at] = Math.min(moved[at], most);
    most = moved[at] - gap;
  }
  return moved;
}

/**
 * The line nearest to a point, and its place there; null where none is within `reach` px.
 * @param {{ px: Float32Array }[]} lines places as x, y, x, y, ...
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 */
export function nearest(lines, x, y, reach) {
  let best = reach * reach;
  /** @type {{ line: number, at: number }|null} */
  let found = null;
  for (const [line, { px }] of lines.entries()) {
    for (let at = 0; at + 1 < px.length; at += 2) {
      const far = (px[at] - x) ** 2 + (px[at + 1] - y) ** 2;
      if (far < best) [best, found] = [far, { line, at: at / 2 }];
    }
  }
  return found;
}
