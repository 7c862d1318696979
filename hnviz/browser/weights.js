// @ts-check
// The first weights that a seed gives, as torch draws them when it builds a model.

import { lengthOf, tensorsOf } from "./parameters.js";
import { Generator } from "./twister.js";

/**
 * @typedef {import("./parameters.js").Form} Form
 * @typedef {import("./parameters.js").Tensor} Tensor
 */

/**
 * All tensors of a new model, as hnviz.learn.build_model makes them.
 * @param {Form} form
 * @param {{ nv: number, nh: number }} sizes
 * @param {{ seed: number, bn_init: string }} config
 * @returns {Record<string, Float32Array>} by their names in the model's state_dict
 */
export function firstWeights(form, sizes, { seed, bn_init }) {
  const generator = new Generator(seed);
  const tensors = tensorsOf(form, sizes);
  const { nh } = sizes;
  /** @type {Record<string, Float32Array>} */
  const made = {};
  const draw = (/** @type {Tensor} */ tensor) => (made[tensor.name] = drawn(tensor, generator));
  tensors.forEach(draw);
  if (form.identity) {
    const recurrent = tensors.filter(({ name }) => name.startsWith("rnn."));
    recurrent.forEach(draw); // the class makes its recurrent part twice
    for (const { name } of recurrent.slice(1)) made[name].fill(0);
    for (let unit = 0; unit < nh; unit++) made["rnn.weight_hh_l0"][unit * (nh + 1)] = 1;
  }
  if (form.attends) return made;
  if (bn_init === "uniform") made["bn.weight"] = generator.uniform(nh, 0, 1);
  return { ...made, "bn.running_mean": new Float32Array(nh), "bn.running_var": new Float32Array(nh).fill(1) };
}

/**
 * One tensor as its class in torch.nn draws it.
 * @param {Tensor} tensor
 * @param {Generator} generator
 */
function drawn(tensor, generator) {
  const length = lengthOf(tensor);
  if (tensor.drawn === "normal") return generator.normal(length);
  if (tensor.drawn === "zeros") return new Float32Array(length);
  if (tensor.drawn === "ones") return new Float32Array(length).fill(1);
  const bound = tensor.drawn === "linear" ? linearBound(tensor.fanIn) : 1 / Math.sqrt(tensor.fanIn);
  return generator.uniform(length, -bound, bound);
}

/** kaiming_uniform_ with a = √5, in the steps in which torch computes it: 1 / √fanIn but for the last bit. @param {number} fanIn */
function linearBound(fanIn) {
  const gain = Math.sqrt(2 / (1 + Math.sqrt(5) ** 2));
  return Math.sqrt(3) * (gain / Math.sqrt(fanIn));
}
