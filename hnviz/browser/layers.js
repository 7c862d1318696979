// @ts-check
// The recurrent layers: how a state comes from the one before it, and how a gradient goes back.
//
// Time comes first in every matrix: the rows of a step lie together, so a step is `bs` rows of a matrix of bptt * bs.

import { columnParts, columnsOf, padded, rowsOf, stepOf, transposed } from "./matrix.js";
import { GATES, namesOf } from "./parameters.js";

/**
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./norm.js").BatchNorm} BatchNorm
 * @typedef {import("./parameters.js").Form} Form
 * @typedef {import("./parameters.js").Parameters} Parameters
 * @typedef {import("./parameters.js").Sizes} Sizes
 *
 * @typedef {object} Parts what layers are made of
 * @property {Machine} machine
 * @property {Parameters} parameters
 * @property {BatchNorm|null} norm batch norm inside the recurrence, if any
 * @property {Form} form
 * @property {Sizes} sizes
 */

/**
 * A layer without gates: h′ = f(W x + U h + b), f = relu or tanh, perhaps followed by batch norm. By hand W is U.
 *
 * Its gradients: with ds that of the sums, dW = Σ dsᵀ x, dU = Σ dsᵀ h, db = Σ ds, dx = ds W, dh = ds U.
 */
export class Layer {
  /**
   * @param {Parts} parts
   * @param {number} layer its number, from 0
   */
  constructor({ machine, parameters, norm, form, sizes }, layer) {
    const { nh, bs, bptt } = sizes;
    const slots = bptt * bs;
    this.machine = machine;
    this.norm = norm;
    this.form = form;
    this.bs = bs;
    this.bptt = bptt;
    this.names = namesOf(form, layer);
    this.gates = GATES[form.cell];
    this.weights = parameters.weights.of;
    this.gradients = parameters.gradients.of;

    const width = this.weights[this.names.inputBias].columns; // gates * nh, padded
    this.sums = machine.matrix(slots, width); // W x + b, then + U h, then the gates, then ds
    this.states = machine.matrix(slots + bs, nh); // before the first token, then after each
    this.dStates = machine.matrix(slots + bs, nh);
    this.inputTransposed = machine.matrix(padded(nh), width);
    this.stateTransposed = machine.matrix(padded(nh), width);
    this.bias = machine.matrix(1, width);
    this.activations = machine.matrix(norm ? slots : 0, nh); // before a norm in the loop
  }

  /** What the layer carries from mini-batch to mini-batch: bs rows before the first token, and bs after each. */
  get carried() {
    return [this.states];
  }

  /** What it has computed for each token besides its state, by names of the catalogue. @returns {Record<string, Matrix>} */
  get inside() {
    return {};
  }

  /** The states after each token, (bptt * bs, nh). */
  get outputs() {
    return rowsOf(this.states, this.bs, this.bptt * this.bs);
  }

  /** The gradients of `outputs`. */
  get dOutputs() {
    return rowsOf(this.dStates, this.bs, this.bptt * this.bs);
  }

  /** The states before each token, (bptt * bs, nh). */
  get statesBefore() {
    return rowsOf(this.states, 0, this.bptt * this.bs);
  }

  /** Follow a change of the weights. */
  refresh() {
    const { machine, weights, names } = this;
    machine.transpose(weights[names.inputWeight], this.inputTransposed);
    machine.transpose(weights[names.stateWeight], this.stateTransposed);
    machine.fill(this.bias, weights[names.inputBias]);
    if (names.stateBias) machine.run("accumulate", { y: this.bias, x: weights[names.stateBias] });
  }

  /**
   * sums = W x + b
   * @param {Matrix} x (n, nh)
   * @param {Matrix} sums (n, gates * nh)
   */
  readInput(x, sums) {
    this.machine.fill(sums, this.bias);
    this.machine.product(x, this.inputTransposed, sums, true);
  }

  /** Read a mini-batch whose inputs are in `sums`. @param {boolean} isTraining */
  forward(isTraining) {
    for (let step = 0; step < this.bptt; step++) this.forwardStep(step, isTraining);
  }

  /**
   * @param {number} step
   * @param {boolean} isTraining
   */
  forwardStep(step, isTraining) {
    const { machine, norm, form } = this;
    const sums = this.sumsOf(step);
    machine.product(this.before(step), this.stateTransposed, sums, true);
    machine.run(form.nonlinearity, { x: sums, y: this.activated(step) });
    if (norm) norm.forward(this.activated(step), this.after(step), step, isTraining);
  }

  /**
   * Go back through a mini-batch, from `dStates`; leaves the gradients of the sums in `sums`.
   * @param {(step: number) => void} [visit] is called with each step, once all later steps have added to its `gradientsAfter`
   */
  backward(visit = () => {}) {
    for (let step = this.bptt - 1; step >= 0; step--) {
      visit(step);
      this.backwardStep(step);
    }
    this.addStateGradients();
  }

  /** @param {number} step */
  backwardStep(step) {
    const { machine, norm, form } = this;
    const [dAfter, ds] = [this.dAfter(step), this.sumsOf(step)];
    if (norm) norm.backward(dAfter, dAfter, step);
    machine.run(`${form.nonlinearity}Backward`, { dy: dAfter, y: this.activated(step), dx: ds });
    this.passBack(step, ds, this.weights[this.names.stateWeight]);
  }

  /**
   * dh ← dh + ds U, unless gradients stop at the mini-batch's first token: this is what "truncated" means.
   * @param {number} step
   * @param {Matrix} ds
   * @param {Matrix} weight U
   */
  passBack(step, ds, weight) {
    if (step > 0) this.machine.product(ds, weight, this.dBefore(step), true);
  }

  /** dU ← dU + Σ dsᵀ h */
  addStateGradients() {
    const { machine, gradients, names } = this;
    machine.product(transposed(this.sums), this.statesBefore, gradients[names.stateWeight], true);
    if (names.stateBias) machine.addRows(this.sums, gradients[names.stateBias]);
  }

  /**
   * dW ← dW + Σ dsᵀ x, db ← db + Σ ds, dx = ds W
   * @param {Matrix} ds (n, gates * nh)
   * @param {Matrix} x (n, nh)
   * @param {Matrix} dx (n, nh)
   */
  addInputGradients(ds, x, dx) {
    const { machine, weights, gradients, names } = this;
    machine.product(transposed(ds), x, gradients[names.inputWeight], true);
    machine.addRows(ds, gradients[names.inputBias]);
    machine.product(ds, weights[names.inputWeight], dx);
  }

  /** The sums of a step, (bs, gates * nh). @param {number} step */
  sumsOf(step) {
    return stepOf(this.sums, step, this.bs);
  }

  /** The states before a step, (bs, nh). @param {number} step */
  before(step) {
    return stepOf(this.states, step, this.bs);
  }

  /** The states after a step, (bs, nh). @param {number} step */
  after(step) {
    return stepOf(this.states, step + 1, this.bs);
  }

  /** The gradients of `before`. @param {number} step */
  dBefore(step) {
    return stepOf(this.dStates, step, this.bs);
  }

  /** The gradients of `after`. @param {number} step */
  dAfter(step) {
    return stepOf(this.dStates, step + 1, this.bs);
  }

  /** During `backward`, before a step: the gradients of all that the layer carries after it. @param {number} step */
  gradientsAfter(step) {
    return [this.dAfter(step)];
  }

  /** f of the sums of a step, (bs, nh): the states after it, unless these are normalised. @param {number} step */
  activated(step) {
    return this.norm ? stepOf(this.activations, step, this.bs) : this.after(step);
  }
}

/**
 * torch.nn.GRU: r = σ(Wr x + Ur h + b), z = σ(Wz x + Uz h + b), n = tanh(Wn x + bn + r (Un h + cn)), h′ = (1 - z) n + z h
 */
class GRULayer extends Layer {
  /**
   * @param {Parts} parts
   * @param {number} layer
   */
  constructor(parts, layer) {
    super(parts, layer);
    this.hidden = this.machine.matrix(this.bptt * this.bs, parts.sizes.nh); // Un h + cn, then its gradient
  }

  get inside() {
    const [reset, update, candidate] = columnParts(this.sums, this.gates);
    return { reset, update, candidate };
  }

  /** Columns of a gate. r and z have two thirds of all; n has the last, and a sum of its own for the state. */
  get gateWidth() {
    return this.states.columns;
  }

  refresh() {
    super.refresh();
    const { machine, weights, names, gateWidth } = this;
    const ofCandidate = (/** @type {Matrix} */ vector) => columnsOf(vector, 2 * gateWidth, gateWidth);
    machine.fill(ofCandidate(this.bias), ofCandidate(weights[names.inputBias])); // cn is in the other sum
  }

  /** @param {boolean} isTraining */
  forward(isTraining) {
    const { gateWidth, weights, names } = this;
    this.machine.fill(this.hidden, columnsOf(weights[names.stateBias], 2 * gateWidth, gateWidth));
    super.forward(isTraining);
  }

  /** @param {number} step */
  forwardStep(step) {
    const { machine, stateTransposed, gateWidth } = this;
    const [h, sums, hidden] = [this.before(step), this.sumsOf(step), this.hiddenOf(step)];
    machine.product(h, columnsOf(stateTransposed, 0, 2 * gateWidth), columnsOf(sums, 0, 2 * gateWidth), true);
    machine.product(h, columnsOf(stateTransposed, 2 * gateWidth, gateWidth), hidden, true);
    const [r, z, n] = columnParts(sums, this.gates);
    machine.run("gru", { r, z, n, hidden, h, after: this.after(step) });
  }

  /** @param {number} step */
  backwardStep(step) {
    const { machine, gateWidth } = this;
    const [sums, hidden, weight] = [this.sumsOf(step), this.hiddenOf(step), this.weights[this.names.stateWeight]];
    const [r, z, n] = columnParts(sums, this.gates);
    machine.run("gruBackward", { r, z, n, hidden, h: this.before(step), dAfter: this.dAfter(step), dh: this.dBefore(step) });
    this.passBack(step, columnsOf(sums, 0, 2 * gateWidth), rowsOf(weight, 0, 2 * gateWidth));
    this.passBack(step, hidden, rowsOf(weight, 2 * gateWidth, gateWidth));
  }

  addStateGradients() {
    const { machine, gradients, names, statesBefore, hidden, gateWidth } = this;
    const gates = columnsOf(this.sums, 0, 2 * gateWidth);
    const [dWeight, dBias] = [gradients[names.stateWeight], gradients[names.stateBias]];
    machine.product(transposed(gates), statesBefore, rowsOf(dWeight, 0, 2 * gateWidth), true);
    machine.product(transposed(hidden), statesBefore, rowsOf(dWeight, 2 * gateWidth, gateWidth), true);
    machine.addRows(gates, columnsOf(dBias, 0, 2 * gateWidth));
    machine.addRows(hidden, columnsOf(dBias, 2 * gateWidth, gateWidth));
  }

  /** The hidden sums of a step, (bs, nh). @param {number} step */
  hiddenOf(step) {
    return stepOf(this.hidden, step, this.bs);
  }
}

/**
 * torch.nn.LSTM: i, f, o = σ(W x + U h + b), g = tanh(W x + U h + b), each with its own; c′ = f c + i g, h′ = o tanh(c′)
 */
class LSTMLayer extends Layer {
  /**
   * @param {Parts} parts
   * @param {number} layer
   */
  constructor(parts, layer) {
    super(parts, layer);
    const { nh } = parts.sizes;
    this.cells = this.machine.matrix(this.bptt * this.bs + this.bs, nh); // before the first token, then after each
    this.squashed = this.machine.matrix(this.bptt * this.bs, nh); // tanh of the cells
    this.dCell = this.machine.matrix(this.bs, nh);
  }

  get carried() {
    return [this.states, this.cells];
  }

  get inside() {
    const [input, forget, candidate, output] = columnParts(this.sums, this.gates);
    return { input, forget, candidate, output, c: rowsOf(this.cells, this.bs, this.bptt * this.bs) };
  }

  /** @param {number} step */
  forwardStep(step) {
    const { machine } = this;
    const sums = this.sumsOf(step);
    machine.product(this.before(step), this.stateTransposed, sums, true);
    const cells = { c: stepOf(this.cells, step, this.bs), cAfter: stepOf(this.cells, step + 1, this.bs) };
    machine.run("lstm", { ...this.gatesOf(sums), ...cells, s: stepOf(this.squashed, step, this.bs), after: this.after(step) });
  }

  /** @param {(step: number) => void} [visit] */
  backward(visit) {
    this.machine.view(this.dCell).fill(0);
    super.backward(visit);
  }

  /** @param {number} step */
  gradientsAfter(step) {
    return [this.dAfter(step), this.dCell];
  }

  /** @param {number} step */
  backwardStep(step) {
    const sums = this.sumsOf(step);
    const cells = { c: stepOf(this.cells, step, this.bs), s: stepOf(this.squashed, step, this.bs), dc: this.dCell };
    this.machine.run("lstmBackward", { ...this.gatesOf(sums), ...cells, dAfter: this.dAfter(step) });
    this.passBack(step, sums, this.weights[this.names.stateWeight]);
  }

  /** @param {Matrix} sums (bs, gates * nh) */
  gatesOf(sums) {
    const [i, f, g, o] = columnParts(sums, this.gates);
    return { i, f, g, o };
  }
}

/** The layers of a cell in torch.nn; "" is written by hand. @type {Record<string, typeof Layer>} */
export const LAYERS = { "": Layer, RNN: Layer, GRU: GRULayer, LSTM: LSTMLayer };
