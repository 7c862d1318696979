// @ts-check
// The engine's memory, and the functions of WebAssembly that work in it.

import { EngineError } from "./error.js";
import { definitionOf, KERNELS, operandsOf } from "./kernels.js";
import { everyRow, FLOAT_BYTES, matrixAt, padded } from "./matrix.js";
import { INNER_AT_ONCE, productOf } from "./product.js";
import { MEMORY, moduleOf } from "./wasm.js";

/** @typedef {import("./matrix.js").Matrix} Matrix */

export const MAX_BYTES = 2 ** 30;

const PAGE_BYTES = 2 ** 16; // WebAssembly's
const CACHE_LINE_BYTES = 64;
const TILE_ROWS = 4;

const NO_SIMD =
  "this browser has no WebAssembly SIMD, so no network can run in it: use Chrome or Edge 91, Firefox 89, Safari 16.4 or later";

/** Old versions of Chrome compile at most 4 kB outside a worker. */
const NO_COMPILING = "this browser does not compile WebAssembly in this page, so no network can run in it: use a newer browser";

const FORBIDDEN =
  "this page's Content-Security-Policy forbids WebAssembly, so no network can run in it: add 'wasm-unsafe-eval' to its script-src";

/** @type {WebAssembly.Module|undefined} */
let compiled;

/** Compile all functions, once. Throws EngineError if the browser cannot. */
export function compiledModule() {
  if (typeof WebAssembly === "undefined") throw new EngineError(NO_SIMD);
  if (compiled) return compiled;
  const kernels = Object.entries(KERNELS).map(([name, kernel]) => definitionOf(name, kernel));
  const products = Array.from({ length: TILE_ROWS }, (_, at) => productOf(`product${at + 1}`, at + 1));
  const bytes = moduleOf([...products, ...kernels]);
  if (!WebAssembly.validate(bytes)) throw new EngineError(NO_SIMD);
  try {
    return (compiled = new WebAssembly.Module(bytes));
  } catch (error) {
    throw new EngineError(error instanceof WebAssembly.CompileError ? FORBIDDEN : NO_COMPILING);
  }
}

/**
 * Allocate memory. Throws EngineError if the browser has too little.
 * @template T
 * @param {number} bytes
 * @param {() => T} make
 * @returns {T}
 */
export function allocate(bytes, make) {
  try {
    return make();
  } catch {
    throw new EngineError(`the browser cannot provide ${megabytes(bytes)} MB of memory: ${LESS}, or close other pages`);
  }
}

/** @param {number} bytes */
const megabytes = (bytes) => Math.ceil(bytes / 1e6).toLocaleString("en-US");

const LESS = "lower nh, bs or bptt, or choose a shorter text";

/** Each kernel's operands, and whether it has as many columns as the others. @type {Record<string, { operand: string, isWhole: boolean }[]>} */
const OPERANDS = Object.fromEntries(
  Object.entries(KERNELS).map(([name, kernel]) => {
    const narrow = ["places", ...(kernel.perRow ?? [])];
    return [name, operandsOf(kernel).map((operand) => ({ operand, isWhole: !narrow.includes(operand) }))];
  }),
);

/**
 * A memory of matrices. First all matrices are planned, then `open` makes the memory, and the functions may be called.
 */
export class Machine {
  /** Throws EngineError where the browser has no WebAssembly SIMD. */
  constructor() {
    this.module = compiledModule();
    this.bytes = CACHE_LINE_BYTES; // planned so far; nothing is at address 0
    this.one = this.matrix(1, 1);
    this.floats = new Float32Array();
    this.integers = new Int32Array(); // the same memory
    /** @type {Record<string, (...given: number[]) => void>} */
    this.functions = {};
    /** @type {((...given: number[]) => void)[]} */
    this.products = []; // by the height of their tiles
  }

  /**
   * Plan a matrix of zeros, with as many more columns as kernels want.
   * @param {number} rows
   * @param {number} columns
   * @returns {Matrix} with the padded columns
   */
  matrix(rows, columns) {
    const made = matrixAt(this.bytes, rows, padded(columns));
    this.bytes += Math.ceil((rows * made.columns * FLOAT_BYTES) / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
    return made;
  }

  /**
   * Allocate the memory for all planned matrices. Throws EngineError if it is too large.
   * @param {number} [extraBytes] that the caller needs outside this memory
   */
  open(extraBytes = 0) {
    const needed = this.bytes + extraBytes;
    if (needed > MAX_BYTES) {
      const most = Math.floor(MAX_BYTES / 1e6).toLocaleString("en-US");
      throw new EngineError(`these settings need ${megabytes(needed)} MB of memory, and a page may use ${most} MB: ${LESS}`);
    }
    const memory = allocate(this.bytes, () => new WebAssembly.Memory({ initial: Math.ceil(this.bytes / PAGE_BYTES) }));
    this.floats = new Float32Array(memory.buffer);
    this.integers = new Int32Array(memory.buffer);
    const instance = new WebAssembly.Instance(this.module, { [MEMORY[0]]: { [MEMORY[1]]: memory } });
    this.functions = /** @type {Record<string, (...given: number[]) => void>} */ (instance.exports);
    this.products = Array.from({ length: TILE_ROWS + 1 }, (_, height) => this.functions[`product${height}`]);
    this.floats[this.one.at / FLOAT_BYTES] = 1;
  }

  /**
   * C = A B, or with `keep` C ← C + A B.
   * @param {Matrix} a (n, m), transposed or not
   * @param {Matrix} b (m, k)
   * @param {Matrix} c (n, k)
   */
  product(a, b, c, keep = false) {
    const below = a.rows % TILE_ROWS; // rows that are no whole tile make a lower one
    const whole = a.rows - below;
    const { at, rowStride, columnStride } = a;
    const width = FLOAT_BYTES * c.columns;
    for (let from = 0; from < a.columns; from += INNER_AT_ONCE) {
      const inner = Math.min(INNER_AT_ONCE, a.columns - from);
      const [left, right, kept] = [at + from * columnStride, b.at + from * b.rowStride, keep || from ? 1 : 0];
      if (whole) {
        this.products[TILE_ROWS](left, rowStride, columnStride, right, b.rowStride, c.at, c.rowStride, whole / TILE_ROWS, inner, width, kept);
      }
      if (below) {
        const [first, result] = [left + whole * rowStride, c.at + whole * c.rowStride];
        this.products[below](first, rowStride, columnStride, right, b.rowStride, result, c.rowStride, 1, inner, width, kept);
      }
    }
  }

  /**
   * total ← total + the sum of the rows of x: a product with a vector of ones, so that parts are summed before the whole.
   * @param {Matrix} x (n, m)
   * @param {Matrix} total (1, m)
   */
  addRows(x, total) {
    const ones = { at: this.one.at, rows: 1, columns: x.rows, rowStride: 0, columnStride: 0 };
    this.product(ones, x, total, true);
  }

  /**
   * The sum of each row of x, as a product with ones.
   * @param {Matrix} x (n, m)
   * @param {Matrix} ones (m, 1), with zeros for columns that do not count
   * @param {Matrix} sums (n, 1)
   */
  sumColumns(x, ones, sums) {
    this.product(x, ones, sums);
  }

  /**
   * Run a kernel on each row.
   * @param {string} name in KERNELS
   * @param {Record<string, Matrix>} operands
   * @param {...number} scalars in the kernel's order
   */
  run(name, operands, ...scalars) {
    const given = [];
    let [rows, columns] = [1, 0];
    for (const { operand, isWhole } of OPERANDS[name]) {
      const matrix = operands[operand];
      given.push(matrix.at, matrix.rowStride);
      if (!isWhole) continue;
      if (matrix.rowStride) rows = Math.max(rows, matrix.rows);
      columns = matrix.columns;
    }
    this.functions[name](rows, FLOAT_BYTES * columns, ...given, ...scalars);
  }

  /** Set each row of a matrix to a vector. @param {Matrix} matrix (n, m) @param {Matrix} vector (1, m) */
  fill(matrix, vector) {
    this.run("copy", { y: matrix, x: everyRow(vector) });
  }

  /** The numbers of a matrix whose rows lie side by side; writing to them changes it. @param {Matrix} matrix */
  view({ at, rows, columns }) {
    return this.floats.subarray(at / FLOAT_BYTES, at / FLOAT_BYTES + rows * columns);
  }

  /** Copy the first columns of a matrix, row by row. @param {Matrix} matrix @param {number} columns */
  copy({ at, rows, rowStride }, columns) {
    const copy = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const first = (at + row * rowStride) / FLOAT_BYTES;
      copy.set(this.floats.subarray(first, first + columns), row * columns);
    }
    return copy;
  }

  /** Write a matrix the other way around. @param {Matrix} from (n, m), its rows anywhere @param {Matrix} to (m, n) */
  transpose(from, to) {
    const { floats } = this;
    const [source, target] = [from.at / FLOAT_BYTES, to.at / FLOAT_BYTES];
    const [fromStride, toStride] = [from.rowStride / FLOAT_BYTES, to.rowStride / FLOAT_BYTES];
    for (let row = 0; row < from.rows; row++) {
      for (let column = 0; column < from.columns; column++) {
        floats[target + column * toStride + row] = floats[source + row * fromStride + column];
      }
    }
  }
}
