// @ts-check
// What a network makes of a text in eval mode: its states, what is inside its layers, and its answers after each token.

import { joined } from "./arrays.js";
import { checkText } from "./limits.js";
import { compiledModule } from "./machine.js";
import { rowsOf } from "./matrix.js";
import { Network } from "./network.js";

/**
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./parameters.js").Form} Form
 * @typedef {import("./parameters.js").Values} Values
 *
 * @typedef {Record<string, Float32Array>} State what is carried over: "state", the layers' h, and an LSTM's "state.c",
 *   (layers, nh) each
 *
 * @typedef {object} Reading of n tokens
 * @property {Float32Array[]} states of each layer, (n, nh)
 * @property {Record<string, Float32Array>[]} inside of each layer: gates by their names in the catalogue and an LSTM's
 *   cell "c", (n, nh); or an attention's "shares" of the window's tokens, (n, window)
 * @property {Float32Array[]} logits of the token that follows each, (nv) each
 * @property {State|null} state after the last token; null if no state is carried
 */

/** Tokens that are read at a time where a state is carried on: more need more memory, fewer more calls. */
const CARRIED_TOKENS = 64;

/** Smaller networks read shorter texts; each is this many times as long as the next smaller one. */
const GROWTH = 8;

export class Reader {
  /**
   * Throws EngineError if the browser cannot run WebAssembly with SIMD.
   * @param {Form} form
   * @param {{ nv: number, nh: number }} sizes
   * @param {Values} weights of a snapshot
   * @param {number|null} window tokens after which the state starts again from zeros; null for a state that is carried on
   */
  constructor(form, sizes, weights, window = null) {
    compiledModule();
    this.form = { ...form, predicts: "every", stateful: window === null };
    this.sizes = sizes;
    this.weights = weights;
    this.window = window;
    this.length = window ?? CARRIED_TOKENS;
    /** @type {Map<number, Network>} by the number of tokens that they read at a time */
    this.networks = new Map();
  }

  /**
   * The network that reads n tokens at a time, or more: extra tokens at the end do not change what comes before them.
   * Throws EngineError if the browser has too little memory for it.
   * @param {number} n
   */
  networkFor(n) {
    let bptt = this.form.attends ? this.length : 1; // an attention's shares have a column for each token of the window
    while (bptt < n) bptt *= GROWTH;
    bptt = Math.min(bptt, this.length);
    let network = this.networks.get(bptt);
    if (!network) {
      network = new Network(this.form, { ...this.sizes, bs: 1, bptt });
      network.load(this.weights);
      this.networks.set(bptt, network);
    }
    return network;
  }

  /**
   * Read a text. Throws EngineError for an id outside the vocabulary.
   * @param {ArrayLike<number>} ids
   * @param {State|null} state before the text; null for zeros, and always if no state is carried
   * @returns {Reading}
   */
  read(ids, state = null) {
    const text = Int32Array.from(ids);
    checkText("the text", ids, this.sizes.nv);
    /** @type {Reading[]} */
    const parts = [];
    for (let from = 0; from < text.length; from += this.length) {
      const part = text.subarray(from, from + this.length);
      const network = this.networkFor(part.length);
      begin(network, state);
      network.forward(Int32Array.from({ length: network.sizes.bptt }, (_, at) => part[at] ?? 0), false);
      network.carry(part.length);
      state = this.window === null ? network.readState() : null;
      parts.push({ ...this.readingOf(network, part.length), state });
    }
    const layers = parts[0].states.map((_, layer) => layer);
    return {
      states: layers.map((layer) => joined(parts.map(({ states }) => states[layer]))),
      inside: layers.map((layer) => {
        const names = Object.keys(parts[0].inside[layer]);
        return Object.fromEntries(names.map((name) => [name, joined(parts.map(({ inside }) => inside[layer][name]))]));
      }),
      logits: parts.flatMap(({ logits }) => logits),
      state,
    };
  }

  /**
   * The logits of the next token, (nv), from a state alone. Throws EngineError if no state is carried.
   * @param {State} state
   */
  answer(state) {
    const network = this.networkFor(1);
    begin(network, state);
    network.answer();
    return this.logitsOf(network, 1)[0];
  }

  /** Copy what a network has computed for the first n tokens. @param {Network} network @param {number} n */
  readingOf(network, n) {
    const { nh } = this.sizes;
    const copy = (/** @type {Matrix} */ matrix, columns = nh) => network.machine.copy(rowsOf(matrix, 0, n), columns);
    return {
      states: network.body.layerStates.map((states) => copy(states)),
      inside: network.body.inside.map((named) => {
        const copies = Object.entries(named).map(([name, matrix]) => [name, copy(matrix, name === "shares" ? this.length : nh)]);
        return Object.fromEntries(copies);
      }),
      logits: this.logitsOf(network, n),
    };
  }

  /** @param {Network} network @param {number} n @returns {Float32Array[]} */
  logitsOf({ machine, logits }, n) {
    return Array.from({ length: n }, (_, at) => machine.copy(rowsOf(logits, at, 1), this.sizes.nv));
  }
}

/** @param {Network} network @param {State|null} state null for zeros */
function begin(network, state) {
  if (state) network.loadState(state);
  else network.reset();
}
