// @ts-check
// Paints the rows: above its words, below what it has in mind, and what it expects next.

import { colorName } from "../../../kit/js/legend.js";
import { ring } from "../../../kit/js/canvas.js";
import { percent, unbroken } from "../../../kit/js/text.js";
import { colorsOf, fillCells } from "../../../machine/cells.js";
import { Marks } from "../../../machine/marks.js";
import { cellsAt, middleOf, ROW, topOf, WORD } from "./place.js";

/**
 * @typedef {import("./place.js").Place} Place
 * @typedef {import("./rows.js").Rows} Rows
 * @typedef {{ rows: Rows, place: Place, step: number, row: number|null, theme: any, kinds: string[] }} Scene
 *   row     the picked one, from the first one shown; null where another is picked
 *   kinds   of each word of the vocabulary, by id
 */

const FULL = 127; // of a cell
const LANE = ROW - WORD - 6; // px
const LINE = 7; // px, of the state that goes on
const GAP = 4; // between two layers
const GUESS = 150; // px that the expected word takes

export class RowsPainter extends Marks {
  /**
   * @param {import("../../../machine/marks.js").Pen} pen
   * @param {Scene} scene
   */
  constructor(pen, scene) {
    super(pen, scene.theme);
    this.scene = scene;
    this.colors = colorsOf(scene.theme);
    pen.textBaseline = "middle";
  }

  all() {
    const { rows } = this.scene;
    this.heads();
    for (let row = 0; row < rows.n; row++) {
      this.lane(row);
      this.words(row);
      this.guess(row);
    }
  }

  /** The numbers of the steps. */
  heads() {
    const { place, rows, step, theme } = this.scene;
    for (let at = place.first; at < place.first + place.columns; at++) {
      const isHere = at === step;
      const text = at === place.first ? `step ${at}` : String(at);
      this.write(text, middleOf(place, at), 10, { size: 13, weight: isHere ? 650 : 400, color: isHere ? theme.text : theme.muted, align: "center" });
    }
    if (!place.isNarrow && !rows.meta.attends) this.write("before", place.label + place.wide / 2, 10, { size: 13, color: theme.muted, align: "center" });
  }

  /**
   * The cells that a row begins with and those after the word read, with the state that goes on between.
   * @param {number} row
   */
  lane(row) {
    const { pen } = this;
    const { place, rows, step, theme } = this.scene;
    const top = topOf(row) + WORD + 1;
    const middle = top + LANE / 2;
    const left = cellsAt(place, step);
    pen.fillStyle = theme.surface;
    pen.fillRect(place.label - 4, top, place.width - place.label + 4, LANE);
    if (!rows.meta.attends) {
      pen.fillStyle = theme.role.h_h;
      pen.globalAlpha = 0.45;
      const from = place.label + place.wide + 3;
      pen.fillRect(from, middle - LINE / 2, left - 3 - from, LINE);
      pen.globalAlpha = 1;
      if (rows.meta.before) this.block(row, 0, place.label, middle);
      else this.zeros(middle);
    }
    this.block(row, step + 1, left, middle);
  }

  /**
   * A row that begins from zeros: there is nothing to colour.
   * @param {number} middle
   */
  zeros(middle) {
    const { pen } = this;
    const { place, theme } = this.scene;
    pen.strokeStyle = theme.control;
    pen.lineWidth = 1;
    pen.setLineDash([3, 3]);
    pen.strokeRect(place.label + 0.5, middle - place.side / 2 + 0.5, place.wide - 1, place.side - 1);
    pen.setLineDash([]);
    this.write("zeros", place.label + place.wide / 2, middle, { size: 12, color: theme.muted, align: "center", fits: place.wide - 4 });
  }

  /**
   * The cells of all layers, beside each other.
   * @param {number} row
   * @param {number} after
   * @param {number} left
   * @param {number} middle
   */
  block(row, after, left, middle) {
    const { place, rows } = this.scene;
    for (let layer = 0; layer < rows.layers; layer++) {
      const cells = rows.cells(layer, row, after);
      const box = { left: left + layer * (place.side + GAP), top: middle - place.side / 2, side: place.side };
      fillCells(this.pen, this.colors, box, rows.order, (unit) => cells[unit] / FULL);
    }
  }

  /** @param {number} row */
  words(row) {
    const { place, rows, step, theme, row: picked } = this.scene;
    const isPicked = row === picked;
    const name = place.isNarrow ? String(rows.first + row) : `row ${rows.first + row}`;
    const top = topOf(row);
    this.write(name, 0, top + WORD / 2, { size: 13, weight: isPicked ? 650 : 400, color: isPicked ? theme.text : theme.muted });
    for (let at = place.first; at < place.first + place.columns; at++) this.word(row, at);
    if (step >= place.first && step < place.first + place.columns) {
      const left = middleOf(place, step) - place.across / 2;
      ring(this.pen, [left + 1, top, place.across - 2, WORD], theme, isPicked ? {} : { width: 1.5, color: theme.muted });
    }
  }

  /**
   * @param {number} row
   * @param {number} at the step
   */
  word(row, at) {
    const { pen } = this;
    const { place, rows, step, theme, kinds } = this.scene;
    const kind = colorName(kinds[rows.id(row, at)]);
    const [left, top] = [middleOf(place, at) - place.across / 2 + 1, topOf(row)];
    const isRead = at <= step;
    pen.fillStyle = isRead ? theme.kind[kind] : theme.surface;
    pen.fillRect(left, top, place.across - 2, WORD);
    if (!isRead) {
      pen.fillStyle = theme.kind[kind];
      pen.fillRect(left, top + WORD - 3, place.across - 2, 3);
    }
    const color = isRead ? theme.kindText[kind] : theme.muted;
    this.write(rows.word(row, at), middleOf(place, at), top + WORD / 2, { size: 14, weight: at === step ? 650 : 400, color, align: "center", fits: place.across - 8 });
  }

  /**
   * What a row expects next, beside its cells.
   * @param {number} row
   */
  guess(row) {
    const { place, rows, step, theme } = this.scene;
    const guess = rows.guess(row, step);
    if (!guess) return;
    const isRight = rows.mark(row, step) === "right";
    const [left, middle] = [cellsAt(place, step), topOf(row) + WORD + 1 + LANE / 2];
    const right = left + place.wide + 8;
    const isAfter = place.width - right >= Math.min(GUESS, left - place.words);
    const fits = (isAfter ? place.width - right : left - place.words) - 30;
    const text = `${isRight ? "✓" : "✗"} ${guess.word} ${unbroken(percent(guess.share))}`;
    const color = isRight ? theme.rightMark : theme.wrong;
    const look = { size: place.isNarrow ? 13 : 14, weight: 650, color, align: isAfter ? "left" : "right", fits: Math.max(40, fits) };
    const wide = this.write(text, isAfter ? right : left - 8, middle, look);
    if (isAfter) return;
    this.pen.fillStyle = theme.surface; // the state goes on behind it
    this.pen.fillRect(left - 14 - wide, middle - 10, wide + 10, 20);
    this.write(text, left - 8, middle, look);
  }
}
