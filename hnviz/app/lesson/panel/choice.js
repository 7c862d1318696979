// @ts-check
// A guess among lines of words.

import { button, mark } from "./parts.js";

/** @typedef {import("./surprise.js").Guess} Guess */

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {(value: number) => void} give
 */
export function ask(host, guess, give) {
  guess.answers.forEach((words, at) => button(host, words, () => give(at)).classList.add("answer"));
}

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {number|null} answer
 */
export function reveal(host, guess, answer) {
  guess.answers.forEach((words, at) => {
    const line = button(host, words, () => {});
    line.classList.add("answer");
    line.disabled = true;
    mark(line, at === guess.truth, at === answer);
  });
}
