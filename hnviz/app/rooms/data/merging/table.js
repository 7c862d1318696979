// @ts-check
// The merges, in the order in which they were learned.

import { heads } from "../../../kit/js/tables.js";

/**
 * @param {unknown} _
 * @param {{ data: { merges: import("./merges.js").Merge[] } }} view
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table(_, { data }) {
  const { merges } = data;
  return [
    {
      caption: "The merges, in the order in which they were learned",
      columns: heads("merge", "left", "right", "becomes", "times neighbours in train"),
      n: merges.length,
      row: (at) => {
        const [left, right, often] = merges[at];
        return [at + 1, left, right, left + right, often];
      },
    },
  ];
}
