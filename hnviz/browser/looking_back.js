// @ts-check
// What an answer looks back at: the gradient of its logit for each earlier word. hnviz/observe/looking_back.py.

import { largest } from "./speech.js";
import { rest } from "./drive.js";
import { rowsOf } from "./matrix.js";
import { Network } from "./network.js";
import { Transformer } from "./transformer.js";

/**
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./questions.js").Reply} Reply
 * @typedef {import("./subject.js").Subject} Subject
 */

/** Answers that are gone back from at once; between two such groups the thread may do other work. */
const ROWS = 8;

/**
 * Measure how much each token mattered to the answer after each, or only to the one after `row`: the norm of
 * d logit / d embedding. The logit is that of the most probable token.
 * @param {Subject} subject
 * @param {{ ids: number[], row: number|null }} values
 * @returns {Promise<Reply>}
 */
export async function lookedBack(subject, { ids, row }) {
  const n = ids.length;
  const window = subject.facts.window ?? n;
  const places = row === null ? ids.map((_, at) => at) : [row];
  const norms = new Float64Array(places.length * n);
  const answers = [];
  for (let from = 0; from < places.length; from += ROWS) {
    const group = places.slice(from, from + ROWS);
    const starts = group.map((at) => Math.max(0, at + 1 - window)); // a window ends with its answer
    const found = backward(subject, group.map((at, place) => ids.slice(starts[place], at + 1)));
    found.norms.forEach((each, place) => norms.set(each, (from + place) * n + starts[place]));
    answers.push(...found.answers);
    await rest();
  }
  return { meta: { rows: places, answers: subject.words(answers) }, arrays: { norms: { data: norms, shape: [places.length, n] } } };
}

/**
 * Go back from the answer after each text, in eval mode, from zeros.
 * @param {Subject} subject
 * @param {number[][]} texts
 * @returns {{ norms: Float64Array[], answers: number[] }} the norms of each text's tokens
 */
function backward({ facts, weights }, texts) {
  const { form, nh, itos } = facts;
  const [bs, bptt] = [texts.length, Math.max(...texts.map(({ length }) => length))];
  const network = new Network({ ...form, predicts: "every", stateful: true }, { nv: itos.length, nh, bs, bptt });
  network.load(weights);
  const x = Int32Array.from({ length: bptt * bs }, (_, slot) => texts[slot % bs][Math.floor(slot / bs)] ?? 0); // time first
  network.forward(x, false);
  const slotOf = (/** @type {number} */ row) => (texts[row].length - 1) * bs + row;
  const logits = (/** @type {number} */ row) => network.machine.view(rowsOf(network.logits, slotOf(row), 1)).subarray(0, itos.length);
  const answers = texts.map((_, row) => largest(logits(row)));
  network.machine.view(network.logits).fill(0); // where the gradients of the logits are taken from
  answers.forEach((id, row) => (logits(row)[id] = 1));
  network.backward();
  const squares = embeddingSquares(network);
  return { answers, norms: texts.map((text, row) => Float64Array.from(text, (_, at) => Math.sqrt(squares[at * bs + row]))) };
}

/** The squared length of the gradient of each slot's embedding, (bptt * bs), after a way back. @param {Network} network */
function embeddingSquares({ body, machine, sizes }) {
  const squares = new Float64Array(sizes.bptt * sizes.bs);
  const add = (/** @type {Matrix} */ gradients, /** @type {number} */ from) =>
    machine.view(gradients).forEach((each, at) => (squares[from + Math.floor(at / gradients.columns)] += each * each));
  if (body instanceof Transformer) {
    add(body.dh, 0);
    return squares;
  }
  const [{ sums }] = body.layers;
  const { vectors, dVectors } = body.embedding; // have a row for each token of the vocabulary at most
  for (let from = 0; from < sums.rows; from += vectors.rows) {
    const n = Math.min(vectors.rows, sums.rows - from);
    const gradients = rowsOf(dVectors, 0, n);
    body.layers[0].addInputGradients(rowsOf(sums, from, n), rowsOf(vectors, 0, n), gradients);
    add(gradients, from);
  }
  return squares;
}
