// @ts-check
// What a network guesses at the reader's place, and how often both were right. No DOM.

/** @typedef {{ you: boolean, model: { name: string, right: boolean }|null, open?: boolean }} Try open: a right guess is luck */

/** @param {string} word */
export const quoted = (word) => (word === "," ? "a comma" : `“${word}”`);

/**
 * The network's likeliest word after the first `read` words; null where it is not known, or reads other words.
 * @param {import("../../../kit/js/arrays.js").Answer|null} answer of the view "machine"
 * @param {[string, string, number][]} words
 * @param {number} read
 * @returns {{ name: string, word: string }|null}
 */
export function guessOf(answer, words, read) {
  if (!answer) return null;
  const { ids, best } = answer.arrays;
  if (words.slice(0, read).some(([, , id], at) => id !== ids.data[at])) return null;
  const [, each] = best.shape;
  const word = answer.meta.words[best.data[(read - 1) * each]];
  return word === undefined ? null : { name: answer.meta.model, word };
}

/** @param {Try[]} tries */
export function score(tries) {
  if (!tries.length) return "";
  const you = tries.filter((each) => each.you).length;
  const open = tries.filter((each) => each.open).length;
  const luck = open ? ` At ${open === 1 ? "1 word" : `${open} words`} a right guess is luck.` : "";
  const said = ` So far you were right ${you} of ${tries.length === 1 ? "1 time" : `${tries.length} times`}`;
  const { model } = tries[tries.length - 1];
  const both = tries.filter((each) => model && each.model?.name === model.name);
  if (!model) return `${said}.${luck}`;
  const its = both.filter((each) => each.model?.right).length;
  return `${said}, and ${model.name} ${its} of ${both.length}.${luck}`;
}
