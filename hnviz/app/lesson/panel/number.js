// @ts-check
// A guess at a number, by a slider.

import { phrase } from "../../kit/js/language.js";
import { maker } from "../../kit/js/make.js";
import { button } from "./parts.js";
import { inWords } from "./surprise.js";
import { numeral } from "./words.js";

/** @typedef {import("./surprise.js").Guess} Guess */

const STEPS = 100; // of a slider whose ends are near

/**
 * The step of a slider: whole numbers where there is room for them.
 * @param {Guess} guess
 */
export function stepOf({ low, high, truth }) {
  const whole = [low, high, truth].every((each) => Number.isInteger(each));
  return whole && high - low >= 4 ? 1 : 10 ** Math.floor(Math.log10((high - low) / STEPS) + 0.5);
}

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {(value: number) => void} give
 */
export function ask(host, guess, give) {
  const make = maker(host);
  const row = make("label", "slide");
  const slider = /** @type {HTMLInputElement} */ (make("input", "", row));
  const said = make("output", "", row);
  Object.assign(slider, { type: "range", min: guess.low, max: guess.high, step: stepOf(guess), ariaLabel: guess.ask });
  slider.value = String((guess.low + guess.high) / 2);
  const say = () => {
    said.textContent = inWords(guess, Number(slider.value));
    slider.ariaValueText = said.textContent;
  };
  slider.oninput = say;
  say();
  button(host, phrase("That is my guess"), () => give(Number(slider.value))).classList.add("first");
}

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {number|null} answer
 */
export function reveal(host, guess, answer) {
  const make = maker(host);
  const line = make("div", "line");
  const place = (/** @type {number} */ value) => `${(100 * (value - guess.low)) / (guess.high - guess.low)}%`;
  const truth = Number(guess.truth);
  if (answer !== null) {
    const between = make("i", "between", line);
    between.style.left = place(Math.min(answer, truth));
    between.style.width = `${(100 * Math.abs(answer - truth)) / (guess.high - guess.low)}%`;
    make("i", "dot guessed", line).style.left = place(answer);
  }
  make("i", "dot true", line).style.left = place(truth);
  const ends = make("div", "ends");
  for (const end of [guess.low, guess.high]) make("span", "", ends, numeral(end));
  if (answer !== null) make("p", "key guessed", host, `Your guess: ${inWords(guess, answer)}`);
  make("p", "key true", host, `It is ${inWords(guess, truth)}`);
}
