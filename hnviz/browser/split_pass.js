// @ts-check
// One pass over a whole split, many stretches side by side: hnviz/observe/passes.py.

import { Slice } from "./drive.js";
import { Network } from "./network.js";

/**
 * @typedef {import("./subject.js").Subject} Subject
 * @typedef {import("./reader.js").State} State
 *
 * @callback Visit
 * @param {Float32Array} states of a layer, row by row
 * @param {number} offset where the states after a token begin
 * @param {number} at the token's place in the split
 * @returns {void}
 */

const STRETCHES = 64; // of a text, read side by side
const FORGOTTEN = 256; // tokens after which a network has nearly forgotten what came before
const READINGS = 3;
const SAME = 1e-5; // of the largest value: what single precision leaves of a sum in another order
const STEPS = 16; // tokens that a stretch reads at a time, where the state is carried

/**
 * Read a split, and visit the states after each of its tokens, in any order.
 * @param {Subject} subject
 * @param {string} split
 * @param {number} layer
 * @param {() => Visit} begin is called before each reading: only what the last one has visited counts
 */
export async function readSplit(subject, split, layer, begin) {
  const ids = subject.ids(split);
  if (subject.facts.window) return readWindows(subject, ids, subject.facts.window, { layer, begin });
  const rows = new Rows(subject, ids, layer);
  let end = await rows.read(Math.max(0, rows.each - FORGOTTEN), null, () => {});
  for (let reading = 0; reading < READINGS; reading++) {
    const again = await rows.read(0, shifted(end, subject.facts.nh), begin());
    if (endsAlike(again, end, subject.facts.nh)) return;
    end = again;
  }
  const visit = begin(); // it does not forget: one stretch after the other
  /** @type {State|null} */
  let state = null;
  const slice = new Slice();
  for (let from = 0; from < ids.length; from += STRETCHES) {
    const read = subject.reader.read(ids.subarray(from, from + STRETCHES), state);
    for (let at = from; at < Math.min(ids.length, from + STRETCHES); at++) visit(read.states[layer], (at - from) * subject.facts.nh, at);
    state = read.state;
    await slice.end();
  }
}

/** A text as rows of equal length, each of which goes on where the one before ends. */
class Rows {
  /** @param {Subject} subject @param {Int32Array} ids @param {number} layer */
  constructor({ facts, weights }, ids, layer) {
    this.ids = ids;
    this.layer = layer;
    this.each = Math.ceil(ids.length / STRETCHES);
    const sizes = { nv: facts.itos.length, nh: facts.nh, bs: STRETCHES, bptt: STEPS };
    this.network = new Network({ ...facts.form, predicts: "every", stateful: true }, sizes);
    this.network.load(weights);
  }

  /**
   * Read each row from a place on, from some states or from zeros. Returns the states at the end.
   * @param {number} from
   * @param {State|null} state
   * @param {Visit} visit
   * @returns {Promise<State>}
   */
  async read(from, state, visit) {
    const { network, ids, each, layer } = this;
    if (state) network.loadState(state);
    else network.reset();
    const slice = new Slice();
    for (let step = from; step < each; step += STEPS) {
      const n = Math.min(STEPS, each - step);
      const at = (/** @type {number} */ slot) => (slot % STRETCHES) * each + step + Math.floor(slot / STRETCHES);
      network.forward(Int32Array.from({ length: STEPS * STRETCHES }, (_, slot) => ids[at(slot) % ids.length]), false);
      const states = network.body.layerStates[layer];
      const numbers = network.machine.view(states);
      for (let slot = 0; slot < n * STRETCHES; slot++) if (at(slot) < ids.length) visit(numbers, slot * states.columns, at(slot));
      network.carry(n);
      await slice.end();
    }
    return network.readState();
  }
}

/**
 * Read windows side by side, each from zeros.
 * @param {Subject} subject
 * @param {Int32Array} ids
 * @param {number} window
 * @param {{ layer: number, begin: () => Visit }} to
 */
async function readWindows({ facts, weights }, ids, window, { layer, begin }) {
  const network = new Network({ ...facts.form, predicts: "every" }, { nv: facts.itos.length, nh: facts.nh, bs: STRETCHES, bptt: window });
  network.load(weights);
  const visit = begin();
  const slice = new Slice();
  for (let first = 0; first < ids.length; first += STRETCHES * window) {
    const at = (/** @type {number} */ slot) => first + (slot % STRETCHES) * window + Math.floor(slot / STRETCHES);
    network.reset();
    network.forward(Int32Array.from({ length: window * STRETCHES }, (_, slot) => ids[at(slot) % ids.length]), false);
    const states = network.body.layerStates[layer];
    const numbers = network.machine.view(states);
    for (let slot = 0; slot < window * STRETCHES; slot++) if (at(slot) < ids.length) visit(numbers, slot * states.columns, at(slot));
    await slice.end();
  }
}

/** Start each row where the one before ends, and the first from zeros. @param {State} end @param {number} nh @returns {State} */
function shifted(end, nh) {
  return mapped(end, (_, numbers, at) => (row(at, nh) ? numbers[at - nh] : 0));
}

/** @param {State} again @param {State} end @param {number} nh */
function endsAlike(again, end, nh) {
  return Object.entries(end).every(([name, numbers]) => {
    const most = numbers.reduce((all, each) => Math.max(all, Math.abs(each)), 1);
    // Nothing follows the last row.
    return numbers.every((each, at) => row(at, nh) === STRETCHES - 1 || Math.abs(again[name][at] - each) <= SAME * most);
  });
}

/** The row of a number in a state, (layers, rows, nh). @param {number} at @param {number} nh */
const row = (at, nh) => Math.floor(at / nh) % STRETCHES;

/** @param {State} state @param {(name: string, numbers: Float32Array, at: number) => number} change @returns {State} */
const mapped = (state, change) =>
  Object.fromEntries(Object.entries(state).map(([name, numbers]) => [name, numbers.map((_, at) => change(name, numbers, at))]));

