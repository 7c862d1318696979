// @ts-check
// The squares of a sweep: which runs are in each, what it shows, and which is best. No DOM.

/** @typedef {{ settings: Record<string, any>, run: string|null, state: string, progress: number, message: string,
 *              accuracy: number|null, valid_loss: number|null, train_accuracy: number|null, train_loss: number|null }} Run */
/** @typedef {{ id: string, name: string, axes: string[], status: string, problem: string, n_runs: number, n_done: number, gaps?: Record<string, number>, tokens?: string[] }} Sweep */
/** @typedef {{ settings: Record<string, any>, runs: Run[] }} Cell */
/** @typedef {{ title: Record<string, any>, cells: (Cell|null)[][] }} Map_ one of several maps: rows of cells */
/** @typedef {{ x: string, y: string|null, xs: any[], ys: any[], maps: Map_[] }} Layout */

import { paired } from "../../../kit/js/seeds.js";

export const MOST_CELLS = 400; // of one map: a random draw has one for each pair of its values
export const MEASURES = { accuracy: "accuracy", loss: "valid_loss" };
const DONE = ["finished", "diverged"];
const SEED = "seed";

/** @param {Run} run */
export const isDone = (run) => DONE.includes(run.state);

/**
 * Put the runs of a sweep into maps; null where no map could show them.
 * @param {string[]} axes settings that differ by plan
 * @param {Run[]} runs
 * @param {boolean} apart whether each seed has its own map
 * @returns {Layout|null}
 */
export function layOut(axes, runs, apart) {
  const isNumber = (/** @type {string} */ axis) => runs.every(({ settings }) => typeof settings[axis] === "number");
  const own = axes.filter((axis) => axis !== SEED);
  const numbers = own.filter(isNumber).sort((one, other) => Number(other === "lr") - Number(one === "lr"));
  const [x = own[0] ?? axes[0], y = null] = numbers;
  if (x === undefined) return null;
  const facets = axes.filter((axis) => axis !== x && axis !== y && (axis !== SEED || apart));
  const [xs, ys] = [valuesOf(runs, x), y === null ? [null] : valuesOf(runs, y)];
  if (xs.length * ys.length > MOST_CELLS) return null;
  const maps = [...grouped(runs, facets).values()].map((group) => {
    const title = Object.fromEntries(facets.map((axis) => [axis, group[0].settings[axis]]));
    const places = grouped(group, y === null ? [x] : [x, y]);
    const cell = (/** @type {Record<string, any>} */ place) => {
      const found = places.get(JSON.stringify(Object.values(place)));
      return found ? { settings: { ...title, ...place }, runs: found } : null;
    };
    return { title, cells: ys.map((down) => xs.map((along) => cell({ [x]: along, ...(y === null ? {} : { [y]: down }) }))) };
  });
  return { x, y, xs, ys, maps };
}

/**
 * Runs by what they have of some settings.
 * @param {Run[]} runs
 * @param {string[]} axes
 */
function grouped(runs, axes) {
  /** @type {Map<string, Run[]>} */
  const groups = new Map();
  for (const run of runs) {
    const key = JSON.stringify(axes.map((axis) => run.settings[axis]));
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  return groups;
}

/**
 * @param {Run[]} runs
 * @param {string} axis
 */
function valuesOf(runs, axis) {
  const values = [...new Set(runs.map(({ settings }) => settings[axis]))];
  return values.every((value) => typeof value === "number") ? values.sort((one, other) => one - other) : values;
}

/**
 * What the runs of a square do together.
 * @param {Run[]} runs
 */
export function stateOf(runs) {
  const states = runs.map(({ state }) => state);
  const first = ["running", "paused"].find((state) => states.includes(state));
  if (first) return first;
  if (states.every((state) => DONE.includes(state))) return states.every((state) => state === "diverged") ? "diverged" : "finished";
  return ["failed", "stopped", "interrupted"].find((state) => states.includes(state)) ?? "waits";
}

/**
 * The mean of a figure over the runs of a square that have it, with the least and the largest.
 * @param {Run[]} runs
 * @param {keyof MEASURES} measure
 */
export function figureOf(runs, measure) {
  const name = /** @type {"accuracy"|"valid_loss"} */ (MEASURES[measure]);
  const values = /** @type {number[]} */ (runs.map((run) => run[name]).filter((value) => Number.isFinite(value)));
  if (!values.length) return null;
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, low: Math.min(...values), high: Math.max(...values), n: values.length };
}

/** @param {Layout} layout */
export const cellsOf = ({ maps }) => /** @type {Cell[]} */ (maps.flatMap(({ cells }) => cells.flat()).filter(Boolean));

/**
 * The best square so far, among those whose runs have all ended; null if there is none.
 * @param {Layout} layout
 * @param {keyof MEASURES} measure
 */
export function bestOf(layout, measure) {
  /** @type {{ cell: Cell, figure: NonNullable<ReturnType<typeof figureOf>> }|null} */
  let best = null;
  for (const cell of cellsOf(layout)) {
    const figure = cell.runs.every((run) => run.state === "finished") ? figureOf(cell.runs, measure) : null;
    if (!figure) continue;
    const isBetter = !best || (measure === "loss" ? figure.mean < best.figure.mean : figure.mean > best.figure.mean);
    if (isBetter) best = { cell, figure };
  }
  return best;
}

/**
 * The other squares that the seeds do not tell from the best: of two seeds and more that both have, the 95 % interval of
 * the mean difference contains 0; of one, the difference is no more than `gaps` has for seeds, if that was measured.
 * @param {Layout} layout
 * @param {keyof MEASURES} measure
 * @param {Record<string, number>} [gaps] by the figure's name
 */
export function tiesOf(layout, measure, gaps = {}) {
  const best = bestOf(layout, measure);
  if (!best) return [];
  const name = /** @type {"accuracy"|"valid_loss"} */ (MEASURES[measure]);
  return cellsOf(layout).filter((cell) => {
    if (cell === best.cell || !cell.runs.every((run) => run.state === "finished")) return false;
    const figure = figureOf(cell.runs, measure);
    if (!figure) return false;
    const own = new Map(cell.runs.map((run) => [run.settings[SEED], run[name]]));
    const pairs = best.cell.runs.map((run) => [run[name], own.get(run.settings[SEED])]).filter((pair) => pair.every(Number.isFinite));
    const told = paired(/** @type {[number, number][]} */ (pairs));
    return told ? told.low <= 0 && told.high >= 0 : Math.abs(figure.mean - best.figure.mean) <= (gaps[name] ?? 0);
  });
}

/**
 * Where each square's figure is between the worst (0) and the best (1); a loss by its logarithm. Squares that tie with
 * the best look as it does.
 * @param {Layout} layout
 * @param {keyof MEASURES} measure
 * @param {Cell[]} [ties]
 * @returns {Map<Cell, number>}
 */
export function shares(layout, measure, ties = []) {
  const of = (/** @type {number} */ value) => (measure === "loss" ? -Math.log(Math.max(value, 1e-6)) : value);
  const known = cellsOf(layout).flatMap((cell) => {
    const figure = figureOf(cell.runs, measure);
    return figure ? [/** @type {[Cell, number]} */ ([cell, of(figure.mean)])] : [];
  });
  const values = known.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return new Map(known.map(([cell, value]) => [cell, high > low && !ties.includes(cell) ? (value - low) / (high - low) : 1]));
}
