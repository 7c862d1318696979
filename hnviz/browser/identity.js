// @ts-check
// Which run a checkpoint belongs to: its model, its settings, and a hash of its texts.

import { EngineError } from "./machine.js";

/** @typedef {import("./limits.js").Job} Job */

/** The settings that decide a run. */
const SETTINGS = /** @type {const} */ (["nh", "bs", "bptt", "epochs", "lr", "pct_start", "seed", "bn_init", "reset_state"]);

/**
 * What identifies a run: JSON in UTF-8, since a checkpoint holds arrays of numbers. A checkpoint of torch has none, so who
 * reads one from a run folder adds that of the folder's own job.
 * @param {Job} job
 */
export function identityOf({ form, config, train, valid, kinds }) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, config[name]]));
  const texts = [train, valid, new TextEncoder().encode(kinds.join(" "))].map(hashed);
  return new TextEncoder().encode(JSON.stringify({ form: Object.entries(form).sort(), settings, texts }));
}

/**
 * Throws EngineError, with what differs, if two runs are not the same.
 * @param {ArrayLike<number>|undefined} theirs of a checkpoint
 * @param {Uint8Array} mine
 */
export function checkIdentity(theirs, mine) {
  if (!theirs) throw new EngineError("the checkpoint does not say which run it belongs to");
  const [checkpoint, run] = [Uint8Array.from(theirs), mine].map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
  for (const name of ["form", "texts"]) {
    if (JSON.stringify(checkpoint[name]) === JSON.stringify(run[name])) continue;
    throw new EngineError(`the checkpoint belongs to a run of another ${name === "form" ? "model" : "text"}`);
  }
  const other = SETTINGS.filter((name) => checkpoint.settings[name] !== run.settings[name]);
  if (!other.length) return;
  const [has, wanted] = [checkpoint, run].map(({ settings }) => other.map((name) => `${name} ${settings[name]}`).join(", "));
  throw new EngineError(`the checkpoint belongs to a run with ${has}, and this run has ${wanted}`);
}

/** A length and a hash, FNV-1a over whole numbers. @param {ArrayLike<number>} numbers */
function hashed(numbers) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < numbers.length; at++) hash = Math.imul(hash ^ numbers[at], 0x01000193);
  return [numbers.length, hash];
}
