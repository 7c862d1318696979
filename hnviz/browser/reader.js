// @ts-check
// What a network makes of a text in eval mode: its states, what is inside its layers, and its answers after each token.

import { checkText } from "./limits.js";
import { rowsOf } from "./matrix.js";
import { Network } from "./network.js";

/**
 * @typedef {import("./matrix.js").Matrix} Matrix
 * @typedef {import("./parameters.js").Form} Form
 * @typedef {import("./parameters.js").Values} Values
 *
 * @typedef {object} Reading of n tokens
 * @property {Float32Array[]} states of each layer, (n, nh)
 * @property {Record<string, Float32Array>[]} inside of each layer: gates by their names in the catalogue and an LSTM's
 *   cell "c", (n, nh); or an attention's "shares" of the window's tokens, (n, window)
 * @property {Float32Array} logits of the token that follows each, (n, nv)
 */

/** Tokens that are read at a time where a state is carried on: more need more memory, fewer more calls. */
const CARRIED_TOKENS = 64;

export class Reader {
  /**
   * @param {Form} form
   * @param {{ nv: number, nh: number }} sizes
   * @param {Values} weights of a snapshot
   * @param {number|null} window tokens after which the state starts again from zeros; null for a state that is carried on
   */
  constructor(form, sizes, weights, window = null) {
    this.sizes = sizes;
    this.length = window ?? CARRIED_TOKENS;
    const reading = { ...form, predicts: "every", stateful: window === null };
    this.network = new Network(reading, { ...sizes, bs: 1, bptt: this.length });
    this.network.load(weights);
  }

  /**
   * Read a text from a state of zeros. Throws EngineError for an id outside the vocabulary.
   * @param {ArrayLike<number>} ids
   * @returns {Reading}
   */
  read(ids) {
    const { network, length } = this;
    const text = Int32Array.from(ids);
    checkText("the text", ids, this.sizes.nv);
    network.reset();
    /** @type {Reading[]} */
    const parts = [];
    for (let from = 0; from < ids.length; from += length) {
      const part = text.slice(from, from + length);
      network.forward(Int32Array.from({ length }, (_, at) => part[at] ?? 0), false); // what comes after changes nothing before
      parts.push(this.readingOf(part.length));
      network.carry();
    }
    const layers = network.body.layerStates.map((_, layer) => layer);
    return {
      states: layers.map((layer) => joined(parts.map(({ states }) => states[layer]))),
      inside: layers.map((layer) => {
        const names = Object.keys(parts[0]?.inside[layer] ?? {});
        return Object.fromEntries(names.map((name) => [name, joined(parts.map(({ inside }) => inside[layer][name]))]));
      }),
      logits: joined(parts.map(({ logits }) => logits)),
    };
  }

  /** Copy what the network holds of the first n tokens. @param {number} n @returns {Reading} */
  readingOf(n) {
    const { network, sizes } = this;
    const copy = (/** @type {Matrix} */ matrix, /** @type {number} */ columns) => network.machine.copy(rowsOf(matrix, 0, n), columns);
    return {
      states: network.body.layerStates.map((states) => copy(states, sizes.nh)),
      inside: network.body.inside.map((named) => {
        const copies = Object.entries(named).map(([name, matrix]) => [name, copy(matrix, name === "shares" ? this.length : sizes.nh)]);
        return Object.fromEntries(copies);
      }),
      logits: copy(network.logits, sizes.nv),
    };
  }
}

/** @param {Float32Array[]} parts */
function joined(parts) {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let from = 0;
  for (const part of parts) {
    whole.set(part, from);
    from += part.length;
  }
  return whole;
}
