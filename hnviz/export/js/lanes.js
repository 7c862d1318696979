// @ts-check
// How far back a loss reaches, answered here: rooms/through_time/lanes/picture.py.

import { back, farShare, LEAST, own, part, VANISHED } from "../../app/rooms/through_time/lanes/words.js";
import { filled } from "./look.js";

/** @typedef {import("./look.js").Look} Look */

const FIRST = 5; // the first of the three mini-batches
const WINDOWS = 3;
const MEASURED = ["batches", "bptt", "bs", "loss", "n_before"];

/** @param {Look} look @returns {Promise<import("./look.js").Shown>} */
export async function lanes(look) {
  const { facts, params, step, steps } = look;
  const first = params.first < 0 ? Math.max(0, Math.min(FIRST, look.nBatches() - WINDOWS)) : params.first;
  const { meta, arrays } = await look.ask("state_gradients", { first, every: params.every });
  const named = { ...arrays };
  if (step === 0 || steps.includes(0)) {
    const ways = (await look.ask("state_gradients", { first, every: params.every }, 0)).arrays;
    named.untrained = ways.keep ?? ways.reset;
  }
  const norms = Object.fromEntries(Object.entries(named).map(([name, { data }]) => [name, data]));
  const measured = Object.fromEntries(MEASURED.map((name) => [name, meta[name]]));
  const told = { model: facts.model, every: params.every, answers_every: facts.form.predicts === "every", ...measured, words: look.words("train", meta.batches[0] * meta.bptt, 3 * meta.bptt) };
  return { meta: told, sentence: params.every ? "" : takeaway(look, norms, meta), arrays: named };
}

/**
 * What detach does, in one line.
 * @param {Look} look
 * @param {import("../../app/rooms/through_time/lanes/words.js").Lanes} lanes
 * @param {any} meta of "state_gradients"
 */
function takeaway({ facts, says, step }, lanes, { batches, bptt }) {
  const name = lanes.keep ? "keep" : "reset";
  const norms = lanes[name];
  const share = farShare(norms);
  const untrained = share < LEAST ? "gone" : share < VANISHED ? "vanishes" : "fades";
  const said = name === "keep" && step === 0 ? untrained : name;
  const gradient = filled(says.lanes.of_loss, { batch: batches.at(-1).toLocaleString("en-US") });
  return filled(says.lanes[said], { model: facts.model, gradient, own: own(bptt), left: part(share), back: back(norms) });
}
