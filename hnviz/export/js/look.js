// @ts-check
// One view of a snapshot, answered in this page from the engine's questions, as the server's views are: rooms/*/picture.py.

import { readPhrase } from "../../browser/numbers.js";
import { when } from "./wordtext.js";

/**
 * @typedef {import("../../browser/questions.js").Reply} Reply
 * @typedef {import("../../browser/questions.js").Values} Values
 * @typedef {import("../../browser/subject.js").Facts} Facts
 *
 * @typedef {import("./heldrun.js").HeldRun} HeldRun
 * @typedef {{ claims: { clauses: Record<string, string>, range: string }, lanes: Record<string, string> }} Says
 *
 * @typedef {object} Look
 * @property {(question: string, params: Values, step?: number) => Promise<Reply>} ask about this snapshot, or the one at a step
 * @property {string} run its name in this page
 * @property {(name: string) => HeldRun|null} held a run that the page holds, if it can be asked at its last step
 * @property {(run: string, step: number, question: string, words: string[]) => Promise<Reply>} askOf a question about words
 *   of another run; each numbers its vocabulary in its own order
 * @property {() => number} nBatches mini-batches of train
 * @property {(split: string) => number} size tokens of a split
 * @property {(split: string, first: number, n: number) => string[]} words of a split, on from its beginning after its end
 * @property {Facts} facts
 * @property {Map<string, number>} stoi
 * @property {number} step
 * @property {number[]} steps of the run's snapshots
 * @property {Values} params typed and complete
 * @property {Says} says the views' sentences, as Python declares them
 *
 * @typedef {{ meta: any, sentence?: string, arrays?: Reply["arrays"] }} Shown
 */

const LONGEST = 200; // tokens of a prompt
export const OTHER_WORDS = "This page reads English number words alone; hnviz itself reads this text.";

/**
 * A sentence with its numbers: "{n} prompts" becomes "100 prompts".
 * @param {string} sentence
 * @param {Record<string, string|number>} values
 */
export const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

/**
 * The network's name: "Model5 after 400 steps".
 * @param {Look} look
 */
export const networkName = ({ facts, step }) => `${facts.model} ${when(step, "before any training")}`;

/**
 * @param {string[]} tokens
 * @param {Look} look
 */
export const idsOf = (tokens, { stoi }) => tokens.map((token) => stoi.get(token) ?? 0);

/**
 * What a reader typed, as tokens. Throws a sentence.
 * @param {string} text
 * @param {Look} look
 */
export const phraseIn = (text, look) => phraseOf(text, look).tokens;

/**
 * The tokens of a prompt, their ids, and a remark about what was left out or is unknown. Throws a sentence.
 * @param {string} text
 * @param {Look} look
 */
export function promptIn(text, look) {
  const whole = phraseOf(text, look);
  const isLong = whole.tokens.length > LONGEST;
  const { tokens, remark } = isLong ? phraseOf(whole.tokens.slice(0, LONGEST).join(" "), look) : whole;
  return { tokens, ids: idsOf(tokens, look), remark: isLong ? `${remark} The first ${LONGEST} tokens are read.`.trimStart() : remark };
}

/** @param {string} text @param {Look} look */
function phraseOf(text, { facts, stoi }) {
  if (!facts.digits) throw new Error(OTHER_WORDS);
  return readPhrase(text, stoi);
}

/** The rows of an answer's table. @param {{ data: ArrayLike<number>, shape: number[] }} table @returns {Float32Array[]} */
export const rowsOf = ({ data, shape: [n, wide] }) =>
  Array.from({ length: n }, (_, at) => /** @type {Float32Array} */ (data).subarray(at * wide, (at + 1) * wide));
