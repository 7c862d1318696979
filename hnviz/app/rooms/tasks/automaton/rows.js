// @ts-check
// An automaton's table as text: "A 0 B; B 0 A; accept A". No DOM.

const ACCEPT = "accept";

/** @typedef {{ rows: string[][], accept: string }} Table rows of state, token, next state */

/**
 * @param {string} text
 * @returns {Table}
 */
export function read(text) {
  const rows = [];
  const accept = [];
  for (const line of text.split(";")) {
    const words = line.trim().split(/\s+/).filter(Boolean);
    if (words[0] === ACCEPT) accept.push(...words.slice(1));
    else if (words.length) rows.push([words[0], words[1] ?? "", words.slice(2).join(" ")]);
  }
  return { rows, accept: accept.join(" ") };
}

/**
 * Empty rows are left out; what is wrong with a half-filled one is for the server to say.
 * @param {Table} table
 */
export function written({ rows, accept }) {
  const lines = rows.map((cells) => cells.map((cell) => cell.trim()).filter(Boolean).join(" ")).filter(Boolean);
  if (accept.trim()) lines.push(`${ACCEPT} ${accept.trim()}`);
  return lines.join("; ");
}

/**
 * Where a row of the text is among the fields, of which some may be empty.
 * @param {string[][]} rows
 * @param {number} number counts the moves in the text
 */
export function placeOf(rows, number) {
  const moves = rows.flatMap(([state, ...rest], at) => (state !== ACCEPT && [state, ...rest].some((cell) => cell.trim()) ? [at] : []));
  return moves[number] ?? -1;
}
