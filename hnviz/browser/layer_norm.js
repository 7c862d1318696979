// @ts-check
// Layer norm, as torch.nn.LayerNorm: over the units of each row.

import { everyRow } from "./matrix.js";

/**
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./parameters.js").Parameters} Parameters
 *
 * @typedef {object} Units what all layer norms of a network share
 * @property {Matrix} isUnit 1 for each of the nh units, 0 for padded columns
 * @property {Matrix} ones the same as a column, to add up rows
 */

/** Plan what layer norms share. @param {Machine} machine @param {number} nh @returns {Units} */
export function unitsOf(machine, nh) {
  const isUnit = machine.matrix(1, nh);
  return { isUnit, ones: machine.matrix(isUnit.columns, 1) };
}

/** Mark the units, once the memory is there. @param {Machine} machine @param {Units} units @param {number} nh */
export function markUnits(machine, { isUnit, ones }, nh) {
  machine.view(isUnit).fill(1, 0, nh);
  machine.view(ones).fill(1, 0, nh * ones.columns);
}

export class LayerNorm {
  /**
   * @param {Machine} machine
   * @param {Parameters} parameters
   * @param {{ name: string, units: Units, rows: number, nh: number }} part
   */
  constructor(machine, parameters, { name, units, rows, nh }) {
    this.machine = machine;
    this.units = units;
    this.nh = nh;
    this.weight = parameters.weights.of[`${name}.weight`];
    this.bias = parameters.weights.of[`${name}.bias`];
    this.dWeight = parameters.gradients.of[`${name}.weight`];
    this.dBias = parameters.gradients.of[`${name}.bias`];
    this.outputs = machine.matrix(rows, nh);
    this.normed = machine.matrix(rows, nh); // before weight and bias
    this.products = machine.matrix(rows, nh);
    this.scale = machine.matrix(rows, 1); // 1 / √(variance + ε)
    this.sum = machine.matrix(rows, 1);
    this.sumNormed = machine.matrix(rows, 1);
  }

  /** Normalise into `outputs`. @param {Matrix} x (rows, nh) */
  forward(x) {
    const { machine, nh, normed, products, sum, scale, units, outputs } = this;
    machine.sumColumns(x, units.ones, sum);
    machine.run("mean", { sum, mean: sum }, nh);
    machine.run("centre", { x, mean: sum, y: normed });
    machine.run("multiply", { x: normed, y: normed, z: products });
    machine.sumColumns(products, units.ones, sum);
    machine.run("mean", { sum, mean: sum }, nh);
    machine.run("inverseSpread", { variance: sum, scale });
    const vectors = { weight: everyRow(this.weight), bias: everyRow(this.bias) };
    machine.run("layerNorm", { centred: normed, scale, normed, y: outputs, ...vectors });
  }

  /**
   * Add what reaches the norm's input.
   * @param {Matrix} dy (rows, nh), which is changed
   * @param {Matrix} dx (rows, nh)
   */
  backward(dy, dx) {
    const { machine, nh, normed, products, sum, sumNormed, scale, units } = this;
    machine.run("multiply", { x: dy, y: normed, z: products });
    machine.addRows(products, this.dWeight);
    machine.addRows(dy, this.dBias);
    machine.run("multiply", { x: dy, y: everyRow(this.weight), z: dy });
    machine.sumColumns(dy, units.ones, sum);
    machine.run("multiply", { x: dy, y: normed, z: products });
    machine.sumColumns(products, units.ones, sumNormed);
    machine.run("layerNormBackward", { dx, g: dy, normed, sum, sumNormed, scale, isUnit: everyRow(units.isUnit) }, nh);
  }
}
