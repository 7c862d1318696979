// @ts-check
// Matrices in the engine's memory: where each begins, and its views.

/**
 * @typedef {object} Matrix float32 numbers, row by row
 * @property {number} at the address of its first number, in bytes
 * @property {number} rows
 * @property {number} columns
 * @property {number} rowStride bytes from a row to the next; 0 if all rows are the same vector
 * @property {number} columnStride bytes from a column to the next: 4, but for a transposed one
 */

export const FLOAT_BYTES = 4;

/** Kernels work on so many columns at once, so matrices have a multiple of them. */
const COLUMNS_AT_ONCE = 8;

/**
 * The columns that a matrix has for n numbers in a row; those beyond are zeros.
 * @param {number} n
 */
export const padded = (n) => Math.ceil(n / COLUMNS_AT_ONCE) * COLUMNS_AT_ONCE;

/** @param {number} at @param {number} rows @param {number} columns @returns {Matrix} */
export const matrixAt = (at, rows, columns) => ({ at, rows, columns, rowStride: FLOAT_BYTES * columns, columnStride: FLOAT_BYTES });

/** @param {Matrix} matrix @param {number} first @param {number} rows @returns {Matrix} */
export const rowsOf = (matrix, first, rows) => ({ ...matrix, at: matrix.at + first * matrix.rowStride, rows });

/** @param {Matrix} matrix @param {number} first @param {number} columns @returns {Matrix} */
export const columnsOf = (matrix, first, columns) => ({ ...matrix, at: matrix.at + first * matrix.columnStride, columns });

/** @param {Matrix} matrix @returns {Matrix} */
export const transposed = ({ at, rows, columns, rowStride, columnStride }) => ({
  at,
  rows: columns,
  columns: rows,
  rowStride: columnStride,
  columnStride: rowStride,
});

/** A vector that each row of another matrix goes with. @param {Matrix} vector (1, n) @returns {Matrix} */
export const everyRow = (vector) => ({ ...vector, rows: 1, rowStride: 0 });

/** The rows of a step, of a matrix in which time comes first. @param {Matrix} matrix (bptt * bs, n) @param {number} step @param {number} bs */
export const stepOf = (matrix, step, bs) => rowsOf(matrix, step * bs, bs);

/** Equal parts of the columns, such as a layer's gates. @param {Matrix} matrix @param {number} parts @returns {Matrix[]} */
export function columnParts(matrix, parts) {
  const columns = matrix.columns / parts;
  return Array.from({ length: parts }, (_, part) => columnsOf(matrix, part * columns, columns));
}

/** The first n numbers of a vector, one for each row. @param {Matrix} vector (1, m) @param {number} n @returns {Matrix} */
export const placesOf = (vector, n) => ({ ...vector, rows: n, columns: 1, rowStride: vector.columnStride });
