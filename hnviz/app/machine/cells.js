// @ts-check
// A block of cells: each is one number of a state, in the colours of what is below and above zero.

import { ramp } from "../kit/js/ramp.js";
import { columnsOf } from "./layout.js";

/** @typedef {{ left: number, top: number, side: number }} Box of a whole block */

/** @type {WeakMap<object, string[]>} */
const colours = new WeakMap();

/**
 * The 256 colours of a cell, from the lowest number to the highest.
 * @param {any} theme
 */
export function colorsOf(theme) {
  let made = colours.get(theme);
  if (!made) {
    made = ramp(theme.diverging).map((/** @type {number[]} */ each) => `rgb(${each.join()})`);
    colours.set(theme, /** @type {string[]} */ (made));
  }
  return /** @type {string[]} */ (made);
}

/**
 * @param {Box} box
 * @param {ArrayLike<number>} order the units from the top left
 * @param {(unit: number, x: number, y: number, side: number) => void} draw
 */
export function eachCell({ left, top, side }, order, draw) {
  const columns = columnsOf(order.length);
  const each = side / columns;
  for (let place = 0; place < order.length; place++) draw(Number(order[place]), left + (place % columns) * each, top + Math.floor(place / columns) * each, each);
}

/**
 * Paint the cells of a block.
 * @param {import("./marks.js").Pen} pen
 * @param {string[]} colors
 * @param {Box} box
 * @param {ArrayLike<number>} order
 * @param {(unit: number) => number} share of full colour, from -1 to 1
 */
export function fillCells(pen, colors, box, order, share) {
  eachCell(box, order, (unit, x, y, side) => {
    const gap = side > 8 ? 1 : side > 3 ? 0.5 : 0;
    const index = Math.round(127.5 * (1 + share(unit)));
    pen.fillStyle = colors[Math.max(0, Math.min(255, index || 0))];
    pen.fillRect(x + gap / 2, y + gap / 2, side - gap, side - gap);
  });
}
