// @ts-check
// Formulas of numbers, four lanes at once: an expression is a value, and becomes WebAssembly when it is written.

import { f32x4, i32, i32x4, local, v128 } from "./wasm.js";

/**
 * @typedef {import("./wasm.js").Code} Code
 * @typedef {object} Expression
 * @property {Expression[]} parts the expressions that it is made of
 * @property {(...parts: Code[]) => Code} write its code, from that of its parts
 * @typedef {Expression|number} Term
 */

/** @param {Term} term @returns {Expression} */
const expression = (term) => (typeof term === "number" ? { parts: [], write: () => f32x4.constant(term) } : term);

/** @type {(write: (...parts: Code[]) => Code) => (...terms: Term[]) => Expression} */
const operation = (write) => (...terms) => ({ parts: terms.map(expression), write });

/** The vector in a local. @param {number} at @returns {Expression} */
export const vectorIn = (at) => ({ parts: [], write: () => local.get(at) });

/** The number in a local, in all lanes. @param {number} at @returns {Expression} */
export const numberIn = (at) => ({ parts: [], write: () => f32x4.splat(local.get(at)) });

export const add = operation(f32x4.add);
export const subtract = operation(f32x4.subtract);
export const multiply = operation(f32x4.multiply);
export const divide = operation(f32x4.divide);
export const sqrt = operation(f32x4.sqrt);

/** The higher of two; a NaN in the first stays. */
export const higher = operation(f32x4.higher);

/** The lower of two; a NaN in the first stays. */
export const lower = operation(f32x4.lower);

/** @param {Expression} x */
export const square = (x) => multiply(x, x);

/** The first where the second is above 0, else 0. */
export const whereAboveZero = operation((value, condition) => v128.and(value, f32x4.greater(condition, f32x4.constant(0))));

const nearest = operation(f32x4.nearest);

const MANTISSA_BITS = 23;
const EXPONENT_BIAS = 127;

/** 2 to the power of a whole number from -126 to 127: its bits are the exponent of a float. */
const powerOfTwo = operation((n) =>
  i32x4.shiftLeft(i32x4.add(i32x4.truncate(n), i32x4.constant(EXPONENT_BIAS)), i32.constant(MANTISSA_BITS)),
);

/**
 * e to the power of x, within 2e-7 of it: 2 ** n times e ** r, n = x / ln 2 rounded, r = x - n ln 2.
 *
 * ln 2 in two parts and the polynomial of e ** r are those of Cephes' expf. x is held within -87 to 87, where the
 * result is a normal number; a NaN stays.
 * @param {Expression} x
 */
export function exp(x) {
  const held = lower(higher(x, -87), 87);
  const n = nearest(multiply(held, Math.LOG2E));
  const r = subtract(subtract(held, multiply(n, 0.693359375)), multiply(n, -2.12194440e-4));
  const coefficients = [1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1, 1];
  return multiply(polynomial(r, coefficients), powerOfTwo(n));
}

/** σ(x) = 1 / (1 + e⁻ˣ) @param {Expression} x */
export const sigmoid = (x) => divide(1, add(exp(subtract(0, x)), 1));

/** tanh x = 1 - 2 / (e²ˣ + 1), within 1e-7 of it @param {Expression} x */
export const tanh = (x) => subtract(1, divide(2, add(exp(add(x, x)), 1)));

/**
 * @param {Expression} x
 * @param {number[]} coefficients that of the highest power first
 */
const polynomial = (x, [first, ...others]) => others.reduce((sum, each) => add(multiply(sum, x), each), expression(first));

/**
 * Write expressions; what several of them share is computed once and kept in a local.
 * @param {Expression[]} expressions
 * @param {number} firstLocal the number of the first local that is free
 * @returns {{ codes: Code[], nKept: number }} one after the other, and the locals that they use
 */
export function written(expressions, firstLocal) {
  /** @type {Map<Expression, number>} */
  const uses = new Map();
  const count = (/** @type {Expression} */ each) => {
    uses.set(each, (uses.get(each) ?? 0) + 1);
    if (uses.get(each) === 1) each.parts.forEach(count);
  };
  expressions.forEach(count);
  /** @type {Map<Expression, number>} */
  const kept = new Map();
  const write = (/** @type {Expression} */ each) => {
    const place = kept.get(each);
    if (place !== undefined) return local.get(place);
    const code = each.write(...each.parts.map(write));
    if (uses.get(each) === 1 || !each.parts.length) return code;
    const free = firstLocal + kept.size;
    kept.set(each, free);
    return local.tee(free, code);
  };
  return { codes: expressions.map(write), nKept: kept.size };
}
