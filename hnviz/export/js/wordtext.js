// @ts-check
// Words and numbers in sentences: hnviz/figures/sentences.py and surgery_text.py.

import { plural } from "../../app/kit/js/text.js";

const SHOWN = 20; // characters of a word

/** @param {string} word */
export const quoted = (word) => `“${word.slice(0, SHOWN)}”`;

/**
 * @param {string[]} words
 * @param {boolean} cut whether more words come before them
 */
export const quotedText = (words, cut) => `“${cut ? "… " : ""}${words.map((word) => word.slice(0, SHOWN)).join(" ")}”`;

/** @param {number} step */
export const when = (step, untrained = "untrained") => (step === 0 ? untrained : `after ${plural(step, "step")}`);
