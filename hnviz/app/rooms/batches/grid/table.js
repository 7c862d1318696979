// The mini-batch in view as a table: a line for each slot.

import { heads } from "../../../kit/js/tables.js";

/** @param {{ layout: import("./layout.js").Layout, stream: any, pick: number[] }} view */
export function table(_, { layout, stream, pick }) {
  if (!layout) return [];
  const [batch] = pick;
  const cellAt = (at) => [batch, Math.floor(at / layout.bptt), at % layout.bptt];
  const word = (position) => stream.words[stream.ids[position % stream.nTokens]];
  return [
    {
      caption: `Mini-batch ${batch.toLocaleString("en")}: the token in each slot, and its target`,
      columns: heads("row", "step", "token", "target", "position in the text"),
      n: layout.bs * layout.bptt,
      row: (at) => {
        const cell = cellAt(at);
        const position = layout.position(cell);
        return [cell[1], cell[2], word(position), word(position + 1), position];
      },
    },
  ];
}
