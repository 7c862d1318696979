// @ts-check
// Marks: what the pictures of a page share without Python, such as the unit under the pointer.

import { putInAddress } from "./address.js";
import { onVisit } from "./visits.js";

/** @typedef {{ name: string, low: number, high: number, first: number }} Whole as hnviz/app/kit/state.py sends it */

/** @type {Map<string, unknown>} */
const marks = new Map();
/** @type {Map<string, Set<(value: any, from: unknown) => void>>} */
const listeners = new Map();

onVisit(() => marks.clear());

/**
 * The value that a mark has now: "unit", "token", "step", ...
 * @param {string} name
 * @returns {any}
 */
export const mark = (name) => marks.get(name) ?? null;

/**
 * Set a mark for the page's other pictures; `from` is the one that sets it.
 * @param {string} name
 * @param {unknown} value
 * @param {unknown} from
 */
export function setMark(name, value, from) {
  if (same(marks.get(name) ?? null, value)) return;
  marks.set(name, value);
  for (const hear of listeners.get(name) ?? []) hear(value, from);
}

/**
 * Call `hear` when another picture sets a mark; the returned function ends that.
 * @param {string} name
 * @param {unknown} self
 * @param {(value: any) => void} hear
 */
export function onMark(name, self, hear) {
  /** @type {(value: any, from: unknown) => void} */
  const listen = (value, from) => {
    if (from !== self) hear(value);
  };
  const all = listeners.get(name) ?? new Set();
  listeners.set(name, all.add(listen));
  return () => {
    all.delete(listen);
    if (!all.size) marks.delete(name); // the next page starts without it
  };
}

/**
 * A whole number that the pictures of a page share: what a reader chose last, else the number in the address.
 * @param {import("./frame.js").Frame} kit
 * @param {Whole} entry
 * @returns {number}
 */
export function shared(kit, { name, low, high, first }) {
  const chosen = mark(name);
  return chosen !== null && chosen >= low && chosen <= high ? chosen : kit.asked.number(name, low, high, first);
}

/**
 * @param {Whole} entry
 * @param {number} value
 * @param {unknown} from
 */
export function share({ name, first }, value, from) {
  putInAddress(name, value === first ? null : value);
  setMark(name, value, from);
}

/**
 * @param {any} one
 * @param {any} other
 */
function same(one, other) {
  return one === other || (Array.isArray(one) && Array.isArray(other) && String(one) === String(other));
}
