// @ts-check
// One small reading machine a row. All rows read one word at each step, side by side.
//
// settings = { stream, bs, bptt, shuffled }, as the grid has them. The cell, [mini-batch, row, step], is the page's
// mark "cell": the grid and the rows follow each other.

import { inAddress, putInAddress } from "../../../kit/js/address.js";
import { openCanvas, pointIn } from "../../../kit/js/canvas.js";
import { maker } from "../../../kit/js/make.js";
import { mark, onMark, setMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { Player } from "../../../kit/js/player.js";
import { heads, listed } from "../../../kit/js/tables.js";
import { partNodes } from "../../../kit/js/text.js";
import { Training } from "../../../machine/controls.js";
import { cellAfterKey } from "../grid/keys.js";
import { cellOf } from "../grid/layout.js";
import { layoutOf } from "../grid/shuffled.js";
import { loadStream } from "../grid/stream.js";
import { RowsPainter } from "./paint.js";
import { hit, placeOf } from "./place.js";
import { Rows } from "./rows.js";

const SHOWN = 4; // rows
const BETWEEN = 900; // ms from one step of a play to the next
const REST = 250; // ms without a change before other rows are asked for
const CELL = "cell"; // in the address, and the mark
/** @typedef {[number, number, number]} Cell mini-batch, row, step */

const KEYS = "Arrow keys go to another word or row, Page Up and Page Down to another mini-batch, Space plays.";

class Machines {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.body = body;
    this.kit = kit;
    const make = maker(body);
    this.canvas = /** @type {HTMLCanvasElement} */ (make("canvas"));
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-description", KEYS);
    this.canvas.onclick = (event) => this.click(event);
    this.canvas.onkeydown = (event) => this.key(event);
    const row = make("div", "row");
    this.player = new Player(row, {
      between: BETWEEN,
      advance: () => void (this.isHere && this.go(/** @type {Cell|null} */ (this.layout?.after(this.cell)))),
      isAtEnd: () => !this.layout?.after(this.cell),
      rewind: () => this.go([0, this.cell[1], 0]),
    });
    this.training = new Training(row, kit);
    this.says = make("p", "hnviz-sentence says");
    this.says.setAttribute("aria-live", "polite");
    /** @type {Cell} */
    this.cell = [0, 0, 0];
    this.laid = ""; // the settings of the layout
    this.said = "";
    /** @type {import("../../../kit/js/arrays.js").Answer|null} */
    this.answer = null;
    /** @type {import("../grid/layout.js").Layout|null} */
    this.layout = null;
    /** @type {Rows|null} */
    this.rows = null;
    this.leave = onMark(CELL, this, (cell) => this.follow(cell));
    document.fonts?.ready.then(() => this.paint()); // else letters stay in another font
  }

  /** Whether the rows that are drawn are those of the cell. */
  get isHere() {
    const { batch, first } = this.place;
    return this.rows?.batch === batch && this.rows.first === first;
  }

  /** What is asked for: the mini-batch of the cell, and the rows around it. */
  get place() {
    const [batch, row] = this.cell;
    return { batch, first: row - (row % SHOWN) };
  }

  params() {
    this.lay();
    return this.place;
  }

  /** Take the layout of the settings, in which the cell may be elsewhere. */
  lay() {
    const { settings } = this.kit.data;
    const stream = /** @type {any} */ (this.kit.files);
    const key = JSON.stringify(settings);
    if (key === this.laid) return;
    const isFirst = !this.laid;
    this.laid = key;
    this.layout = layoutOf(stream.nTokens, settings);
    const asked = isFirst ? (mark(CELL) ?? cellOf(inAddress(CELL))) : this.cell;
    this.cell = /** @type {Cell} */ (this.layout.clamp(asked ?? [0, 0, 0]));
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ answer, theme }) {
    const stream = /** @type {any} */ (this.kit.files);
    if (!answer) return;
    this.lay();
    this.theme = theme;
    if (answer !== this.answer) this.rows = new Rows(answer, stream.words);
    this.answer = answer;
    this.kinds = stream.kinds;
    this.training.show();
    this.paint();
    this.tell();
  }

  /** The timeline has changed. */
  hear() {
    this.training.show();
  }

  /**
   * Another picture of the page shows another cell.
   * @param {Cell|null} cell
   */
  follow(cell) {
    if (!cell || !this.layout) return;
    this.player.stop();
    this.show(/** @type {Cell} */ (this.layout.clamp(cell)));
  }

  /**
   * Go to a cell, and lead the page's other pictures there.
   * @param {Cell|null|undefined} cell
   */
  go(cell) {
    if (!cell || !this.layout) return;
    this.show(/** @type {Cell} */ (this.layout.clamp(cell)));
    setMark(CELL, this.cell, this);
    clearTimeout(this.writing);
    this.writing = setTimeout(() => putInAddress(CELL, this.cell.join("-")), REST);
  }

  /** @param {Cell} cell */
  show(cell) {
    this.cell = cell;
    clearTimeout(this.later);
    if (!this.isHere) this.later = setTimeout(() => this.kit.ask(), this.player.timer === undefined ? REST : 0);
    this.paint();
    this.tell();
  }

  /** @param {MouseEvent} event */
  click(event) {
    const { scene, rows } = this;
    const [x, y] = pointIn(this.canvas, event);
    const at = scene && rows && hit(scene.place, x, y);
    if (!at) return;
    this.player.stop();
    this.go([rows.batch, rows.first + at[0], at[1]]);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const cell = this.layout && cellAfterKey(event.key, this.layout, this.cell);
    if (event.key === " ") this.player.button.element.click();
    else if (cell) {
      this.player.stop();
      this.go(cell);
    } else return;
    event.preventDefault();
  }

  paint() {
    const { rows, theme, kinds } = this;
    if (!rows || !theme) return;
    const step = Math.min(this.cell[2], rows.bptt - 1);
    const place = placeOf(this.body.clientWidth, { rows: rows.n, bptt: rows.bptt, layers: rows.layers }, step);
    this.scene = { rows, place, step, row: this.isHere ? this.cell[1] - rows.first : null, theme, kinds };
    new RowsPainter(openCanvas(this.canvas, place.width, place.height), this.scene).all();
  }

  /** Say what is shown. */
  tell() {
    const { rows, scene } = this;
    if (!rows || !scene) return;
    const { nodes, plain } = partNodes(rows.sentence(scene.row ?? 0, scene.step));
    if (plain !== this.said) this.says.replaceChildren(...nodes);
    this.said = plain;
    this.canvas.setAttribute("aria-label", `Mini-batch ${rows.batch}, step ${scene.step}. ${plain}`);
    Object.assign(this.canvas.dataset, { cell: [rows.batch, rows.first + (scene.row ?? 0), scene.step].join("-"), rows: rows.n });
    this.kit.table?.changed();
  }

  /** A file shows the word read. */
  finish() {
    this.player.stop();
    this.paint();
  }

  destroy() {
    this.player.stop();
    this.leave();
    clearTimeout(this.later);
    clearTimeout(this.writing);
  }
}

/**
 * @param {unknown} _
 * @param {Machines} view
 */
function table(_, { rows }) {
  if (!rows) return [];
  const lines = Array.from({ length: rows.n * rows.bptt }, (__, at) => {
    const [row, step] = [Math.floor(at / rows.bptt), at % rows.bptt];
    const guess = rows.guess(row, step);
    return [rows.first + row, step, rows.word(row, step), guess?.word ?? "", guess?.share ?? null, rows.next(row, step), rows.mark(row, step)];
  });
  const columns = [...heads("row", "step", "token", "expects next"), { title: "with probability", unit: "share" }, ...heads("next in the text", "mark")];
  return [listed(`Mini-batch ${rows.batch.toLocaleString("en")} as ${rows.meta.model} reads it`, columns, lines)];
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  load: (settings, home) => loadStream(new URL(settings.stream, home)),
  shapes: { x: ["rows", "steps"], y: ["rows", "steps"] },
  table,
  create: (body, kit) => new Machines(body, kit),
});
