// @ts-check
// Which run a checkpoint belongs to: its model, its settings, and a hash of its texts.

import { EngineError } from "./error.js";

/** @typedef {import("./limits.js").Job} Job */

/** The settings that decide a run. */
export const SETTINGS = /** @type {const} */ (["nh", "bs", "bptt", "epochs", "lr", "pct_start", "seed", "bn_init", "reset_state"]);

/**
 * The identity of a run: JSON in UTF-8, since a checkpoint contains only arrays of numbers. A torch checkpoint has none:
 * code that reads one from a run folder adds the identity of that folder's job.
 * @param {Job} job
 */
export function identityOf({ form, config, train, valid, kinds }) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, config[name]]));
  const texts = [train, valid, new TextEncoder().encode(kinds.join(" "))].map(hashed);
  return new TextEncoder().encode(JSON.stringify({ form: Object.entries(form).sort(), settings, texts }));
}

/**
 * Throws EngineError, which says what differs, if a checkpoint belongs to another run.
 * @param {ArrayLike<number>|undefined} theirs the checkpoint's identity
 * @param {Uint8Array} mine the run's
 */
export function checkIdentity(theirs, mine) {
  if (!theirs) throw new EngineError("the checkpoint does not say which run it belongs to");
  const [checkpoint, run] = [Uint8Array.from(theirs), mine].map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
  for (const name of ["form", "texts"]) {
    if (JSON.stringify(checkpoint[name]) === JSON.stringify(run[name])) continue;
    throw new EngineError(`the checkpoint belongs to a run with a different ${name === "form" ? "model" : "text"}`);
  }
  const other = SETTINGS.filter((name) => checkpoint.settings[name] !== run.settings[name]);
  if (!other.length) return;
  const [has, wanted] = [checkpoint, run].map(({ settings }) => other.map((name) => `${name} ${settings[name]}`).join(", "));
  throw new EngineError(`the checkpoint belongs to a run with ${has}, but this run has ${wanted}`);
}

/** Whether an identity is that of a job's run. @param {ArrayLike<number>|undefined} identity @param {Job} job */
export function sameIdentity(identity, job) {
  try {
    checkIdentity(identity, identityOf(job));
    return true;
  } catch {
    return false;
  }
}

/** The length and the FNV-1a hash of whole numbers. @param {ArrayLike<number>} numbers */
function hashed(numbers) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < numbers.length; at++) hash = Math.imul(hash ^ numbers[at], 0x01000193);
  return [numbers.length, hash];
}
