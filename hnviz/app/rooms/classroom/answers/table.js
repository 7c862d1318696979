// @ts-check
// The class's answers to one step as a table.

import { MOVED, bins, changes, counts, middle } from "../../../kit/class/spread.js";
import { heads, listed } from "../../../kit/js/tables.js";

/** @typedef {import("../../../kit/class/spread.js").Question & { ask: string }} Question */
/** @typedef {import("../../../kit/class/class.js").First} First */

/**
 * @param {Question} question
 * @param {any[]} values one from each student
 * @param {First} [first] the first vote, if the class voted twice
 */
export function answersTables(question, values, first) {
  return first ? [twiceTable(question, values, first), movedTable(question, first)] : [onceTable(question, values)];
}

/**
 * @param {Question} question
 * @param {any[]} values
 */
function onceTable(question, values) {
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

/**
 * @param {Question} question
 * @param {any[]} values
 * @param {First} first
 */
function twiceTable(question, values, first) {
  const { ask, kind, answers, unit, truth } = question;
  if (kind === "curve") {
    const [before, after] = [first.values, values].map((each) => (each.length ? middle(each) : []));
    const rows = /** @type {number[]} */ (truth).map((right, at) => [at + 1, before[at], after[at], right]);
    return listed(ask, heads("point", "middle of the first vote", "middle of the second vote", "truth"), rows);
  }
  if (kind === "number") {
    const before = bins(question, first.values);
    const rows = bins(question, values).map(({ from, to, n }, at) => [from, to, before[at].n, n]);
    const [from, to] = ["from", "to"].map((title) => ({ title, unit }));
    return listed(ask, [from, to, ...heads("first vote", "second vote")], rows);
  }
  const before = counts(question, first.values);
  const moved = changes(question, first.flows);
  const rows = counts(question, values).map((n, at) => [answers[at], before[at], n, moved[at].came, moved[at].left, at === truth]);
  return listed(ask, heads("answer", "first vote", "second vote", "came", "left", "true"), rows);
}

/**
 * @param {Question} question
 * @param {First} first
 */
function movedTable({ ask }, { moved }) {
  const rows = MOVED.map((name, at) => [name, moved[at]]);
  return listed(`${ask} Those who voted twice`, heads("from the first vote to the second", "students"), rows);
}
