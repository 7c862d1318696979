// @ts-check
// The answers of a pass over one text, by the kind of the true token: hnviz/learn/tally.py.

import { allocate } from "./machine.js";

/**
 * @typedef {import("./batches.js").Batches} Batches
 * @typedef {[n: number, right: number, loss: number]} KindFigures loss is a sum, nats
 * @typedef {Record<string, KindFigures>} Kinds
 */

/** The memory that a tally needs. @param {Batches} batches */
export const bytesOf = ({ length, nAnswers }) => length * nAnswers * (Uint8Array.BYTES_PER_ELEMENT + Float32Array.BYTES_PER_ELEMENT);

export class Tally {
  /**
   * @param {Batches} batches
   * @param {string[]} kinds of each token of the vocabulary, by its id
   */
  constructor(batches, kinds) {
    const n = batches.length * batches.nAnswers;
    this.batches = batches;
    this.kinds = kinds;
    const arrays = allocate(bytesOf(batches), () => ({ right: new Uint8Array(n), logProbabilities: new Float32Array(n) }));
    this.right = arrays.right;
    this.logProbabilities = arrays.logProbabilities;
  }

  /**
   * Record a mini-batch; returns the share of right answers.
   * @param {number} index
   * @param {import("./loss.js").Answers} answers time first
   */
  take(index, { right, logProbabilities }) {
    const from = index * right.length;
    this.right.set(right, from);
    this.logProbabilities.set(logProbabilities, from);
    return right.reduce((sum, each) => sum + each, 0) / right.length;
  }

  /** Add up a finished pass; empty if a loss is not a number, or was not recorded. @returns {Kinds} */
  figures() {
    const { batches, kinds, right, logProbabilities } = this;
    if (!logProbabilities.every(Number.isFinite)) return {};
    /** @type {Kinds} */
    const told = {};
    for (let index = 0, answer = 0; index < batches.length; index++) {
      for (const id of batches.at(index).y) {
        const figures = (told[kinds[id]] ??= [0, 0, 0]);
        figures[0]++;
        figures[1] += right[answer];
        figures[2] -= logProbabilities[answer++];
      }
    }
    return told;
  }

  /** Copy the answers of the first mini-batches in torch's order, a row's tokens side by side. @param {number} nBatches */
  read(nBatches) {
    const n = nBatches * this.batches.nAnswers;
    const [right, losses] = [new Uint8Array(n), new Float32Array(n)];
    for (const [torchs, own] of this.places(n)) {
      right[torchs] = this.right[own];
      losses[torchs] = this.logProbabilities[own]; // torch's too are not yet -ln p
    }
    return { right, losses };
  }

  /**
   * Take what `read` copied. Without it the pass is not told.
   * @param {number} nBatches
   * @param {{ right?: ArrayLike<number>, losses?: ArrayLike<number> }} stored
   */
  load(nBatches, { right, losses }) {
    for (const [torchs, own] of this.places(nBatches * this.batches.nAnswers)) {
      this.right[own] = right ? right[torchs] : 0;
      this.logProbabilities[own] = losses ? losses[torchs] : NaN;
    }
  }

  /** Where each of the first n answers is: in torch's order, and in this one, time first. @param {number} n */
  *places(n) {
    const { nAnswers, bs } = this.batches;
    const steps = nAnswers / bs;
    for (let own = 0; own < n; own++) {
      const answer = own % nAnswers;
      yield [own - answer + (answer % bs) * steps + Math.floor(answer / bs), own];
    }
  }
}
