// @ts-check
// Where the nodes of the network are drawn, and its state's plane. No DOM.

export const HEIGHT = 388;
export const RADIUS = 19;
const LABELS = 78; // px left of the first column's middle

/** @typedef {{ x: number, y: number }} Point */

/**
 * Where each node is: "bit 0", "unit 1 before", "unit 1", "bias" (of the units), "bias of the answer", "even".
 * @param {number} units
 * @param {number} width in px
 * @returns {Map<string, Point>}
 */
export function places(units, width) {
  const found = new Map();
  const columns = columnsOf(width);
  const rows = units + 3;
  const row = (/** @type {number} */ at) => 46 + (at * (HEIGHT - 76)) / (rows - 1);
  found.set("bit 0", { x: columns.from, y: row(0) });
  found.set("bit 1", { x: columns.from, y: row(1) });
  for (let unit = 0; unit < units; unit++) {
    found.set(`unit ${unit} before`, { x: columns.from, y: row(2 + unit) });
    found.set(`unit ${unit}`, { x: columns.to, y: row(1 + 1.25 * unit) });
  }
  found.set("bias", { x: columns.from, y: row(rows - 1) });
  found.set("even", { x: columns.out, y: row(1.7) });
  found.set("odd", { x: columns.out, y: row(3.6) });
  found.set("bias of the answer", { x: columns.to, y: row(rows - 1) });
  return found;
}

/** @param {number} width in px */
export function columnsOf(width) {
  const out = width - 38;
  return { from: LABELS, to: LABELS + 0.54 * (out - LABELS), out };
}

/**
 * The two nodes that a weight joins.
 * @param {[string, string, number, number]} weight start, end, value, wrong answers without it
 */
export function ends([start, end]) {
  const toAnswer = !end.startsWith("unit");
  if (start === "bias") return [toAnswer ? "bias of the answer" : "bias", end];
  return [start.startsWith("unit") && !toAnswer ? `${start} before` : start, end];
}

/** @param {number} value */
export const thickness = (value) => 1 + 2.2 * Math.abs(value);

/** The plane of two units, from -1.1 to 1.1, in pixels. */
export const PLANE = { size: 340, left: 46, bottom: 46, top: 12, right: 12 };

/** @param {number} value */
export function across(value) {
  return PLANE.left + ((value + 1.1) / 2.2) * (PLANE.size - PLANE.left - PLANE.right);
}

/** @param {number} value */
export function up(value) {
  return PLANE.size - PLANE.bottom - ((value + 1.1) / 2.2) * (PLANE.size - PLANE.bottom - PLANE.top);
}
