// @ts-check
// A Transformer's layers: hnviz/learn/attention.py. Each normalises what it reads and adds its answer to it.

import { LayerNorm } from "./layer_norm.js";
import { Linear } from "./linear.js";
import { FLOAT_BYTES, rowsOf, transposed } from "./matrix.js";

/**
 * @typedef {import("./layer_norm.js").Units} Units
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./parameters.js").Parameters} Parameters
 * @typedef {import("./parameters.js").Sizes} Sizes
 *
 * @typedef {object} Parts what layers are made of
 * @property {Machine} machine
 * @property {Parameters} parameters
 * @property {Units} units
 * @property {Sizes} sizes
 */

/**
 * Each token takes a share of what it and those before it hold: p = softmax(q kᵀ / √nh), h ← h + (p v) Wᵀ + b
 *
 * Tokens look back within their own row of the mini-batch, so p has bptt rows and columns for each row.
 */
export class Attention {
  /**
   * @param {Parts} parts
   * @param {number} layer
   */
  constructor({ machine, parameters, units, sizes }, layer) {
    const { nh, bs, bptt } = sizes;
    const slots = bptt * bs;
    const name = `attention.${layer}`;
    const slotMatrix = () => machine.matrix(slots, nh);
    this.machine = machine;
    this.sizes = sizes;
    this.norm = new LayerNorm(machine, parameters, { name: `${name}.norm`, units, rows: slots, nh });
    const [query, key, value, merge] = ["query", "key", "value", "merge"].map((part) => new Linear(machine, parameters, `${name}.${part}`));
    this.looks = { query, key, value };
    this.merge = merge;
    this.found = { query: slotMatrix(), key: slotMatrix(), value: slotMatrix() };
    this.dFound = { query: slotMatrix(), key: slotMatrix(), value: slotMatrix() };
    this.taken = slotMatrix(); // p v
    this.dTaken = slotMatrix();
    this.answers = slotMatrix();
    this.shares = machine.matrix(bs * bptt, bptt); // p, row by row of the mini-batch
    this.dShares = machine.matrix(bptt, bptt);
    this.products = machine.matrix(bptt, bptt);
    this.sum = machine.matrix(bptt, 1);
    this.turned = machine.matrix(this.taken.columns, bptt); // of keys, then of values
    this.ones = machine.matrix(this.shares.columns, 1);
  }

  /** Follow a change of the weights. */
  refresh() {
    this.machine.view(this.ones).fill(1);
    for (const part of [...Object.values(this.looks), this.merge]) part.refresh();
  }

  /** @param {Matrix} h (bptt * bs, nh), to which the layer adds */
  forward(h) {
    const { machine, norm, looks, found, taken, answers } = this;
    norm.forward(h);
    for (const part of PARTS) looks[part].forward(norm.outputs, found[part]);
    for (let row = 0; row < this.sizes.bs; row++) {
      const shares = this.sharesOf(row);
      machine.transpose(this.rowOf(found.key, row), this.turned);
      machine.product(this.rowOf(found.query, row), this.turned, shares);
      this.softmax(shares);
      machine.product({ ...shares, columns: this.sizes.bptt }, this.rowOf(found.value, row), this.rowOf(taken, row));
    }
    this.merge.forward(taken, answers);
    machine.run("accumulate", { y: h, x: answers });
  }

  /**
   * Turn scores into shares that sum to 1 in each row; a later token has none.
   * @param {Matrix} scores (bptt, bptt), not yet divided by √nh
   */
  softmax(scores) {
    const { machine, sizes } = this;
    const { floats } = machine;
    const factor = 1 / Math.sqrt(sizes.nh);
    const firstOf = (/** @type {number} */ token) => scores.at / FLOAT_BYTES + token * scores.columns;
    for (let token = 0; token < scores.rows; token++) {
      const first = firstOf(token);
      let highest = floats[first];
      for (let at = first; at <= first + token; at++) highest = Math.max(highest, floats[at]);
      for (let at = first; at <= first + token; at++) floats[at] = (floats[at] - highest) * factor;
    }
    machine.run("exp", { x: scores, y: scores });
    for (let token = 0; token < scores.rows; token++) floats.fill(0, firstOf(token) + token + 1, firstOf(token + 1));
    machine.sumColumns(scores, this.ones, this.sum);
    machine.run("divideRows", { x: scores, sum: this.sum, y: scores });
  }

  /** @param {Matrix} dh (bptt * bs, nh): that of the answer, to which that of the input is added */
  backward(dh) {
    const { norm, looks, dFound, sizes } = this;
    this.merge.backward(dh, this.taken, this.dTaken);
    for (let row = 0; row < sizes.bs; row++) this.backwardRow(row);
    const dNormed = this.answers; // no longer needed
    PARTS.forEach((part, at) => looks[part].backward(dFound[part], norm.outputs, dNormed, at > 0));
    norm.backward(dNormed, dh);
  }

  /**
   * With dp that of the shares and ds that of the scores: dp = dtaken vᵀ, dv = pᵀ dtaken, dq = ds k, dk = dsᵀ q
   * @param {number} row of the mini-batch
   */
  backwardRow(row) {
    const { machine, found, dFound, sizes, dShares, products, sum } = this;
    const [p, dTaken] = [this.sharesOf(row), this.rowOf(this.dTaken, row)];
    machine.transpose(this.rowOf(found.value, row), this.turned);
    machine.product(dTaken, this.turned, dShares);
    machine.product(transposed({ ...p, columns: sizes.bptt }), dTaken, this.rowOf(dFound.value, row));
    machine.run("multiply", { x: p, y: dShares, z: products });
    machine.sumColumns(products, this.ones, sum);
    machine.run("softmaxBackward", { p, dp: dShares, sum, ds: dShares }, 1 / Math.sqrt(sizes.nh));
    const ds = { ...dShares, columns: sizes.bptt };
    machine.product(ds, this.rowOf(found.key, row), this.rowOf(dFound.query, row));
    machine.product(transposed(ds), this.rowOf(found.query, row), this.rowOf(dFound.key, row));
  }

  /** The shares of one row of the mini-batch, (bptt, bptt). @param {number} row */
  sharesOf(row) {
    return rowsOf(this.shares, row * this.sizes.bptt, this.sizes.bptt);
  }

  /** The tokens of one row of the mini-batch, (bptt, nh). @param {Matrix} matrix (bptt * bs, nh) @param {number} row */
  rowOf(matrix, row) {
    const { bs, bptt } = this.sizes;
    return { ...rowsOf(matrix, row, bptt), rowStride: bs * matrix.rowStride };
  }
}

const PARTS = /** @type {const} */ (["query", "key", "value"]);

/** Two layers with a relu between them, twice as wide, that see one token at a time: h ← h + W relu(V norm(h) + a) + b */
export class MLP {
  /**
   * @param {Parts} parts
   * @param {number} layer
   */
  constructor({ machine, parameters, units, sizes }, layer) {
    const { nh, bs, bptt } = sizes;
    const slots = bptt * bs;
    this.machine = machine;
    this.norm = new LayerNorm(machine, parameters, { name: `mlp.${layer}.0`, units, rows: slots, nh });
    this.widen = new Linear(machine, parameters, `mlp.${layer}.1`);
    this.narrow = new Linear(machine, parameters, `mlp.${layer}.3`);
    this.wide = machine.matrix(slots, 2 * nh); // after the relu
    this.dWide = machine.matrix(slots, 2 * nh);
    this.answers = machine.matrix(slots, nh);
  }

  /** Follow a change of the weights. */
  refresh() {
    this.widen.refresh();
    this.narrow.refresh();
  }

  /** @param {Matrix} h (bptt * bs, nh), to which the layer adds */
  forward(h) {
    const { machine, norm, widen, narrow, wide, answers } = this;
    norm.forward(h);
    widen.forward(norm.outputs, wide);
    machine.run("relu", { x: wide, y: wide });
    narrow.forward(wide, answers);
    machine.run("accumulate", { y: h, x: answers });
  }

  /** @param {Matrix} dh (bptt * bs, nh): that of the answer, to which that of the input is added */
  backward(dh) {
    const { machine, norm, widen, narrow, wide, dWide } = this;
    narrow.backward(dh, wide, dWide);
    machine.run("reluBackward", { dy: dWide, y: wide, dx: dWide });
    const dNormed = this.answers; // no longer needed
    widen.backward(dWide, norm.outputs, dNormed);
    norm.backward(dNormed, dh);
  }
}
