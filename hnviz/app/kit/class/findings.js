// @ts-check
// What a class's experiment shows, in numbers and sentences. No DOM.

import { paired, unranked } from "../js/seeds.js";
import { accuracy, plural } from "../js/text.js";

/**
 * @typedef {{ seed: number, square: number, accuracy: number|null }} Row accuracy null of a run that diverged
 * @typedef {{ id: number, map: boolean, axes: Record<string, any[]>, squares: Record<string, any>[], steps: number,
 *             deciding: number, revealed: boolean, guessed: number, came: number, aside: number, checked: number,
 *             due: number, guesses?: number[], results?: Row[], problem?: string,
 *             wrong?: { student: number, seed: number, why: string }[],
 *             you?: { guess: number|null, task: [number, number[]]|null, sent: Sent[] } }} Experiment
 *   as GET /api/class/experiment answers
 * @typedef {{ task: [number, number[]], accuracies: (number|null)[], wrong: string }} Sent
 * @typedef {[seed: number, one: number, other: number]} Pair
 * @typedef {{ mean: number, n: number, ends: boolean }} Square ends: whether it has as many seeds as a square should have
 * @typedef {(string|string[])[]} Parts [text] is bold
 */

export const LETTERS = ["A", "B"];
export const NO_DIFFERENCE = "No difference";
export const SEEDS = 3; // of a square, before it is compared

/**
 * What is set in a square: "lr 0.003", "lr 0.01, bptt 20", "Model3".
 * @param {Experiment} experiment
 * @param {number} square
 */
export const settingOf = ({ axes, squares }, square) =>
  Object.keys(axes)
    .map((name) => called(name, squares[square][name]))
    .join(", ");

/**
 * @param {string} name
 * @param {any} value
 */
export const called = (name, value) => (name === "model" ? String(value) : `${name} ${value}`);

/**
 * What is the same in all squares: "Model3, 200 steps".
 * @param {Experiment} experiment
 */
export const shared = ({ axes, squares, steps }) => ["model" in axes ? "" : squares[0].model, plural(steps, "step")].filter(Boolean).join(", ");

/**
 * The seeds with both runs, from the smallest difference to the largest.
 * @param {Experiment} experiment
 * @returns {Pair[]}
 */
export function pairsOf({ results = [] }) {
  const ends = new Map(results.filter(({ accuracy: share }) => share !== null).map(({ seed, square, accuracy: share }) => [`${seed} ${square}`, Number(share)]));
  const seeds = [...new Set(results.map(({ seed }) => seed))].filter((seed) => ends.has(`${seed} 0`) && ends.has(`${seed} 1`));
  const pairs = seeds.map((seed) => /** @type {Pair} */ ([seed, ends.get(`${seed} 0`), ends.get(`${seed} 1`)]));
  return pairs.sort((one, other) => one[2] - one[1] - (other[2] - other[1]) || one[0] - other[0]);
}

/** @param {Pair} pair in points of accuracy */
export const gapOf = ([, one, other]) => 100 * (other - one);

/**
 * What all pairs say; null for fewer than two. `better` is null while the interval contains 0: that does not show that
 * there is no difference, so no guess is right yet.
 * @param {Experiment} experiment
 */
export function told(experiment) {
  const found = paired(pairsOf(experiment).map(([, one, other]) => [one, other]));
  if (!found) return null;
  const { n, mean, low, high } = found;
  const isKnown = low > 0 || high < 0;
  const against = pairsOf(experiment).filter((pair) => Math.sign(gapOf(pair)) !== Math.sign(mean)).length;
  return { n, mean: 100 * mean, low: 100 * low, high: 100 * high, against, isKnown, better: isKnown ? Number(mean > 0) : null };
}

/**
 * Which setting is better, how sure that is, and how often one seed would have fooled somebody.
 * @param {Experiment} experiment
 * @returns {Parts}
 */
export function verdict(experiment) {
  const found = told(experiment);
  const lost = experiment.came - pairsOf(experiment).length;
  const left = lost ? ` ${plural(lost, "seed")} ${lost === 1 ? "is" : "are"} left out: a run diverged.` : "";
  if (!found) return [`A comparison needs two seeds; so far there is ${experiment.came ? "one" : "none"}.${left}`];
  const { n, mean, low, high, against, better } = found;
  if (better === null) {
    const gaps = pairsOf(experiment).map(gapOf);
    const [up, down] = [gaps.filter((gap) => gap > 0).length, gaps.filter((gap) => gap < 0).length];
    return [
      [`These ${n} seeds do not show a difference`],
      `: B minus A is on average ${pointsText(mean)} points, with a 95 % interval from ${pointsText(low)} to ${pointsText(high)}. There may still be one that more seeds would show. `,
      ["One seed could have fooled you"],
      `: ${plural(up, "seed")} ${up === 1 ? "says" : "say"} B, ${plural(down, "seed")} ${down === 1 ? "says" : "say"} A.${left}`,
    ];
  }
  const [least, most] = [low, high].map(Math.abs).sort((one, other) => one - other);
  return [
    [`${LETTERS[better]}, ${settingOf(experiment, better)}, is better`],
    `: over ${n} seeds it is right on valid ${Math.abs(mean).toFixed(1)} points more often, with a 95 % interval from ${least.toFixed(1)} to ${most.toFixed(1)}. `,
    [against ? `One seed would have fooled ${against} of ${n}` : "One seed would have fooled nobody"],
    against ? `: ${plural(against, "seed")} ${against === 1 ? "does" : "do"} not point that way.${left}` : `: all ${n} point the same way.${left}`,
  ];
}

/**
 * A difference with its sign.
 * @param {number} points
 */
export function pointsText(points) {
  const text = Math.abs(points).toFixed(1);
  return `${Number(text) === 0 ? "" : points < 0 ? "−" : "+"}${text}`;
}

// --- A map ---------------------------------------------------------------------------------------------

/**
 * The squares of a map, in their order; null for one without a run that has ended well.
 * @param {Experiment} experiment
 * @returns {(Square|null)[]}
 */
export const squaresOf = (experiment) =>
  experiment.squares.map((_, at) => {
    const ends = endsOf(experiment, at);
    const known = [...ends.values()].filter((each) => each !== null);
    if (!known.length) return null;
    return { mean: known.reduce((sum, each) => sum + Number(each), 0) / known.length, n: known.length, ends: ends.size >= SEEDS && known.length === ends.size };
  });

/**
 * @param {Experiment} experiment
 * @param {number} at
 */
const endsOf = ({ results = [] }, at) => new Map(results.filter(({ square }) => square === at).map(({ seed, accuracy: share }) => [seed, share]));

/**
 * The best square of those with enough seeds, and the squares that tie with it: over the seeds of both, the 95 %
 * interval of the mean difference contains 0.
 * @param {Experiment} experiment
 * @returns {{ best: number, ties: number[] }|null}
 */
export function bestOf(experiment) {
  const squares = squaresOf(experiment);
  const ended = squares.flatMap((square, at) => (square?.ends ? [at] : []));
  if (!ended.length) return null;
  const mean = (/** @type {number} */ at) => /** @type {Square} */ (squares[at]).mean;
  const best = ended.reduce((most, at) => (mean(at) > mean(most) ? at : most));
  const of = endsOf(experiment, best);
  const ties = ended.filter((at) => {
    if (at === best) return false;
    const other = endsOf(experiment, at);
    const seeds = [...of.keys()].filter((seed) => other.has(seed));
    const found = paired(seeds.map((seed) => [Number(of.get(seed)), Number(other.get(seed))]));
    return !found || (found.low <= 0 && found.high >= 0);
  });
  return { best, ties };
}

/**
 * How dark each square is, from 0 to 1: by its mean, but squares that tie with the best one look as it does.
 * @param {Experiment} experiment
 */
export function shadesOf(experiment) {
  const { best = -1, ties = [] } = bestOf(experiment) ?? {};
  const squares = squaresOf(experiment);
  const means = squares.flatMap((square) => (square ? [square.mean] : []));
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const isFull = (/** @type {number} */ at) => high === low || (ties.length > 0 && [best, ...ties].includes(at));
  return squares.map((square, at) => (!square ? 0 : isFull(at) ? 1 : (square.mean - low) / (high - low)));
}

/**
 * How far the map is, and which square is best.
 * @param {Experiment} experiment
 * @returns {Parts}
 */
export function mapVerdict(experiment) {
  const found = bestOf(experiment);
  const squares = squaresOf(experiment);
  const done = squares.filter((square) => square?.ends).length;
  const far = `${done} of ${plural(squares.length, "square")} have ${SEEDS} seeds`;
  if (!found) return [`${far}; ${plural(experiment.came, "run")} so far.`];
  const { best, ties } = found;
  const { mean, n } = /** @type {Square} */ (squares[best]);
  const rest = done < squares.length ? ` ${far}.` : "";
  if (!ties.length) return [[settingOf(experiment, best)], done < squares.length ? " is best so far: " : " is best: ", [accuracy(mean)], ` right on valid.${rest}`];
  return [[settingOf(experiment, best)], ", ", [accuracy(mean)], ` right on valid: ${unranked(n, ties.length)}${rest}`];
}
