// @ts-check
// Gradients through three mini-batches: how far back a loss reaches, with and without detach. Answers the question
// "state_gradients", with the same numbers as hnviz/observe/through_time.py.

import { Batches } from "./batches.js";
import { check } from "./limits.js";
import { EngineError } from "./error.js";
import { Network } from "./network.js";

/**
 * @typedef {import("./layers.js").Layer} Layer
 * @typedef {import("./limits.js").Job} Job
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./parameters.js").Values} Values
 * @typedef {import("./recurrent.js").Recurrent} Recurrent
 *
 * @typedef {object} Reach of a mini-batch's loss
 * @property {number} loss mean cross-entropy of its answers, nats
 * @property {number[]} norms of dLoss/dh after each step, (bptt): over layers and units; the median over rows
 *
 * @typedef {object} Reply as in the web API
 * @property {{ reset: Float64Array, detach?: Float64Array, keep?: Float64Array }} arrays norms, (3 * bptt); 0 where no
 *   loss reaches. reset: each mini-batch starts from a zero state; detach: the state is carried over without its
 *   gradient; keep: with its gradient
 * @property {{ batches: number[], bptt: number, bs: number, loss: number, n_before: number, n_batches: number }} meta
 */

const WINDOWS = 3; // mini-batches that the gradients go through
const WARM_UP = 2; // mini-batches read before them, for a realistic first state

/**
 * Compute gradients of the last step's loss or, with `every`, of each mini-batch's loss. Throws EngineError for a model
 * without a state, and for a text that does not have these mini-batches.
 * @param {Job} job the run
 * @param {Values} weights of a snapshot
 * @param {{ first?: number, every?: boolean }} options first: the number of the first mini-batch, in train
 * @returns {Reply}
 */
export function stateGradients(job, weights, { first = 5, every = false } = {}) {
  check(job);
  const { form, kinds } = job;
  const { nh, bs, bptt } = job.config;
  if (form.attends) {
    throw new EngineError("this model has no state through which a gradient could go back: it goes to each word of the window directly");
  }
  const predicts = every ? form.predicts : "last";
  const batches = new Batches(job.train, { bs, bptt }, predicts);
  checkWindows(batches, first);
  const numbers = Array.from({ length: WINDOWS }, (_, at) => first + at);
  const windows = numbers.map((number) => batches.at(number));
  const networkOf = (/** @type {number} */ steps) => {
    const network = new Network({ ...form, predicts }, { nv: kinds.length, nh, bs, bptt: steps });
    network.load(weights);
    return network;
  };

  const one = networkOf(bptt); // reads one mini-batch at a time
  const isRead = (/** @type {number} */ at) => every || at === WINDOWS - 1;
  /** How far each mini-batch's own loss reaches. @param {() => void} before is called before each mini-batch */
  const reaches = (before) =>
    windows.map(({ x, y }, at) => {
      before();
      one.forward(x, false);
      const reach = isRead(at) ? reachOf(one, y) : { loss: 0, norms: Array(bptt).fill(0) };
      one.carry();
      return reach;
    });
  const reset = reaches(() => one.reset());
  const losses = reset.map(({ loss }) => loss).filter((_, at) => isRead(at));
  const meta = { batches: numbers, bptt, bs, loss: mean(losses), n_before: 0, n_batches: batches.length };
  if (!form.stateful) return { arrays: { reset: normsOf(reset) }, meta };

  one.reset();
  const nBefore = Math.min(WARM_UP, first);
  for (let number = first - nBefore; number < first; number++) {
    one.forward(batches.at(number).x, false);
    one.carry();
  }
  const whole = networkOf(WINDOWS * bptt); // reads all mini-batches at once
  whole.loadState(one.readState());
  whole.forward(joined(windows.map(({ x }) => x)), false);
  const keep = reachOf(whole, every ? joined(windows.map(({ y }) => y)) : windows[WINDOWS - 1].y);
  const parts = every ? WINDOWS : 1; // the loss is the sum of this many means; this network computes their mean
  const arrays = { reset: normsOf(reset), detach: normsOf(reaches(() => {})), keep: Float64Array.from(keep.norms, (norm) => parts * norm) };
  return { arrays, meta: { ...meta, loss: keep.loss, n_before: nBefore } };
}

/** @param {Batches} batches @param {number} first */
function checkWindows({ ids, bs, bptt, length }, first) {
  const last = length - WINDOWS;
  if (last < 0) {
    throw new EngineError(
      `${ids.length.toLocaleString("en-US")} tokens in ${bs} rows of ${bptt} steps are ${length} mini-batch${length === 1 ? "" : "es"}, ` +
        `and the picture needs ${WINDOWS}: choose a run with a smaller bs or bptt`,
    );
  }
  if (Number.isInteger(first) && first >= 0 && first <= last) return;
  throw new EngineError(
    `the text has ${length} mini-batches, 0 to ${length - 1}, so the first of ${WINDOWS} must be from 0 to ${last}; got ${first}`,
  );
}

/**
 * Backpropagate through the mini-batch that a network has read.
 * @param {Network} network of a recurrent model
 * @param {Int32Array} truth (answers) ids, time first
 * @returns {Reach}
 */
function reachOf(network, truth) {
  const { bs, bptt } = network.sizes;
  const body = /** @type {Recurrent} */ (network.body);
  const { machine } = network;
  const { layers } = body;
  const squares = new Float64Array(bptt * bs); // sums of squared gradients of each row, time first
  const { loss } = network.judge(truth);
  network.beginBackward();
  body.backwardNorm();
  /** @type {Float32Array|null} */
  let above = null; // the gradient that the layer above adds to each state
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index];
    layer.backward((step) => {
      addSquares(machine, layer, step, squares.subarray(step * bs, (step + 1) * bs));
      // In torch the state and the output that the layer above reads are separate tensors. So the gradient from above
      // counts only for earlier states.
      if (above) addTo(machine.view(layer.dAfter(step)), above, step);
    });
    if (!index) continue;
    const below = layers[index - 1];
    layer.addInputGradients(layer.sums, below.outputs, below.dOutputs);
    above = machine.view(below.dOutputs).slice();
    machine.view(below.dStates).fill(0);
  }
  const rows = squares.map(Math.sqrt);
  return { loss, norms: Array.from({ length: bptt }, (_, step) => median(rows.slice(step * bs, (step + 1) * bs))) };
}

/**
 * Add up, for each row, the squared gradients of a layer's state after a step.
 * @param {Machine} machine
 * @param {Layer} layer
 * @param {number} step
 * @param {Float64Array} sums (bs)
 */
function addSquares(machine, layer, step, sums) {
  for (const gradients of layer.gradientsAfter(step)) {
    machine.view(gradients).forEach((each, at) => (sums[Math.floor(at / gradients.columns)] += each * each));
  }
}

/** Add the rows of a step. @param {Float32Array} numbers @param {Float32Array} all time first @param {number} step */
function addTo(numbers, all, step) {
  for (let at = 0; at < numbers.length; at++) numbers[at] += all[step * numbers.length + at];
}

/** @param {Reach[]} reaches */
const normsOf = (reaches) => Float64Array.from(reaches.flatMap(({ norms }) => norms));

/** @param {Int32Array[]} parts */
const joined = (parts) => Int32Array.from(parts.flatMap((part) => [...part]));

/** @param {number[]} numbers */
const mean = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** The median. @param {Float64Array} numbers sorted in place */
function median(numbers) {
  numbers.sort();
  const half = numbers.length / 2;
  return (numbers[Math.ceil(half) - 1] + numbers[Math.floor(half)]) / 2;
}
