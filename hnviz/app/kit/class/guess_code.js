// @ts-check
// A guess as a line of text, for lessons that are read where there is no server.
// hnviz/classroom/guesses.py writes and reads the same: "hn/learning-rate.2/0.01/k7qw4m/a3cd".

import { crc32 } from "../js/crc32.js";

/** @typedef {number|number[]} Value */

const HEAD = "hn";
const LETTERS = "acdefghjkmnpqrtuvwxy34679"; // no two look alike
const DIGITS = 6;
const TAG_LENGTH = 6;
const CHECK_LENGTH = 4;

/**
 * @param {{ tag: string, step: string, value: Value }} guess
 */
export function encode({ tag, step, value }) {
  const numbers = [value].flat().map((each) => String(Number(each.toPrecision(DIGITS)) + 0));
  const listed = numbers.join(",") + (Array.isArray(value) && numbers.length === 1 ? "," : "");
  const text = [HEAD, step, listed, tag].join("/");
  return `${text}/${checksum(text)}`;
}

/**
 * @param {string} line
 * @returns {{ tag: string, step: string, value: Value }}
 */
export function decode(line) {
  const text = line.trim().toLowerCase();
  const [head, step, listed, tag, check, ...more] = text.split("/");
  if (head !== HEAD || check === undefined || more.length) {
    throw new Error(`A code looks like hn/lesson.2/1/k7qw4m/a3cd; got "${text.slice(0, 40)}".`);
  }
  if (check !== checksum(text.slice(0, text.lastIndexOf("/")))) {
    throw new Error(`A character of "${text.slice(0, 40)}" is wrong or missing; copy it again.`);
  }
  const numbers = listed.replace(/,$/, "").split(",").map(Number);
  return { tag, step, value: listed.includes(",") ? numbers : numbers[0] };
}

/** Six letters that tell one browser's codes from another's, and say nothing else. */
export function newTag() {
  const drawn = crypto.getRandomValues(new Uint8Array(TAG_LENGTH));
  return [...drawn].map((each) => LETTERS[each % LETTERS.length]).join("");
}

/**
 * Four letters that change with any character of a text.
 * @param {string} text
 */
export function checksum(text) {
  let left = crc32(new TextEncoder().encode(text));
  let letters = "";
  for (let at = 0; at < CHECK_LENGTH; at++) {
    letters += LETTERS[left % LETTERS.length];
    left = Math.floor(left / LETTERS.length);
  }
  return letters;
}
