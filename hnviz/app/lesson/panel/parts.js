// @ts-check
// Small parts that guesses are made of.

import { phrase } from "../../kit/js/language.js";
import { maker } from "../../kit/js/make.js";

/**
 * @param {HTMLElement} host
 * @param {string} name
 * @param {() => void} press
 */
export function button(host, name, press) {
  const made = /** @type {HTMLButtonElement} */ (maker(host)("button", "", host, name));
  made.type = "button";
  made.onclick = press;
  return made;
}

/**
 * Mark an answer by colour and by words.
 * @param {HTMLElement} element
 * @param {boolean} isTrue
 * @param {boolean} isGuess
 */
export function mark(element, isTrue, isGuess) {
  element.classList.toggle("true", isTrue);
  element.classList.toggle("guessed", isGuess);
  const said = [isTrue && phrase("✓ right"), isGuess && phrase("your guess")].filter(Boolean).join(", ");
  if (said) maker(element)("small", "", element, said);
}
