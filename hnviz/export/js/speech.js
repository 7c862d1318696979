// @ts-check
// How a network reads a text and goes on alone, as in hnviz/observe: passes.py, speech.py, surgery.py.

import { largest, softmax } from "./forward.js";

/**
 * @typedef {import("./forward.js").Network} Network
 * @typedef {import("./forward.js").State} State
 * @typedef {(state: State) => State} Change
 */

const TOO_LARGE =
  "the answers are not finite numbers here: the weights, or the changed state, are too large; choose another " +
  "snapshot, or a smaller value";

/**
 * The state after each token. A state that is not carried starts again from zeros every window.
 * @param {Network} network
 * @param {number[]} ids
 * @returns {State[]}
 */
export function readStates(network, ids) {
  const { window } = network.form;
  let state = network.zeros();
  return ids.map((id, at) => {
    if (window && at % window === 0) state = network.zeros();
    return (state = network.read(id, state));
  });
}

/**
 * The probabilities after each token, (nv) each, and the surprise of each token after the first, in bits. Without a
 * carried state each answer reads a window of its own.
 * @param {Network} network
 * @param {number[]} ids
 */
export function readAnswers(network, ids) {
  const { window } = network.form;
  const states = window
    ? ids.map((_, end) => network.readAll(ids.slice(Math.max(0, end + 1 - window), end + 1)))
    : readStates(network, ids);
  const exact = states.map((state) => softmax(scores(network, state)));
  const surprise = ids.slice(1).map((id, at) => -Math.log2(exact[at][id]));
  return { probabilities: exact.map((answer) => Float32Array.from(answer)), surprise };
}

/**
 * Say the most probable word n times, and read each.
 * @param {Network} network
 * @param {number[]} ids at least one
 * @param {number} n
 */
export function say(network, ids, n) {
  const { window } = network.form;
  const text = [...ids];
  const said = [];
  const probabilities = [];
  let state = window ? null : network.readAll(ids);
  for (let at = 0; at < n; at++) {
    const now = state ?? network.readAll(text.slice(-(/** @type {number} */ (window))));
    const logits = scores(network, now);
    said.push(largest(logits));
    probabilities.push(Float32Array.from(softmax(logits)));
    text.push(said[at]);
    if (state) state = network.read(said[at], state);
  }
  return { said, probabilities };
}

/**
 * Say n words from a state. `change` applies before the first word; with `hold`, before every word.
 * @param {Network} network
 * @param {State} state
 * @param {number} n
 * @param {Change|null} change
 */
export function goOn(network, state, n, change = null, hold = false) {
  if (change) state = change(state);
  const begun = state;
  const said = [];
  const probabilities = [];
  for (let at = 0; at < n; at++) {
    const logits = scores(network, state);
    said.push(largest(logits));
    probabilities.push(Float32Array.from(softmax(logits)));
    state = network.read(said[at], state);
    if (change && hold) state = change(state);
  }
  return { state: begun, said, probabilities };
}

/**
 * The answers before each of some words, read from a state.
 * @param {Network} network
 * @param {State} state
 * @param {number[]} ids
 */
export function answersOn(network, state, ids) {
  return ids.map((id) => {
    const answer = Float32Array.from(softmax(scores(network, state)));
    state = network.read(id, state);
    return answer;
  });
}

/**
 * A finite score of each token. Throws a sentence.
 * @param {Network} network
 * @param {State} state
 */
function scores(network, state) {
  const logits = network.answer(state);
  if (!logits.every(Number.isFinite)) throw new Error(TOO_LARGE);
  return logits;
}
