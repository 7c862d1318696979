// @ts-check
// What the units code as tables: all shares, and the picked unit over the words.

import { heads } from "../../../kit/js/tables.js";
import { codeTable } from "../units/table.js";

/**
 * @param {import("../../../kit/js/picture.js").Drawing} drawing
 * @param {{ row: number }} view
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table({ answer }, { row: picked }) {
  if (!answer) return [];
  const { order, words } = answer.meta;
  const { values } = answer.arrays;
  const unit = order[picked];
  return [
    codeTable(answer, order),
    {
      caption: `Unit ${unit} after each word`,
      columns: heads("step", "word", "state"),
      n: words.length,
      row: (at) => [at, words[at], values.data[unit * words.length + at]],
    },
  ];
}
