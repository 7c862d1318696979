// @ts-check
// The small network itself: state = tanh(recur state + embed[bit] + bias). No DOM.

/** @typedef {{ embed: number[][], recur: number[][], bias: number[], out: number[][], out_bias: number[] }} Parts */
/** @typedef {{ state: number[], logits: number[], answer: number }} Moment */

/**
 * @param {number[][]} matrix
 * @param {number[]} vector
 */
const product = (matrix, vector) => matrix.map((row) => row.reduce((sum, weight, at) => sum + weight * vector[at], 0));

/**
 * The state and the answer before the first bit and after each one.
 * @param {Parts} parts
 * @param {number[]} bits
 * @returns {Moment[]}
 */
export function read(parts, bits) {
  let state = parts.bias.map(() => 0);
  const moments = [answered(parts, state)];
  for (const bit of bits) {
    const kept = product(parts.recur, state);
    state = kept.map((sum, unit) => Math.tanh(sum + parts.embed[bit][unit] + parts.bias[unit]));
    moments.push(answered(parts, state));
  }
  return moments;
}

/**
 * @param {Parts} parts
 * @param {number[]} state
 * @returns {Moment}
 */
function answered(parts, state) {
  const logits = product(parts.out, state).map((sum, at) => sum + parts.out_bias[at]);
  return { state, logits, answer: logits[1] > logits[0] ? 1 : 0 };
}

/**
 * How many ones there are, in words.
 * @param {number[]} bits
 */
export function ones(bits) {
  const count = bits.filter(Boolean).length;
  return count === 0 ? "no ones" : count === 1 ? "1 one" : `${count} ones`;
}
