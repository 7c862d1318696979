// @ts-check
// A run that the page holds: some of its snapshots, and what the server said last about it.

import { Refusal } from "../../app/kit/js/source.js";
import { fromHalf } from "./arrays.js";

/**
 * @typedef {import("../../browser/limits.js").Config} Config
 * @typedef {import("../../browser/subject.js").Facts} Facts
 * @typedef {{ config: Config, kinds: string[], ids: number, train: number, accuracies: number[],
 *             hash: string, version: string, text: number|null, others?: Record<string, { facts: Partial<Facts>, config: Config }> }} HeldJob
 *   what it takes to train such a run here: `ids` is the blob of train's ids, `train` of them, and of valid's;
 *   accuracies  of the held run on valid, by epoch
 *   others      the other models that the page can train on the text; of each only the facts that differ
 *   hash        of the text's tokens
 *   version     of hnviz that wrote the page
 *   text        the blob of an own text
 * @typedef {{ facts: Facts, steps: number[], last: number, of: number, layout: [string, number][],
 *             weights: Record<string, number>, topics: Record<string, number>, job?: HeldJob }} Held
 *   of        how many snapshots the run has
 *   weights   step -> the blob of its weights, in the order of `layout`, name and length: hnviz/export/contents.py
 *   topics    topic and parameters as JSON -> the blob of its news
 */

const VERSION = "file"; // of every snapshot: they never change
export const GONE = 410;
const LACKING = "This file does not hold that answer. Choose what was shown at first, or open hnviz itself, which can compute it.";

export class HeldRun {
  /**
   * @param {Held} held
   * @param {import("./blobs.js").Blobs} blobs
   */
  constructor(held, blobs) {
    this.held = held;
    this.blobs = blobs;
    this.facts = held.facts;
    this.lacking = LACKING;
    this.silent = "This file does not follow this run; open hnviz itself.";
    this.changes = false; // its answers never do
    /** @type {Map<number, Promise<import("../../browser/subject.js").Subject>>} */
    this.subjects = new Map();
  }

  /** @returns {[number, string][]} steps with the versions of their snapshots */
  get snapshots() {
    return this.held.steps.map((step) => [step, VERSION]);
  }

  get last() {
    return this.held.last;
  }

  /** Whether it can be asked at a step. @param {number} step */
  has(step) {
    return this.held.weights[step] !== undefined;
  }

  /**
   * The network at a step. Throws Refusal.
   * @param {number} step
   */
  subject(step) {
    let made = this.subjects.get(step);
    if (!made) {
      made = this.load(step);
      this.subjects.set(step, made);
    }
    return made;
  }

  /** @param {number} step */
  async load(step) {
    const { facts, layout } = this.held;
    if (!this.has(step)) throw new Refusal(this.lacking, GONE);
    const all = fromHalf(await this.halves(step));
    let from = 0;
    const named = layout.map(([name, length]) => [name, all.subarray(from, (from += length))]);
    const { Subject } = await import("../../browser/subject.js");
    try {
      return new Subject(facts, Object.fromEntries(named));
    } catch (error) {
      throw new Refusal(`This file shows only its stored answers, because ${/** @type {Error} */ (error).message}.`, GONE);
    }
  }

  /**
   * The weights at a step. The last snapshot holds its own, each other how it differs from the next: high bytes, then low ones.
   * @param {number} step
   * @returns {Promise<Uint16Array>}
   */
  async halves(step) {
    const { weights } = this.held;
    const next = Object.keys(weights).map(Number).find((each) => each > step); // their order is that of the numbers
    const after = next === undefined ? null : await this.halves(next);
    const bytes = new Uint8Array(await this.blobs.get(weights[step]));
    const halves = new Uint16Array(bytes.length / 2);
    for (let at = 0; at < halves.length; at++) halves[at] = (bytes[at] << 8) + bytes[halves.length + at] + (after ? after[at] : 0);
    return halves;
  }

  /**
   * @param {string} topic
   * @param {object} params
   */
  async news(topic, params) {
    const at = this.held.topics[JSON.stringify([topic, Object.entries(params).sort()])];
    if (at === undefined) throw new Error(this.silent);
    return this.blobs.json(at);
  }

  /** What it takes to train such a run. */
  get job() {
    return /** @type {HeldJob} */ (this.held.job);
  }

  /** The models that the page can train on its text, its own first. */
  get models() {
    return [this.facts.model, ...Object.keys(this.job.others ?? {})];
  }

  /**
   * What a model is, and its settings: those of this run, or another model's own.
   * @param {string} [model]
   * @returns {{ facts: Facts, config: Config }}
   */
  recipe(model = "") {
    const { facts, job } = this;
    const other = job.others?.[model];
    return other ? { facts: { ...facts, ...other.facts }, config: other.config } : { facts, config: job.config };
  }

  /**
   * What there is to train on its text.
   * @param {Partial<Config>} settings that differ from the recipe of their model
   * @returns {Promise<import("../../browser/limits.js").Job>}
   */
  async jobWith(settings) {
    const { facts, config } = this.recipe(settings.model);
    const { kinds, ids, train } = this.job;
    const all = new Uint16Array(await this.blobs.get(ids));
    return { form: facts.form, config: { ...config, ...settings }, kinds, train: all.subarray(0, train), valid: all.subarray(train) };
  }

  /** Its news never changes. */
  on() {
    return () => {};
  }

  /** @returns {Promise<never>} */
  async post() {
    throw new Refusal("Nothing trains in a file: open hnviz itself to start or change a run.", GONE);
  }

  end() {}
}
