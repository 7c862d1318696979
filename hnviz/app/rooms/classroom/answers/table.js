// @ts-check
// The class's answers to one step as a table.

import { bins, counts, middle } from "../../../kit/class/spread.js";
import { heads, listed } from "../../../kit/js/tables.js";

/**
 * @param {import("../../../kit/class/spread.js").Question & { ask: string }} question
 * @param {any[]} values one from each student
 */
export function answersTable(question, values) {
  const { ask, kind, answers, unit, truth } = question;
  if (kind === "curve") {
    const guessed = values.length ? middle(values) : [];
    const rows = /** @type {number[]} */ (truth).map((right, at) => [at + 1, guessed[at], right]);
    return listed(ask, heads("point", "middle answer", "truth"), rows);
  }
  if (kind === "number") {
    const rows = bins(question, values).map(({ from, to, n }) => [from, to, n]);
    const [from, to] = ["from", "to"].map((title) => ({ title, unit }));
    return listed(ask, [from, to, { title: "students" }], rows);
  }
  const rows = counts(question, values).map((n, at) => [answers[at], n, at === truth]);
  return listed(ask, heads("answer", "students", "true"), rows);
}
