// @ts-check
// The line as a table: a row for each token.

import { listed } from "../../../kit/js/tables.js";

const COLUMNS = [
  { title: "place" },
  { title: "token" },
  { title: "context needed", unit: "tokens" },
  { title: "best guesses" },
  { title: "chance of each", unit: "share" },
];

/**
 * @param {unknown} _
 * @param {{ places: import("./words.js").Place[], farthest: number }} view
 */
export function table(_, { places, farthest }) {
  const rows = places.map(([token, needed, guesses, chance], at) => [at, token, needed ?? `more than ${farthest}`, guesses.join(" or "), chance]);
  return [listed("What decides each token", COLUMNS, rows)];
}
