// The sentence over the map, with the marked row's own numbers.

import { partNodes, percent } from "../../../kit/js/text.js";

/** { nodes, plain }: what is on the page, and the same as text. */
export function sentence({ words, window, without }, lines, row) {
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
    parts.push(`After ${asked}, ${own.name} says “${answer}”. The word “${words[first]}”, ${back} back, counts `);
    parts.push([percent(values[first] / values[row])], " as much as the last word");
    if (first) parts.push(`, and no word before that: it reads ${window} words`);
    const told = others.filter((line) => line.rows[row]).map((line) => `${percent(line.rows[row][first] / line.rows[row][row])} for ${line.name}`);
    parts.push(told.length ? `; ${told.join(", ")}.` : ".");
    parts.push(...loss(without, words, row, answer));
  }
  return partNodes(parts);
}

/** What the answer loses without the earlier word that counts most; nothing until that is known. */
export function loss(without, words, row, answer) {
  if (without?.row !== row || typeof without.without !== "number") return [];
  const [less, p] = [percent(without.without), percent(without.p)];
  if (less === p) return [` Without any one word before the last, “${answer}” still gets `, [p], "."];
  const [back, word] = [row - without.at, words[without.at]];
  const said = ` Before the last word, “${word}”, ${back === 1 ? "1 word" : `${back} words`} back, counts most: without it, “${answer}” gets `;
  return [said, [less], " in place of ", [p], "."];
}
