// @ts-check
// Another language than English for the words that a page shows. A table has them by the English ones, in which {} is a
// number or a name, and {1} in the language's words is the first of them. What the table lacks stays English.

/**
 * @typedef {{ code: string, name: string, decimal: string, thousands: string, words: Record<string, string>,
 *             one: Record<string, string> }} Language
 *   name  as its speakers write it
 *   one   a unit of several -> of one
 */

const NUMBER = /(?<![\p{L}\d])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?/gu; // not the 5 of Model5
const SENTENCE = /(?<=[.!?…])\s+(?=\S)/;

/** @type {Language|null} */
let spoken = null; // null for English

/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {Language|null|undefined} language that all words are in from here on; none for English */
export function speak(language) {
  const isOther = language?.code !== spoken?.code;
  spoken = language ?? null;
  if (isOther) for (const hear of [...listeners]) hear();
}

/**
 * Call `hear` when the page turns to another language; the returned function ends that.
 * @param {() => void} hear
 */
export function onSpeak(hear) {
  listeners.add(hear);
  return () => void listeners.delete(hear);
}

/** The language of numbers, for toLocaleString. */
export const locale = () => spoken?.code ?? "en";

/**
 * Words of the page in its language.
 * @param {string} english with a {} for each of the others
 * @param {string[]} others numbers and names, as they are written
 */
export const phrase = (english, ...others) => filled(spoken?.words[english] ?? english, others);

/**
 * A unit of one, if the language has a word for it.
 * @param {string} unit of several
 */
export const oneOf = (unit) => spoken?.one[unit];

/**
 * A sentence that holds numbers, in the page's language. Its **bold** parts are those of the table.
 * @param {string} text one sentence or several; those that the table lacks stay English
 */
export function translated(text) {
  if (!spoken || !text) return text;
  return written(text) ?? text.split(SENTENCE).map((each) => written(each) ?? each).join(" ");
}

/** @param {string} sentence */
function written(sentence) {
  const language = /** @type {Language} */ (spoken);
  const plain = sentence.replaceAll("**", "").replaceAll("\u00a0", " ");
  const found = language.words[plain.replace(NUMBER, "{}")];
  const numbers = plain.match(NUMBER) ?? [];
  return found === undefined ? null : filled(found, numbers.map((each) => numberIn(each, language)));
}

/**
 * @param {string} number as English writes it
 * @param {Language} language
 */
const numberIn = (number, { decimal, thousands }) => number.replace(/[.,]/g, (sign) => (sign === "." ? decimal : thousands));

/**
 * @param {string} template
 * @param {string[]} others
 */
function filled(template, others) {
  let next = 0;
  return template.replace(/\{(\d*)\}/g, (_, place) => others[place ? Number(place) - 1 : next++] ?? "");
}
