// @ts-check
// A forward pass in eval mode, as hnviz/learn/models.py computes it: one token, one row at a time.
//
// A state is a list of layers, (nh) each; an LSTM's has the layers' h first, then their c. A Transformer's has what its
// layers made of the last token, then, for each token of the window so far, each layer's keys and values: torch keeps
// what these are made of, and makes them again. Sums are in double precision, states in single.

/**
 * @typedef {{ cell: string, layers: number, norm: string, normInLoop: boolean, nonlinearity: string, attends: boolean,
 *             window: number|null, gates: string[] }} Form
 *   cell        "" for a hand-written loop, else "RNN", "GRU" or "LSTM"
 *   norm        before the answer: "bn", batch norm; "ln", layer norm; "" for none
 *   attends     it looks back at its window, and is no recurrent network
 *   normInLoop  batch norm is part of the recurrence
 *   window      tokens after which the state starts again from zeros; null for a carried state
 * @typedef {Float32Array[]} State
 * @typedef {Record<string, Float32Array>} Weights by their names in a snapshot
 */

const EPSILON = 1e-5; // of torch's norms

export class Network {
  /**
   * @param {Form} form
   * @param {Weights} weights
   */
  constructor(form, weights) {
    this.form = form;
    this.weights = weights;
    this.nv = weights["h_o.bias"].length;
    this.nh = weights["i_h.weight"].length / this.nv;
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
    const { cell, layers, attends } = this.form;
    if (attends) return this.attend(given, state);
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
    const squash = this.form.nonlinearity === "relu" ? positive : Math.tanh;
    if (this.form.cell === "RNN") {
      const [input, hidden] = this.sums(layer, given, before);
      return Float32Array.from(input, (sum, unit) => squash(sum + hidden[unit]));
    }
    const sums = linear(this.weights["h_h.weight"], this.weights["h_h.bias"], before.map((old, unit) => old + given[unit]));
    const after = Float32Array.from(sums, squash);
    return this.form.normInLoop ? this.norm(after) : after;
  }

  /**
   * What a Transformer's layers make of a token, and the keys and values that later tokens look at.
   * @param {Float32Array} given the token's embedding
   * @param {State} state
   * @returns {State}
   */
  attend(given, state) {
    const { nh } = this;
    const { layers } = this.form;
    const at = (state.length - layers) / (2 * layers); // tokens of the window before this one
    const position = this.weights["position.weight"].subarray(at * nh, (at + 1) * nh);
    let h = added(Float64Array.from(given), position); // not rounded from layer to layer: it grows
    const [after, kept] = [/** @type {State} */ ([]), state.slice(layers)];
    for (let layer = 0; layer < layers; layer++) {
      const named = (/** @type {string} */ part) => `attention.${layer}.${part}`;
      const normed = this.layerNorm(named("norm"), h);
      kept.push(...["key", "value"].map((part) => Float32Array.from(this.linear(named(part), normed))));
      const seen = Array.from({ length: at + 1 }, (_, token) => 2 * (token * layers + layer));
      const keys = seen.map((place) => kept[place]);
      const values = seen.map((place) => kept[place + 1]);
      h = added(h, this.linear(named("merge"), this.looked(this.linear(named("query"), normed), keys, values)));
      const wide = this.linear(`mlp.${layer}.1`, this.layerNorm(`mlp.${layer}.0`, h)).map(positive);
      h = added(h, this.linear(`mlp.${layer}.3`, wide));
      after.push(Float32Array.from(h));
    }
    return [...after, ...kept];
  }

  /**
   * What a token takes from those that it looks at.
   * @param {Float64Array} query
   * @param {Float32Array[]} keys
   * @param {Float32Array[]} values
   */
  looked(query, keys, values) {
    const scores = keys.map((key) => key.reduce((sum, value, unit) => sum + value * query[unit], 0) / Math.sqrt(this.nh));
    const shares = softmax(Float64Array.from(scores));
    return query.map((_, unit) => values.reduce((sum, value, token) => sum + shares[token] * value[unit], 0));
  }

  /**
   * @param {string} part
   * @param {Float64Array} vector
   */
  layerNorm(part, vector) {
    const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
    const variance = vector.reduce((sum, value) => sum + (value - mean) ** 2, 0) / vector.length;
    const spread = Math.sqrt(variance + EPSILON);
    const [weight, bias] = [this.weights[`${part}.weight`], this.weights[`${part}.bias`]];
    return vector.map((value, unit) => ((value - mean) / spread) * weight[unit] + bias[unit]);
  }

  /**
   * @param {string} part
   * @param {Float32Array|Float64Array} vector
   */
  linear(part, vector) {
    return linear(this.weights[`${part}.weight`], this.weights[`${part}.bias`], vector);
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
    return Float32Array.from(this.linear("h_o", this.normed(top)));
  }

  /** @param {Float32Array} top */
  normed(top) {
    if (this.form.norm === "ln") return this.layerNorm("ln", Float64Array.from(top));
    return this.form.normInLoop || !this.form.norm ? top : this.norm(top);
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
 * @param {Float32Array|Float64Array} vector
 */
function linear(weight, bias, vector) {
  return Float64Array.from(bias, (start, row) => {
    let sum = start;
    for (let at = 0, from = row * vector.length; at < vector.length; at++) sum += weight[from + at] * vector[at];
    return sum;
  });
}

/** @param {number} value */
const positive = (value) => Math.max(0, value);

/**
 * @param {Float64Array} one
 * @param {Float32Array|Float64Array} other
 */
const added = (one, other) => one.map((value, unit) => value + other[unit]);

/** @param {number} value */
const sigmoid = (value) => 1 / (1 + Math.exp(-value));

/**
 * Probabilities of scores.
 * @param {Float32Array|Float64Array} logits
 * @returns {Float64Array}
 */
export function softmax(logits) {
  const most = Math.max(...logits);
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
