// The sentence over the picked unit's line, from the same values.

import { partNodes, percent } from "../../../kit/js/text.js";
import { bestLabel } from "./matrix.js";

const LEAST = 0.05; // the share that a digit must explain for a unit to follow it
const CLEAR = 0.5; // the share from which the row itself shows it
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
export function unitSentence(data, unit, values) {
  const digit = followed(data, unit);
  const n = values.length;
  const groups = new Map();
  const known = [];
  values.forEach((value, at) => {
    const group = digit ? data.tracks[digit * n + at] : data.kinds[at];
    if (group === -1) return;
    groups.set(group, [...(groups.get(group) ?? []), value]);
    known.push(value);
  });
  const mean = average(known);
  const total = known.reduce((all, value) => all + (value - mean) ** 2, 0);
  const two = (value) => [minus(value.toFixed(2))];
  if (total < 1e-9) return partNodes(["It stays at ", two(values[0]), "."]);
  if (groups.size < 2) {
    const [low, high] = [Math.min, Math.max].map((end) => values.reduce((a, b) => end(a, b)));
    return partNodes(["It goes from ", two(low), " to ", two(high), "."]);
  }
  const means = [...groups].map(([group, own]) => [group, average(own), own.length]);
  means.sort((one, other) => other[1] - one[1]);
  const share = means.reduce((all, [, own, count]) => all + count * (own - mean) ** 2, 0) / total;
  const [high, low] = [means[0], means.at(-1)];
  const name = data.labels[digit];
  const where = (group) => (digit ? `while the ${name} digit is ${group}` : `after ${NAMES[group]}`);
  return partNodes([
    data.what === "the state" ? "On average it is " : `On average ${data.what} is `,
    two(high[1]), ` ${where(high[0])} and `, two(low[1]), ` ${where(low[0])}: the ${digit ? `${name} digit` : "kind of the word"} explains `,
    [percent(share)], ` of how it varies over these ${n.toLocaleString("en")} tokens.`,
    digit && share >= CLEAR ? " In its row above, look for the place where the digit changes." : "",
  ]);
}

/** The digit that a unit's state follows, as an index into the labels; 0 if it follows none. */
function followed(data, unit) {
  const [label, share] = bestLabel(data, unit);
  return data.what === "the state" && share >= LEAST ? label : 0;
}

const average = (values) => values.reduce((a, b) => a + b, 0) / values.length;
