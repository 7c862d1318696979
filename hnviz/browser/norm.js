// @ts-check
// Batch norm, as torch.nn.BatchNorm1d: over blocks of rows, each with statistics of its own.

import { everyRow, rowsOf } from "./matrix.js";
import { taken } from "./parameters.js";

/**
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./parameters.js").Parameters} Parameters
 */

const MOMENTUM = 0.1;

export class BatchNorm {
  /**
   * @param {Machine} machine
   * @param {Parameters} parameters
   * @param {{ nh: number, blocks: number, rows: number }} shape how many blocks a mini-batch has, and the rows of each
   */
  constructor(machine, parameters, { nh, blocks, rows }) {
    this.machine = machine;
    this.parameters = parameters;
    this.nh = nh;
    this.blocks = blocks;
    this.rows = rows;
    this.normed = machine.matrix(blocks * rows, nh); // before weight and bias
    this.products = machine.matrix(rows, nh);
    this.mean = machine.matrix(blocks, nh);
    this.variance = machine.matrix(1, nh);
    this.scale = machine.matrix(blocks, nh); // 1 / √(variance + ε)
    this.sum = machine.matrix(1, nh);
    this.sumNormed = machine.matrix(1, nh);
    this.runningMean = machine.matrix(1, nh);
    this.runningVariance = machine.matrix(1, nh);
    this.isTraining = true; // the last forward pass used the mini-batch's own statistics
    this.calls = 0; // in train mode: torch counts them as num_batches_tracked
  }

  /** The rows of one block. @param {Matrix} matrix (blocks * rows, nh) @param {number} block */
  blockOf(matrix, block) {
    return rowsOf(matrix, block * this.rows, this.rows);
  }

  /**
   * Normalise a block: with its own statistics in train mode, else with the running ones.
   * @param {Matrix} x (rows, nh)
   * @param {Matrix} y (rows, nh), not x
   * @param {number} block
   * @param {boolean} isTraining
   */
  forward(x, y, block, isTraining) {
    const { machine, weight, bias } = this;
    this.isTraining = isTraining;
    const scale = rowsOf(this.scale, block, 1);
    let mean = this.runningMean;
    if (isTraining) {
      mean = rowsOf(this.mean, block, 1);
      this.measure(x, y, mean);
    }
    const variance = isTraining ? this.variance : this.runningVariance;
    machine.run("inverseSpread", { variance, scale });
    const vectors = { mean: everyRow(mean), scale: everyRow(scale), weight: everyRow(weight), bias: everyRow(bias) };
    machine.run("norm", { x, normed: this.blockOf(this.normed, block), y, ...vectors });
  }

  /**
   * Compute the mean and the variance of each unit, and let the running ones follow.
   * @param {Matrix} x (rows, nh)
   * @param {Matrix} scratch (rows, nh)
   * @param {Matrix} mean (1, nh)
   */
  measure(x, scratch, mean) {
    const { machine, sum, variance, rows } = this;
    machine.view(sum).fill(0);
    machine.addRows(x, sum);
    machine.run("mean", { sum, mean }, rows);
    machine.run("squaredDistance", { x, mean: everyRow(mean), y: scratch });
    machine.view(sum).fill(0);
    machine.addRows(scratch, sum);
    machine.run("mean", { sum, mean: variance }, rows);
    machine.run("running", { running: this.runningMean, x: mean }, MOMENTUM, 1);
    machine.run("running", { running: this.runningVariance, x: variance }, MOMENTUM, rows / (rows - 1)); // unbiased
    this.calls++;
  }

  /**
   * Backpropagate through a block of a mini-batch. In eval mode the statistics are constants.
   * @param {Matrix} dy (rows, nh)
   * @param {Matrix} dx (rows, nh); may be dy
   * @param {number} block
   */
  backward(dy, dx, block) {
    const { machine, products, rows, weight, sum, sumNormed } = this;
    const normed = this.blockOf(this.normed, block);
    const gradients = this.parameters.gradients.of;
    machine.view(sum).fill(0);
    machine.view(sumNormed).fill(0);
    machine.run("multiply", { x: dy, y: normed, z: products });
    machine.addRows(dy, sum);
    machine.addRows(products, sumNormed);
    machine.run("accumulate", { y: gradients["bn.bias"], x: sum });
    machine.run("accumulate", { y: gradients["bn.weight"], x: sumNormed });
    const scale = everyRow(rowsOf(this.scale, block, 1));
    if (this.isTraining) {
      const vectors = { sum: everyRow(sum), sumNormed: everyRow(sumNormed), weight: everyRow(weight), scale };
      machine.run("normBackward", { dy, normed, dx, ...vectors }, rows);
      return;
    }
    machine.run("multiply", { x: dy, y: everyRow(weight), z: dx });
    machine.run("multiply", { x: dx, y: scale, z: dx });
  }

  get weight() {
    return this.parameters.weights.of["bn.weight"];
  }

  get bias() {
    return this.parameters.weights.of["bn.bias"];
  }

  /** @param {import("./parameters.js").Values} values */
  load(values) {
    for (const [name, matrix] of Object.entries(this.buffers)) this.machine.view(matrix).set(taken(values, name, this.nh));
    this.calls = values["bn.num_batches_tracked"]?.[0] ?? 0;
  }

  /** Copy what torch's module keeps besides its weights. */
  read() {
    const copies = Object.entries(this.buffers).map(([name, matrix]) => [name, this.machine.view(matrix).slice(0, this.nh)]);
    return { ...Object.fromEntries(copies), "bn.num_batches_tracked": Int32Array.of(this.calls) };
  }

  get buffers() {
    return { "bn.running_mean": this.runningMean, "bn.running_var": this.runningVariance };
  }
}
