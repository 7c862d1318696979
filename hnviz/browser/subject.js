// @ts-check
// A network as it was at one snapshot, ready to be asked: hnviz/observe/subject.py.

import { EngineError } from "./error.js";
import { COMMA, numberWords } from "./numbers.js";
import { Reader } from "./reader.js";

/**
 * @typedef {import("./reader.js").State} State
 * @typedef {import("./parameters.js").Form} Form
 * @typedef {import("./parameters.js").Values} Values
 *
 * @typedef {object} Facts of a run; hnviz/browser/form.py writes them
 * @property {string} model
 * @property {number} nh
 * @property {number} bptt
 * @property {Form} form null for a user's own model, which no browser can run
 * @property {string[]} state the names of its tensors
 * @property {number|null} window tokens after which the state starts again from zeros; null for a carried state
 * @property {string[]} shows what has a number for each unit: the state, its other tensors, and the gates
 * @property {string[]} gates
 * @property {Record<string, string>} gateTitles gate -> "update gate"
 * @property {string} keeper the gate that says how much of the old memory remains; "" without one
 * @property {string[]} signed the gates that can be negative
 * @property {boolean} bounded the state lies between -1 and 1
 * @property {string[]} itos the vocabulary
 * @property {string} level of the tokens: "word", "char" or "bpe"
 * @property {string} title of the text
 * @property {boolean} counts whether the text lists numbers
 * @property {boolean} digits whether these are written in words that a browser knows
 * @property {string} corpus
 * @property {string} split
 * @property {Record<string, [number, number][]>} numbers split -> the first and last of each stretch of numbers
 *
 * @typedef {{ train: ArrayLike<number>, valid: ArrayLike<number> }} Texts ids
 */

/** Tokens after which a pass over a split keeps its state, so that a stretch need not be read from the beginning. */
const KEPT_EVERY = 2048;

export class Subject {
  /**
   * Throws EngineError if the browser cannot run the network.
   * @param {Facts} facts
   * @param {Values} weights of a snapshot
   * @param {import("./limits.js").Job|null} job with the run's texts, where these are known
   */
  constructor(facts, weights, job = null) {
    this.facts = facts;
    this.weights = weights;
    this.ownJob = job;
    this.stoi = new Map(facts.itos.map((token, id) => [token, id]));
    this.reader = new Reader(facts.form, { nv: facts.itos.length, nh: facts.nh }, weights, facts.window);
    /** @type {Record<string, State[]>} split -> the state after every KEPT_EVERY tokens */
    this.states = {};
  }

  /** Its texts and settings. Throws EngineError where they are not known. */
  get job() {
    if (!this.ownJob) throw new EngineError("this page does not hold the run's text");
    return this.ownJob;
  }

  /** @param {string} split */
  ids(split) {
    return Int32Array.from(this.job[/** @type {"train"|"valid"} */ (split)]);
  }

  /**
   * Read a stretch of a split as the pass over the whole split reads it. Returns what was read, and how many tokens of
   * it come before the stretch.
   * @param {string} split
   * @param {number} first
   * @param {number} n
   */
  stretch(split, first, n) {
    const { window } = this.facts;
    const ids = this.ids(split);
    const from = window ? first - (first % window) : Math.floor(first / KEPT_EVERY) * KEPT_EVERY;
    const reading = this.reader.read(ids.subarray(from, first + n), window ? null : this.stateBefore(split, ids, from));
    return { reading, before: first - from, ids: ids.subarray(first, first + n) };
  }

  /**
   * @param {string} split
   * @param {Int32Array} ids
   * @param {number} from a multiple of KEPT_EVERY
   */
  stateBefore(split, ids, from) {
    const kept = (this.states[split] ??= []);
    while (kept.length * KEPT_EVERY < from) {
      const begin = kept.length * KEPT_EVERY;
      const { state } = this.reader.read(ids.subarray(begin, begin + KEPT_EVERY), kept[kept.length - 1] ?? null);
      kept.push(/** @type {State} */ (state));
    }
    return kept[from / KEPT_EVERY - 1] ?? null;
  }

  /** The ids of words; a word that the vocabulary lacks has 0. @param {string[]} words */
  numericalize(words) {
    return words.map((word) => this.stoi.get(word) ?? 0);
  }

  /** @param {ArrayLike<number>} ids */
  words(ids) {
    return Array.from(ids, (id) => this.facts.itos[id]);
  }

  /**
   * The words of numbers, with a comma after each. Throws EngineError for a text whose numbers a browser cannot write.
   * @param {number[]} numbers
   */
  spelled(numbers) {
    const { counts, digits, title } = this.facts;
    if (!counts) throw new EngineError(`${title} does not list numbers, so nothing can count on`);
    if (!digits) throw new EngineError(`a page knows only English number words, and ${title} has others: hnviz itself counts on in them`);
    return numbers.flatMap((number) => [...numberWords(number).split(" "), COMMA]);
  }
}
