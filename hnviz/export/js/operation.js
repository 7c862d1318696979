// @ts-check
// A change of the state, as a question names it: rooms/predictions/change_state/operation.py.

import { promptIn } from "./look.js";

/** @typedef {import("./look.js").Look} Look */

const [SWAP, DIGIT, SET] = ["another state", "take out a digit", "set one unit"];
const ALL = -1; // layers

/**
 * The change, as a sentence and as a question need it. Throws a sentence.
 * @param {Look} look
 */
export async function operationIn(look) {
  const { facts, params } = look;
  const { layers } = facts.form;
  const { how, layer } = params;
  if (layer >= layers) throw new Error(`layer must be from 0 to ${layers - 1} for ${facts.model}; got ${layer}`);
  const given = promptIn(params.text, look);
  /** @type {import("./surgerytext.js").Operation} */
  const told = { text: given.tokens, layer: null, layers, nh: facts.nh, other: [], units: [], value: 0, hold: false, digit: "" };
  if (how === SWAP) {
    const other = promptIn(params.other, look);
    const where = layer === ALL ? null : layer;
    return { given, asked: { other: other.ids, layer: where }, layer: null, operation: { ...told, layer: where, other: other.tokens } };
  }
  const where = Math.max(0, layer);
  const digit = how === DIGIT ? params.digit : "";
  const units = digit ? await unitsOf(look, where, digit) : unitsIn(params.units, facts.nh, how === SET);
  const setting = { units, layer: where, value: how === SET ? params.value : 0, hold: params.hold };
  return { given, asked: setting, layer: where, operation: { ...told, ...setting, digit } };
}

/**
 * The units of a layer that follow a digit more than all else. Throws a sentence.
 * @param {Look} look
 * @param {number} layer
 * @param {string} digit
 * @returns {Promise<number[]>}
 */
async function unitsOf(look, layer, digit) {
  const { order, groups } = (await look.ask("unit_codes", { layer })).meta;
  let start = 0;
  for (const [label, n] of groups) {
    if (label === digit) return order.slice(start, start + n).sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
    start += n;
  }
  throw new Error(`no unit of layer ${layer} follows the ${digit} digit most here: choose another digit or layer, or a later training step`);
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
