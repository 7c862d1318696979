// @ts-check
// The map as a table: a row for each number.

import { heads } from "../../../kit/js/tables.js";
import { NOT_ASKED, RIGHT } from "./squares.js";

/**
 * @param {import("../../../kit/js/picture.js").Drawing} drawing
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table({ answers }) {
  const map = answers.counting_map;
  if (!map) return [];
  const { data } = map.arrays.places; // by number, from 0
  const result = (/** @type {number} */ place) => (place === RIGHT ? "right" : place === NOT_ASKED ? "not asked" : "wrong");
  return [
    {
      caption: `Each number, said after ${map.meta.given} given`,
      columns: heads("number", "result", "first wrong word"),
      n: data.length - 1,
      row: (at) => [at + 1, result(data[at + 1]), data[at + 1] < 0 ? null : data[at + 1] + 1],
    },
  ];
}
