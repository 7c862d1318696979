// @ts-check
// A guess at one cell of a grid.

import { maker } from "../../kit/js/make.js";
import { button, mark } from "./parts.js";

/** @typedef {import("./surprise.js").Guess} Guess */

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 */
function cells(host, guess) {
  const grid = maker(host)("div", "grid");
  grid.style.setProperty("--columns", String(guess.columns));
  return guess.answers.map((words) => {
    const cell = button(grid, words, () => {});
    cell.classList.add("cell");
    return cell;
  });
}

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {(value: number) => void} give
 */
export function ask(host, guess, give) {
  cells(host, guess).forEach((cell, at) => (cell.onclick = () => give(at)));
}

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {number|null} answer
 */
export function reveal(host, guess, answer) {
  cells(host, guess).forEach((cell, at) => {
    cell.disabled = true;
    mark(cell, at === guess.truth, at === answer);
  });
}
