// @ts-check
// Sentences with **bold** parts, as Python writes them.

import { translated } from "./language.js";

/**
 * Text from outside, without the characters that would turn the direction of the text around them.
 * @param {string} text
 */
export const upright = (text) =>
  text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/**
 * No line ends inside a share: "> 99.9 %". As hnviz/figures/numbers.py.
 * @param {string} text
 */
export const unbroken = (text) => text.replaceAll(" %", "\u00a0%").replace(/([<>]) (?=\d)/g, "$1\u00a0");

/**
 * @param {string} sentence
 * @returns {(string|HTMLElement)[]} nodes: elements for the bold parts, else text
 */
export function boldNodes(sentence) {
  return unbroken(translated(sentence)).split("**").map((part, at) => (at % 2 ? strong(part) : part));
}

/**
 * The same of a sentence that the browser puts together, whose words may hold any sign.
 * @param {(string|string[])[]} parts [text] is bold
 * @returns {{ nodes: (string|HTMLElement)[], plain: string }} `plain` is for screen readers
 */
export function partNodes(parts) {
  const english = parts.flat().join("");
  const own = translated(english);
  if (own !== english) return { nodes: boldNodes(own), plain: plainText(own) };
  const nodes = parts.map((part) => (typeof part === "string" ? unbroken(part) : strong(unbroken(part[0]))));
  return { nodes, plain: unbroken(english) };
}

/** @param {string} text */
function strong(text) {
  const made = document.createElement("strong");
  made.textContent = text;
  return made;
}

/**
 * A number with its word: "1 row", "13,017 tokens", "3 mini-batches". As hnviz/figures/sentences.py.
 * @param {number} number
 * @param {string} word
 */
export const plural = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : word.endsWith("batch") ? "es" : "s"}`;

/**
 * A refusal as a sentence: it begins with a capital, unless with the name of a setting, and has one full stop.
 * As hnviz/figures/sentences.py.
 * @param {string} text such as "no run is named 'a'", "bs must be at least 1"
 */
export function asSentence(text) {
  const large = /^(bs|bptt|lr|nh) /.test(text) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return !text || /[.!?…]$/.test(text) ? large : `${large}.`;
}

/** @param {string} sentence */
export const plainText = (sentence) => unbroken(translated(sentence).replaceAll("**", ""));

/**
 * A share that is compared with others: "83.2 %". Only all is "100 %", and only none is "0 %"; a share below half a thousandth is "< 0.1 %".
 * As hnviz/figures/numbers.py.
 * @param {number|null} share
 */
export function accuracy(share) {
  if (share === null || Number.isNaN(share)) return "not measured";
  const percent = 100 * share;
  if (percent === 0 || percent === 100) return `${percent} %`;
  return percent < 0.05 ? "< 0.1 %" : `${Math.min(percent, 99.9).toFixed(1)} %`;
}

const shownIn = (/** @type {number} */ share) => parseFloat(accuracy(share).replace("<", ""));

/**
 * The difference of two shares, as they are shown: "4.2 points". As hnviz/figures/numbers.py.
 * @param {number} one
 * @param {number} other
 */
export const points = (one, other) => `${Math.abs(shownIn(one) - shownIn(other)).toFixed(1)} points`;

/**
 * A share or a probability, briefly: "49 %", "99.7 %", "0.2 %", "0.0004 %".
 * @param {number} share
 */
export function percent(share) {
  const percent = 100 * share;
  if (percent === 0 || percent >= 100) return `${percent.toFixed(0)} %`; // a ratio may be above 1
  if (percent >= 99.95) return "> 99.9 %";
  if (percent >= 99.5) return `${percent.toFixed(1)} %`;
  if (percent >= 9.95) return `${percent.toFixed(0)} %`;
  if (percent >= 0.095) return `${percent.toFixed(1)} %`;
  if (percent >= 0.0001) return `${Number(Number(percent.toPrecision(1)).toFixed(4))} %`;
  return "< 0.0001 %";
}
