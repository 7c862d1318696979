// @ts-check
// Turns a user's own text into ids, by word or by character, as hnviz/data/corpora/own.py does. It learns no byte pairs.
//
// Where JavaScript and Python differ, this follows Python: positions count characters, not UTF-16 code units, and \s and
// \w match what Python's match. Letters that are newer than either one's Unicode version may still be split differently.

import { EngineError } from "./error.js";

/**
 * @typedef {object} Reading the rules for own texts, from hnviz/browser/form.py
 * @property {string} begin the token at the start of a text
 * @property {string[]} specials tokens with the first ids; a rare or unknown token is read as the first of them
 * @property {Record<string, string>} kinds of the words that have a kind
 * @property {string} otherKind of all other tokens
 * @property {Record<"min_count"|"valid", [least: number, most: number]>} limits
 * @property {number} maxBytes of a text
 * @property {number} minTokens
 * @property {number} maxDistinct tokens
 *
 * @typedef {object} Way the user's choices for one text
 * @property {string} level "word" or "char"
 * @property {number} min_count rarer tokens are read as unknown
 * @property {number} valid percent of the text, taken from its end
 *
 * @typedef {object} Stream
 * @property {string[]} itos the tokens by their ids
 * @property {Int32Array} train ids
 * @property {Int32Array} valid ids
 * @property {string[]} kinds of each token, by its id
 */

const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"; // Python's
const LETTER = "\\p{L}\\p{N}_"; // a character of a word
const WORD = new RegExp(`[${LETTER}]{1,64}|[^${LETTER}${SPACE}]`, "gu"); // longer words are split
const IS_SPACE = new RegExp(`[${SPACE}]`, "u");
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu; // change the direction of the text around them
/** The symbols that show typed whitespace. @type {[typed: string, shown: string][]} */
const SHOWN = [[" ", "␣"], ["\n", "⏎"], ["\t", "⇥"]];
const NEAR = 1000; // how many characters back the cut between train and valid searches for a space

/**
 * Decode a user's file. Throws EngineError, with a sentence for the page.
 * @param {Uint8Array} content
 * @param {Reading} reading
 */
export function textOf(content, { maxBytes }) {
  if (content.length > maxBytes) {
    const [most, size] = [Math.floor(maxBytes / 1e6), (content.length / 1e6).toFixed(1)];
    throw new EngineError(`a text can have at most ${most} MB, and this one has ${size} MB: choose a shorter one`);
  }
  const text = decoded(content);
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    const place = inPython(Array.from(text.slice(0, nul)).length + 1);
    throw new EngineError(`the text has a NUL byte (character ${place}), so it is not plain text: choose a text file`);
  }
  if (!stripped(text)) throw new EngineError("the text is empty: type or paste some words, or choose a file");
  return text.replace(/\r\n?/g, "\n");
}

/** @param {Uint8Array} content */
function decoded(content) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new EngineError("the file is not UTF-8 text: save it as UTF-8 and choose it again");
  }
}

/**
 * Split a text that `textOf` returned, and number its tokens. Throws EngineError for one that cannot be trained on.
 * @param {string} text
 * @param {Way} way
 * @param {Reading} reading
 * @returns {Stream}
 */
export function streamOf(text, way, reading) {
  checkWay(way, reading);
  const { begin, specials, kinds, otherKind, minTokens, maxDistinct } = reading;
  const parts = cut(text, way.valid).map((part) => [begin, ...tokensOf(part, way.level)]);
  const [train, valid] = parts;
  if (train.length + valid.length - 2 < minTokens || Math.min(train.length, valid.length) < 2) {
    const n = tokensOf(text, way.level).length;
    const has = `${n} ${n === 1 ? "token" : "tokens"}`;
    throw new EngineError(`the text has ${has}, but training needs at least ${minTokens}, some of them for valid: choose a longer text`);
  }
  const words = vocabularyOf(train, way.min_count);
  if (words.length > maxDistinct) {
    const [has, most] = [words.length, maxDistinct].map(inPython);
    throw new EngineError(
      `the text has ${has} different tokens, but a network here can know only ${most}: raise the minimum count, or read it by character`,
    );
  }
  const itos = [...specials, ...words.filter((word) => !specials.includes(word))];
  const ids = new Map(itos.map((token, id) => [token, id]));
  const numbered = (/** @type {string[]} */ tokens) => Int32Array.from(tokens, (token) => ids.get(token) ?? 0);
  const kindOf = (/** @type {string} */ token) => (Object.hasOwn(kinds, token) ? kinds[token] : otherKind);
  return { itos, train: numbered(train), valid: numbered(valid), kinds: itos.map(kindOf) };
}

/** @param {Way} way @param {Reading} reading */
function checkWay(way, { limits }) {
  if (!["word", "char"].includes(way.level)) throw new EngineError(`tokens must be one of word, char in a browser; got ${way.level}`);
  for (const [name, [least, most]] of Object.entries(limits)) {
    const value = way[/** @type {"min_count"|"valid"} */ (name)];
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new EngineError(`${name} must be a whole number from ${inPython(least)} to ${inPython(most)}; got ${value}`);
  }
}

/**
 * Cut a text into train and, at its end, valid; at a space if one is near.
 * @param {string} text
 * @param {number} valid percent
 */
function cut(text, valid) {
  const characters = Array.from(stripped(text));
  const share = Math.floor((characters.length * (100 - valid)) / 100);
  let at = share;
  while (at > share - NEAR && at > 0 && !IS_SPACE.test(characters[at] ?? "")) at--;
  if (!IS_SPACE.test(characters[at] ?? "")) at = share;
  return [characters.slice(0, at).join(""), characters.slice(at).join("")];
}

/** Split a text into tokens. @param {string} text @param {string} level */
function tokensOf(text, level) {
  let typed = text.replace(DIRECTION_MARKS, "\ufffd");
  for (const [is, shown] of SHOWN) typed = typed.replaceAll(shown, is);
  if (level === "word") return typed.toLowerCase().match(WORD) ?? [];
  for (const [is, shown] of SHOWN) typed = typed.replaceAll(is, shown);
  return Array.from(typed);
}

/** The tokens that are frequent enough, by descending count, ties by first appearance. @param {string[]} tokens @param {number} least */
function vocabularyOf(tokens, least) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return [...counts].filter(([, count]) => count >= least).sort(([, a], [, b]) => b - a).map(([token]) => token);
}

/** Strip the spaces around a text. A regular expression would be slow: it tries each inner space as the end. @param {string} text */
function stripped(text) {
  let [from, end] = [0, text.length];
  while (from < end && IS_SPACE.test(text[from])) from++;
  while (end > from && IS_SPACE.test(text[end - 1])) end--;
  return text.slice(from, end);
}

/** A whole number with Python's commas. @param {number} value */
const inPython = (value) => value.toLocaleString("en-US");
