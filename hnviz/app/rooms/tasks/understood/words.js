// @ts-check
// What the picture says. No DOM.

import { ones } from "./network.js";

export const ANSWERS = ["even", "odd"];

/** @typedef {[string, string, number, number]} Weight start, end, value, wrong answers without it */

/** @param {number} value */
export const written = (value) => value.toFixed(2).replace("-", "−");

/** @param {number} value */
const isOn = (value) => (value > 0 ? "on" : "off");

/**
 * @param {number[]} bits those that were read
 * @param {import("./network.js").Moment} moment after the last of them
 * @param {number[]} plane the two units
 * @returns {(string|string[])[]}
 */
export function momentParts(bits, moment, [zero, one]) {
  if (!bits.length) return ["Nothing has been read yet, so all units are 0. Move the slider or press a bit."];
  const odd = bits.filter(Boolean).length % 2;
  const verdict = moment.answer === odd ? "right" : "wrong";
  return [
    `It has read ${bits.join(" ")}: ${ones(bits)}. `,
    [`Unit ${zero} is ${isOn(moment.state[zero])}`],
    ` (${written(moment.state[zero])}), `,
    [`unit ${one} is ${isOn(moment.state[one])}`],
    ` (${written(moment.state[one])}), so it answers `,
    [ANSWERS[moment.answer]],
    `: ${verdict}.`,
  ];
}

/**
 * @param {Weight} weight
 * @param {number} answers of all inputs
 * @returns {(string|string[])[]}
 */
export function weightParts([start, end, value, wrong], answers) {
  const name = start === "bias" ? `the bias of ${end}` : `from ${start} to ${end}`;
  if (value === 0) return [`The marked weight, ${name}, is `, ["0"], ". Training pushed it to zero."];
  const all = answers.toLocaleString("en");
  const worth = wrong ? `Without it, ${wrong.toLocaleString("en")} of ${all} answers are wrong.` : `Without this one, all ${all} answers stay right.`;
  return [`The marked weight, ${name}, is `, [written(value)], `. ${worth}`];
}
