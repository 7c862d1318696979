// The sentence over the map, with the marked row's own numbers.

import { partNodes } from "../../../kit/js/text.js";

/** The share of the nearest word's norm that the farthest one has, in words. */
function share(value) {
  if (value >= 0.0995) return `${Math.round(100 * value)} %`;
  if (value >= 0.0005) return `${(100 * value).toFixed(1)} %`;
  return value > 0 ? `${value.toExponential(1).replace("-", "−")} times` : "0 %";
}

/** { nodes, plain }: what is on the page, and the same as text. */
export function sentence({ words, window }, lines, row) {
  const [own, ...others] = lines;
  const parts = [];
  const values = own.rows[row];
  const last = words.slice(Math.max(0, row - 3), row + 1).join(" ");
  const asked = `“${row > 3 ? "… " : ""}${last}”`;
  const answer = own.answers[own.whole ? row : 0];
  const first = window ? Math.max(0, row + 1 - window) : 0;
  const far = row - first;
  if (!values) parts.push(`The answer after ${asked} is on its way.`);
  else if (!far) parts.push(`After ${asked}, ${own.name} says “${answer}”: it has read only one word, so nothing is further back.`);
  else {
    const back = far === 1 ? "1 word" : `${far} words`;
    parts.push(`Asked what follows ${asked}, ${own.name} says “${answer}” and feels the word ${back} back `);
    parts.push([share(values[first] / values[row])], ` as much as the last one`);
    if (first) parts.push(`, and no word before that: it reads ${window} words`);
    const told = others.filter((line) => line.rows[row]).map((line) => `${line.name} ${share(line.rows[row][first] / line.rows[row][row])}`);
    parts.push(told.length ? `. The others, as far back: ${told.join("; ")}.` : ".");
  }
  return partNodes(parts);
}
