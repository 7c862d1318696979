// @ts-check
// What the engine accepts: settings and texts are checked before it begins.

import { EngineError } from "./error.js";

/**
 * @typedef {object} Config the settings of a run, as in its config.json
 * @property {string} [model]
 * @property {string} [corpus]
 * @property {string} [split]
 * @property {string} [device]
 * @property {number} nh
 * @property {number} bs
 * @property {number} bptt
 * @property {number} epochs
 * @property {number} lr
 * @property {number} pct_start
 * @property {number} seed
 * @property {string} bn_init "ones" or "uniform"
 * @property {string} reset_state "never", "train", "valid" or "both"
 *
 * @typedef {object} Job what there is to train
 * @property {import("./parameters.js").Form} form
 * @property {Config} config
 * @property {ArrayLike<number>} train ids
 * @property {ArrayLike<number>} valid ids
 * @property {string[]} kinds of each token of the vocabulary, by its id
 */

/** The smallest and largest whole number of a setting. A memory of machine.js's MAX_BYTES is a limit too. */
const LIMITS = /** @type {const} */ ({ nh: [1, 512], bs: [1, 4096], bptt: [1, 4096], epochs: [1, 1000], seed: [0, 2 ** 32 - 1] });

/** @type {{ bn_init: string[], reset_state: string[] }} */
const CHOICES = { bn_init: ["ones", "uniform"], reset_state: ["never", "train", "valid", "both"] };

/** Throws EngineError that says what was wanted, and what came. @param {Job} job */
export function check({ form, config, train, valid, kinds }) {
  for (const [name, [least, most]] of Object.entries(LIMITS)) {
    const value = config[/** @type {keyof LIMITS} */ (name)];
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new EngineError(`${name} must be a whole number from ${least} to ${most} in a browser; got ${value}`);
    }
  }
  if (!(Number.isFinite(config.lr) && config.lr > 0)) throw new EngineError(`lr must be a finite number above 0; got ${config.lr}`);
  if (!(Number.isFinite(config.pct_start) && config.pct_start > 0 && config.pct_start < 1)) {
    throw new EngineError(`pct_start must be a number between 0 and 1; got ${config.pct_start}`);
  }
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = config[/** @type {keyof CHOICES} */ (name)];
    if (!choices.includes(value)) throw new EngineError(`${name} must be one of ${choices.join(", ")}; got ${value}`);
  }
  if (form.maxBptt !== null && config.bptt > form.maxBptt) {
    throw new EngineError(`bptt must be at most ${form.maxBptt} for this model; got ${config.bptt}`);
  }
  if (config.bs === 1 && !form.attends && !(form.normOver === "slots" && config.bptt > 1)) {
    throw new EngineError("bs must be at least 2, got 1: batch norm compares the rows of a step, and cannot learn from one");
  }
  for (const [name, ids] of Object.entries({ train, valid })) checkText(name, ids, kinds.length);
}

/**
 * Throws EngineError for a text without tokens, or with an id outside the vocabulary.
 * @param {string} name
 * @param {ArrayLike<number>} ids
 * @param {number} nv
 */
export function checkText(name, ids, nv) {
  if (!ids.length) throw new EngineError(`${name} has no token`);
  for (let at = 0; at < ids.length; at++) {
    if (Number.isInteger(ids[at]) && ids[at] >= 0 && ids[at] < nv) continue;
    throw new EngineError(`token ${at} of ${name} must be an id from 0 to ${nv - 1}; got ${ids[at]}`);
  }
}
