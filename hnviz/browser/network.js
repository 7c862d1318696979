// @ts-check
// A network: it reads mini-batches, answers, and goes the way back for its gradients.

import { Linear } from "./linear.js";
import { crossEntropy } from "./loss.js";
import { EngineError } from "./error.js";
import { Machine } from "./machine.js";
import { rowsOf } from "./matrix.js";
import { Parameters, taken, tensorsOf } from "./parameters.js";
import { Recurrent } from "./recurrent.js";
import { Transformer } from "./transformer.js";

/**
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./parameters.js").Form} Form
 * @typedef {import("./parameters.js").Sizes} Sizes
 * @typedef {import("./parameters.js").Values} Values
 */

/** The tensors of a state in a snapshot: the layers' h, and an LSTM's c. */
const STATE_NAMES = ["state", "state.c"];

export class Network {
  /**
   * Throws EngineError where the browser cannot hold it.
   * @param {Form} form
   * @param {Sizes} sizes
   * @param {number} [extraBytes] that the caller needs outside the network's memory
   */
  constructor(form, sizes, extraBytes = 0) {
    const { nv, nh, bs, bptt } = sizes;
    const machine = new Machine();
    this.form = form;
    this.sizes = sizes;
    this.machine = machine;
    this.parameters = new Parameters(machine, tensorsOf(form, { nv, nh }));
    this.body = new (form.attends ? Transformer : Recurrent)(machine, this.parameters, form, sizes);
    this.output = new Linear(machine, this.parameters, "h_o");
    this.nAnswers = form.predicts === "last" ? bs : bptt * bs;
    this.logits = machine.matrix(this.nAnswers, nv);
    machine.open(extraBytes);
  }

  /** The rows that are answered: all, or those of the last step. @param {Matrix} matrix (bptt * bs, nh) */
  answered(matrix) {
    return rowsOf(matrix, matrix.rows - this.nAnswers, this.nAnswers);
  }

  /**
   * Read a mini-batch from the carried state; its answers are in `logits`.
   * @param {Int32Array} ids (bptt * bs), time first
   * @param {boolean} isTraining
   */
  forward(ids, isTraining) {
    this.body.forward(ids, isTraining);
    this.output.forward(this.answered(this.body.outputs), this.logits);
  }

  /**
   * Answer from the carried state, in eval mode, without reading a token. The answer is in the first rows of `logits`.
   * Throws EngineError for a Transformer.
   */
  answer() {
    const { body } = this;
    if (!(body instanceof Recurrent)) throw new EngineError("a Transformer carries no state to answer from");
    body.readOutState();
    this.output.forward(this.answered(body.outputs), this.logits);
  }

  /**
   * Judge the answers of the mini-batch; the gradients of `logits` take their place.
   * @param {Int32Array} truth (nAnswers) ids, time first
   */
  judge(truth) {
    return crossEntropy(this.machine, this.logits, truth, this.sizes.nv);
  }

  /** Compute the gradients of all weights, from those of `logits`. */
  backward() {
    this.beginBackward();
    this.body.backward();
  }

  /** Backpropagate as far as the body's outputs. */
  beginBackward() {
    const { body } = this;
    this.parameters.gradients.clear();
    body.beginBackward();
    this.output.backward(this.logits, this.answered(body.outputs), this.answered(body.dOutputs));
  }

  /** Follow a change of the weights. */
  refresh() {
    this.body.refresh();
    this.output.refresh();
  }

  /**
   * Make the state after the mini-batch's first `steps` the state before the next mini-batch, if the model carries it.
   * @param {number} steps all by default
   */
  carry(steps = this.sizes.bptt) {
    if (!this.form.stateful) return;
    const { bs } = this.sizes;
    for (const matrix of this.body.carried.flat()) {
      const [first, last] = [rowsOf(matrix, 0, bs), rowsOf(matrix, steps * bs, bs)];
      this.machine.view(first).set(this.machine.view(last));
    }
  }

  /** Start from a state of zeros. */
  reset() {
    for (const { numbers } of this.eachStateRow()) numbers.fill(0);
  }

  /** Copy the carried state, named as in a snapshot: (layers, bs, nh) each. @returns {Record<string, Float32Array>} */
  readState() {
    const { nh, bs } = this.sizes;
    const size = this.form.layers * bs * nh;
    const copies = Object.fromEntries(this.stateNames.map((name) => [name, new Float32Array(size)]));
    for (const { name, numbers, from } of this.eachStateRow()) copies[name].set(numbers, from);
    return copies;
  }

  /** Take a state that `readState` copied. @param {Values} values */
  loadState(values) {
    const { nh, bs } = this.sizes;
    const size = this.form.layers * bs * nh;
    const given = Object.fromEntries(this.stateNames.map((name) => [name, taken(values, name, size)]));
    for (const { name, numbers, from } of this.eachStateRow()) numbers.set(given[name].subarray(from, from + nh));
  }

  get stateNames() {
    return STATE_NAMES.slice(0, this.body.carried[0].length);
  }

  /** The rows of the carried state: a layer's units in memory, and where they begin in torch's tensor. */
  *eachStateRow() {
    const { nh, bs } = this.sizes;
    for (const [index, carried] of this.body.carried.entries()) {
      for (const [at, matrix] of carried.entries()) {
        for (let row = 0; row < bs; row++) {
          const numbers = this.machine.view(rowsOf(matrix, row, 1)).subarray(0, nh);
          yield { name: STATE_NAMES[at], numbers, from: (index * bs + row) * nh };
        }
      }
    }
  }

  /** Copy the weights, and batch norm's running statistics, named as in torch's state_dict. */
  read() {
    return { ...this.parameters.weights.read(), ...this.body.readBuffers() };
  }

  /** Take weights that `read` copied, or torch's. @param {Values} values */
  load(values) {
    this.parameters.weights.load(values);
    this.body.loadBuffers(values);
    this.refresh();
  }
}
