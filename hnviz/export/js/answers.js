// @ts-check
// What the picture of words and bars gets: hnviz/figures/answers.py and rooms/predictions/answers/cells.py.

import { kindOf } from "../../browser/numbers.js";

/**
 * @typedef {ArrayLike<number>} Shares
 * @typedef {[string, number[], string]} Bar a word, its share in each answer, a note
 * @typedef {{ word: string, above?: string|null, bits?: number|null, share?: number|null, mark?: string }} Cell
 */

const TOP = 5;

/**
 * The most probable words of each answer; a word with a note that is not among them comes last, with its rank.
 * @param {Shares[]} answers
 * @param {string[]} itos
 * @param {Map<number, string>} notes id -> "said", ...
 * @returns {Bar[]}
 */
export function likeliest(answers, itos, notes, top = TOP) {
  const orders = answers.map((answer) => itos.map((_, id) => id).sort((one, other) => answer[other] - answer[one] || one - other));
  const shown = [...new Set(orders.flatMap((order) => order.slice(0, top)))];
  const most = (/** @type {number} */ id) => Math.max(...answers.map((answer) => answer[id]));
  const rows = [...shown].sort((one, other) => most(other) - most(one));
  const late = [...notes.keys()].filter((id) => !shown.includes(id));
  return [...rows, ...late].map((id) => {
    const note = notes.get(id) ?? "";
    const ranked = late.includes(id) ? `${note}, rank ${orders[0].indexOf(id) + 1}` : note;
    return [itos[id], answers.map((answer) => short(answer[id])), ranked];
  });
}

/**
 * @param {{ param: string, alt: string, cells: Cell[], bars: Bar[][], says: string[], start: number,
 *           headlines?: string[], series?: string[],
 *           lines?: string[], full?: number|null, rows?: [string[], number, number][], heads?: string[],
 *           target?: boolean, note?: string }} picture
 */
export function answersMeta({ param, alt, cells, bars, says, start, ...rest }) {
  const { headlines = [], series = [""], lines = [], full = null, rows = [], heads = [], target = false, note = "" } = rest;
  const packed = cells.map(packedCell);
  return { param, alt: alt.replaceAll("**", ""), cells: packed, bars, says, headlines, start, series, lines, full, rows, heads, target, note };
}

/** @param {Cell} cell */
function packedCell({ word, above = null, bits = null, share = null, mark = "" }) {
  return [word, above, bits === null ? null : Number(bits.toFixed(2)), share === null ? null : short(share), mark, kindOf(word)];
}

/**
 * Three digits, and more where these would make it 1: only all is 100 %.
 * @param {number} share
 */
function short(share) {
  const brief = Number(share.toPrecision(3));
  return brief === 1 ? Number(share.toPrecision(7)) : brief;
}
