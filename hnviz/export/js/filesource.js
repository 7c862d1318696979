// @ts-check
// The source of a page that is one file: answers that it holds, and those that its networks can give.

import { unpack } from "../../app/kit/js/arrays.js";
import { Refusal, Source } from "../../app/kit/js/source.js";
import { Reader } from "../../browser/reader.js";
import { fromHalf } from "./arrays.js";
import { VIEWS } from "./views.js";

/**
 * @typedef {import("../../app/kit/js/arrays.js").Answer} Answer
 * @typedef {{ facts: import("./look.js").Facts, steps: number[], last: number, layout: [string, number][],
 *             weights: Record<string, number>, topics: Record<string, number> }} Run
 *   weights   step -> the blob of its weights, in the order of `layout`, name and length
 *   topics    topic and parameters as JSON -> the blob of its news
 * @typedef {{ runs: Record<string, Run>, answers: Record<string, number>, free: Record<string, string[]> }} Held
 *   answers   address -> the blob of an answer
 *   free      question -> the parameters that do not change its answer here
 */

const VERSION = "file"; // of every snapshot: they never change
const GONE = 410;
const LACKING = "This file does not hold that answer. Choose what was shown at first, or open hnviz itself, which can compute it.";

export class FileSource extends Source {
  /**
   * @param {Held} held
   * @param {import("./blobs.js").Blobs} blobs
   */
  constructor(held, blobs) {
    super();
    this.held = held;
    this.blobs = blobs;
    /** @type {Map<string, Promise<Reader>>} */
    this.readers = new Map();
  }

  /**
   * The same in Python: hnviz/export/contents.py.
   * @param {string} path
   * @param {Record<string, unknown>} params
   */
  address(path, params = {}) {
    const free = ["v", ...(this.held.free[path.split("/").at(-1) ?? ""] ?? [])];
    const named = Object.entries(params).filter(([name, value]) => value !== null && value !== undefined && !free.includes(name));
    return JSON.stringify([path, named.map(([name, value]) => [name, String(value)]).sort()]);
  }

  /** @param {string} address */
  async fetch(address) {
    const blob = this.held.answers[address];
    const answer = blob === undefined ? await this.computed(address) : unpack(await this.blobs.get(blob));
    this.keep(address, answer);
    return answer;
  }

  /**
   * What a network of the file answers.
   * @param {string} address
   * @returns {Promise<Answer>}
   */
  async computed(address) {
    const [path, params] = JSON.parse(address);
    const [, , run, at, question] = /** @type {string} */ (path).split("/").map(decodeURIComponent);
    const known = this.held.runs[run];
    const step = at === "last" ? known?.last : Number(at);
    const view = VIEWS[question];
    if (!view || known?.weights[step] === undefined) throw new Refusal(LACKING, GONE);
    const reader = await this.reader(run, step);
    const stoi = new Map(known.facts.itos.map((token, id) => [token, id]));
    try {
      const shown = view({ reader, facts: known.facts, stoi, step, params: Object.fromEntries(params) });
      return { sentence: "", arrays: {}, ...shown, bytes: address.length };
    } catch (error) {
      throw new Refusal(/** @type {Error} */ (error).message, GONE);
    }
  }

  /**
   * @param {string} run
   * @param {number} step
   */
  reader(run, step) {
    const name = `${run} ${step}`;
    let made = this.readers.get(name);
    if (!made) {
      made = this.load(this.held.runs[run], step);
      this.readers.set(name, made);
    }
    return made;
  }

  /**
   * @param {Run} run
   * @param {number} step
   */
  async load({ facts, layout, weights }, step) {
    const all = fromHalf(new Uint16Array(await this.blobs.get(weights[step])));
    let from = 0;
    const named = layout.map(([name, length]) => [name, all.subarray(from, (from += length))]);
    const sizes = { nv: facts.itos.length, nh: facts.nh };
    try {
      return new Reader(facts.form, sizes, Object.fromEntries(named), facts.window);
    } catch (error) {
      throw new Refusal(`This file shows only its stored answers, because ${/** @type {Error} */ (error).message}.`, GONE);
    }
  }

  /** @param {string} path */
  async json(path) {
    const run = this.held.runs[decodeURIComponent(path.split("/").at(-1) ?? "")];
    if (!run) throw new Refusal(LACKING, GONE);
    return { snapshots: run.steps.map((step) => [step, VERSION]) };
  }

  /** @returns {Promise<never>} */
  async post() {
    throw new Refusal("Nothing trains in a file: open hnviz itself to start or change a run.", GONE);
  }
}
