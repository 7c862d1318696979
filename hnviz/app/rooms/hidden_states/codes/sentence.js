// What the page says about the picked unit and label, with the picture's own numbers.

import { partNodes, percent } from "../../../kit/js/text.js";
import { meanAt } from "./line.js";

/** { nodes, plain }: what is on the page, and the same as text. */
export function sentence(data, { unit, label }) {
  const { labels, slots, explained, twin } = data;
  const at = unit * labels.length + label;
  const named = label === 0 ? "a word’s position" : `the ${labels[label]} digit`;
  const parts = [`Over train ${named} explains `, [percent(explained[at])], ` of how unit ${unit} varies`];
  if (twin) parts.push(`, untrained ${percent(twin[at])}`);
  const means = Array.from({ length: label === 0 ? slots.length : 10 }, (_, value) => [meanAt(data, label, value, unit), value]);
  const known = means.filter(([mean]) => !Number.isNaN(mean)).sort((one, other) => other[0] - one[0]);
  const [high, low] = [known[0], known.at(-1)];
  const place = (value) => (label === 0 ? `at the ${slots[value]}` : `where it is ${value}`);
  parts.push(". On average it is ", [number(high[0])], ` ${place(high[1])} and `, [number(low[0])], ` ${place(low[1])}.`);
  return partNodes(parts);
}

export function number(value) {
  return value.toFixed(2).replace("-0.00", "0.00").replace("-", "−");
}
