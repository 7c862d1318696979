// @ts-check
// What a recurrent network makes of a mini-batch: its layers' states, and batch norm within or after the recurrence.

import { Embedding } from "./embedding.js";
import { LAYERS } from "./layers.js";
import { rowsOf } from "./matrix.js";
import { BatchNorm } from "./norm.js";

/**
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./parameters.js").Form} Form
 * @typedef {import("./parameters.js").Parameters} Parameters
 * @typedef {import("./parameters.js").Sizes} Sizes
 */

export class Recurrent {
  /**
   * @param {Machine} machine
   * @param {Parameters} parameters
   * @param {Form} form
   * @param {Sizes} sizes
   */
  constructor(machine, parameters, form, sizes) {
    const { nh, bs, bptt } = sizes;
    const slots = bptt * bs;
    const blocks = form.normOver === "slots" ? 1 : bptt;
    this.machine = machine;
    this.bs = bs;
    this.norm = form.normOver ? new BatchNorm(machine, parameters, { nh, blocks, rows: slots / blocks }) : null;
    this.normAfter = form.normInLoop ? null : this.norm;
    const parts = { machine, parameters, norm: form.normInLoop ? this.norm : null, form, sizes };
    this.layers = Array.from({ length: form.layers }, (_, layer) => new LAYERS[form.cell](parts, layer));
    this.embedding = new Embedding(parts, this.layers[0]);
    this.normed = machine.matrix(this.normAfter ? slots : 0, nh);
    this.dNormed = machine.matrix(this.normAfter ? slots : 0, nh);
  }

  /** The layer that is read out. */
  get top() {
    return this.layers[this.layers.length - 1];
  }

  /** What the output layer reads, (bptt * bs, nh). */
  get outputs() {
    return this.normAfter ? this.normed : this.top.outputs;
  }

  /** The gradients of `outputs`; those of tokens that are not answered stay zeros. */
  get dOutputs() {
    return this.normAfter ? this.dNormed : this.top.dOutputs;
  }

  /** The states of each layer after each token, (bptt * bs, nh). @returns {Matrix[]} */
  get layerStates() {
    return this.layers.map(({ outputs }) => outputs);
  }

  /** What each layer has computed for each token besides its state. @returns {Record<string, Matrix>[]} */
  get inside() {
    return this.layers.map(({ inside }) => inside);
  }

  /** What each layer carries: bs rows before the first token, and bs after each. @returns {Matrix[][]} */
  get carried() {
    return this.layers.map(({ carried }) => carried);
  }

  /** Follow a change of the weights. */
  refresh() {
    for (const layer of this.layers) layer.refresh();
  }

  /**
   * Read a mini-batch from the carried state.
   * @param {Int32Array} ids (bptt * bs), time first
   * @param {boolean} isTraining
   */
  forward(ids, isTraining) {
    this.layers.forEach((layer, index) => {
      if (index) layer.readInput(this.layers[index - 1].outputs, layer.sums);
      else this.embedding.forward(ids, layer);
      layer.forward(isTraining);
    });
    this.readOut(isTraining);
  }

  /** Compute the first rows of `outputs` from the carried state, in eval mode. */
  readOutState() {
    const { machine, top, bs } = this;
    machine.view(rowsOf(top.outputs, 0, bs)).set(machine.view(rowsOf(top.states, 0, bs)));
    this.readOut(false);
  }

  /** Compute `outputs` from the top layer's states. @param {boolean} isTraining */
  readOut(isTraining) {
    const { normAfter: norm, top, normed } = this;
    if (!norm) return;
    for (let block = 0; block < norm.blocks; block++) {
      norm.forward(norm.blockOf(top.outputs, block), norm.blockOf(normed, block), block, isTraining);
    }
  }

  /** Make room for the gradients of `outputs`. */
  beginBackward() {
    for (const { dStates } of this.layers) this.machine.view(dStates).fill(0);
  }

  /** Backpropagate through the norm after the layers, if there is one. */
  backwardNorm() {
    const { normAfter: norm, top } = this;
    if (!norm) return;
    for (let block = 0; block < norm.blocks; block++) {
      norm.backward(norm.blockOf(this.dNormed, block), norm.blockOf(top.dOutputs, block), block);
    }
  }

  /** Compute the gradients of all weights, from `dOutputs`. */
  backward() {
    const { layers } = this;
    this.backwardNorm();
    for (let index = layers.length - 1; index >= 0; index--) {
      const layer = layers[index];
      layer.backward();
      if (index) layer.addInputGradients(layer.sums, layers[index - 1].outputs, layers[index - 1].dOutputs);
      else this.embedding.backward(layer);
    }
  }

  /** Copy what torch's model keeps besides its weights. */
  readBuffers() {
    return this.norm?.read() ?? {};
  }

  /** @param {import("./parameters.js").Values} values */
  loadBuffers(values) {
    this.norm?.load(values);
  }
}
