// @ts-check
// What an answer looks back at, answered here: rooms/through_time/look_back/picture.py.

import { idsOf, phraseIn } from "./look.js";
import { when } from "./wordtext.js";

/**
 * @typedef {import("./look.js").Look} Look
 * @typedef {import("./look.js").Shown} Shown
 * @typedef {{ name: string, style: number, run: string, step: number }} Line another network that reads the same words
 */

const LONGEST = 44; // words that can be written at a map's sides
const COMPARED = { Model5: 3, Model4: 1, Model3: 2 }; // pre-trained runs beside the one shown: style
const UNTRAINED = 4; // its style
const NOTEBOOK = "human_numbers"; // other texts have other words, which the pre-trained runs do not know

/** One answer's row: "norms", of its word and those before it. @param {Look} look @returns {Promise<Shown>} */
export async function lookBackRow(look) {
  const words = wordsIn(look);
  const row = look.params.row < 0 ? words.length - 1 : Math.min(look.params.row, words.length - 1);
  const { meta, arrays } = await look.ask("look_back", { ids: idsOf(words, look), row });
  const norms = { data: Float32Array.from(arrays.norms.data.subarray(0, row + 1)), shape: [row + 1] };
  return { meta: { ...facts(look, words, meta.answers), row }, arrays: { norms } };
}

/** All answers' rows: "norms", the lower triangle of the map row by row. @param {Look} look @returns {Promise<Shown>} */
export async function lookBackMap(look) {
  const words = wordsIn(look);
  const { meta, arrays } = await look.ask("look_back", { ids: idsOf(words, look) });
  const data = triangle(arrays.norms);
  return { meta: facts(look, words, meta.answers), arrays: { norms: { data, shape: [data.length] } } };
}

/** What the answer loses without the earlier word that counts most. @param {Look} look @returns {Promise<Shown>} */
export async function lookBackWithout(look) {
  const ids = idsOf(wordsIn(look), look);
  const row = look.params.row < 0 ? ids.length - 1 : Math.min(look.params.row, ids.length - 1);
  const window = look.facts.window ?? ids.length;
  const first = Math.max(0, row + 1 - window);
  if (row === first) return { meta: { row, at: null } };
  const { meta, arrays } = await look.ask("look_back", { ids, row });
  const norms = arrays.norms.data.subarray(first, row);
  const at = first + norms.indexOf(Math.max(...norms));
  const answer = idsOf(meta.answers, look);
  const probability = async (/** @type {number[]} */ text) => {
    const { surprise } = (await look.ask("reading", { ids: [...text.slice(-window), ...answer], n: 0 })).arrays;
    const bits = surprise.data[surprise.data.length - 1];
    return Number.isNaN(bits) ? null : 2 ** -bits;
  };
  const read = ids.slice(0, row + 1);
  return { meta: { row, at, p: await probability(read), without: await probability(read.filter((_, place) => place !== at)) } };
}

/** The maps of pre-trained models that the page holds, and of the run before training. @param {Look} look @returns {Promise<Shown>} */
export async function lookBackOthers(look) {
  const words = wordsIn(look);
  const cells = (words.length * (words.length + 1)) / 2;
  /** @type {Line[]} */
  const lines = [];
  /** @type {Float32Array[]} */
  const norms = [];
  for (const line of compared(look)) {
    try {
      const { arrays } = await look.askOf(line.run, line.step, "look_back", words);
      norms.push(triangle(arrays.norms));
      lines.push(line);
    } catch {
      continue; // the run's own line needs no other
    }
  }
  const data = new Float32Array(norms.length * cells);
  norms.forEach((each, at) => data.set(each, at * cells));
  return { meta: { lines }, arrays: { norms: { data, shape: [norms.length, cells] } } };
}

/** @param {Look} look */
const wordsIn = (look) => phraseIn(look.params.text, look).slice(0, LONGEST);

/** @param {Look} look @param {string[]} words @param {string[]} answers */
const facts = ({ facts: { model, window }, step }, words, answers) => ({ words, answers, name: `${model} ${when(step)}`, window });

/** @param {{ data: ArrayLike<number>, shape: number[] }} norms */
function triangle({ data, shape: [n] }) {
  const rows = Array.from({ length: n }, (_, row) => Array.from(data).slice(row * n, row * n + row + 1));
  return Float32Array.from(rows.flat());
}

/** @param {Look} look @returns {Line[]} */
function compared({ facts: { model, corpus }, run, steps, held }) {
  const names = corpus === NOTEBOOK ? Object.entries(COMPARED) : [];
  const found = names.flatMap(([name, style]) => {
    const other = held(name);
    if (!other) return [];
    const { form, gates } = other.facts;
    const trained = run === name ? " trained" : ""; // beside its own other snapshot
    return [{ name: `${name}${trained} (${gates.length ? form.cell : form.nonlinearity})`, style, run: name, step: other.last }];
  });
  return steps.includes(0) ? [...found, { name: `${model} untrained`, style: UNTRAINED, run, step: 0 }] : found;
}
