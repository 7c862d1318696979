// @ts-check
// What the reading machine shows, as tables: the words, and the cells after the last word read.

import { heads, listed } from "../kit/js/tables.js";

/**
 * @param {import("../kit/js/picture.js").Drawing} drawing
 * @param {{ reading: import("./reading.js").Reading|null, at: number }} view
 * @returns {import("../kit/js/tables.js").Data[]}
 */
export function table(drawing, { reading, at }) {
  if (!reading) return [];
  const layers = reading.arrays.looks ? [] : Array.from({ length: reading.layers }, (_, layer) => layer); // attention carries none on
  const words = Array.from({ length: reading.n }, (_, each) => {
    const guess = reading.answers(each) ? reading.guesses(each)[0] : null;
    return [each, reading.word(each), each < reading.given ? "the text" : "the network", reading.surprise(each), reading.mark(each), guess?.word ?? "", guess?.share ?? null, ...layers.map((layer) => reading.moved(layer, each))];
  });
  const cells = Array.from({ length: reading.layers }, (_, layer) => {
    const [after, changes] = [reading.state(layer, at), reading.changes(layer, at)];
    return Array.from(after, (value, unit) => [layer, unit, value, changes ? changes[unit] : null]);
  }).flat();
  return [
    listed("The words", [{ title: "place" }, { title: "word" }, { title: "from" }, { title: "surprise", unit: "bits" }, { title: "mark" }, { title: "expects next" }, { title: "with probability", unit: "share" }, ...layers.map((layer) => ({ title: `layer ${layer} changed by` }))], words),
    listed(`The cells after word ${at}, “${reading.word(at)}”`, heads("layer", "number", "value", "changed by"), cells),
  ];
}
