// @ts-check
// A headline about one unit: the picture below it marks the picked unit, and meta.units has a sentence for each.

import { mark } from "../js/page.js";

export const UNIT = "unit"; // the mark: its number

/**
 * The headline for the marked unit; the answer's own sentence before any is marked.
 * @param {{ meta: any, sentence: string }} answer
 * @returns {string}
 */
export const headlineOf = ({ meta, sentence }) => meta.units[mark(UNIT)] ?? sentence;
