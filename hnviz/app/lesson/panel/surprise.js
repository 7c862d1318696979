// @ts-check
// How far a guess was from the truth, and both in words.

import { oneOf, phrase } from "../../kit/js/language.js";
import { numeral } from "./words.js";

/**
 * @typedef {import("./answers.js").Answer} Answer
 * @typedef {{ kind: "choice"|"number"|"curve"|"square", ask: string, why: string, answers: string[], columns: number,
 *             low: number, high: number, unit: string, truth: Answer, because?: Because[] }} Guess
 * @typedef {{ answer: number|null, low: number|null, high: number|null, belief: string, text: string, point: string }} Because
 *   what a wrong answer of a choice, or wrong numbers from low to high, show that a student believes
 */

const NEAR = 0.05; // of the whole range: too near to be a surprise

/**
 * How far an answer is from the truth, as a share of the farthest one could be: 0 to 1.
 * @param {Guess} guess
 * @param {Answer} answer
 */
export function distance(guess, answer) {
  const [given, truth] = [answer, guess.truth].map((each) => (Array.isArray(each) ? each : [each]));
  if (guess.kind === "choice" || guess.kind === "square") return given[0] === truth[0] ? 0 : 1;
  const apart = truth.map((each, at) => Math.abs(each - (given[at] ?? guess.low)));
  return Math.min(1, Math.max(...apart) / (guess.high - guess.low));
}

/**
 * Whether an answer differs enough to be worth another look.
 * @param {Guess} guess
 * @param {Answer} answer
 */
export const isSurprise = (guess, answer) => distance(guess, answer) > NEAR;

/**
 * What is said about a wrong answer; undefined where nothing is.
 * @param {Guess} guess
 * @param {Answer|null|undefined} answer
 */
export function becauseOf(guess, answer) {
  if (typeof answer !== "number") return undefined;
  const isIn = (/** @type {Because} */ { low, high }) => low !== null && high !== null && low <= answer && answer <= high;
  return guess.because?.find((each) => (each.answer === null ? isIn(each) : each.answer === answer));
}

/**
 * An answer in words: "“one”", "5 mini-batches", "3, 40 and 90 %".
 * @param {Guess} guess
 * @param {Answer} answer
 */
export function inWords(guess, answer) {
  if (guess.kind === "choice" || guess.kind === "square") return `“${guess.answers[Number(answer)] ?? "?"}”`;
  const numbers = [answer].flat().map(numeral);
  const listed = numbers.length > 1 ? phrase("{} and {}", numbers.slice(0, -1).join(", "), numbers[numbers.length - 1]) : numbers[0];
  return guess.unit ? `${listed} ${answer === 1 ? one(guess.unit) : guess.unit}` : listed;
}

/**
 * What was guessed, what is true, and why, with the marks of a lesson's text. It gives the truth once.
 * @param {Guess} guess
 * @param {Answer} answer
 */
export function surpriseText(guess, answer) {
  const [said, truth] = [answer, guess.truth].map((each) => inWords(guess, each));
  return `${guess.why.includes(truth) ? phrase("You said {}.", said) : phrase("You said {}; it is {}.", said, truth)} ${guess.why}`;
}

/**
 * A unit of one: "word" of "words", "mini-batch" of "mini-batches".
 * @param {string} unit
 */
const one = (unit) => oneOf(unit) ?? unit.replace(/(?<=ch|sh|ss|x)es$|s$/, "");
