// The sentence over the picked unit's line, from the same values.

import { partNodes } from "../../../kit/js/text.js";

const NAMES = {
  comma: "a comma",
  thousand: "“thousand”",
  hundred: "“hundred”",
  ones: "one of “one” to “nine”",
  teens: "one of “ten” to “nineteen”",
  tens: "one of “twenty” to “ninety”",
  special: "a word outside the numbers",
};

export const minus = (text) => text.replace(/^-(?=0\.?0*$)/, "").replace("-", "−");

/** { nodes, plain }: what is on the page, and the same as text. */
export function unitSentence({ kinds, what }, values) {
  const groups = new Map();
  let sum = 0;
  values.forEach((value, at) => {
    if (!groups.has(kinds[at])) groups.set(kinds[at], []);
    groups.get(kinds[at]).push(value);
    sum += value;
  });
  const mean = sum / values.length;
  const total = values.reduce((all, value) => all + (value - mean) ** 2, 0);
  const two = (value) => [minus(value.toFixed(2))];
  if (groups.size < 2 || total < 1e-9) {
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    const parts = total < 1e-9 ? ["It stays at ", two(low), "."] : ["It goes from ", two(low), " to ", two(high), "."];
    return partNodes(parts);
  }
  const means = [...groups].map(([kind, own]) => [kind, own.reduce((a, b) => a + b) / own.length, own.length]);
  means.sort((one, other) => other[1] - one[1]);
  const between = means.reduce((all, [, own, count]) => all + count * (own - mean) ** 2, 0);
  const [high, low] = [means[0], means.at(-1)];
  const share = Math.round((100 * between) / total);
  return partNodes([
    what === "the state" ? "On average it is " : `On average ${what} is `,
    two(high[1]), ` after ${NAMES[high[0]]} and `, two(low[1]), ` after ${NAMES[low[0]]}: the kind of the word explains `,
    [`${share} %`], ` of how it varies over these ${values.length.toLocaleString("en")} tokens.`,
  ]);
}
