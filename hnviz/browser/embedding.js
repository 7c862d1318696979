// @ts-check
// The embedding, and what it gives to the first layer.

import { everyRow, FLOAT_BYTES, placesOf, rowsOf } from "./matrix.js";

/**
 * @typedef {import("./layers.js").Layer} Layer
 * @typedef {import("./matrix.js").Matrix} Matrix
 */

/**
 * What a first layer reads. Each token that a mini-batch holds is embedded and multiplied with the weights once, however
 * often it occurs.
 */
export class Embedding {
  /**
   * @param {import("./layers.js").Parts} parts
   * @param {Layer} layer the first
   */
  constructor({ machine, parameters, sizes }, layer) {
    const { nv, nh, bs, bptt } = sizes;
    const slots = bptt * bs;
    const most = Math.min(nv, slots); // tokens that a mini-batch can hold
    const width = layer.sums.columns;
    this.machine = machine;
    this.table = parameters.weights.of["i_h.weight"];
    this.dTable = parameters.gradients.of["i_h.weight"];
    this.slots = slots;
    this.vectors = machine.matrix(most, nh);
    this.dVectors = machine.matrix(most, nh);
    this.sums = machine.matrix(most, width); // a row for each token
    this.dSums = machine.matrix(most, width);
    this.tokens = machine.matrix(1, most); // as int32: where a token's row is in the table
    this.places = machine.matrix(1, slots); // where a slot's row is in `sums`
    this.rows = new Int32Array(nv).fill(-1); // a token's row in `sums`
    this.n = 0; // tokens in the mini-batch
  }

  /**
   * Give each slot its row of the first layer's sums.
   * @param {Int32Array} ids (bptt * bs), time first
   * @param {Layer} layer
   */
  forward(ids, layer) {
    const { machine } = this;
    this.find(ids);
    const vectors = rowsOf(this.vectors, 0, this.n);
    const sums = rowsOf(this.sums, 0, this.n);
    machine.run("gather", { table: everyRow(this.table), places: placesOf(this.tokens, this.n), y: vectors });
    layer.readInput(vectors, sums);
    machine.run("gather", { table: everyRow(sums), places: placesOf(this.places, this.slots), y: layer.sums });
  }

  /**
   * Add up the gradients of a first layer's sums by token, and pass them on to the embedding.
   * @param {Layer} layer
   */
  backward(layer) {
    const { machine } = this;
    const [vectors, dVectors, dSums] = [this.vectors, this.dVectors, this.dSums].map((all) => rowsOf(all, 0, this.n));
    machine.view(dSums).fill(0);
    machine.run("scatter", { table: everyRow(dSums), places: placesOf(this.places, this.slots), x: layer.sums });
    layer.addInputGradients(dSums, vectors, dVectors);
    machine.run("scatter", { table: everyRow(this.dTable), places: placesOf(this.tokens, this.n), x: dVectors });
  }

  /** Number the tokens of a mini-batch in the order in which they come. @param {Int32Array} ids */
  find(ids) {
    const { rows, table, sums } = this;
    const { integers } = this.machine;
    const [tokens, places] = [this.tokens.at / FLOAT_BYTES, this.places.at / FLOAT_BYTES]; // int32 has as many
    rows.fill(-1);
    this.n = 0;
    for (let slot = 0; slot < ids.length; slot++) {
      const id = ids[slot];
      if (rows[id] < 0) {
        rows[id] = this.n++;
        integers[tokens + rows[id]] = id * table.rowStride;
      }
      integers[places + slot] = rows[id] * sums.rowStride;
    }
  }
}
