// @ts-check
// What a class guessed, as numbers to draw. No DOM.

const BINS = 20;

/** @typedef {{ kind: string, answers: string[], columns: number, low: number, high: number,
 *              unit: string, truth: number|number[] }} Question */

/**
 * How often each answer of a choice or cell of a square was picked.
 * @param {Question} question
 * @param {number[]} values
 */
export function counts({ answers }, values) {
  const found = answers.map(() => 0);
  for (const value of values) found[value] += 1;
  return found;
}

/**
 * Numbers in bins of equal width; the last bin has its upper end in it.
 * @param {Question} question
 * @param {number[]} values
 */
export function bins({ low, high }, values) {
  const width = (high - low) / BINS;
  const found = Array.from({ length: BINS }, (_, at) => ({ from: low + at * width, to: low + (at + 1) * width, n: 0 }));
  for (const value of values) found[Math.min(BINS - 1, Math.floor((value - low) / width))].n += 1;
  return found;
}

/**
 * The middle guess at each point of a curve.
 * @param {number[][]} curves
 */
export function middle(curves) {
  return curves[0].map((_, at) => {
    const sorted = curves.map((curve) => curve[at]).sort((one, other) => one - other);
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  });
}

/**
 * How many came to each answer of a choice or a square between two votes, and how many left it.
 * @param {Question} question
 * @param {[number, number, number][]} flows [from, to, students]
 */
export function changes({ answers }, flows) {
  const found = answers.map(() => ({ came: 0, left: 0 }));
  for (const [from, to, n] of flows) {
    if (from === to) continue;
    found[from].left += n;
    found[to].came += n;
  }
  return found;
}

/** What became of the answers of those who voted twice, in the order of a first vote's `moved`. */
export const MOVED = ["right twice", "wrong to right", "right to wrong", "wrong twice"];
