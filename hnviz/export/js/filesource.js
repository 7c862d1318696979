// @ts-check
// The source of a page without a server: answers that it holds, and those that its networks can give.

import { unpack } from "../../app/kit/js/arrays.js";
import { Refusal, Source } from "../../app/kit/js/source.js";
import { GONE, HeldRun } from "./heldrun.js";

/**
 * @typedef {import("../../app/kit/js/arrays.js").Answer} Answer
 * @typedef {import("./heldrun.js").HeldRun|import("./trainedrun.js").TrainedRun} PageRun
 * @typedef {{ runs: Record<string, import("./heldrun.js").Held>, answers: Record<string, number>, free: Record<string, string[]>,
 *             questions: import("../../browser/questions.js").Table,
 *             views: Record<string, import("../../browser/params.js").Params>, says: import("./look.js").Says }} Held
 *   answers    address -> the blob of an answer
 *   free       question -> the parameters that do not change its answer here
 *   questions  what the package declares of each question that a page answers
 *   views      the parameters of each view
 *   says       the sentences of some views
 */

const UNKNOWN = "This page does not hold that run; open hnviz itself.";

export class FileSource extends Source {
  /**
   * @param {Held} held
   * @param {import("./blobs.js").Blobs} blobs
   * @param {import("./runs.js").Runs} runs
   */
  constructor(held, blobs, runs) {
    super();
    this.held = held;
    this.blobs = blobs;
    this.runs = runs;
  }

  /**
   * The same in Python, of runs that a file holds: hnviz/export/contents.py. Snapshots of other runs have versions.
   * @param {string} path
   * @param {Record<string, unknown>} params
   */
  address(path, params = {}) {
    const { run, question } = parts(path);
    const free = this.runs.get(run)?.changes ? [] : ["v", ...(this.held.free[question] ?? [])];
    const named = Object.entries(params).filter(([name, value]) => value !== null && value !== undefined && !free.includes(name));
    return JSON.stringify([path, named.map(([name, value]) => [name, String(value)]).sort()]);
  }

  /** @param {string} address */
  async fetch(address) {
    const blob = this.held.answers[address];
    if (blob !== undefined) return this.stored(address, blob);
    const [path, { v, ...params }] = named(address);
    const { run, at, question } = parts(path);
    const found = this.runs.get(run);
    if (!found) throw new Refusal(UNKNOWN, GONE);
    if (!this.answers(question)) throw new Refusal(found.lacking, GONE);
    const { shownOf } = await import("./computed.js"); // not at first: the file holds what its pictures open with
    const shown = await shownOf(this, found, { name: run, step: at === "last" ? found.last : Number(at), question, params });
    const made = { sentence: "", arrays: {}, ...shown, bytes: address.length + bytesOf(shown) };
    if (v !== undefined || !found.changes) this.keep(address, made); // else it may change, so it is asked for again
    return made;
  }

  /** Whether networks of the page can answer a question. @param {string} question */
  answers(question) {
    return question in this.held.views || question in this.held.questions;
  }

  /** @param {string} address @param {number} blob */
  async stored(address, blob) {
    const found = unpack(await this.blobs.get(blob));
    this.keep(address, found);
    return found;
  }

  /** @param {string} name of a run, or "" */
  about(name) {
    const run = this.runs.get(name);
    const lacks = run instanceof HeldRun && run.snapshots.length < run.held.of;
    return `From the file “${document.title}”${lacks ? `, which holds ${run.snapshots.length} of the ${run.held.of} snapshots of ${name}` : ""}.`;
  }

  /** @param {string} path */
  async json(path) {
    const run = this.runs.get(parts(path).run);
    if (!run) throw new Refusal(UNKNOWN, GONE);
    return { snapshots: run.snapshots };
  }

  /** @param {string} path */
  async post(path) {
    const { run, at } = parts(path);
    const found = this.runs.get(run);
    if (!found) throw new Refusal(UNKNOWN, GONE);
    return found.post(at);
  }
}

/** A path "api/runs/Model5/400/units". @param {string} path */
function parts(path) {
  const [, , run = "", at = "", question = ""] = path.split("/").map(decodeURIComponent);
  return { run, at, question };
}

/** @param {string} address @returns {[string, Record<string, string>]} its path and parameters */
function named(address) {
  const [path, params] = JSON.parse(address);
  return [path, Object.fromEntries(params)];
}

/** @param {{ arrays?: Record<string, { data: { byteLength: number } }> }} shown */
const bytesOf = ({ arrays = {} }) => Object.values(arrays).reduce((sum, { data }) => sum + data.byteLength, 0);
