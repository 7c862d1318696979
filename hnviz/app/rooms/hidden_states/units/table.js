// @ts-check
// The units as tables: each unit after each token, in the picture's order, and what each codes.

/** @typedef {import("../../../kit/js/tables.js").Data} Data */
/** @typedef {import("../../../kit/js/arrays.js").Answer} Answer */

/**
 * @param {import("../../../kit/js/picture.js").Drawing} drawing
 * @returns {Data[]}
 */
export function table({ answers }) {
  const { units, unit_rows: rows } = answers;
  if (!units || !rows) return [];
  return [valueTable(units, Array.from(rows.arrays.order.data)), codeTable(rows, Array.from(rows.arrays.order.data))];
}

/**
 * @param {Answer} units
 * @param {number[]} order
 * @returns {Data}
 */
function valueTable({ meta, arrays }, order) {
  const { words, first, what } = meta;
  const { data } = arrays.values;
  return {
    caption: `${what[0].toUpperCase()}${what.slice(1)} of each unit after each token`,
    columns: [{ title: "token" }, { title: "word" }, ...order.map((unit) => ({ title: `unit ${unit}` }))],
    n: words.length,
    row: (at) => [first + at, words[at], ...order.map((unit) => data[unit * words.length + at])],
  };
}

/**
 * How much of each unit's variance each label explains, and before training where that is known.
 * @param {Answer} answer with "explained", perhaps "untrained", and meta.labels
 * @param {number[]} order
 * @returns {Data}
 */
export function codeTable({ meta, arrays }, order) {
  const labels = meta.labels.map((/** @type {string} */ label) => (label === "slot" ? "position in the number" : `${label} digit`));
  const { explained, untrained } = arrays;
  const known = [explained, untrained].filter(Boolean);
  return {
    caption: "The share of each unit's variance that a label explains",
    columns: [
      { title: "unit" },
      ...known.flatMap((_, side) => labels.map((/** @type {string} */ label) => ({ title: side ? `${label}, untrained` : label, unit: "share" }))),
    ],
    n: order.length,
    row: (at) => [order[at], ...known.flatMap(({ data }) => Array.from(data.subarray(order[at] * labels.length, (order[at] + 1) * labels.length)))],
  };
}
