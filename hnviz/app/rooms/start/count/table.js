// @ts-check
// What was said as a table: a row for each word.

import { heads, listed } from "../../../kit/js/tables.js";

/**
 * @param {import("../../../kit/js/picture.js").Drawing} drawing
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table({ answers }) {
  const columns = heads("number", "word", "says", "probability", "right");
  return Object.values(answers).flatMap((answer) => {
    if (!answer) return [];
    const { heading, lines } = answer.meta;
    const rows = lines.flatMap((/** @type {import("./main.js").Line} */ { number, words }) =>
      words.map(([word, , probability, right], at) => [number, at + 1, word, probability, right]),
    );
    return [listed(heading, columns, rows)];
  });
}
