// @ts-check
// What is said, and the state before and after the change.

import { heads } from "../../../kit/js/tables.js";
import { wordTables } from "../answers/table.js";

/**
 * @param {import("../../../kit/js/picture.js").Drawing} drawing
 * @param {{ answers: { data: import("../answers/answers.js").Data, at: number } }} view
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table({ answer }, { answers }) {
  if (!answer) return [];
  const { before, after } = answer.arrays;
  const units = before.shape[1];
  return [
    ...wordTables(answers.data, answers.at),
    {
      caption: "The state after the prompt, untouched and changed",
      columns: heads("layer", "unit", "untouched", "changed"),
      n: before.data.length,
      row: (at) => [Math.floor(at / units), at % units, before.data[at], after.data[at]],
    },
  ];
}
