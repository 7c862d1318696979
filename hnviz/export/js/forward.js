// @ts-check
// A forward pass in eval mode, as hnviz/learn/models.py computes it: one token, one row at a time.
//
// A state is a list of layers, (nh) each; an LSTM's has the layers' h first, then their c. Sums are in double
// precision, states in single.

/**
 * @typedef {{ cell: string, layers: number, normInLoop: boolean, window: number|null, gates: string[] }} Form
 *   cell        "" for a hand-written loop, else "RNN", "GRU" or "LSTM"
 *   normInLoop  batch norm is part of the recurrence
 *   window      tokens after which the state starts again from zeros; null for a carried state
 * @typedef {Float32Array[]} State
 * @typedef {Record<string, Float32Array>} Weights by their names in a snapshot
 */

const EPSILON = 1e-5; // of torch's batch norm

export class Network {
  /**
   * @param {Form} form
   * @param {Weights} weights
   */
  constructor(form, weights) {
    this.form = form;
    this.weights = weights;
    this.nh = weights["bn.weight"].length;
    this.nv = weights["h_o.bias"].length;
  }

  /** @returns {State} */
  zeros() {
    const { cell, layers } = this.form;
    return Array.from({ length: cell === "LSTM" ? 2 * layers : layers }, () => new Float32Array(this.nh));
  }

  /**
   * Read one token; returns the state after it.
   * @param {number} id
   * @param {State} state
   * @returns {State}
   */
  read(id, state) {
    let given = this.embedded(id);
    const { cell, layers } = this.form;
    if (cell !== "LSTM") return state.map((before, layer) => (given = this.next(layer, given, before)));
    const after = [...state];
    for (let layer = 0; layer < layers; layer++) {
      [given, after[layers + layer]] = this.nextWithCell(layer, given, state[layer], state[layers + layer]);
      after[layer] = given;
    }
    return after;
  }

  /**
   * The part of a state that pictures show: a layer's units, layer by layer.
   * @param {State} state
   */
  shown(state) {
    return state.slice(0, this.form.layers);
  }

  /** @param {number} id */
  embedded(id) {
    return this.weights["i_h.weight"].subarray(id * this.nh, (id + 1) * this.nh);
  }

  /**
   * One layer's next state.
   * @param {number} layer
   * @param {Float32Array} given
   * @param {Float32Array} before
   */
  next(layer, given, before) {
    if (this.form.cell === "GRU") {
      const [, update, candidate] = this.gates(layer, given, before);
      return before.map((old, unit) => (1 - update[unit]) * candidate[unit] + update[unit] * old);
    }
    if (this.form.cell === "RNN") {
      const [input, hidden] = this.sums(layer, given, before);
      return Float32Array.from(input, (sum, unit) => Math.tanh(sum + hidden[unit]));
    }
    const sums = linear(this.weights["h_h.weight"], this.weights["h_h.bias"], before.map((old, unit) => old + given[unit]));
    const after = Float32Array.from(sums, (sum) => Math.max(0, sum));
    return this.form.normInLoop ? this.norm(after) : after;
  }

  /**
   * An LSTM layer's next state and cell.
   * @param {number} layer
   * @param {Float32Array} given
   * @param {Float32Array} before
   * @param {Float32Array} cell
   */
  nextWithCell(layer, given, before, cell) {
    const [input, forget, candidate, output] = this.gates(layer, given, before);
    const next = cell.map((old, unit) => forget[unit] * old + input[unit] * candidate[unit]);
    return [next.map((value, unit) => output[unit] * Math.tanh(value)), next];
  }

  /**
   * The gates of a layer, in the catalogue's order: reset, update, candidate; input, forget, candidate, output.
   * @param {number} layer
   * @param {Float32Array} given
   * @param {Float32Array} before
   */
  gates(layer, given, before) {
    const { nh } = this;
    const [input, hidden] = this.sums(layer, given, before);
    if (this.form.cell === "LSTM") {
      const squashed = [sigmoid, sigmoid, Math.tanh, sigmoid];
      return squashed.map((squash, gate) =>
        Float32Array.from({ length: nh }, (_, unit) => squash(input[gate * nh + unit] + hidden[gate * nh + unit])),
      );
    }
    const [reset, update, candidate] = [0, 1, 2].map(() => new Float32Array(nh));
    for (let unit = 0; unit < nh; unit++) {
      reset[unit] = sigmoid(input[unit] + hidden[unit]);
      update[unit] = sigmoid(input[nh + unit] + hidden[nh + unit]);
      candidate[unit] = Math.tanh(input[2 * nh + unit] + reset[unit] * hidden[2 * nh + unit]);
    }
    return [reset, update, candidate];
  }

  /**
   * @param {number} layer
   * @param {Float32Array} given
   * @param {Float32Array} before
   */
  sums(layer, given, before) {
    const of = (/** @type {string} */ side, /** @type {Float32Array} */ vector) =>
      linear(this.weights[`rnn.weight_${side}_l${layer}`], this.weights[`rnn.bias_${side}_l${layer}`], vector);
    return [of("ih", given), of("hh", before)];
  }

  /** @param {Float32Array} vector */
  norm(vector) {
    const { weights } = this;
    return vector.map((value, unit) => {
      const spread = Math.sqrt(weights["bn.running_var"][unit] + EPSILON);
      return ((value - weights["bn.running_mean"][unit]) / spread) * weights["bn.weight"][unit] + weights["bn.bias"][unit];
    });
  }

  /**
   * The answer from a state: a score of each token, (nv).
   * @param {State} state
   */
  answer(state) {
    const top = state[this.form.layers - 1];
    const read = this.form.normInLoop ? top : this.norm(top);
    return Float32Array.from(linear(this.weights["h_o.weight"], this.weights["h_o.bias"], read));
  }

  /**
   * Read tokens one after the other; returns the state after the last.
   * @param {number[]} ids
   */
  readAll(ids, state = this.zeros()) {
    for (const id of ids) state = this.read(id, state);
    return state;
  }
}

/**
 * @param {Float32Array} weight (n, vector.length), row by row
 * @param {Float32Array} bias (n)
 * @param {Float32Array} vector
 */
function linear(weight, bias, vector) {
  return Float64Array.from(bias, (start, row) => {
    let sum = start;
    for (let at = 0, from = row * vector.length; at < vector.length; at++) sum += weight[from + at] * vector[at];
    return sum;
  });
}

/** @param {number} value */
const sigmoid = (value) => 1 / (1 + Math.exp(-value));

/**
 * Probabilities of scores.
 * @param {Float32Array} logits
 * @returns {Float64Array}
 */
export function softmax(logits) {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(logits, (score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/**
 * The place of the largest number; the first of several.
 * @param {ArrayLike<number>} values
 */
export function largest(values) {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at] > values[best]) best = at;
  return best;
}
