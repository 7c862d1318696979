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

/** The place of a share of full colour, from -1 to 1, among the 256 colours. @param {number} share */
const stepOf = (share) => Math.max(0, Math.min(255, Math.round(127.5 * (1 + share)) || 0));

/**
 * Make an image of a block with a pixel for each cell. Two calls draw it; 64 cells take 128.
 * @param {any} theme
 * @param {ArrayLike<number>} order
 * @param {(unit: number) => number} share of full colour, from -1 to 1
 * @returns {HTMLCanvasElement}
 */
export function imageOf(theme, order, share) {
  const canvas = document.createElement("canvas");
  const columns = (canvas.width = columnsOf(order.length));
  canvas.height = Math.ceil(order.length / columns);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = pen.createImageData(columns, canvas.height);
  const colors = ramp(theme.diverging);
  for (let place = 0; place < order.length; place++) image.data.set([...colors[stepOf(share(Number(order[place])))], 255], 4 * place);
  pen.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Draw the image of a block, with the gaps between its cells.
 * @param {import("./marks.js").Pen} pen
 * @param {HTMLCanvasElement} image
 * @param {Box} box
 * @param {string} ground the colour of the gaps
 */
export function drawImage(pen, image, { left, top, side }, ground) {
  const { width: columns, height: rows } = image;
  const each = side / columns;
  const gap = gapOf(each);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, left, top, side, rows * each);
  if (!gap) return;
  const alpha = pen.globalAlpha;
  pen.globalAlpha = 1;
  pen.strokeStyle = ground;
  pen.lineWidth = gap;
  pen.beginPath();
  for (let at = 0; at <= columns; at++) {
    pen.moveTo(left + at * each, top);
    pen.lineTo(left + at * each, top + rows * each);
  }
  for (let at = 0; at <= rows; at++) {
    pen.moveTo(left, top + at * each);
    pen.lineTo(left + side, top + at * each);
  }
  pen.stroke();
  pen.globalAlpha = alpha;
}

/** Between cells of so many px. @param {number} side */
const gapOf = (side) => (side > 8 ? 1 : side > 3 ? 0.5 : 0);

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
    const gap = gapOf(side);
    pen.fillStyle = colors[stepOf(share(unit))];
    pen.fillRect(x + gap / 2, y + gap / 2, side - gap, side - gap);
  });
}
