// @ts-check
// A recurrent network: it reads mini-batches, answers, and goes the way back for its gradients.

import { Embedding } from "./embedding.js";
import { LAYERS } from "./layers.js";
import { crossEntropy } from "./loss.js";
import { Machine } from "./machine.js";
import { padded, rowsOf, transposed } from "./matrix.js";
import { BatchNorm } from "./norm.js";
import { Parameters, tensorsOf } from "./parameters.js";

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
   */
  constructor(form, sizes) {
    const { nv, nh, bs, bptt } = sizes;
    const machine = new Machine();
    const slots = bptt * bs;
    const blocks = form.normOver === "slots" ? 1 : bptt;
    this.form = form;
    this.sizes = sizes;
    this.machine = machine;
    this.parameters = new Parameters(machine, tensorsOf(form, sizes));
    this.norm = new BatchNorm(machine, this.parameters, { nh, blocks, rows: slots / blocks });
    const parts = { machine, parameters: this.parameters, norm: this.norm, form, sizes };
    this.layers = Array.from({ length: form.layers }, (_, layer) => new LAYERS[form.cell](parts, layer));
    this.embedding = new Embedding(parts, this.layers[0]);
    this.nAnswers = form.predicts === "last" ? bs : slots;
    this.normed = machine.matrix(form.normInLoop ? 0 : slots, nh);
    this.dNormed = machine.matrix(form.normInLoop ? 0 : slots, nh);
    this.logits = machine.matrix(this.nAnswers, nv);
    this.outputTransposed = machine.matrix(padded(nh), nv);
    machine.open();
  }

  /** The layer that is read out. */
  get top() {
    return this.layers[this.layers.length - 1];
  }

  /** What the output layer reads, (nAnswers, nh): the last rows of the states, normalised. */
  get answered() {
    return this.lastRows(this.form.normInLoop ? this.top.outputs : this.normed);
  }

  /** The gradients of `answered`. */
  get dAnswered() {
    return this.lastRows(this.form.normInLoop ? this.top.dOutputs : this.dNormed);
  }

  /** @param {Matrix} matrix (bptt * bs, nh) */
  lastRows(matrix) {
    return rowsOf(matrix, matrix.rows - this.nAnswers, this.nAnswers);
  }

  /**
   * Read a mini-batch from the carried state; its answers are in `logits`.
   * @param {Int32Array} ids (bptt * bs), time first
   * @param {boolean} isTraining
   */
  forward(ids, isTraining) {
    const { machine, norm, top } = this;
    this.layers.forEach((layer, index) => {
      if (index) layer.readInput(this.layers[index - 1].outputs, layer.sums);
      else this.embedding.forward(ids, layer);
      layer.forward(isTraining);
    });
    if (!this.form.normInLoop) {
      for (let block = 0; block < norm.blocks; block++) {
        norm.forward(norm.blockOf(top.outputs, block), norm.blockOf(this.normed, block), block, isTraining);
      }
    }
    machine.fill(this.logits, this.parameters.weights.of["h_o.bias"]);
    machine.product(this.answered, this.outputTransposed, this.logits, true);
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
    const { machine, parameters, norm, layers, top, logits } = this;
    const gradients = parameters.gradients.of;
    parameters.gradients.clear();
    for (const { dStates } of layers) machine.view(dStates).fill(0);
    machine.product(transposed({ ...logits, columns: this.sizes.nv }), this.answered, gradients["h_o.weight"]);
    machine.addRows(logits, gradients["h_o.bias"]);
    machine.product({ ...logits, columns: this.sizes.nv }, parameters.weights.of["h_o.weight"], this.dAnswered);
    if (!this.form.normInLoop) {
      for (let block = 0; block < norm.blocks; block++) {
        norm.backward(norm.blockOf(this.dNormed, block), norm.blockOf(top.dOutputs, block), block);
      }
    }
    for (let index = layers.length - 1; index >= 0; index--) {
      const layer = layers[index];
      layer.backward();
      if (index) layer.addInputGradients(layer.sums, layers[index - 1].outputs, layers[index - 1].dOutputs);
      else this.embedding.backward(layer);
    }
  }

  /** Follow a change of the weights. */
  refresh() {
    for (const layer of this.layers) layer.refresh();
    this.machine.transpose(this.parameters.weights.of["h_o.weight"], this.outputTransposed);
  }

  /** Let the state after the mini-batch be the one before the next, if the model carries it. */
  carry() {
    if (!this.form.stateful) return;
    const { bs } = this.sizes;
    for (const matrix of this.layers.flatMap(({ carried }) => carried)) {
      const [first, last] = [rowsOf(matrix, 0, bs), rowsOf(matrix, matrix.rows - bs, bs)];
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
    const names = STATE_NAMES.slice(0, this.top.carried.length);
    const copies = Object.fromEntries(names.map((name) => [name, new Float32Array(this.layers.length * bs * nh)]));
    for (const { name, numbers, from } of this.eachStateRow()) copies[name].set(numbers, from);
    return copies;
  }

  /** Take a state that `readState` copied. @param {Values} values */
  loadState(values) {
    const { nh } = this.sizes;
    for (const { name, numbers, from } of this.eachStateRow()) {
      for (let unit = 0; unit < nh; unit++) numbers[unit] = values[name][from + unit];
    }
  }

  /** The rows of the carried state: a layer's units in memory, and where they begin in torch's tensor. */
  *eachStateRow() {
    const { nh, bs } = this.sizes;
    for (const [index, layer] of this.layers.entries()) {
      for (const [at, matrix] of layer.carried.entries()) {
        for (let row = 0; row < bs; row++) {
          const numbers = this.machine.view(rowsOf(matrix, row, 1)).subarray(0, nh);
          yield { name: STATE_NAMES[at], numbers, from: (index * bs + row) * nh };
        }
      }
    }
  }

  /** Copy the weights and batch norm's running statistics, named as in torch's state_dict. */
  read() {
    return { ...this.parameters.weights.read(), ...this.norm.read() };
  }

  /** Take weights that `read` copied, or torch's. @param {Values} values */
  load(values) {
    this.parameters.weights.load(values);
    this.norm.load(values);
    this.refresh();
  }
}
