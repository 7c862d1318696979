// @ts-check
// A model's tensors: which torch's model has, in its order, and where each lies in the engine's memory.

import { EngineError } from "./error.js";
import { FLOAT_BYTES, matrixAt, padded } from "./matrix.js";

/**
 * @typedef {import("./machine.js").Machine} Machine
 * @typedef {import("./matrix.js").Matrix} Matrix
 *
 * @typedef {object} Form a model as hnviz/models/catalogue.py declares it; hnviz/browser/form.py writes it
 * @property {string} cell the class of its recurrent part in torch.nn: RNN, GRU or LSTM; "" for a hand-written loop
 * @property {number} layers
 * @property {string} nonlinearity "relu" or "tanh", of a layer without gates
 * @property {boolean} identity the recurrent part starts as the identity, without a bias
 * @property {string} normOver batch norm's statistics: over a step's "rows", or over all "slots" of a mini-batch; "" for none
 * @property {boolean} normInLoop batch norm is part of the recurrence
 * @property {string} predicts "last" or "every": the positions at which it answers
 * @property {boolean} stateful its state carries over from mini-batch to mini-batch
 * @property {boolean} attends it is a Transformer, which looks back at its window
 * @property {number|null} maxBptt the longest window that it can read
 * @property {boolean} dropout it trains with dropout: the engine can read with this model, but not train it
 *
 * @typedef {object} Sizes
 * @property {number} nv tokens of the vocabulary
 * @property {number} nh hidden units of a layer
 * @property {number} bs rows of a mini-batch
 * @property {number} bptt tokens of a row and mini-batch
 *
 * @typedef {object} Tensor one of torch's: blocks of rows, such as a gate's, which lie one below the other
 * @property {string} name in the model's state_dict
 * @property {string} drawn its first numbers: "normal", "linear" (a matrix of nn.Linear), "uniform", "ones" or "zeros"
 * @property {number} fanIn inputs of the part that it belongs to, which bound the first numbers
 * @property {number} blocks
 * @property {number} rows of a block
 * @property {number} columns
 * @property {number} paddedRows of a block in memory; those beyond `rows` are zeros
 * @property {boolean} isVector its blocks lie side by side in memory, in one row
 *
 * @typedef {Record<string, ArrayLike<number>>} Values tensors by name, as flat as torch stores them
 */

/** How many gates torch stacks in a recurrent part's matrices. @type {Record<string, number>} */
export const GATES = { "": 1, RNN: 1, GRU: 3, LSTM: 4 };

/** The names of a layer's tensors; "" for one that it has not. @param {Form} form @param {number} layer */
export function namesOf({ cell }, layer) {
  if (!cell) return { inputWeight: "h_h.weight", stateWeight: "h_h.weight", inputBias: "h_h.bias", stateBias: "" };
  const named = (/** @type {string} */ part) => `rnn.${part}_l${layer}`;
  return { inputWeight: named("weight_ih"), stateWeight: named("weight_hh"), inputBias: named("bias_ih"), stateBias: named("bias_hh") };
}

/**
 * The tensors that training changes, in the order in which torch makes them.
 * @param {Form} form
 * @param {{ nv: number, nh: number }} sizes
 * @returns {Tensor[]}
 */
export function tensorsOf(form, { nv, nh }) {
  return [
    tokenRows("i_h.weight", "normal", nv, nh),
    ...(form.attends ? attending(form, nh) : recurrent(form, nh)),
    tokenRows("h_o.weight", "linear", nv, nh),
    vector("h_o.bias", "uniform", { n: nv, fanIn: nh }),
    ...(form.attends ? norm("ln", nh) : form.normOver ? norm("bn", nh) : []),
  ];
}

/** @type {(form: Form, nh: number) => Tensor[]} */
function recurrent(form, nh) {
  const gates = GATES[form.cell];
  const layers = Array.from({ length: form.layers }, (_, layer) => {
    const { inputWeight, stateWeight, inputBias, stateBias } = namesOf(form, layer);
    if (!stateBias) return linear("h_h", nh, nh);
    return [
      ...[inputWeight, stateWeight].map((name) => unitRows(name, "uniform", { gates, n: nh, m: nh })),
      ...[inputBias, stateBias].map((name) => vector(name, "uniform", { gates, n: nh, fanIn: nh })),
    ];
  });
  return layers.flat();
}

/** @type {(form: Form, nh: number) => Tensor[]} */
function attending({ layers, maxBptt }, nh) {
  const each = Array.from({ length: layers }, (_, layer) => layer);
  return [
    tokenRows("position.weight", "normal", maxBptt ?? 0, nh),
    ...each.flatMap((layer) => [
      ...norm(`attention.${layer}.norm`, nh),
      ...["query", "key", "value", "merge"].flatMap((part) => linear(`attention.${layer}.${part}`, nh, nh)),
    ]),
    ...each.flatMap((layer) => [
      ...norm(`mlp.${layer}.0`, nh),
      ...linear(`mlp.${layer}.1`, 2 * nh, nh),
      ...linear(`mlp.${layer}.3`, nh, 2 * nh),
    ]),
  ];
}

/** @type {(part: string, nh: number) => Tensor[]} */
const norm = (part, nh) => [
  vector(`${part}.weight`, "ones", { n: nh, fanIn: nh }),
  vector(`${part}.bias`, "zeros", { n: nh, fanIn: nh }),
];

/** torch.nn.Linear, from m numbers to n. @type {(part: string, n: number, m: number) => Tensor[]} */
const linear = (part, n, m) => [
  unitRows(`${part}.weight`, "linear", { gates: 1, n, m }),
  vector(`${part}.bias`, "uniform", { n, fanIn: m }),
];

/** A row for each token or position, (n, nh). @type {(name: string, drawn: string, n: number, nh: number) => Tensor} */
const tokenRows = (name, drawn, n, nh) => ({ name, drawn, fanIn: nh, blocks: 1, rows: n, columns: nh, paddedRows: n, isVector: false });

/** A row for each unit of each gate, (gates * n, m). @type {(name: string, drawn: string, shape: { gates: number, n: number, m: number }) => Tensor} */
const unitRows = (name, drawn, { gates, n, m }) => ({
  name,
  drawn,
  fanIn: m,
  blocks: gates,
  rows: n,
  columns: m,
  paddedRows: padded(n),
  isVector: false,
});

/** A number for each unit of each gate, (gates * n). @type {(name: string, drawn: string, shape: { gates?: number, n: number, fanIn: number }) => Tensor} */
const vector = (name, drawn, { gates = 1, n, fanIn }) => ({
  name,
  drawn,
  fanIn,
  blocks: gates,
  rows: 1,
  columns: n,
  paddedRows: 1,
  isVector: true,
});

/** How many numbers a tensor has in torch. @param {Tensor} tensor */
export const lengthOf = ({ blocks, rows, columns }) => blocks * rows * columns;

/** The shape of a tensor in memory. @param {Tensor} tensor @returns {[rows: number, columns: number]} */
function shapeOf({ blocks, columns, paddedRows, isVector }) {
  return isVector ? [1, blocks * padded(columns)] : [blocks * paddedRows, padded(columns)];
}

/**
 * One of the tensors, as numbers. Throws EngineError if it is not there or has another length.
 * @param {Values} values
 * @param {string} name
 * @param {number} length
 */
export function taken(values, name, length) {
  const found = values[name];
  if (found?.length === length) return Float32Array.from(found);
  throw new EngineError(`the tensor ${name} must have ${length} numbers; got ${found ? found.length : "none"}: it belongs to another network`);
}

/** A number for each weight: all tensors in one vector, so that Adam is one loop. */
class Block {
  /**
   * @param {Machine} machine
   * @param {Tensor[]} tensors
   */
  constructor(machine, tensors) {
    const shapes = tensors.map(shapeOf);
    this.machine = machine;
    this.tensors = tensors;
    this.all = machine.matrix(1, shapes.reduce((sum, [rows, columns]) => sum + rows * columns, 0));
    let { at } = this.all;
    /** @type {Record<string, Matrix>} the tensors by name */
    this.of = {};
    tensors.forEach(({ name }, index) => {
      const [rows, columns] = shapes[index];
      this.of[name] = matrixAt(at, rows, columns);
      at += FLOAT_BYTES * rows * columns;
    });
  }

  /** Set all to zero. */
  clear() {
    this.machine.view(this.all).fill(0);
  }

  /** Take torch's tensors. @param {Values} values */
  load(values) {
    for (const tensor of this.tensors) {
      const given = taken(values, tensor.name, lengthOf(tensor));
      this.eachRow(tensor, (numbers, from) => numbers.set(given.subarray(from, from + tensor.columns)));
    }
  }

  /** Copy the tensors as torch stores them. @returns {Record<string, Float32Array>} */
  read() {
    return Object.fromEntries(
      this.tensors.map((tensor) => {
        const copy = new Float32Array(lengthOf(tensor));
        this.eachRow(tensor, (numbers, from) => copy.set(numbers, from));
        return [tensor.name, copy];
      }),
    );
  }

  /**
   * Visit the rows of a tensor: their numbers in memory, and where they begin in torch's.
   * @param {Tensor} tensor
   * @param {(numbers: Float32Array, from: number) => void} visit
   */
  eachRow({ name, blocks, rows, columns, paddedRows }, visit) {
    const first = this.of[name].at / FLOAT_BYTES;
    for (let block = 0; block < blocks; block++) {
      for (let row = 0; row < rows; row++) {
        const at = first + (block * paddedRows + row) * padded(columns);
        visit(this.machine.floats.subarray(at, at + columns), (block * rows + row) * columns);
      }
    }
  }
}

/** A model's weights, their gradients, and Adam's two moments of these. */
export class Parameters {
  /**
   * @param {Machine} machine
   * @param {Tensor[]} tensors
   */
  constructor(machine, tensors) {
    this.tensors = tensors;
    this.weights = new Block(machine, tensors);
    this.gradients = new Block(machine, tensors);
    this.mean = new Block(machine, tensors);
    this.square = new Block(machine, tensors);
  }

  /** How many numbers the model learns. */
  get count() {
    return this.tensors.reduce((sum, tensor) => sum + lengthOf(tensor), 0);
  }
}
