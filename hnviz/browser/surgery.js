// @ts-check
// What a network says after a change of its state: hnviz/observe/surgery.py.

import { EngineError } from "./error.js";
import { rows } from "./questions.js";
import { answersOn, goOn, say } from "./speech.js";

/**
 * @typedef {import("./questions.js").Reply} Reply
 * @typedef {import("./reader.js").State} State
 * @typedef {import("./subject.js").Subject} Subject
 *
 * @typedef {object} Change
 * @property {number[]|null} other the text whose state is put in
 * @property {number|null} layer the only one that `other` replaces; of `units`, or the last
 * @property {number[]|null} units that get `value`
 * @property {number} value
 * @property {boolean} hold apply it before every word, not once
 */

/**
 * @param {Subject} subject
 * @param {Change & { ids: number[], n: number }} values
 * @returns {Reply}
 */
export function surgery(subject, { ids, n, ...change }) {
  const { reader, facts } = subject;
  const before = stateAfter(subject, ids);
  const changed = goOn(reader, before, n, changeOf(subject, change), change.hold);
  const own = goOn(reader, before, n);
  const shape = [facts.form.layers, facts.nh];
  const course = (/** @type {string} */ name, /** @type {typeof own} */ { state, said, probabilities }) => ({
    [`${name}_state`]: { data: state.state, shape },
    [`${name}_said`]: { data: Int32Array.from(said), shape: [n] },
    [`${name}_probabilities`]: rows(probabilities),
  });
  const other = change.other && { other_said: { data: Int32Array.from(say(reader, change.other, n).said), shape: [n] } };
  const same = rows(answersOn(reader, before, changed.said));
  return { meta: {}, arrays: { ...course("untouched", own), ...course("changed", changed), same_words: same, ...other } };
}

/**
 * The state after a text. Throws EngineError for a network that carries none.
 * @param {Subject} subject
 * @param {number[]} ids
 */
export function stateAfter({ reader, facts }, ids) {
  if (facts.window) {
    throw new EngineError(
      `${facts.model} carries no state: each of its answers starts again and reads only the last ${facts.window} tokens, ` +
        "so there is nothing to change",
    );
  }
  return /** @type {State} */ (reader.read(ids).state);
}

/**
 * A change, as a function of a state. It applies to each tensor: an LSTM's cells change along with its states.
 * @param {Subject} subject
 * @param {Change} change
 * @returns {(state: State) => State}
 */
export function changeOf(subject, { other, layer, units, value, hold }) {
  const { nh, form } = subject.facts;
  if (other) {
    if (hold) throw new EngineError("hold applies only to units, and a text is given; leave it out");
    const put = stateAfter(subject, other);
    return mapped((name, own, at) => (layer === null || layer === Math.floor(at / nh) ? put[name][at] : own));
  }
  const chosen = new Set(units ?? []);
  const where = layer ?? form.layers - 1;
  return mapped((_, own, at) => (where === Math.floor(at / nh) && chosen.has(at % nh) ? value : own));
}

/** @param {(name: string, own: number, at: number) => number} change of each number @returns {(state: State) => State} */
const mapped = (change) => (state) =>
  Object.fromEntries(Object.entries(state).map(([name, numbers]) => [name, numbers.map((own, at) => change(name, own, at))]));
