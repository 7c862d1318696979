// @ts-check
// Cross-entropy, its gradient, and which answers are right.

import { FLOAT_BYTES } from "./matrix.js";

/**
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {object} Answers of a mini-batch
 * @property {number} loss their mean cross-entropy, nats
 * @property {Float32Array} logProbabilities of the true token, (n)
 * @property {Uint8Array} right 1 where no token has a higher logit than the true one, (n)
 */

/**
 * Judge answers; the logits' gradients take their place.
 *
 * With p = softmax(logits) and n answers: loss = -Σ ln p[true] / n, gradient = (p - [token is true]) / n
 * @param {Machine} machine
 * @param {Matrix} logits (n, nv), padded
 * @param {Int32Array} truth (n) ids
 * @param {number} nv
 * @returns {Answers}
 */
export function crossEntropy(machine, logits, truth, nv) {
  const { floats } = machine;
  const n = logits.rows;
  const rowOf = (/** @type {number} */ answer) => logits.at / FLOAT_BYTES + answer * logits.columns;
  const logProbabilities = new Float32Array(n);
  const right = new Uint8Array(n);
  for (let answer = 0; answer < n; answer++) {
    const row = rowOf(answer);
    let highest = floats[row];
    for (let id = 1; id < nv; id++) if (floats[row + id] > highest) highest = floats[row + id];
    for (let id = 0; id < nv; id++) floats[row + id] -= highest;
    logProbabilities[answer] = floats[row + truth[answer]];
    right[answer] = logProbabilities[answer] >= 0 ? 1 : 0;
  }
  machine.run("exp", { x: logits, y: logits });
  let total = 0;
  for (let answer = 0; answer < n; answer++) {
    const row = rowOf(answer);
    let sum = 0;
    for (let id = 0; id < nv; id++) sum += floats[row + id];
    const logProbability = logProbabilities[answer] - Math.log(sum);
    logProbabilities[answer] = logProbability;
    total -= logProbability;
    const share = 1 / (sum * n);
    for (let id = 0; id < nv; id++) floats[row + id] *= share;
    floats.fill(0, row + nv, row + logits.columns);
    floats[row + truth[answer]] -= 1 / n;
  }
  return { loss: total / n, logProbabilities, right };
}
