// @ts-check
// The look back as tables: the marked answer beside the other networks', and the whole map.

import { heads } from "../../../kit/js/tables.js";

/** @typedef {{ name: string, rows: ArrayLike<number>[] }} Line */

/**
 * @param {unknown} _
 * @param {{ data?: { words: string[] }, lines: Line[], row: number }} view
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table(_, { data, lines, row }) {
  if (!data) return [];
  const { words } = data;
  const [own] = lines;
  const cells = own.rows.flatMap((values, answer) => Array.from(values, (value, word) => [answer, words[answer], word, words[word], value]));
  return [
    {
      caption: `How much each word changes the answer after “${words[row]}”: |d logit / d embedding|`,
      columns: [...heads("place", "word", "tokens back"), ...lines.map(({ name }) => ({ title: name }))],
      n: row + 1,
      row: (at) => [at, words[at], row - at, ...lines.map(({ rows }) => rows[row]?.[at])],
    },
    {
      caption: `The same for every answer of ${own.name}`,
      columns: heads("answer", "after the word", "place", "word", "norm"),
      n: cells.length,
      row: (at) => cells[at],
    },
  ];
}
