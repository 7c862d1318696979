// @ts-check
// What is said, the likeliest answers for the picked word, and the state before and after the change.

import { heads, listed } from "../../../kit/js/tables.js";

/**
 * @param {import("../../../kit/js/picture.js").Drawing} drawing
 * @param {{ said: { data: import("./said.js").Data, at: number } }} view
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table({ answer }, { said: { data, at: picked } }) {
  if (!answer) return [];
  const { before, after } = answer.arrays;
  const units = before.shape[1];
  const { words, bars, series } = data;
  const named = series.map((name) => (name ? `probability, ${name}` : "probability"));
  const columns = [...heads("place", "word"), { title: "probability", unit: "share" }];
  const differs = words.some(([, , each]) => each);
  const rows = words.map(([word, share, each], at) => [at, word, share, ...(differs ? [each ? "differs" : ""] : [])]);
  return [
    listed("The words", differs ? [...columns, ...heads("mark")] : columns, rows),
    listed(`The likeliest answers at place ${picked}, “${words[picked][0]}”`, heads("answer", ...named, "note"), bars[picked].map(([word, shares, note]) => [word, ...shares, note])),
    {
      caption: "The state after the prompt, untouched and changed",
      columns: heads("layer", "unit", "untouched", "changed"),
      n: before.data.length,
      row: (at) => [Math.floor(at / units), at % units, before.data[at], after.data[at]],
    },
  ];
}
