// @ts-check
// A grid of cells on a canvas, of which one is picked: where the cells are, which one is under the pointer, keys,
// names, rings and painting. A picture says what a cell looks like and what a picked one means.
//
// Cells are numbered row by row from 0, so that a key, a click and a ring are numbers.

import { openCanvas, pointIn, ring } from "./canvas.js";
import { maker } from "./make.js";

/**
 * @typedef {{ color: string, inset?: number, isOutline?: boolean }} Look
 *   inset    of a cell, what is left out at each side
 * @typedef {{ first: number, last?: number, color?: string, width?: number, dash?: number[], isRing?: boolean }} Mark
 *   around the cells from the first to the last one, in each row; a ring has a halo
 * @typedef {{ left: number, top: number, right: number, bottom: number }} Margin px
 * @typedef {{ columns: number, rows: number, cell: (room: number) => number, margin: Margin,
 *             gap?: { after: number, size: number } }} Grid
 *   cell     the size of a cell, in px, for a width; `gap` is px that follow so many rows
 * @typedef {Grid & { theme: any, name: string, alt: string, picked: number, page: number, ends: [number, number],
 *             pick: (cell: number) => void, point: (cell: number|null) => void, looks: Look[], look: (cell: number) => number,
 *             marks: Mark[], tag: string, around: (drawing: Around) => void, pointed: number|null }} Scene
 *   ends     the first and the last cell that there is; `page` is how many rows PageUp and PageDown go
 *   looks    what cells look like; `look` has the number of a cell's look, or -1
 *   tag      the name of the cell under the pointer, or of the picked one, written beside it
 *   around   draws what is beside the cells
 * @typedef {Box & { pen: CanvasRenderingContext2D, write: (text: string, x: number, y: number, look?: TextLook) => void }} Around
 * @typedef {{ align?: CanvasTextAlign, color?: string, isBold?: boolean }} TextLook
 * @typedef {ReturnType<typeof place>} Box
 */

const RING = 2; // px around a cell
const MOVES = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] });
const TAG = { high: 20, beside: 8, inside: 6 }; // px
const clamp = (/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ high) => Math.max(low, Math.min(high, value));

/**
 * Where the cells are, in CSS pixels.
 * @param {Grid} grid
 * @param {number} width
 */
export function place({ columns, rows, cell, margin, gap }, width) {
  const { left, top, right, bottom } = margin;
  const size = cell(width - left - right);
  const y = (/** @type {number} */ row) => top + row * size + (gap && row >= gap.after ? gap.size : 0);
  return {
    size,
    inner: size < 4 ? 0.84 * size : size - 0.9, // of a cell, without what is between two
    left,
    top,
    right: left + columns * size,
    width: Math.min(width, left + columns * size + right),
    height: y(rows - 1) + size + bottom,
    x: (/** @type {number} */ column) => left + column * size,
    y,
  };
}

/**
 * The cell under a point; null beside the cells.
 * @param {Box} box
 * @param {Grid} grid
 * @param {number} x
 * @param {number} y
 */
export function cellAt(box, { columns, rows }, x, y) {
  const column = Math.floor((x - box.left) / box.size);
  const row = Array.from({ length: rows }, (_, each) => box.y(each)).findIndex((top) => y >= top && y < top + box.size);
  return row < 0 || column < 0 || column >= columns ? null : row * columns + column;
}

export class Heat {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    const make = maker(parent);
    this.host = make("div", "heat");
    this.host.tabIndex = 0;
    this.host.setAttribute("role", "group");
    this.canvas = /** @type {HTMLCanvasElement} */ (make("canvas", "", this.host));
    this.canvas.setAttribute("role", "img");
    this.paints = 0;
    this.width = 0;
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.host);
    this.again = () => this.scene && this.show(this.scene);
    document.fonts.addEventListener("loadingdone", this.again); // else letters stay in another font
    this.canvas.onpointermove = (/** @type {PointerEvent} */ event) => this.point(this.under(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (/** @type {MouseEvent} */ event) => this.pick(this.under(event));
    this.host.onkeydown = (/** @type {KeyboardEvent} */ event) => this.walk(event);
  }

  /** @param {Scene} scene */
  show(scene) {
    this.scene = scene;
    const { name, alt, picked } = scene;
    this.host.ariaLabel = name;
    this.canvas.setAttribute("aria-label", alt);
    this.width ||= this.host.clientWidth; // asked for each time, the browser would lay the page out each time
    if (!this.width) return; // a hidden tab is painted when it is shown
    this.box = place(scene, this.width);
    this.paint(scene, this.box);
    Object.assign(this.canvas.dataset, { paints: ++this.paints, picked });
  }

  resize() {
    const width = this.host.clientWidth;
    if (width === this.width) return;
    this.width = width;
    this.again();
  }

  destroy() {
    this.resized.disconnect();
    document.fonts.removeEventListener("loadingdone", this.again);
  }

  // --- The reader -----------------------------------------------------------------------------------

  /** @param {MouseEvent} event */
  under(event) {
    if (!this.scene || !this.box) return null;
    const [x, y] = pointIn(this.canvas, event);
    const cell = cellAt(this.box, this.scene, x, y);
    const [first, last] = this.scene.ends;
    return cell === null || cell < first || cell > last ? null : cell;
  }

  /** @param {number|null} cell */
  point(cell) {
    if (cell !== this.scene?.pointed) this.scene?.point(cell);
  }

  /** @param {number|null} cell */
  pick(cell) {
    if (cell !== null) this.scene?.pick(cell);
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const { scene } = this;
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const [down, right] = { ...MOVES, PageUp: [-scene.page, 0], PageDown: [scene.page, 0] }[event.key] ?? [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    this.pick(clamp(scene.picked + down * scene.columns + right, ...scene.ends));
  }

  // --- Painting -------------------------------------------------------------------------------------

  /**
   * @param {Scene} scene
   * @param {Box} box
   */
  paint(scene, box) {
    const { theme, marks, tag, around, picked, pointed } = scene;
    const pen = openCanvas(this.canvas, box.width, box.height);
    const write = (/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y, /** @type {TextLook} */ { align = "left", color = theme.muted, isBold = false } = {}) => {
      Object.assign(pen, { font: `${isBold ? "600 " : ""}13px ${theme.font}`, fillStyle: color, textAlign: align });
      pen.fillText(text, x, y);
    };
    around({ ...box, pen, write });
    paintCells(pen, box, scene);
    for (const mark of marks) paintMark(pen, box, scene, mark);
    if (tag) paintTag(pen, box, scene, pointed ?? picked, tag);
  }
}

/**
 * Cells of one look after the other: a change of colour is slow.
 * @param {CanvasRenderingContext2D} pen
 * @param {Box} box
 * @param {Scene} scene
 */
function paintCells(pen, { inner, x, y }, { columns, rows, looks, look, ends: [first, last] }) {
  const shown = new Int8Array(rows * columns).fill(-1);
  for (let cell = first; cell <= last; cell++) shown[cell] = look(cell);
  const lefts = Array.from({ length: columns }, (_, column) => x(column));
  for (const [which, { color, inset = 0, isOutline = false }] of looks.entries()) {
    Object.assign(pen, { fillStyle: color, strokeStyle: color, lineWidth: 1 });
    const off = isOutline ? 0.5 : inset * inner;
    const side = inner - 2 * off;
    for (let row = 0, cell = 0; row < rows; row++) {
      const top = y(row) + off;
      for (let column = 0; column < columns; column++, cell++) {
        if (shown[cell] !== which) continue;
        if (isOutline) pen.strokeRect(lefts[column] + off, top, side, side);
        else pen.fillRect(lefts[column] + off, top, side, side);
      }
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Box} box
 * @param {Scene} scene
 * @param {Mark} mark
 */
function paintMark(pen, { size, inner, x, y }, { columns, theme }, { first, last = first, color = theme.cursor, width = 2, dash = [], isRing = true }) {
  const pad = isRing ? RING + (size < 4 ? 0.5 : 0) : 0.5;
  for (let start = first; start <= last; start = (Math.floor(start / columns) + 1) * columns) {
    const end = Math.min(last, (Math.floor(start / columns) + 1) * columns - 1);
    const box = /** @type {[number, number, number, number]} */ ([x(start % columns) - pad, y(Math.floor(start / columns)) - pad, (end - start) * size + inner + 2 * pad, inner + 2 * pad]);
    Object.assign(pen, { strokeStyle: color, lineWidth: width });
    if (isRing) ring(pen, box, theme, /** @type {any} */ ({ dash, width, color }));
    else pen.strokeRect(...box);
  }
}

/**
 * A cell's name in a small frame beside it.
 * @param {CanvasRenderingContext2D} pen
 * @param {Box} box
 * @param {Scene} scene
 * @param {number} cell
 * @param {string} text
 */
function paintTag(pen, { size, height, right, x, y }, { columns, theme }, cell, text) {
  const at = x(cell % columns);
  pen.font = `600 12px ${theme.font}`;
  const wide = pen.measureText(text).width + 2 * TAG.inside;
  const left = at + size + TAG.beside + wide > right ? at - TAG.beside - wide : at + size + TAG.beside;
  const top = clamp(y(Math.floor(cell / columns)) + size / 2 - TAG.high / 2, 1, height - TAG.high - 1);
  Object.assign(pen, { fillStyle: theme.background, strokeStyle: theme.text, lineWidth: 1, textAlign: "left" });
  pen.beginPath();
  pen.roundRect(left, top, wide, TAG.high, 4);
  pen.fill();
  pen.stroke();
  pen.fillStyle = theme.text;
  pen.fillText(text, left + TAG.inside, top + 14);
}
