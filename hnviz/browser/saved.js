// @ts-check
// The tensors of a snapshot and of a checkpoint, as hnviz/runs stores them: their names, kinds and shapes.

import { lengthOf, tensorsOf } from "./parameters.js";

/**
 * @typedef {import("./limits.js").Job} Job
 * @typedef {{ kind: string, shape: number[] }} Shaped kind: as safetensors names it
 * @typedef {Record<string, Shaped>} Shapes
 * @typedef {{ recorded: number, pending: number }} Counts mini-batches of the epoch whose answers are recorded; steps not yet told
 */

const PROGRESS = { progress: [2, "I64"], sums: [3, "F64"] };

/** What `Learner.snapshot` returns. @param {Job} job @returns {Shapes} */
export const snapshotShapes = (job) => ({ ...modelShapes(job), ...stateShapes(job) });

/** What `Learner.checkpoint` returns, but for the run's identity. @param {Job} job @param {Counts} counts @returns {Shapes} */
export function checkpointShapes(job, { recorded, pending }) {
  const { form, config, kinds } = job;
  const { bs, bptt } = config;
  const tensors = tensorsOf(form, { nv: kinds.length, nh: config.nh });
  const steps = form.predicts === "last" ? [] : [bptt];
  return {
    ...stateShapes(job),
    ...prefixed("model.", modelShapes(job)),
    ...Object.assign({}, ...tensors.map((tensor, at) => momentShapes(shapeOf(tensor), at))),
    "tally.right": { kind: "BOOL", shape: [recorded, bs, ...steps] },
    "tally.losses": floats(recorded, steps.length ? bs * bptt : bs),
    ...Object.fromEntries(Object.entries(PROGRESS).map(([name, [length, kind]]) => [name, { kind: String(kind), shape: [Number(length)] }])),
    pending: { kind: "F64", shape: [pending, 2] },
  };
}

/** @param {Job} job @returns {Shapes} */
function modelShapes({ form, config, kinds }) {
  const weights = tensorsOf(form, { nv: kinds.length, nh: config.nh }).map((tensor) => [tensor.name, floats(...shapeOf(tensor))]);
  const hasBuffers = !form.attends && form.normOver;
  const buffers = { "bn.running_mean": floats(config.nh), "bn.running_var": floats(config.nh), "bn.num_batches_tracked": { kind: "I64", shape: [] } };
  return { ...Object.fromEntries(weights), ...(hasBuffers ? buffers : {}) };
}

/** @param {Job} job @returns {Shapes} */
function stateShapes({ form, config }) {
  const { nh, bs } = config;
  const state = form.cell || form.attends ? floats(form.layers, bs, nh) : floats(bs, nh);
  if (form.attends) return { state, "state.past": floats(form.layers, 0, bs, nh) }; // it has read nothing yet
  return form.cell === "LSTM" ? { state, "state.c": state } : { state };
}

/** Of Adam, for one weight. @param {number[]} shape @param {number} at @returns {Shapes} */
const momentShapes = (shape, at) => ({ [`adam.exp_avg.${at}`]: floats(...shape), [`adam.exp_avg_sq.${at}`]: floats(...shape), [`adam.step.${at}`]: floats() });

/** @param {import("./parameters.js").Tensor} tensor @returns {number[]} */
const shapeOf = (tensor) => (tensor.isVector ? [lengthOf(tensor)] : [tensor.blocks * tensor.rows, tensor.columns]);

/** @param {...number} shape @returns {Shaped} */
const floats = (...shape) => ({ kind: "F32", shape });

/** @param {string} prefix @param {Shapes} shapes @returns {Shapes} */
const prefixed = (prefix, shapes) => Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [prefix + name, shape]));
