// @ts-check
// A lesson's text: **bold**, *emphasis* and `code`; all else is text.

import { locale } from "../../kit/js/language.js";
import { unbroken } from "../../kit/js/text.js";

const MARKS = /\*\*(.+?)\*\*|\*(.+?)\*|`(.+?)`/gs;
const TAGS = ["strong", "em", "code"];

/**
 * The parts of a text: [tag, words]; the tag is "" for plain words.
 * @param {string} text
 * @returns {[string, string][]}
 */
export function parts(text) {
  /** @type {[string, string][]} */
  const found = [];
  let end = 0;
  for (const match of text.matchAll(MARKS)) {
    if (match.index > end) found.push(["", text.slice(end, match.index)]);
    const at = match.slice(1).findIndex((words) => words !== undefined);
    found.push([TAGS[at], match[at + 1]]);
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push(["", text.slice(end)]);
  return found;
}

/**
 * Write a text into an element.
 * @param {HTMLElement} host
 * @param {string} text
 */
export function write(host, text) {
  host.replaceChildren(
    ...parts(text.replace(/\s+/g, " ")).map(([tag, words]) => {
      if (!tag) return unbroken(words);
      const made = document.createElement(tag);
      made.textContent = unbroken(words);
      return made;
    }),
  );
}

/**
 * A number as a sentence of the page's language has it: "13,017", "0.9".
 * @param {number} value
 */
export const numeral = (value) => value.toLocaleString(locale(), { maximumFractionDigits: 3 });
