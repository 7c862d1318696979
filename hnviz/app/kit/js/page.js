// @ts-check
// What the pictures of a page share without Python: marks such as the unit, token or step under the
// pointer, and parameters of the address.

/** @type {Map<string, unknown>} */
const marks = new Map();
/** @type {Map<string, Set<(value: any, from: unknown) => void>>} */
const listeners = new Map();

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
 * Follow the marks that others set; returns the function that ends it.
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

/** @type {Map<string, string>} what the pictures of this page wrote into the address */
const written = new Map();
let page = "";

/** @param {string} name */
export const inAddress = (name) => new URL(location.href).searchParams.get(name);

/**
 * Write a parameter into the address, or take it out with null. The history keeps one entry.
 * @param {string} name
 * @param {string|number|null} value
 */
export function putInAddress(name, value) {
  if (location.pathname !== page) written.clear();
  page = location.pathname;
  if (value === null) written.delete(name);
  else written.set(name, String(value));
  const url = new URL(location.href);
  if (value === null) url.searchParams.delete(name);
  else url.searchParams.set(name, String(value));
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

/** Put back what Streamlit drops: when Python changes the address, it knows only its own names. */
export function keepAddress() {
  if (location.pathname !== page) return;
  for (const [name, value] of written) if (inAddress(name) === null) putInAddress(name, value);
}

/**
 * A whole number in the address, or null.
 * @param {string} name
 */
export function numberInAddress(name) {
  const asked = inAddress(name) ?? "";
  return /^\d{1,9}$/.test(asked) ? Number(asked) : null;
}

/**
 * @param {any} one
 * @param {any} other
 */
function same(one, other) {
  return one === other || (Array.isArray(one) && Array.isArray(other) && String(one) === String(other));
}
