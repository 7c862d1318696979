// @ts-check
// A headline about one word of a text: it speaks of the word that the picture below it shows.
//
// The picture's answer has meta.cells, the text, and meta.headlines, a sentence for each word. The
// picture marks the word that it shows; without the mark the answer's own sentence is right.

import { mark, setMark } from "../js/page.js";

export const WORD = "word"; // the mark: [the text, the place of the word]

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
 * The headline for the marked word; the answer's own sentence if no word of its text is marked.
 * @param {Answer} answer
 * @returns {string}
 */
export function headlineOf({ meta, sentence }) {
  const [text, at] = mark(WORD) ?? [];
  return meta.headlines?.length && text === textOf(meta) ? meta.headlines[at] : sentence;
}
