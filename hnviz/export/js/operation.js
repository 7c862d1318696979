// @ts-check
// A change of the state, as a question names it: rooms/predictions/change_state/operation.py.

import { numberIn, promptIn } from "./look.js";

/** @typedef {import("./look.js").Look} Look */

const HOWS = ["another state", "zero units", "set one unit"];
const [SWAP, , SET] = HOWS;
const ALL = -1; // layers
const MOST_VALUE = 100;

/**
 * Throws a sentence.
 * @param {Look} look
 */
export function operationIn(look) {
  const { facts, params } = look;
  const { layers } = facts.form;
  const how = params.how ?? SWAP;
  const layer = numberIn(look, "layer", ALL, [ALL, layers - 1]);
  const given = promptIn(params.text ?? "", look);
  /** @type {import("./surgerytext.js").Operation} */
  const told = { text: given.tokens, layer: null, layers, nh: facts.nh, other: [], units: [], value: 0, hold: false };
  if (how === SWAP) {
    const other = promptIn(params.other ?? "", look);
    return { given, other, layer: null, operation: { ...told, layer: layer === ALL ? null : layer, other: other.tokens } };
  }
  const units = unitsIn(params.units ?? "", facts.nh, how === SET);
  const value = how === SET ? numberIn(look, "value", 0, [-MOST_VALUE, MOST_VALUE]) : 0;
  const operation = { ...told, layer: Math.max(0, layer), units, value, hold: params.hold === "true" };
  return { given, other: null, layer: operation.layer, operation };
}

/**
 * Units named as "3, 17" or "0 to 31": each once, in order.
 * @param {string} text
 * @param {number} nh
 * @param {boolean} one
 */
function unitsIn(text, nh, one) {
  const found = new Set(/** @type {number[]} */ ([]));
  for (const part of text.split(",").map((piece) => piece.trim()).filter(Boolean)) {
    const ends = /^(\d{1,6})\s*(?:-|to|\.\.|\u2013)\s*(\d{1,6})$/.exec(part);
    if (!ends && !/^\d{1,6}$/.test(part)) {
      throw new Error(`Units are numbers from 0 to ${nh - 1}, such as 3, 17; got '${part.slice(0, 20)}'.`);
    }
    const [first, last] = ends ? [Number(ends[1]), Number(ends[2])] : [Number(part), Number(part)];
    if (first > last || last >= nh) throw new Error(`Units go from 0 to ${nh - 1}; got ${part.slice(0, 20)}.`);
    for (let unit = first; unit <= last; unit++) found.add(unit);
  }
  if (one && found.size !== 1) throw new Error(`Name one unit from 0 to ${nh - 1}; got '${text.slice(0, 20)}'.`);
  return [...found].sort((a, b) => a - b);
}
