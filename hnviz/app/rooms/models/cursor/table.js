// A tensor's values as a table, as its tile shows them.

import { sheet } from "./trace.js";

/**
 * The tensors that the step in view shows.
 * @param {unknown} _
 * @param {import("../steps.js").Steps} view
 */
export function table(_, { trace, tiles }) {
  if (!trace) return [];
  return tiles.filter(({ shown }) => shown).map(({ shown }) => tensorTable(shown));
}

/** @param {{ trace: any, tensor: any, row: number, title?: string, words?: string[][] }} shown */
export function tensorTable({ trace, tensor, row, title, words }) {
  const { values, high, wide, unit } = sheet(trace, tensor, row);
  const isRow = tensor.view === "row";
  const line = isRow ? "step" : tensor.view === "rows" ? "row" : "line";
  const word = isRow ? (words?.[row] ?? []) : [];
  const name = (column) => (tensor.role === "h_o" && trace.itos?.[column] ? `“${trace.itos[column]}”` : `unit ${column}`);
  const rows = high / (tensor.layers ?? 1);
  return {
    caption: `${title ?? tensor.label}, (${tensor.shape.join(", ")})${isRow ? `, row ${row}` : ""}`,
    columns: [{ title: line }, ...(word.length ? [{ title: "token" }] : []), ...Array.from({ length: wide }, (_, at) => ({ title: name(at) }))],
    n: high,
    row: (at) => [
      high > rows ? `${Math.floor(at / rows)}, ${at % rows}` : at,
      ...(word.length ? [word[at]] : []),
      ...Array.from(values.subarray(at * wide, (at + 1) * wide), (value) => value * unit),
    ],
  };
}
