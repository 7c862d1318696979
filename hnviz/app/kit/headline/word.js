// @ts-check
// A headline about one word of a text, or about one unit: it speaks of what the picture below it shows.
//
// The picture's answer has meta.cells, the text, and meta.headlines, a sentence for each word. The
// picture marks the word that it shows; without the mark the answer's own sentence is right. In the
// same way meta.units has a sentence for each unit, and the mark is the picked unit.

import { mark, setMark } from "../js/page.js";

export const WORD = "word"; // the mark: [the text, the place of the word]
export const UNIT = "unit"; // the mark: its number

/** @typedef {{ meta: any, sentence: string }} Answer */

/** @param {any} meta */
const textOf = ({ cells }) => JSON.stringify(cells.map((/** @type {[string]} */ [word]) => word));

/**
 * Mark the word that a picture shows, if the headline is about it.
 * @param {any} meta
 * @param {number} at
 * @param {unknown} from
 */
export function markWord(meta, at, from) {
  if (meta.headlines.length) setMark(WORD, [textOf(meta), at], from);
}

/**
 * The headline for the marked unit or word; the answer's own sentence if none of its own is marked.
 * @param {Answer} answer
 * @returns {string}
 */
export function headlineOf({ meta, sentence }) {
  if (meta.units) return meta.units[mark(UNIT)] ?? sentence;
  const [text, at] = mark(WORD) ?? [];
  return meta.headlines?.length && text === textOf(meta) ? meta.headlines[at] : sentence;
}
