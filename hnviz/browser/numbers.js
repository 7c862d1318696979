// @ts-check
// The words of numbers, as hnviz/data has them: corpora.py, tokens.py, phrase.py, places.py.

const ONES = "one two three four five six seven eight nine".split(" ");
const TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const LAST_NUMBER = 9999;
const LONGEST = 2000; // tokens of a phrase
const UNNAMED = 5; // unknown words that are written out
export const COMMA = ",";

/** @type {Map<string, string>} */
const KINDS = new Map([
  [COMMA, "comma"],
  ["hundred", "hundred"],
  ["thousand", "thousand"],
  ...[[TENS, "tens"], [TEENS, "teens"], [ONES, "ones"]].flatMap(([words, kind]) =>
    /** @type {string[]} */ (words).map((word) => /** @type {[string, string]} */ ([word, kind])),
  ),
]);

/** @param {string} token */
export const kindOf = (token) => KINDS.get(token) ?? "special";

/** @param {number} value */
export const counted = (value) => value.toLocaleString("en-US");

/** @param {number} number from 1 to 9999 */
export function numberWords(number) {
  const words = [];
  if (number >= 1000) words.push(ONES[Math.floor(number / 1000) - 1], "thousand");
  if (number % 1000 >= 100) words.push(ONES[Math.floor((number % 1000) / 100) - 1], "hundred");
  const rest = number % 100;
  if (rest >= 20) words.push(TENS[Math.floor(rest / 10) - 2]);
  else if (rest >= 10) words.push(TEENS[rest - 10]);
  const one = rest >= 20 ? rest % 10 : rest < 10 ? rest : 0;
  if (one) words.push(ONES[one - 1]);
  return words.join(" ");
}

/**
 * What a reader typed, as tokens, and a remark about what was left out or is unknown. Throws a sentence.
 * @param {string} text
 * @param {Map<string, number>} stoi
 * @returns {{ tokens: string[], remark: string }}
 */
export function readPhrase(text, stoi) {
  const negative = /(?:^|\s)-\d+/.exec(text);
  if (negative) throw new Error(`Numbers go from 1 to 9999 here; got ${negative[0].trim().slice(0, 20)}.`);
  const range = /^\s*(\d{1,9})\s*(?:to|-|\u2013|\.\.)\s*(\d{1,9})\s*$/.exec(text);
  const words = range ? rangeWords(Number(range[1]), Number(range[2])) : text.slice(0, LONGEST * 8).replace(/\d+/g, spelled);
  const tokens = words.toLowerCase().match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu) ?? [];
  if (!tokens.length) throw new Error("Type some words or a range of numbers, such as 4318 to 4324.");
  return { tokens: tokens.slice(0, LONGEST), remark: remark(tokens, stoi) };
}

/**
 * @param {number} first
 * @param {number} last
 */
function rangeWords(first, last) {
  const inside = (/** @type {number} */ number) => number >= 1 && number <= LAST_NUMBER;
  if (!inside(first) || !inside(last)) throw new Error(`Numbers go from 1 to 9999 here; got ${first} to ${last}.`);
  if (first > last) throw new Error(`A range goes upwards; got ${first} to ${last}. Try ${last} to ${first}.`);
  const n = Math.min(last, first + LONGEST / 2) - first + 1;
  return Array.from({ length: n }, (_, at) => numberWords(first + at)).join(", ");
}

/** @param {string} digits */
function spelled(digits) {
  if (digits.length > 4 || Number(digits) === 0) throw new Error(`Numbers go from 1 to 9999 here; got ${digits.slice(0, 20)}.`);
  return numberWords(Number(digits));
}

/**
 * @param {string[]} tokens
 * @param {Map<string, number>} stoi
 */
function remark(tokens, stoi) {
  const parts = [];
  const unknown = [...new Set(tokens.slice(0, LONGEST).filter((token) => !stoi.has(token)))];
  if (unknown.length) {
    const named = unknown.slice(0, UNNAMED).map((token) => `“${token.slice(0, 20)}”`);
    const more = unknown.length > UNNAMED ? ` and ${unknown.length - UNNAMED} more` : "";
    parts.push(`Not in the vocabulary, so read as xxunk: ${named.join(", ")}${more}.`);
  }
  if (tokens.length > LONGEST) parts.push(`The first ${counted(LONGEST)} tokens are shown.`);
  return parts.join(" ");
}

/** @type {Map<string, number>|null} */
let spelledNumbers = null;

/** The number that words spell; null if they spell none. @param {string} words */
export function numberOf(words) {
  spelledNumbers ??= new Map(Array.from({ length: LAST_NUMBER }, (_, at) => [numberWords(at + 1), at + 1]));
  return spelledNumbers.get(words.split(/\s+/).filter(Boolean).join(" ")) ?? null;
}

/**
 * The number that a text ends in, and how many of its words are there; null if it ends in none.
 * @param {string[]} tokens
 * @returns {[number, number]|null}
 */
export function placeIn(tokens) {
  const pieces = tokens.join(" ").split(COMMA);
  const tail = (pieces.at(-1) ?? "").split(/\s+/).filter(Boolean);
  const before = pieces.length > 1 ? numberOf(/** @type {string} */ (pieces.at(-2))) : null;
  if (before !== null) {
    const following = before + 1;
    if (following > LAST_NUMBER && !tail.length) return [following, 0];
    const whole = following <= LAST_NUMBER ? numberWords(following).split(" ") : [];
    if (following <= LAST_NUMBER && tail.join(" ") === whole.slice(0, tail.length).join(" ")) return [following, tail.length];
  }
  const whole = numberOf(pieces.at(-1) ?? "");
  return whole === null ? null : [whole, tail.length];
}

/** @type {Map<string, [number, number]>} word -> its slot and digit */
const DIGITS = new Map([
  ...ONES.map((word, at) => /** @type {[string, [number, number]]} */ ([word, [5, at + 1]])),
  ...TEENS.map((word, at) => /** @type {[string, [number, number]]} */ ([word, [4, at + 10]])),
  ...TENS.map((word, at) => /** @type {[string, [number, number]]} */ ([word, [4, 10 * at + 20]])),
]);
const COMMA_SLOT = 6;

/**
 * Five tracks of labels, one after the other: each token's slot, and its number's four digits; -1 for none.
 * @param {string[]} tokens
 */
export function tracks(tokens) {
  const n = tokens.length;
  const slot = new Int8Array(n).fill(-1);
  const number = new Int16Array(n).fill(-1);
  let start = 0;
  for (let end = 0; end <= n; end++) {
    if (end < n && tokens[end] !== COMMA && !tokens[end].startsWith("xx")) continue;
    const read = numberIn(tokens.slice(start, end));
    if (read) {
      read.slots.forEach((each, at) => (slot[start + at] = each));
      if (end < n) slot[end] = COMMA_SLOT;
      number.fill(read.value, start, Math.min(n, end + 1));
    }
    start = end + 1;
  }
  const digits = [1000, 100, 10, 1].map((power) =>
    Array.from(number, (value) => (value < 0 ? -1 : Math.floor(value / power) % 10)),
  );
  return Int8Array.from([...slot, ...digits.flat()]);
}

/**
 * @param {string[]} words
 * @returns {{ slots: number[], value: number }|null}
 */
function numberIn(words) {
  /** @type {number[]} */
  const slots = [];
  let value = 0;
  for (const [at, word] of words.entries()) {
    if (word === "thousand" || word === "hundred") {
      slots.push(word === "thousand" ? 1 : 3);
      continue;
    }
    const known = DIGITS.get(word);
    if (!known) return null;
    const [slot, digit] = known;
    const next = words[at + 1];
    const [place, unit] = next === "thousand" ? [0, 1000] : next === "hundred" ? [2, 100] : [slot, 1];
    if (unit > 1 && slot !== 5) return null; // "twenty thousand"
    slots.push(place);
    value += digit * unit;
  }
  const pairs = slots.every((slot) => (slot !== 1 && slot !== 3) || slots.includes(slot - 1));
  const rising = slots.every((slot, at) => at === 0 || slots[at - 1] < slot);
  return slots.length && pairs && rising ? { slots, value } : null;
}
