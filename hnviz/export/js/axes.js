// @ts-check
// The axes of a chart: from numbers to places, and where the marks are. No DOM.

import { bytesOf } from "./blobs.js";

/**
 * @typedef {{ range?: [number, number], type?: string, domain?: [number, number], tickvals?: number[], ticktext?: string[],
 *             nticks?: number, side?: string, overlaying?: string, title?: { text?: string }, showgrid?: boolean,
 *             gridcolor?: string, showticklabels?: boolean, anchor?: string }} Props
 * @typedef {{ place: (value: number) => number, value: (place: number) => number, ticks: [number, string][], ends: [number, number] }} Axis
 */

const FEW = 5; // marks

const KINDS = { f8: Float64Array, f4: Float32Array, i4: Int32Array, i2: Int16Array, i1: Int8Array, u1: Uint8Array };

/**
 * A trace's numbers: a list, or what Plotly for Python writes for an array; null where there is none.
 * @param {(number|null)[]|{ dtype: keyof typeof KINDS, bdata: string }} [values]
 * @returns {(number|null)[]}
 */
export function listed(values = []) {
  if (Array.isArray(values)) return values;
  return Array.from(new KINDS[values.dtype](bytesOf(values.bdata).buffer), (value) => (Number.isFinite(value) ? value : null));
}

/**
 * @param {Props} props
 * @param {[number, number]} room where the whole axis may lie; y axes run from the bottom to the top
 * @param {(number|null)[]} values of its curves, for an axis without a range
 * @returns {Axis}
 */
export function axisOf(props, room, values) {
  const log = props.type === "log";
  const numbers = values.filter((value) => value !== null);
  const [low, high] = props.range ?? spanOf(numbers.map((value) => (log ? Math.log10(value) : value)));
  const [from, to] = (props.domain ?? [0, 1]).map((share) => room[0] + share * (room[1] - room[0]));
  const scale = (to - from) / (high - low || 1);
  const place = (/** @type {number} */ value) => from + ((log ? Math.log10(value) : value) - low) * scale;
  const value = (/** @type {number} */ at) => (log ? 10 ** (low + (at - from) / scale) : low + (at - from) / scale);
  return { place, value, ticks: ticksOf(props, low, high, log), ends: [from, to] };
}

/** @param {number[]} values */
function spanOf(values) {
  const known = values.filter(Number.isFinite);
  if (!known.length) return [0, 1];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const edge = 0.05 * (high - low || 1);
  return [low - edge, high + edge];
}

/**
 * @param {Props} props
 * @param {number} low
 * @param {number} high
 * @param {boolean} log
 * @returns {[number, string][]}
 */
function ticksOf({ tickvals, ticktext, nticks = FEW }, low, high, log) {
  if (tickvals) {
    const inside = (/** @type {number} */ value) => (log ? Math.log10(value) : value) >= low && (log ? Math.log10(value) : value) <= high;
    return tickvals.map((value, at) => /** @type {[number, string]} */ ([value, ticktext?.[at] ?? written(value)])).filter(([value]) => inside(value));
  }
  if (log) {
    const first = Math.ceil(low);
    return Array.from({ length: Math.floor(high) - first + 1 }, (_, at) => [10 ** (first + at), written(10 ** (first + at))]);
  }
  const step = roundStep((high - low) / nticks);
  const first = Math.ceil(low / step);
  const n = Math.floor(high / step) - first + 1;
  return Array.from({ length: n }, (_, at) => {
    const value = Number(((first + at) * step).toPrecision(12));
    return [value, written(value)];
  });
}

/** @param {number} rough */
function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * /** @type {number} */ ([1, 2, 5, 10].find((each) => each * power >= rough * 0.999));
}

/** @param {number} value */
const written = (value) => value.toLocaleString("en-US", { maximumSignificantDigits: 6 });
