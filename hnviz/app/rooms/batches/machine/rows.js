// @ts-check
// What the rows show, as a value: the answer to the view "machine_rows". No DOM.

import { percent } from "../../../kit/js/text.js";

/**
 * @typedef {import("../../../kit/js/arrays.js").Answer} Answer
 * @typedef {"right"|"wrong"|""} Mark
 */

export class Rows {
  /**
   * @param {Answer} answer
   * @param {string[]} words of the text's vocabulary, by id
   */
  constructor({ arrays, meta }, words) {
    this.arrays = arrays;
    this.meta = meta;
    this.words = words;
    const [layers, n, steps, nh] = arrays.cells.shape;
    this.layers = layers;
    /** How many rows there are. */
    this.n = n;
    this.bptt = steps - 1;
    this.nh = nh;
    this.batch = /** @type {number} */ (meta.batch);
    this.first = /** @type {number} */ (meta.first);
    this.tops = arrays.best.shape[2];
    this.order = Array.from({ length: nh }, (_, unit) => unit);
  }

  /**
   * @param {number} row from the first one shown
   * @param {number} step
   */
  id(row, step) {
    return Number(this.arrays.x.data[row * this.bptt + step]);
  }

  /**
   * The word that a row reads at a step.
   * @param {number} row
   * @param {number} step
   */
  word(row, step) {
    return this.words[this.id(row, step)];
  }

  /**
   * The word that comes next in the text.
   * @param {number} row
   * @param {number} step
   */
  next(row, step) {
    return this.words[Number(this.arrays.y.data[row * this.bptt + step])];
  }

  /**
   * The cells of a layer before the first word (0) or after a word (step + 1), as shares of 127.
   * @param {number} layer
   * @param {number} row
   * @param {number} after
   * @returns {ArrayLike<number>}
   */
  cells(layer, row, after) {
    const from = ((layer * this.n + row) * (this.bptt + 1) + after) * this.nh;
    return this.arrays.cells.data.subarray(from, from + this.nh);
  }

  /**
   * The likeliest next word, and its probability; null without an answer.
   * @param {number} row
   * @param {number} step
   */
  guess(row, step) {
    const index = (row * this.bptt + step) * this.tops;
    const id = Number(this.arrays.best.data[index]);
    return id < 0 ? null : { word: this.words[id], share: this.arrays.shares.data[index] };
  }

  /**
   * Whether the guess after a word was the next word.
   * @param {number} row
   * @param {number} step
   * @returns {Mark}
   */
  mark(row, step) {
    const guess = this.guess(row, step);
    return !guess ? "" : guess.word === this.next(row, step) ? "right" : "wrong";
  }

  /**
   * Say what the rows do at a step, and where the state of one came from.
   * @param {number} row
   * @param {number} step
   * @returns {(string|string[])[]} [text] is bold
   */
  sentence(row, step) {
    const { meta, n } = this;
    const guess = this.guess(row, step);
    const [word, name, here] = [`“${this.word(row, step)}”`, `row ${this.first + row}`, `Mini-batch ${this.batch.toLocaleString("en")}: `];
    if (!guess) return [`${here}${name} has read ${word}. ${meta.model} answers only after the last ${this.unit} of a mini-batch. ${this.origin()}`];
    const right = Array.from({ length: n }, (_, each) => this.mark(each, step)).filter((each) => each === "right").length;
    const follows = guess.word === this.next(row, step) ? "and that comes next" : `but “${this.next(row, step)}” comes next`;
    const said = `after ${word}, ${name} expects `;
    const start = n === 1 ? [here + said] : [here, [`${right} of the ${n} rows shown`], ` expect${right === 1 ? "s" : ""} the ${this.unit} that comes next; ${said}`];
    return [...start, [`“${guess.word}”`], ` (${percent(guess.share)}), ${follows}. ${this.origin()}`];
  }

  /** What one token is called. */
  get unit() {
    return this.meta.level === "word" ? "word" : "token";
  }

  /** Where the state before the first word came from. */
  origin() {
    const { carries, attends, before, model } = this.meta;
    if (attends) return `${model} carries no state: it looks at the ${this.unit}s of this mini-batch.`;
    if (!carries) return "The state of each row began at zeros: this network forgets everything at the end of a mini-batch.";
    if (!before) return "The state of each row began at zeros, as this is the first mini-batch.";
    const words = `${before.toLocaleString("en")} ${this.unit}${before === 1 ? "" : "s"}`;
    return `The state of each row came from mini-batch ${(this.batch - 1).toLocaleString("en")}, after ${words}.`;
  }
}
