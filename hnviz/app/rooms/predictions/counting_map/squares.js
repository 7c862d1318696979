// @ts-check
// Where the squares are, and what is written beside them: heads, shares, and the line at 8,000.

import { accuracy } from "../../../kit/js/text.js";

export const NOT_ASKED = -2;
export const RIGHT = -1;
export const LATER = 0.2; // of a square, at each side: a later mistake is smaller, not only darker

const CUT = 80; // rows of numbers below 8,000
const MARGIN = { left: 50, top: 24, right: 56, bottom: 4 }; // px, of the thousands, the hundreds and the shares
const GAP = 30; // px between the two parts, with the line and its words
const ABOVE = 345; // px of the page above the squares: all of them fit into a window of 800 px
const SMALLEST = 4; // px of a square on a wide page

/**
 * @param {boolean} isWhole whether there is no line at 8,000
 * @param {number} room px from the top of the page to its end
 */
export function grid(isWhole, room = window.innerHeight) {
  const gap = isWhole ? 0 : GAP;
  const high = Math.max(SMALLEST, (room - ABOVE - MARGIN.top - gap - MARGIN.bottom) / 100);
  const cell = (/** @type {number} */ room) => Math.max(2, Math.floor(Math.min(room / 100, high) * 4) / 4);
  return { columns: 100, rows: 100, margin: MARGIN, gap: { after: CUT, size: gap }, cell };
}

/**
 * @param {import("../../../kit/js/heat.js").Around} drawing
 * @param {Int8Array} places
 * @param {boolean} isNotebook whether the text has no 8,000, and nothing above it is in train
 * @param {any} theme
 */
export function around({ pen, write, left, top, width, size, x, y }, places, isNotebook, theme) {
  const head = top - 9;
  for (const column of [0, 20, 40, 60, 80]) write(`+${column}`, x(column + 0.5), head, { align: "center" });
  write("right", width - 2, head, { align: "right" });
  for (let thousand = 0; thousand < 10; thousand++) {
    const first = y(10 * thousand);
    write((1000 * thousand).toLocaleString("en"), left - 8, first + 11, { align: "right" });
    write(shareOf(places, thousand, isNotebook), width - 2, first + 5 * size + 4, { align: "right", color: theme.text });
  }
  if (!isNotebook) return;
  const line = y(CUT) - 6;
  write(`8,000: from here on, ${size < 4 ? "never read" : "numbers never read in training"}`, left, line - 6, { color: theme.text, isBold: true });
  pen.fillRect(0, line - 1, width, 2);
}

/**
 * The share that is right of the numbers asked in a thousand.
 * @param {Int8Array} places
 * @param {number} thousand
 * @param {boolean} isNotebook
 */
function shareOf(places, thousand, isNotebook) {
  const first = 1000 * thousand;
  const asked = places.subarray(first, first + 1000).filter((place, at) => place !== NOT_ASKED && !(isNotebook && first + at === 8000));
  return accuracy(asked.filter((place) => place === RIGHT).length / asked.length);
}
