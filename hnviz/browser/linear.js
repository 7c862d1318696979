// @ts-check
// torch.nn.Linear: y = x Wᵀ + b

import { transposed } from "./matrix.js";

/**
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./parameters.js").Parameters} Parameters
 */

export class Linear {
  /**
   * @param {Machine} machine
   * @param {Parameters} parameters
   * @param {string} name of the part in torch's model
   */
  constructor(machine, parameters, name) {
    this.machine = machine;
    this.weight = parameters.weights.of[`${name}.weight`]; // (n, m)
    this.bias = parameters.weights.of[`${name}.bias`];
    this.dWeight = parameters.gradients.of[`${name}.weight`];
    this.dBias = parameters.gradients.of[`${name}.bias`];
    this.transposed = machine.matrix(this.weight.columns, this.bias.columns);
  }

  /** Follow a change of the weights. */
  refresh() {
    this.machine.transpose(this.weight, this.transposed);
  }

  /**
   * y = x Wᵀ + b
   * @param {Matrix} x (rows, m)
   * @param {Matrix} y (rows, n)
   */
  forward(x, y) {
    this.machine.fill(y, this.bias);
    this.machine.product(x, this.transposed, y, true);
  }

  /**
   * dW ← dW + Σ dyᵀ x, db ← db + Σ dy, dx = dy W, or with `keep` dx ← dx + dy W
   * @param {Matrix} dy (rows, n)
   * @param {Matrix} x (rows, m)
   * @param {Matrix} dx (rows, m)
   */
  backward(dy, x, dx, keep = false) {
    const given = { ...dy, columns: this.weight.rows }; // of the vocabulary, rows have no padding
    this.machine.product(transposed(given), x, this.dWeight, true);
    this.machine.addRows(dy, this.dBias);
    this.machine.product(given, this.weight, dx, keep);
  }
}
