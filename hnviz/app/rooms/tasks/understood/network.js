// @ts-check
// The small network itself: state = tanh(recur state + embed[bit] + bias). No DOM.

/** @typedef {{ embed: number[][], recur: number[][], bias: number[], out: number[][], out_bias: number[] }} Parts */
/** @typedef {{ state: number[], answer: number }} Moment answer: 0 even, 1 odd */

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
  const states = [parts.bias.map(() => 0)];
  for (const [at, bit] of bits.entries()) {
    const carried = product(parts.recur, states[at]);
    states.push(carried.map((sum, unit) => Math.tanh(sum + parts.embed[bit][unit] + parts.bias[unit])));
  }
  return states.map((state) => {
    const [even, odd] = product(parts.out, state).map((sum, at) => sum + parts.out_bias[at]);
    return { state, answer: odd > even ? 1 : 0 };
  });
}

/**
 * How many ones there are, in words.
 * @param {number[]} bits
 */
export function ones(bits) {
  const count = bits.filter(Boolean).length;
  return count === 0 ? "no ones" : count === 1 ? "1 one" : `${count} ones`;
}
