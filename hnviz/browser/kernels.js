// @ts-check
// The engine's loops over the elements of matrices: each is a formula, and becomes a function of WebAssembly.
//
// A prime marks what comes after a step; d is the gradient of the loss. All operands of a kernel have the same
// columns, but for those with one number for each row; some may be a vector that all rows share.

import {
  add,
  divide,
  exp,
  higher,
  multiply,
  numberIn,
  sigmoid,
  sqrt,
  square,
  subtract,
  tanh,
  vectorIn,
  whereAboveZero,
  written,
} from "./expressions.js";
import { i32, local, repeat, TYPE, v128, VECTOR_BYTES } from "./wasm.js";

/**
 * @typedef {import("./expressions.js").Expression} Expression
 * @typedef {Record<string, Expression>} Values
 * @typedef {object} Kernel
 * @property {string[]} reads the operands that it reads
 * @property {string[]} writes those that it writes, in place if it reads them too
 * @property {string[]} [scalars] numbers that are the same for all elements
 * @property {string[]} [perRow] operands that have one number for each row: the first of its columns
 * @property {string} [indirect] an operand whose rows are found by "places": bytes from its first row, an int32 for each row
 * @property {(given: Values) => Values} formula what is written, from what is read and the scalars
 */

/** Torch's norms add this to a variance, so that they never divide by zero. */
const EPSILON = 1e-5;

/** @type {Record<string, Kernel>} */
export const KERNELS = {
  copy: {
    reads: ["x"],
    writes: ["y"],
    formula: ({ x }) => ({ y: x }),
  },
  // y ← y + x
  accumulate: {
    reads: ["y", "x"],
    writes: ["y"],
    formula: ({ y, x }) => ({ y: add(y, x) }),
  },
  // y = table[place], a row for each place
  gather: {
    reads: ["table"],
    writes: ["y"],
    indirect: "table",
    formula: ({ table }) => ({ y: table }),
  },
  // table[place] ← table[place] + x
  scatter: {
    reads: ["table", "x"],
    writes: ["table"],
    indirect: "table",
    formula: ({ table, x }) => ({ table: add(table, x) }),
  },

  // y = max(x, 0)
  relu: {
    reads: ["x"],
    writes: ["y"],
    formula: ({ x }) => ({ y: higher(x, 0) }),
  },
  // dx = dy where y > 0, else 0
  reluBackward: {
    reads: ["dy", "y"],
    writes: ["dx"],
    formula: ({ dy, y }) => ({ dx: whereAboveZero(dy, y) }),
  },
  // y = tanh x
  tanh: {
    reads: ["x"],
    writes: ["y"],
    formula: ({ x }) => ({ y: tanh(x) }),
  },
  // dx = dy (1 - y²)
  tanhBackward: {
    reads: ["dy", "y"],
    writes: ["dx"],
    formula: ({ dy, y }) => ({ dx: multiply(dy, subtract(1, square(y))) }),
  },
  // y = eˣ
  exp: {
    reads: ["x"],
    writes: ["y"],
    formula: ({ x }) => ({ y: exp(x) }),
  },

  // A step of a GRU; in the place of its sums come its gates, which the way back needs:
  // r = σ(r), z = σ(z), n = tanh(n + r · hidden), h′ = (1 - z) n + z h
  gru: {
    reads: ["r", "z", "n", "hidden", "h"],
    writes: ["r", "z", "n", "after"],
    formula: (sums) => {
      const [r, z] = [sigmoid(sums.r), sigmoid(sums.z)];
      const n = tanh(add(sums.n, multiply(r, sums.hidden)));
      return { r, z, n, after: add(n, multiply(z, subtract(sums.h, n))) };
    },
  },
  // In the place of the gates come the gradients of their sums, and in that of the hidden sum its own:
  // dn = dh′ (1 - z)(1 - n²), dz = dh′ (h - n) z (1 - z), dr = dn · hidden · r (1 - r), dhidden = dn · r, dh ← dh + dh′ z
  gruBackward: {
    reads: ["r", "z", "n", "hidden", "h", "dAfter", "dh"],
    writes: ["r", "z", "n", "hidden", "dh"],
    formula: ({ r, z, n, hidden, h, dAfter, dh }) => {
      const dn = multiply(multiply(dAfter, subtract(1, z)), subtract(1, square(n)));
      return {
        r: multiply(multiply(dn, hidden), slopeOfSigmoid(r)),
        z: multiply(multiply(dAfter, subtract(h, n)), slopeOfSigmoid(z)),
        n: dn,
        hidden: multiply(dn, r),
        dh: add(dh, multiply(dAfter, z)),
      };
    },
  },

  // A step of an LSTM; in the place of its sums come its gates:
  // i = σ(i), f = σ(f), g = tanh(g), o = σ(o), c′ = f c + i g, s = tanh(c′), h′ = o s
  lstm: {
    reads: ["i", "f", "g", "o", "c"],
    writes: ["i", "f", "g", "o", "cAfter", "s", "after"],
    formula: (sums) => {
      const [i, f, g, o] = [sigmoid(sums.i), sigmoid(sums.f), tanh(sums.g), sigmoid(sums.o)];
      const cAfter = add(multiply(f, sums.c), multiply(i, g));
      const s = tanh(cAfter);
      return { i, f, g, o, cAfter, s, after: multiply(o, s) };
    },
  },
  // dc is the gradient of the cell after the step, then of the cell before it. With dt = dc + dh′ o (1 - s²):
  // di = dt g i (1 - i), df = dt c f (1 - f), dg = dt i (1 - g²), do = dh′ s o (1 - o), dc = dt f
  lstmBackward: {
    reads: ["i", "f", "g", "o", "c", "s", "dAfter", "dc"],
    writes: ["i", "f", "g", "o", "dc"],
    formula: ({ i, f, g, o, c, s, dAfter, dc }) => {
      const dt = add(dc, multiply(multiply(dAfter, o), subtract(1, square(s))));
      return {
        i: multiply(multiply(dt, g), slopeOfSigmoid(i)),
        f: multiply(multiply(dt, c), slopeOfSigmoid(f)),
        g: multiply(multiply(dt, i), subtract(1, square(g))),
        o: multiply(multiply(dAfter, s), slopeOfSigmoid(o)),
        dc: multiply(dt, f),
      };
    },
  },

  // Batch norm, over n rows. mean = sum / n
  mean: {
    reads: ["sum"],
    writes: ["mean"],
    scalars: ["rows"],
    formula: ({ sum, rows }) => ({ mean: divide(sum, rows) }),
  },
  // y = (x - mean)²
  squaredDistance: {
    reads: ["x", "mean"],
    writes: ["y"],
    formula: ({ x, mean }) => ({ y: square(subtract(x, mean)) }),
  },
  // scale = 1 / √(variance + ε)
  inverseSpread: {
    reads: ["variance"],
    writes: ["scale"],
    formula: ({ variance }) => ({ scale: divide(1, sqrt(add(variance, EPSILON))) }),
  },
  // running ← running + momentum (x · factor - running)
  running: {
    reads: ["running", "x"],
    writes: ["running"],
    scalars: ["momentum", "factor"],
    formula: ({ running, x, momentum, factor }) => ({
      running: add(running, multiply(momentum, subtract(multiply(x, factor), running))),
    }),
  },
  // normed = (x - mean) scale, y = normed · weight + bias
  norm: {
    reads: ["x", "mean", "scale", "weight", "bias"],
    writes: ["normed", "y"],
    formula: ({ x, mean, scale, weight, bias }) => {
      const normed = multiply(subtract(x, mean), scale);
      return { normed, y: add(multiply(normed, weight), bias) };
    },
  },
  // z = x y
  multiply: {
    reads: ["x", "y"],
    writes: ["z"],
    formula: ({ x, y }) => ({ z: multiply(x, y) }),
  },
  // dx = weight · scale (dy - sum of dy / n - normed · sum of (dy · normed) / n)
  normBackward: {
    reads: ["dy", "normed", "sum", "sumNormed", "weight", "scale"],
    writes: ["dx"],
    scalars: ["rows"],
    formula: ({ dy, normed, sum, sumNormed, weight, scale, rows }) => {
      const means = add(divide(sum, rows), multiply(normed, divide(sumNormed, rows)));
      return { dx: multiply(multiply(weight, scale), subtract(dy, means)) };
    },
  },

  // Layer norm, over the n units of a row. y = x - mean
  centre: {
    reads: ["x", "mean"],
    writes: ["y"],
    perRow: ["mean"],
    formula: ({ x, mean }) => ({ y: subtract(x, mean) }),
  },
  // normed = centred · scale, y = normed · weight + bias
  layerNorm: {
    reads: ["centred", "scale", "weight", "bias"],
    writes: ["normed", "y"],
    perRow: ["scale"],
    formula: ({ centred, scale, weight, bias }) => {
      const normed = multiply(centred, scale);
      return { normed, y: add(multiply(normed, weight), bias) };
    },
  },
  // With g = dy · weight: dx ← dx + scale (g - sum of g / n - normed · sum of (g · normed) / n); no unit beyond n has a gradient
  layerNormBackward: {
    reads: ["dx", "g", "normed", "sum", "sumNormed", "scale", "isUnit"],
    writes: ["dx"],
    scalars: ["units"],
    perRow: ["sum", "sumNormed", "scale"],
    formula: ({ dx, g, normed, sum, sumNormed, scale, isUnit, units }) => {
      const means = add(divide(sum, units), multiply(normed, divide(sumNormed, units)));
      return { dx: add(dx, multiply(isUnit, multiply(scale, subtract(g, means)))) };
    },
  },

  // y = x / sum of the row
  divideRows: {
    reads: ["x", "sum"],
    writes: ["y"],
    perRow: ["sum"],
    formula: ({ x, sum }) => ({ y: divide(x, sum) }),
  },
  // Through a softmax of scores, and through what they are multiplied with: ds = p (dp - sum of dp · p) factor
  softmaxBackward: {
    reads: ["p", "dp", "sum"],
    writes: ["ds"],
    scalars: ["factor"],
    perRow: ["sum"],
    formula: ({ p, dp, sum, factor }) => ({ ds: multiply(multiply(p, subtract(dp, sum)), factor) }),
  },

  // Step n of Adam with decoupled weight decay. With keep = 1 - lr · decay, fresh = 1 - β, rate = lr / (1 - β₁ⁿ) and
  // root = √(1 - β₂ⁿ): m ← m + fresh₁ (g - m), v ← β₂ v + fresh₂ g², w ← keep w - rate m / (√v / root + ε)
  adam: {
    reads: ["w", "g", "m", "v"],
    writes: ["m", "v", "w"],
    scalars: ["keep", "fresh1", "beta2", "fresh2", "rate", "root", "epsilon"],
    formula: ({ w, g, m, v, keep, fresh1, beta2, fresh2, rate, root, epsilon }) => {
      const mean = add(m, multiply(fresh1, subtract(g, m)));
      const square = add(multiply(beta2, v), multiply(fresh2, multiply(g, g)));
      const step = divide(multiply(rate, mean), add(divide(sqrt(square), root), epsilon));
      return { m: mean, v: square, w: subtract(multiply(w, keep), step) };
    },
  },
};

/** The slope of a sigmoid, from its value. @param {Expression} y */
const slopeOfSigmoid = (y) => multiply(y, subtract(1, y));

/** All operands of a kernel, in the order of its function's parameters. @param {Kernel} kernel */
export const operandsOf = ({ reads, writes, indirect }) => [...new Set([...reads, ...writes, ...(indirect ? ["places"] : [])])];

/**
 * A kernel's function. Its parameters: the rows, the bytes of a row; each operand's address and row stride; the scalars.
 * @param {string} name
 * @param {Kernel} kernel
 * @returns {import("./wasm.js").Definition}
 */
export function definitionOf(name, kernel) {
  const { reads, scalars = [], perRow = [], indirect } = kernel;
  const operands = operandsOf(kernel);
  const [rows, width, firstOperand] = [0, 1, 2];
  const addressOf = (/** @type {string} */ operand) => firstOperand + 2 * operands.indexOf(operand);
  const firstScalar = firstOperand + 2 * operands.length;
  const column = firstScalar + scalars.length; // in bytes
  const foundRow = column + 1; // the address of the indirect operand's row
  const firstVector = foundRow + 1;

  const element = (/** @type {string} */ operand) =>
    i32.add(local.get(operand === indirect ? foundRow : addressOf(operand)), local.get(column));
  const load = (/** @type {string} */ operand) =>
    perRow.includes(operand) ? v128.loadSplat(local.get(addressOf(operand))) : v128.load(element(operand));
  const vectors = Object.fromEntries(reads.map((operand, at) => [operand, vectorIn(firstVector + at)]));
  const numbers = Object.fromEntries(scalars.map((scalar, at) => [scalar, numberIn(firstScalar + at)]));
  const results = Object.entries(kernel.formula({ ...vectors, ...numbers }));
  const { codes, nKept } = written(results.map(([, value]) => value), firstVector + reads.length);

  const vector = [
    ...reads.flatMap((operand, at) => local.set(firstVector + at, load(operand))), // before any is written
    ...results.flatMap(([operand], at) => v128.store(element(operand), codes[at])),
    ...local.set(column, i32.add(local.get(column), i32.constant(VECTOR_BYTES))),
  ];
  const row = [
    ...(indirect ? local.set(foundRow, i32.add(local.get(addressOf(indirect)), i32.load(local.get(addressOf("places"))))) : []),
    ...local.set(column, i32.constant(0)),
    ...repeat(vector, i32.less(local.get(column), local.get(width))),
    ...operands.flatMap((operand) => {
      const [address, stride] = [addressOf(operand), addressOf(operand) + 1];
      return local.set(address, i32.add(local.get(address), local.get(stride)));
    }),
    ...local.set(rows, i32.subtract(local.get(rows), i32.constant(1))),
  ];
  return {
    name,
    parameters: [...Array(firstScalar).fill(TYPE.i32), ...Array(scalars.length).fill(TYPE.f32)],
    locals: [TYPE.i32, TYPE.i32, ...Array(reads.length + nKept).fill(TYPE.v128)],
    body: repeat(row, local.get(rows)),
  };
}
