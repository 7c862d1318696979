// @ts-check
// What a class's wrong answers show that its students believe.

import { becauseOf } from "../../../lesson/panel/surprise.js";

/** @typedef {import("../../../lesson/panel/surprise.js").Guess} Guess */

/**
 * @param {Guess} question
 * @param {any[]} values one from each student
 * @returns {{ n: number, said: string, text: string }[]} the most frequent first
 */
export function becauses(question, values) {
  const { kind, answers, because = [] } = question;
  return because
    .map((each) => ({
      n: values.filter((value) => becauseOf(question, value) === each).length,
      said: kind === "number" ? `${each.low} to ${each.high}` : `“${answers[each.answer ?? 0]}”`,
      text: each.text,
    }))
    .filter(({ n }) => n)
    .sort((one, other) => other.n - one.n);
}
