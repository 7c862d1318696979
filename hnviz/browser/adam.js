// @ts-check
// The optimizer: hnviz/learn/adam.py.

/**
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./parameters.js").Parameters} Parameters
 * @typedef {import("./parameters.js").Values} Values
 */

const BETA2 = 0.99;
const EPSILON = 1e-8;
const WEIGHT_DECAY = 0.01;

export class Adam {
  /**
   * @param {Machine} machine
   * @param {Parameters} parameters
   */
  constructor(machine, parameters) {
    this.machine = machine;
    this.parameters = parameters;
    this.steps = 0;
  }

  /**
   * Update the weights from their gradients.
   * @param {number} lr
   * @param {number} momentum Adam's beta1
   */
  step(lr, momentum) {
    this.steps++;
    const { weights, gradients, mean, square } = this.parameters;
    const rate = lr / (1 - momentum ** this.steps);
    const root = Math.sqrt(1 - BETA2 ** this.steps);
    const operands = { w: weights.all, g: gradients.all, m: mean.all, v: square.all };
    this.machine.run("adam", operands, 1 - lr * WEIGHT_DECAY, 1 - momentum, BETA2, 1 - BETA2, rate, root, EPSILON);
  }

  /** Copy the moments, named as in hnviz/learn/adam.py: "exp_avg.0" belongs to the first weight. */
  read() {
    const { tensors, mean, square } = this.parameters;
    const [means, squares] = [mean.read(), square.read()];
    return Object.fromEntries(
      tensors.flatMap(({ name }, index) => [
        [`exp_avg.${index}`, means[name]],
        [`exp_avg_sq.${index}`, squares[name]],
        [`step.${index}`, Float32Array.of(this.steps)],
      ]),
    );
  }

  /** Take moments that `read` copied. @param {Values} values */
  load(values) {
    const { tensors, mean, square } = this.parameters;
    const named = (/** @type {string} */ moment) => Object.fromEntries(tensors.map(({ name }, index) => [name, values[`${moment}.${index}`]]));
    mean.load(named("exp_avg"));
    square.load(named("exp_avg_sq"));
    this.steps = values["step.0"][0];
  }
}
