// @ts-check
// Byte-pair merges on a line of text. No DOM.

/**
 * @typedef {[left: string, right: string, times: number]} Merge
 * @typedef {{ text: string, fresh: boolean }} Piece  fresh: the last merge has made it
 */

/**
 * Join every neighbouring left and right of a word.
 * @param {string[]} word
 * @param {string} left
 * @param {string} right
 */
export function joined(word, left, right) {
  const found = [];
  for (let at = 0; at < word.length; at++) {
    const isPair = word[at] === left && word[at + 1] === right;
    found.push(isPair ? left + right : word[at]);
    if (isPair) at++;
  }
  return found;
}

/**
 * The pieces of a line after the first `n` merges.
 * @param {string[][]} words of characters
 * @param {Merge[]} merges
 * @param {number} n
 * @returns {Piece[]}
 */
export function after(words, merges, n) {
  let before = words;
  let now = words;
  for (const [left, right] of merges.slice(0, n)) {
    before = now;
    now = now.map((word) => (word.includes(left) ? joined(word, left, right) : word));
  }
  return now.flatMap((word, at) => fresh(before[at], word));
}

/**
 * @param {string[]} before
 * @param {string[]} word
 * @returns {Piece[]}
 */
function fresh(before, word) {
  let at = 0;
  return word.map((text) => {
    const isFresh = before[at] !== text;
    at += isFresh ? 2 : 1;
    return { text, fresh: isFresh };
  });
}
