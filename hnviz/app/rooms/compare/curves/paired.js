// @ts-check
// Two settings trained from the same seeds: their differences, and how sure the mean of those is. No DOM.

import { differing, grouped } from "./series.js";

/**
 * @typedef {import("./series.js").Run} Run
 * @typedef {{ from: Map<number, Run>, to: Map<number, Run>, seeds: number[], fields: string[] }} Sides by seed; `seeds` are on both
 * @typedef {{ n: number, mean: number, low: number, high: number, least: number, most: number, against: number, ways: number }} Paired
 *   low, high   the 95 % interval of the mean difference, by Student's t
 *   least, most   the differences of the seed with the smallest and with the largest
 *   against     of all `ways` to take one run a side: how many do not have the sign of the mean
 */

export const MOST_SEEDS = 10; // on a side, that are trained for a comparison

/**
 * The two sides of runs that have two settings, apart from seeds and devices; null for others. The change goes
 * from the pre-trained or older side to the other, and from a model to a later one, whatever the order of the ticks.
 * @param {Run[]} runs
 * @param {string[]} models in their order
 * @returns {Sides|null}
 */
export function sidesOf(runs, models = []) {
  const groups = grouped(runs);
  if (groups.length !== 2) return null;
  const age = (/** @type {Run[]} */ group) => Math.min(...group.map(({ shipped, created, config }) => (shipped ? models.indexOf(config.model) - models.length : created)));
  const id = (/** @type {Run[]} */ group) => group.map(({ run }) => run).sort()[0];
  groups.sort((one, other) => age(one) - age(other) || (id(one) < id(other) ? -1 : 1));
  const [from, to] = groups.map((group) => new Map([...group].reverse().map((run) => [run.config.seed, run]))); // the first of equal ones
  const seeds = [...from.keys()].filter((seed) => to.has(seed)).sort((one, other) => one - other);
  const pair = seeds.length ? [from.get(seeds[0]), to.get(seeds[0])] : [groups[0][0], groups[1][0]];
  const fields = differing(/** @type {Run[]} */ (pair)).filter((name) => name !== "device" && name !== "seed");
  return { from, to, seeds, fields };
}

/**
 * What the same seeds say of two sides; null for fewer than two of them.
 * @param {[number, number][]} pairs the figures of each seed, on both sides
 * @returns {Paired|null}
 */
export function paired(pairs) {
  const n = pairs.length;
  if (n < 2) return null;
  const gaps = pairs.map(([from, to]) => to - from);
  const mean = gaps.reduce((sum, each) => sum + each, 0) / n;
  const variance = gaps.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (n - 1);
  const half = studentT(n - 1) * Math.sqrt(variance / n);
  const chosen = pairs.flatMap(([from]) => pairs.map(([, to]) => to - from)); // one run a side, of any seed
  const against = chosen.filter((each) => Math.sign(each) !== Math.sign(mean)).length;
  return { n, mean, low: mean - half, high: mean + half, least: Math.min(...gaps), most: Math.max(...gaps), against, ways: chosen.length };
}

/**
 * The runs that the sides lack for the same seeds: first the seeds that one side has, else `more` new ones.
 * @param {Sides} sides
 * @param {number} more
 * @returns {{ like: string, seed: number }[]} as POST /api/runs takes them
 */
export function lacking({ from, to }, more) {
  const both = [from, to];
  const known = [...new Set([...from.keys(), ...to.keys()])].sort((one, other) => one - other);
  const listed = known.slice(0, MOST_SEEDS);
  if (listed.every((seed) => both.every((side) => side.has(seed)))) {
    for (let seed = 0, left = Math.min(more, MOST_SEEDS - known.length); left > 0; seed++) {
      if (known.includes(seed)) continue;
      listed.push(seed);
      left--;
    }
  }
  return listed.flatMap((seed) => both.filter((side) => !side.has(seed)).map((side) => ({ like: first(side).run, seed })));
}

/** @param {Map<number, Run>} side */
export const first = (side) => /** @type {Run} */ (side.values().next().value);

/**
 * The 97.5 % point of Student's t.
 * @param {number} freedom whole degrees of freedom
 */
export function studentT(freedom) {
  let [low, high] = [0, 13]; // one degree has 12.7
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (within(middle, freedom) < 0.95) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The share of Student's t between -t and t: Abramowitz and Stegun, 26.7.3 and 26.7.4.
 * @param {number} t
 * @param {number} freedom
 */
function within(t, freedom) {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const odd = freedom % 2;
  let term = odd ? cos : 1;
  let sum = 0;
  for (let power = odd; power <= freedom - 2; power += 2) {
    sum += term;
    term *= (cos * cos * (power + 1)) / (power + 2);
  }
  return odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
}
