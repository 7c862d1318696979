// @ts-check
// A guess before the picture: it asks; then guess and truth are drawn over each other.

import { phrase } from "../../kit/js/language.js";
import { maker } from "../../kit/js/make.js";
import * as choice from "./choice.js";
import * as curve from "./curve.js";
import * as number from "./number.js";
import * as square from "./square.js";
import { becauseOf, inWords } from "./surprise.js";
import { write } from "./words.js";

/**
 * @typedef {import("./surprise.js").Guess} Guess
 * @typedef {import("./answers.js").Answer} Answer
 */

/** @type {Record<string, any>} */
const KINDS = { choice, number, curve, square };

/**
 * Ask a question; `give` gets the answer.
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {(answer: Answer) => void} give
 */
export function askGuess(host, guess, give) {
  host.replaceChildren();
  const make = maker(host);
  write(make("p", "ask"), guess.ask);
  const answers = make("div", `answers ${guess.kind}`);
  answers.setAttribute("role", "group");
  answers.setAttribute("aria-label", guess.ask);
  KINDS[guess.kind].ask(answers, guess, give);
  return answers;
}

/**
 * Show a question with the student's answer, and nothing of what is true.
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {Answer} answer
 */
export function holdGuess(host, guess, answer) {
  host.replaceChildren();
  const make = maker(host);
  write(make("p", "ask"), guess.ask);
  make("p", "", host, phrase("Your answer: {}", inWords(guess, answer)));
}

/**
 * Lay an answer, if there is one, over the truth, and say why.
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {Answer|null} answer
 */
export function revealGuess(host, guess, answer) {
  host.replaceChildren();
  const make = maker(host);
  write(make("p", "ask"), guess.ask);
  const answers = make("div", `answers ${guess.kind} revealed`);
  KINDS[guess.kind].reveal(answers, guess, answer);
  const said = becauseOf(guess, answer);
  const because = said && make("p", "because");
  if (because) write(because, said.text);
  const why = make("p", "why");
  write(why, guess.why);
  why.setAttribute("role", "status");
  if (answer === null) return;
  const words = [phrase("You said {}.", inWords(guess, answer)), because?.textContent, why.textContent];
  why.setAttribute("aria-label", words.filter(Boolean).join(" "));
}
