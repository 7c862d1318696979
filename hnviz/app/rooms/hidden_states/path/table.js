// @ts-check
// The path as a table.

/**
 * @param {import("../../../kit/js/picture.js").Drawing} drawing
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table({ answer }) {
  if (!answer) return [];
  const { words, numbers } = answer.meta;
  const { data } = answer.arrays.points;
  const columns = ["step", "number", "word", "first direction", "second direction"].map((title) => ({ title }));
  /** @param {number} at */
  const row = (at) => [at, numbers[at], words[at], data[2 * at], data[2 * at + 1]];
  return [{ caption: "The state after each token, along the two directions in which it varies most", columns, n: words.length, row }];
}
