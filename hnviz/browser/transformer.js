// @ts-check
// What a Transformer makes of a mini-batch: embeddings and positions, changed layer by layer, then layer norm.

import { Attention, MLP } from "./attention.js";
import { LayerNorm, markUnits, unitsOf } from "./layer_norm.js";
import { everyRow, FLOAT_BYTES, placesOf, rowsOf, stepOf } from "./matrix.js";

/**
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./parameters.js").Form} Form
 * @typedef {import("./parameters.js").Parameters} Parameters
 * @typedef {import("./parameters.js").Sizes} Sizes
 */

export class Transformer {
  /**
   * @param {Machine} machine
   * @param {Parameters} parameters
   * @param {Form} form
   * @param {Sizes} sizes
   */
  constructor(machine, parameters, form, sizes) {
    const { nh, bs, bptt } = sizes;
    const slots = bptt * bs;
    this.machine = machine;
    this.sizes = sizes;
    this.weights = parameters.weights.of;
    this.gradients = parameters.gradients.of;
    this.units = unitsOf(machine, nh);
    const parts = { machine, parameters, units: this.units, sizes };
    const numbers = Array.from({ length: form.layers }, (_, layer) => layer);
    this.attentions = numbers.map((layer) => new Attention(parts, layer));
    this.mlps = numbers.map((layer) => new MLP(parts, layer));
    this.layerStates = numbers.map(() => machine.matrix(slots, nh)); // in eval mode: what each layer makes of each token
    this.norm = new LayerNorm(machine, parameters, { name: "ln", units: this.units, rows: slots, nh });
    this.h = machine.matrix(slots, nh);
    this.dh = machine.matrix(slots, nh);
    this.dOutputs = machine.matrix(slots, nh);
    this.places = machine.matrix(1, slots); // of the embedding's rows, as int32
    this.nothing = machine.matrix(bs, nh);
  }

  /** What the output layer reads, (bptt * bs, nh). */
  get outputs() {
    return this.norm.outputs;
  }

  /** A state of zeros, as torch's model has before a window. @returns {Matrix[][]} */
  get carried() {
    return this.layerStates.map(() => [this.nothing]);
  }

  /** What each layer has computed for each token besides its state. @returns {Record<string, Matrix>[]} */
  get inside() {
    return this.attentions.map(({ shares }) => ({ shares }));
  }

  /** Follow a change of the weights. */
  refresh() {
    markUnits(this.machine, this.units, this.sizes.nh);
    for (const part of [...this.attentions, ...this.mlps]) part.refresh();
  }

  /**
   * @param {Int32Array} ids (bptt * bs), time first
   * @param {boolean} isTraining
   */
  forward(ids, isTraining) {
    const { machine, weights, h, sizes } = this;
    const table = weights["i_h.weight"];
    machine.integers.set(ids.map((id) => id * table.rowStride), this.places.at / FLOAT_BYTES);
    machine.run("gather", { table: everyRow(table), places: placesOf(this.places, ids.length), y: h });
    for (let step = 0; step < sizes.bptt; step++) {
      const position = rowsOf(weights["position.weight"], step, 1);
      machine.run("accumulate", { y: stepOf(h, step, sizes.bs), x: everyRow(position) });
    }
    this.layerStates.forEach((states, layer) => {
      this.attentions[layer].forward(h);
      this.mlps[layer].forward(h);
      if (!isTraining) machine.run("copy", { y: states, x: h });
    });
    this.norm.forward(h);
  }

  /** Make room for the gradients. */
  beginBackward() {
    this.machine.view(this.dh).fill(0);
    this.machine.view(this.dOutputs).fill(0);
  }

  /** Compute the gradients of all weights, from `dOutputs`. */
  backward() {
    const { machine, gradients, dh, sizes } = this;
    this.norm.backward(this.dOutputs, dh);
    for (let layer = this.mlps.length - 1; layer >= 0; layer--) {
      this.mlps[layer].backward(dh);
      this.attentions[layer].backward(dh);
    }
    for (let step = 0; step < sizes.bptt; step++) {
      machine.addRows(stepOf(dh, step, sizes.bs), rowsOf(gradients["position.weight"], step, 1));
    }
    machine.run("scatter", { table: everyRow(gradients["i_h.weight"]), places: placesOf(this.places, dh.rows), x: dh });
  }

  /** Its model keeps nothing besides its weights. */
  readBuffers() {
    return {};
  }

  loadBuffers() {}
}
