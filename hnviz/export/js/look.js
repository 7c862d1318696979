// @ts-check
// One question about one snapshot, answered in this file; its parameters are checked as the server checks them.

/**
 * @typedef {{ model: string, nh: number, state: string[], gateTitles: Record<string, string>, signed: string[],
 *             bounded: boolean, itos: string[], train: [number, number][], notebook: boolean, gates: string[],
 *             window: number|null, form: import("../../browser/parameters.js").Form }} Facts
 *   state       the names of its tensors
 *   gateTitles  gate -> "update gate"; `signed` names those that can be negative
 *   bounded     the state lies between -1 and 1
 *   form        null for a user's own model, which a file cannot run
 *   window      tokens after which the state starts again from zeros; null for a carried state
 *   train       the first and last numbers of each stretch that train holds; `notebook` its split
 * @typedef {{ reader: import("../../browser/reader.js").Reader, facts: Facts, stoi: Map<string, number>, step: number,
 *             params: Record<string, string> }} Look
 * @typedef {{ meta: any, sentence?: string, arrays?: import("./arrays.js").Arrays }} Shown
 */

import { readPhrase } from "./numbers.js";
import { when } from "./wordtext.js";

const LONGEST = 200; // tokens of a prompt

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
 * The tokens of a prompt, and their ids. Throws a sentence.
 * @param {string} text
 * @param {Look} look
 */
export function promptIn(text, look) {
  const tokens = readPhrase(text, look.stoi).tokens.slice(0, LONGEST);
  return { tokens, ids: idsOf(tokens, look) };
}

/**
 * A parameter that is a number. Throws a sentence.
 * @param {Look} look
 * @param {string} name
 * @param {number} otherwise
 * @param {[number, number]} ends
 */
export function numberIn({ params }, name, otherwise, [low, high]) {
  const value = name in params ? Number(params[name]) : otherwise;
  if (Number.isNaN(value) || value < low || value > high) {
    throw new Error(`${name} must be a number from ${low} to ${high}; got ${params[name].slice(0, 40)}`);
  }
  return value;
}
