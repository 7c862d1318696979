// @ts-check
// What the reading machine shows, as a value: the answer to the view "machine", word by word. No DOM.

import { percent } from "../kit/js/text.js";

/**
 * @typedef {import("../kit/js/arrays.js").Answer} Answer
 * @typedef {"right"|"wrong"|""} Mark
 * @typedef {{ word: string, share: number }} Guess
 * @typedef {{ layer: number, unit: number }} Cell
 */

const LABELS = {
  slot: "the place in the number",
  thousands: "the thousands digit",
  hundreds: "the hundreds digit",
  tens: "the tens digit",
  ones: "the ones digit",
};
const LEAST = 0.2; // share of a unit's variance below which it follows nothing that has a name

export class Reading {
  /** @param {Answer} answer */
  constructor({ arrays, meta }) {
    this.arrays = arrays;
    this.meta = meta;
    /** How many words of the text there are. */
    this.given = /** @type {number} */ (meta.given);
    /** All words: the text, then what the network says. */
    this.n = arrays.ids.shape[0];
    const [layers, , nh] = arrays.states.shape;
    this.layers = layers;
    this.nh = nh;
    this.tops = arrays.best.shape[1];
    /** @type {Map<string, Float32Array|null>} layer and word -> how far its units moved: each frame asks for it */
    this.moves = new Map();
    const each = this.n * nh;
    /** The value of each layer that has full colour: 1 for tanh, the largest one otherwise. */
    this.scales = Array.from({ length: layers }, (_, layer) => largest(arrays.states.data.subarray(layer * each, (layer + 1) * each)));
  }

  /** @param {number} at */
  word(at) {
    return this.named(this.arrays.ids.data[at]);
  }

  /** @param {number|bigint} id */
  named(id) {
    return /** @type {string} */ (this.meta.words[String(id)]);
  }

  /**
   * The units of a layer after a word; zeros before the first.
   * @param {number} layer
   * @param {number} at
   * @returns {ArrayLike<number>}
   */
  state(layer, at) {
    if (at < 0) return new Float32Array(this.nh);
    const from = (layer * this.n + at) * this.nh;
    return this.arrays.states.data.subarray(from, from + this.nh);
  }

  /**
   * How many of the blocks before a word's are of the same reading: its own words are read in a window each, and
   * the states after the words before were never in that one.
   * @param {number} at
   */
  reach(at) {
    let first = at;
    while (first > this.begin(at) && this.begin(first - 1) === this.begin(at)) first -= 1;
    return at - first;
  }

  /**
   * The units of a layer before a word was read: zeros before the first word that the network knows of, null
   * where the state before is of another reading.
   * @param {number} layer
   * @param {number} at
   */
  before(layer, at) {
    if (at === this.begin(at)) return this.state(layer, -1);
    return this.reach(at) ? this.state(layer, at - 1) : null;
  }

  /**
   * How far each unit moved when a word was read; null where the state before it is not known.
   * @param {number} layer
   * @param {number} at
   */
  changes(layer, at) {
    const name = `${layer} ${at}`;
    const known = this.moves.get(name);
    if (known !== undefined) return known;
    const [after, before] = [this.state(layer, at), this.before(layer, at)];
    const found = before && Float32Array.from(after, (value, unit) => Math.abs(value - before[unit]));
    this.moves.set(name, found);
    return found;
  }

  /**
   * How far the numbers of a layer moved with a word, on average; null where the state before it is not known.
   * @param {number} layer
   * @param {number} at
   */
  moved(layer, at) {
    const changes = this.changes(layer, at);
    return changes && changes.reduce((sum, each) => sum + each, 0) / this.nh;
  }

  /**
   * The share of the old state that the gate passes straight on, a mean over the units; null without gates.
   * @param {number} layer
   * @param {number} at
   * @returns {number|null}
   */
  passes(layer, at) {
    return this.arrays.passes ? this.arrays.passes.data[layer * this.n + at] : null;
  }

  /**
   * The first word that the state after a word knows of.
   * @param {number} at
   */
  begin(at) {
    return Number(this.arrays.begins.data[at]);
  }

  /** Whether words are lost where a window ends. */
  get isCut() {
    return this.meta.window !== null;
  }

  /** @param {number} at */
  answers(at) {
    return Boolean(this.arrays.answers.data[at]);
  }

  /**
   * The likeliest next words after a word.
   * @param {number} at
   * @returns {Guess[]}
   */
  guesses(at) {
    const { best, shares } = this.arrays;
    return Array.from({ length: this.tops }, (_, place) => {
      const index = at * this.tops + place;
      return { word: this.named(best.data[index]), share: shares.data[index] };
    });
  }

  /**
   * How much a word of the text surprised the network, in bits; null where it had not been asked.
   * @param {number} at
   * @returns {number|null}
   */
  surprise(at) {
    const bits = this.arrays.surprise.data[at];
    return Number.isNaN(bits) ? null : bits;
  }

  /**
   * Whether the guess before a word of the text was that word; of a word that the network said, whether it
   * is the true one.
   * @param {number} at
   * @returns {Mark}
   */
  mark(at) {
    if (at >= this.given) return this.meta.truth[at - this.given]?.[1] ?? "";
    if (at === 0 || !this.answers(at - 1)) return "";
    return this.guesses(at - 1)[0].word === this.word(at) ? "right" : "wrong";
  }

  /**
   * What is known of a word of the line, as lines: what the network expected there, or what its own word should be.
   * @param {number} at
   */
  judged(at) {
    const [word, mark, isOwn] = [`“${this.word(at)}”`, this.mark(at), at >= this.given];
    if (isOwn && mark === "wrong") return [`${word} is wrong.`, `The right word here is “${this.meta.truth[at - this.given][0]}”.`];
    if (isOwn) return [mark ? `${word} is right.` : `${word} is the network's own word.`];
    if (!mark) return [word, "The network was not asked for this word."];
    const [{ word: guess, share }] = this.guesses(at - 1);
    return [word, mark === "right" ? `The network expected it (${percent(share)}).` : `The network expected “${guess}” (${percent(share)}).`];
  }

  /**
   * How much a layer's state looked at each earlier word, from the first that it knows of; null without attention.
   * @param {number} layer
   * @param {number} at
   * @returns {ArrayLike<number>|null}
   */
  looks(layer, at) {
    if (!this.arrays.looks) return null;
    const width = this.arrays.looks.shape[2];
    const from = (layer * this.n + at) * width;
    return this.arrays.looks.data.subarray(from, from + at - this.begin(at) + 1);
  }

  /**
   * The earlier word that a layer looked at most, and its share; null without attention, or at the first word.
   * @param {number} layer
   * @param {number} at
   */
  most(layer, at) {
    const looks = this.looks(layer, at);
    if (!looks || looks.length < 2) return null;
    let best = 0;
    for (let each = 1; each < looks.length - 1; each++) if (looks[each] > looks[best]) best = each;
    return { word: this.word(this.begin(at) + best), share: looks[best] };
  }

  /** How many guesses about the text were right, and how many there were. */
  get score() {
    const marks = Array.from({ length: this.given }, (_, at) => this.mark(at)).filter(Boolean);
    return [marks.filter((each) => each === "right").length, marks.length];
  }

  /**
   * One sentence about the place of the cursor.
   * @param {number} at
   * @returns {(string|string[])[]} [text] is bold
   */
  sentence(at) {
    const from = Math.max(this.begin(at), at - 2);
    const read = Array.from({ length: at - from + 1 }, (_, by) => this.word(from + by)).join(" ");
    const so = `Having read “${from > this.begin(at) ? "… " : ""}${read}”, `;
    if (!this.answers(at)) return [`${so}it gives no answer yet: it answers only after ${this.meta.window} words.`];
    const [{ word, share }] = this.guesses(at);
    const sure = `(${percent(share)})`;
    if (at + 1 >= this.given) return this.spoken(so, at);
    if (word === this.word(at + 1)) return [`${so}it expects `, [`“${word}”`], ` ${sure}, and that is the next word.`];
    return [`${so}it expects `, [`“${word}”`], ` ${sure}; the text goes on with `, [`“${this.word(at + 1)}”`], "."];
  }

  /**
   * What it says after a word: the likeliest, or another that was drawn.
   * @param {string} so how the sentence begins
   * @param {number} at
   * @returns {(string|string[])[]}
   */
  spoken(so, at) {
    const guesses = this.guesses(at);
    const said = at + 1 < this.n ? this.word(at + 1) : guesses[0].word;
    const known = guesses.find(({ word }) => word === said);
    const share = known ? percent(known.share) : `at most ${percent(guesses[guesses.length - 1].share)}`;
    const how = said === guesses[0].word ? "it says " : "it draws ";
    return [so + how, [`“${said}”`], ` (${share}), and reads that next.`];
  }

  /**
   * What is known of one cell after a word, as lines.
   * @param {Cell} cell
   * @param {number} at
   * @param {Answer|null} codes of the view "machine_codes"
   */
  about({ layer, unit }, at, codes) {
    const value = this.state(layer, at)[unit];
    const moved = this.arrays.looks ? null : this.changes(layer, at);
    const lines = [`Layer ${layer}, number ${unit}: ${signed(value)}`, ...followed(layer, unit, codes)];
    if (moved) lines.splice(1, 0, `It changed by ${moved[unit].toFixed(2)} when “${this.word(at)}” was read.`);
    return lines;
  }
}

/**
 * Say what a unit follows.
 * @param {number} layer
 * @param {number} unit
 * @param {Answer|null} codes
 * @returns {string[]} a line, or none where that is not known
 */
function followed(layer, unit, codes) {
  if (!codes?.meta.labels.length) return [];
  const { explained, untrained } = codes.arrays;
  const [, nh, n] = explained.shape;
  const shares = explained.data.subarray((layer * nh + unit) * n, (layer * nh + unit + 1) * n);
  const most = shares.indexOf(Math.max(...shares));
  const share = percent(shares[most]);
  const name = LABELS[/** @type {keyof LABELS} */ (codes.meta.labels[most])];
  if (shares[most] < LEAST) return [`It follows nothing that has a name (${name}: ${share}).`];
  const twin = untrained ? `; the best of an untrained network: ${percent(untrained.data[layer * n + most])}` : "";
  return [`It follows ${name} (${share}${twin}).`];
}

/**
 * The largest distance from zero, at least 1.
 * @param {ArrayLike<number>} values
 */
function largest(values) {
  let most = 1;
  for (let at = 0; at < values.length; at++) most = Math.max(most, Math.abs(values[at]));
  return most;
}

/** @param {number} value */
export const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
