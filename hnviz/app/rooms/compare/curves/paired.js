// @ts-check
// Two settings trained from the same seeds: the sides of a comparison, and the runs that they lack. No DOM.

import { differing, grouped } from "./series.js";

/**
 * @typedef {import("./series.js").Run} Run
 * @typedef {{ from: Map<number, Run>, to: Map<number, Run>, seeds: number[], fields: string[] }} Sides by seed; `seeds` are on both
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
