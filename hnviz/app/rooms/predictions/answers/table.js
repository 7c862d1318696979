// @ts-check
// Words and their answers as tables: each word, and the likeliest answers after the picked one.

import { heads, listed } from "../../../kit/js/tables.js";

const MARKS = { wrong: "wrong", differs: "differs", late: "after a mistake", "": "" };

/**
 * @param {import("./answers.js").Data} data
 * @param {number} picked
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function wordTables(data, picked) {
  const { cells, bars, series } = data;
  const has = (/** @type {number} */ at) => cells.some((cell) => cell[at] !== null && cell[at] !== "");
  const shown = /** @type {[number, string, string][]} */ ([
    [0, "word", ""],
    [1, "true word", ""],
    [2, "surprise", "bits"],
    [3, "probability", "share"],
    [4, "mark", ""],
  ]).filter(([at]) => has(at));
  const rows = cells.map((cell, place) => [place, ...shown.map(([at]) => (at === 4 ? MARKS[/** @type {keyof MARKS} */ (cell[4])] : cell[at]))]);
  const columns = [{ title: "place" }, ...shown.map(([, title, unit]) => ({ title, unit }))];
  const answers = bars[picked].map(([word, shares, note]) => [word, ...shares, note]);
  const named = series.map((name) => (name ? `probability, ${name}` : "probability"));
  return [
    listed("The words", columns, rows),
    listed(`The likeliest answers at place ${picked}, “${cells[picked][0]}”`, heads("answer", ...named, "note"), answers),
  ];
}

/**
 * @param {import("../../../kit/js/picture.js").Drawing} drawing
 * @param {{ answers: { at: number } }} view
 */
export const table = ({ answer }, { answers }) => (answer ? wordTables(answer.meta, answers.at) : []);
