// @ts-check
// How a network continues a text, and continues from a changed state, as in hnviz/observe: speech.py, surgery.py.

import { EngineError } from "./error.js";

/**
 * @typedef {import("./reader.js").Reader} Reader
 * @typedef {import("./reader.js").State} State
 * @typedef {(state: State) => State} Change
 * @typedef {{ id: number, probabilities: Float64Array }} Word that is said, and the probability of each token, (nv)
 */

export const TOO_LARGE =
  "the answers are not finite numbers here: the weights, or the changed state, are too large; choose another " +
  "snapshot, or a smaller value";

/**
 * Say the most probable word, read it, and repeat for as long as the caller asks.
 * @param {Reader} reader
 * @param {number[]} ids at least one
 * @returns {Generator<Word, never>}
 */
export function* saying(reader, ids) {
  const { window } = reader;
  const text = [...ids];
  let { logits, state } = window ? reader.read(text.slice(-window)) : reader.read(text);
  for (;;) {
    const word = mostProbable(logits[logits.length - 1]);
    yield word;
    text.push(word.id);
    ({ logits, state } = window ? reader.read(text.slice(-window)) : reader.read([word.id], state));
  }
}

/**
 * Say n words after a text.
 * @param {Reader} reader
 * @param {number[]} ids at least one
 * @param {number} n
 */
export function say(reader, ids, n) {
  const words = saying(reader, ids);
  return listed(Array.from({ length: n }, () => words.next().value));
}

/**
 * Say n words from a carried state. `change` applies before the first word; with `hold`, before every word.
 * @param {Reader} reader
 * @param {State} state
 * @param {number} n
 * @param {Change|null} change
 */
export function goOn(reader, state, n, change = null, hold = false) {
  let now = change ? change(state) : state;
  const begun = now;
  /** @type {Word[]} */
  const words = [];
  while (words.length < n) {
    const word = mostProbable(reader.answer(now));
    words.push(word);
    now = /** @type {State} */ (reader.read([word.id], now).state);
    if (change && hold) now = change(now);
  }
  return { state: begun, ...listed(words) };
}

/**
 * The answers before each of the given words, starting from a carried state.
 * @param {Reader} reader
 * @param {State} state
 * @param {number[]} ids at least one
 */
export function answersOn(reader, state, ids) {
  const { logits } = reader.read(ids, state);
  return [reader.answer(state), ...logits.slice(0, -1)].map((each) => Float32Array.from(softmax(each)));
}

/** @param {Float32Array} logits @returns {Word} */
function mostProbable(logits) {
  return { id: largest(logits), probabilities: softmax(logits) };
}

/** @param {Word[]} words */
const listed = (words) => ({
  said: words.map(({ id }) => id),
  probabilities: words.map(({ probabilities }) => Float32Array.from(probabilities)),
});

/**
 * Probabilities from logits. Throws EngineError if a logit is not finite.
 * @param {Float32Array} logits
 * @returns {Float64Array}
 */
export function softmax(logits) {
  if (!logits.every(Number.isFinite)) throw new EngineError(TOO_LARGE);
  const most = logits[largest(logits)];
  const powers = Float64Array.from(logits, (score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/**
 * The place of the largest number; the first of several.
 * @param {ArrayLike<number>} values
 */
export function largest(values) {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at] > values[best]) best = at;
  return best;
}
