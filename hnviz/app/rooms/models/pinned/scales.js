// @ts-check
// Scales of the charts: snapshots side by side, and values up. No DOM.

/** @typedef {{ low: number, high: number, log: boolean }} Range */

/** The first snapshot, the last one, and ten between.
 * @param {number[]} steps
 * @param {number} most
 */
export function chosen(steps, most = 12) {
  const n = Math.min(most, steps.length);
  return Array.from({ length: n }, (_, at) => steps[Math.round((at * (steps.length - 1)) / Math.max(1, n - 1))]);
}

/**
 * A range that holds all values, with a little room.
 * @param {number[]} values
 * @returns {Range}
 */
export function linear(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.05 * (high - low || Math.abs(high) || 1);
  return { low: low - room, high: high + room, log: false };
}

/**
 * Whole powers of ten around all values above 0.
 * @param {number[]} values
 * @returns {Range}
 */
export function logarithmic(values) {
  const seen = values.filter((value) => value > 0).map(Math.log10);
  if (!seen.length) return { low: 0.1, high: 1, log: true };
  const [low, high] = [Math.floor(Math.min(...seen)), Math.ceil(Math.max(...seen))];
  return { low: 10 ** low, high: 10 ** (high === low ? high + 1 : high), log: true };
}

/**
 * Where a value is, from 0 at the bottom to 1.
 * @param {number} value
 * @param {Range} range
 */
export function share(value, { low, high, log }) {
  const at = log ? Math.log10(Math.max(value, low) / low) / Math.log10(high / low) : (value - low) / (high - low);
  return Math.min(1, Math.max(0, at));
}

/**
 * Values to write at an axis.
 * @param {Range} range
 */
export function ticks({ low, high, log }) {
  if (log) {
    const [from, to] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))];
    const every = Math.max(1, Math.ceil((to - from) / 5));
    return Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, at) => 10 ** (from + at * every));
  }
  const raw = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const size = power * ([1, 2, 5, 10].find((each) => each * power >= raw) ?? 10);
  const first = Math.ceil(low / size);
  return Array.from({ length: Math.floor(high / size) - first + 1 }, (_, at) => (first + at) * size);
}

/** @param {number} value */
export function label(value) {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 0.001 || size >= 1e5) ? value.toExponential(0).replace("e+", "e") : String(Number(value.toPrecision(3)));
  return text.replaceAll("-", "−");
}
