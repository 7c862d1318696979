// @ts-check
// Counting on: hnviz/observe/counting.py.

import { COMMA, numberWords } from "./numbers.js";
import { saying } from "./speech.js";

/**
 * @typedef {import("./questions.js").Reply} Reply
 * @typedef {import("./subject.js").Subject} Subject
 */

/** The most tokens that a network may say for one number: five more than the longest true one and its comma. */
export const LONGEST = 12;

/**
 * Let a network say n numbers after it has read the last `given` ones up to `number`.
 * @param {Subject} subject
 * @param {{ n: number, given: number, number: number }} values
 * @returns {Reply}
 */
export function countOn(subject, { n, given, number }) {
  const first = Math.max(1, number - given + 1);
  const prompt = Array.from({ length: number - first + 1 }, (_, at) => first + at);
  const text = subject.numericalize(subject.spelled(prompt));
  const comma = subject.stoi.get(COMMA);
  /** @type {{ id: number, probability: number }[][]} */
  const pieces = [[]];
  for (const { id, probabilities } of saying(subject.reader, text)) {
    pieces[pieces.length - 1].push({ id, probability: probabilities[id] });
    if (id === comma) pieces.push([]);
    if (pieces.length > n || pieces.flat().length >= LONGEST * n) break;
  }
  const all = pieces.flat();
  const said = Array.from({ length: n }, (_, at) => {
    const [truth, piece] = [number + 1 + at, pieces[at] ?? []];
    const words = subject.words(piece.map(({ id }) => id));
    const right = words.join(" ") === `${numberWords(truth)} ${COMMA}`;
    return { truth, words, probabilities: piece.map(({ probability }) => Math.fround(probability)), right };
  });
  const arrays = {
    ids: { data: Int32Array.from(all, ({ id }) => id), shape: [all.length] },
    probabilities: { data: Float32Array.from(all, ({ probability }) => probability), shape: [all.length] },
  };
  return { meta: { given: prompt, said }, arrays };
}
