// @ts-check
// What the reading machine draws of a text, read word by word, and of what the network says after it:
// hnviz/observe/machine.py.

import { EngineError } from "./error.js";
import { largest, softmax } from "./speech.js";

/**
 * @typedef {import("./questions.js").Reply} Reply
 * @typedef {import("./reader.js").Reader} Reader
 * @typedef {import("./reader.js").Reading} Reading
 * @typedef {import("./reader.js").State} State
 * @typedef {import("./subject.js").Subject} Subject
 *
 * @typedef {object} Word as it was read
 * @property {Float32Array[]} states of each layer, (nh)
 * @property {number[]} passes of each layer: the mean of the gate that keeps; empty without one
 * @property {Float32Array[]} looks of each layer: the shares of the window's words; empty without attention
 * @property {Float32Array} logits of the word that follows
 */

const BEST = 5; // likeliest next words

/**
 * Read a text, and say the most probable words after it. Throws EngineError for words to draw, and for an answer that is
 * not finite.
 * @param {Subject} subject
 * @param {{ ids: number[], n: number, begin: number, temperature: number }} values
 * @returns {Reply}
 */
export function reading({ reader, facts }, { ids, n, begin, temperature }) {
  if (temperature) {
    throw new EngineError("only hnviz itself draws words: a page has not torch's random numbers, and says the most probable word; choose a temperature of 0");
  }
  const { form, bptt, keeper } = facts;
  const { window } = reader;
  const given = ids.length;
  const { words, said } = wordsOf(reader, ids, { n, begin, keeper });
  const places = words.map((_, at) => at);
  const isFull = (/** @type {number} */ at) => at + 1 - startOf(at, begin, bptt) === bptt;
  const answers = places.map((at) => form.predicts === "every" || at >= given - 1 || isFull(at));
  const begins = places.map((at) => {
    if (window === null) return 0;
    return at < given - 1 ? startOf(at, begin, window) : Math.max(0, at + 1 - window);
  });
  const bits = places.map((at) => (at > 0 && at < given && answers[at - 1] ? surprise(words[at - 1].logits, ids[at]) : NaN));
  const shape = [words.length];
  const arrays = {
    ids: { data: Int32Array.from([...ids, ...said]), shape },
    surprise: { data: Float32Array.from(bits), shape },
    begins: { data: Int32Array.from(begins), shape },
    answers: { data: Int8Array.from(answers, Number), shape },
    ...likeliest(words, answers, Math.min(BEST, reader.sizes.nv)),
    ...inside(words, reader.sizes.nh, begins),
  };
  return { arrays, meta: { given, window, n_layers: words[0].states.length } };
}

/**
 * What the layers hold after each word: "states", and "passes" and "looks" where there are any.
 * @param {Word[]} words
 * @param {number} nh
 * @param {number[]} begins
 */
function inside(words, nh, begins) {
  const layers = words[0].states.map((_, layer) => layer);
  /** @type {Reply["arrays"]} */
  const arrays = { states: table(layers.map((layer) => words.map(({ states }) => states[layer])), nh) };
  if (words[0].passes.length) {
    const data = Float32Array.from(layers.flatMap((layer) => words.map(({ passes }) => passes[layer])));
    arrays.passes = { data, shape: [layers.length, words.length] };
  }
  if (words[0].looks.length) {
    const longest = Math.max(...begins.map((start, at) => at - start + 1));
    arrays.looks = table(layers.map((layer) => words.map(({ looks }) => looks[layer])), longest);
  }
  return arrays;
}

/** The first word of the window of a word in the text. @param {number} index @param {number} begin @param {number} window */
function startOf(index, begin, window) {
  return index < begin ? 0 : index - ((index - begin) % window);
}

/**
 * All words as they were read, and those that the network said. From the text's last word on, each answer of a network
 * without a carried state reads its own window.
 * @param {Reader} reader
 * @param {number[]} ids
 * @param {{ n: number, begin: number, keeper: string }} options
 */
function wordsOf(reader, ids, { n, begin, keeper }) {
  const { window } = reader;
  const from = window === null ? 0 : begin;
  const parts = [ids.slice(0, from), ids.slice(from)].filter((part) => part.length);
  const readings = parts.map((part) => reader.read(part));
  const words = readings.flatMap((read, index) => parts[index].map((_, at) => wordAt(reader, read, { at, keeper })));
  let { state } = readings[readings.length - 1];
  const text = [...ids];
  if (window !== null) words[words.length - 1] = lastWord(reader, text, state, keeper).word;
  /** @type {number[]} */
  const said = [];
  while (said.length < n) {
    const next = largest(softmax(words[words.length - 1].logits));
    said.push(next);
    text.push(next);
    const read = lastWord(reader, text, state, keeper);
    words.push(read.word);
    state = read.state;
  }
  for (const { logits } of words) softmax(logits); // refuses what is not finite
  return { words, said };
}

/**
 * Read a text's last word: from the state before it, or with the window that ends there.
 * @param {Reader} reader
 * @param {number[]} text
 * @param {State|null} state
 * @param {string} keeper
 */
function lastWord(reader, text, state, keeper) {
  const read = reader.window === null ? reader.read(text.slice(-1), state) : reader.read(text.slice(-reader.window));
  return { word: wordAt(reader, read, { at: read.logits.length - 1, keeper }), state: read.state };
}

/**
 * @param {Reader} reader
 * @param {Reading} read
 * @param {{ at: number, keeper: string }} place
 * @returns {Word}
 */
function wordAt({ sizes: { nh }, form, window }, { states, inside, logits }, { at, keeper }) {
  const row = (/** @type {Float32Array} */ numbers, columns = nh) => numbers.subarray(at * columns, (at + 1) * columns);
  return {
    states: states.map((layer) => row(layer)),
    passes: keeper ? inside.map((layer) => mean(row(layer[keeper]))) : [],
    looks: form.attends ? inside.map(({ shares }) => row(shares, /** @type {number} */ (window))) : [],
    logits: logits[at],
  };
}

/**
 * The likeliest words after each, and their probabilities; -1 and 0 without an answer.
 * @param {Word[]} words
 * @param {boolean[]} answers whether the network answers after each
 * @param {number} top
 */
function likeliest(words, answers, top) {
  const best = new Int32Array(words.length * top).fill(-1);
  const shares = new Float32Array(words.length * top);
  words.forEach(({ logits }, at) => {
    if (!answers[at]) return;
    const all = softmax(logits);
    const order = Array.from(logits.keys()).sort((one, other) => logits[other] - logits[one] || one - other);
    best.set(order.slice(0, top), at * top);
    shares.set(order.slice(0, top).map((id) => all[id]), at * top);
  });
  const shape = [words.length, top];
  return { best: { data: best, shape }, shares: { data: shares, shape } };
}

/** -log2 of a word's probability. @param {Float32Array} logits @param {number} id */
function surprise(logits, id) {
  const most = logits[largest(logits)];
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  return (most - logits[id] + Math.log(sum)) / Math.LN2;
}

/** @param {Float32Array} numbers */
const mean = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/**
 * Rows of layers as one array, (layers, rows, columns); longer rows are cut, shorter ones filled with zeros.
 * @param {Float32Array[][]} layers
 * @param {number} columns
 * @returns {Reply["arrays"][string]}
 */
function table(layers, columns) {
  const shape = [layers.length, layers[0].length, columns];
  const data = new Float32Array(shape[0] * shape[1] * columns);
  layers.flat().forEach((row, at) => data.set(row.subarray(0, columns), at * columns));
  return { data, shape };
}
