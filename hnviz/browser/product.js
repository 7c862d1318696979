// @ts-check
// The product of two matrices, where nearly all of the engine's time goes.
//
// A tile of C, some rows of two vectors each, stays in registers while the inner dimension passes: each number of A is
// loaded into all lanes, and multiplied with two vectors of B.

import { either, f32x4, i32, local, repeat, TYPE, v128, VECTOR_BYTES } from "./wasm.js";

/** @typedef {import("./wasm.js").Code} Code */

/** A product reads so much of the inner dimension at a time: what it reads again then stays in the first cache. */
export const INNER_AT_ONCE = 64;

/**
 * C = A B, or with `keep` C ← C + A B.
 *
 * Its parameters, addresses and strides in bytes: A, its row stride, its column stride (so it may be transposed); B, its
 * row stride; C, its row stride; tiles from top to bottom; the inner dimension; bytes of a row of C, a multiple of 32;
 * whether to keep C.
 * @param {string} name
 * @param {number} height rows of a tile
 * @returns {import("./wasm.js").Definition}
 */
export function productOf(name, height) {
  const [a, aRow, aColumn, b, bRow, c, cRow, tiles, inner, width, keep] = numbers(0, 11);
  const [column, left, right, tile] = numbers(11, 4);
  const aRows = numbers(15, height);
  const [x, y0, y1] = numbers(15 + height, 3);
  const sums = numbers(18 + height, 2 * height).map((at, index) => ({ at, row: index >> 1, half: index & 1 }));

  const get = local.get;
  const advance = (/** @type {number} */ at, /** @type {Code} */ by) => local.set(at, i32.add(get(at), by));
  /** Visit the rows of a tile of C. @type {(visit: (address: Code, row: number) => Code) => Code} */
  const eachRow = (visit) => [
    ...local.set(tile, i32.add(get(c), get(column))),
    ...aRows.flatMap((_, row) => [...visit(get(tile), row), ...(row < height - 1 ? advance(tile, get(cRow)) : [])]),
  ];
  const ofRow = (/** @type {number} */ row) => sums.filter((each) => each.row === row);

  const begin = either(
    get(keep),
    eachRow((address, row) => ofRow(row).flatMap(({ at, half }) => local.set(at, v128.load(address, half * VECTOR_BYTES)))),
    sums.flatMap(({ at }) => local.set(at, f32x4.constant(0))),
  );
  const step = [
    ...local.set(y0, v128.load(get(right))),
    ...local.set(y1, v128.load(get(right), VECTOR_BYTES)),
    ...aRows.flatMap((row, index) => [
      ...local.set(x, v128.loadSplat(get(row))),
      ...advance(row, get(aColumn)),
      ...ofRow(index).flatMap(({ at, half }) => local.set(at, f32x4.add(get(at), f32x4.multiply(get(x), get(half ? y1 : y0))))),
    ]),
    ...advance(right, get(bRow)),
    ...advance(left, i32.constant(-1)),
  ];
  const end = eachRow((address, row) => ofRow(row).flatMap(({ at, half }) => v128.store(address, get(at), half * VECTOR_BYTES)));
  const eachTile = [
    ...local.set(aRows[0], get(a)),
    ...aRows.slice(1).flatMap((row, above) => local.set(row, i32.add(get(aRows[above]), get(aRow)))),
    ...local.set(right, i32.add(get(b), get(column))),
    ...begin,
    ...local.set(left, get(inner)),
    ...repeat(step, get(left)),
    ...end,
    ...advance(column, i32.constant(2 * VECTOR_BYTES)),
  ];
  const eachBand = [
    ...local.set(column, i32.constant(0)),
    ...repeat(eachTile, i32.less(get(column), get(width))),
    ...aRows.flatMap(() => [...advance(a, get(aRow)), ...advance(c, get(cRow))]),
    ...advance(tiles, i32.constant(-1)),
  ];
  return {
    name,
    parameters: Array(11).fill(TYPE.i32),
    locals: [...Array(4 + height).fill(TYPE.i32), ...Array(3 + 2 * height).fill(TYPE.v128)],
    body: repeat(eachBand, get(tiles)),
  };
}

/**
 * @param {number} first
 * @param {number} n
 */
const numbers = (first, n) => Array.from({ length: n }, (_, at) => first + at);
