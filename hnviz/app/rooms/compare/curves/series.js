// @ts-check
// The curves of runs as numbers: what is shown, across what, smoothed, and seeds together. No DOM.

/**
 * @typedef {{ run: string, name: string, given: string, called?: string, created: number, shipped: boolean, status: string, live: boolean,
 *             config: Record<string, any>, device: string, step: number, n_steps: number|null, n_batches: number|null, every: number,
 *             message: string, train_accuracy?: number|null, spread: Spread|null, points: Float32Array, epochs: Float32Array,
 *             text: string, tokens: string, bits: number|null, unknown: number }} Run
 *   called   its model as readers see it; config.model without it
 *   device   the one in use; "" before the run starts
 *   text, tokens, bits, unknown   as in hnviz/data/stream.py
 * @typedef {{ figures: Record<string, [number, number]>, n: number, source: string }} Spread
 * @typedef {{ runs: Run[], kinds: string[], notebook: Record<string, number[][]>, missing: string[], damaged: Record<string, string>, asked?: number }} Read
 *   asked   how many runs the address asks for
 * @typedef {{ x: number[], y: number[] }} Line
 * @typedef {{ title: string, said: string, of: "points"|"epochs", column: string, unit: "share"|"loss"|"rate", smooth?: boolean,
 *             notebook?: number, low?: boolean }} Measure
 *   said      ends a sentence: "ends at 83.2 % accuracy on valid"
 *   notebook  the column of the notebook's table
 *   low       lower is better
 */

export const BITS = "bits per character";
export const BY_KIND = "accuracy by kind";

/** @type {Record<string, Measure>} */
export const MEASURES = {
  "accuracy on valid": { title: "right on valid", said: "right on valid", of: "epochs", column: "accuracy", unit: "share", notebook: 3 },
  "loss on valid": { title: "loss on valid, nats", said: "loss on valid", of: "epochs", column: "valid_loss", unit: "loss", notebook: 2, low: true },
  "loss on train": { title: "running loss on train, nats", said: "running loss on train", of: "points", column: "loss", unit: "loss", smooth: true, notebook: 1, low: true },
  "accuracy on train": { title: "right on train, running", said: "right on train, a running figure", of: "points", column: "accuracy", unit: "share", smooth: true },
  [BY_KIND]: { title: "right on valid", said: "right on valid", of: "epochs", column: "kind", unit: "share" },
  [BITS]: { title: "bits per character of valid", said: "bits per character", of: "epochs", column: "valid_loss", unit: "loss", low: true },
  "learning rate": { title: "learning rate", said: "learning rate", of: "points", column: "lr", unit: "rate" },
  momentum: { title: "momentum, Adam's beta1", said: "momentum", of: "points", column: "momentum", unit: "rate" },
};

/** Settings that do not tell runs apart: equal runs differ in them. */
const ASIDE = ["seed", "device"];

const POINT = { step: 0, loss: 1, accuracy: 2, lr: 3, momentum: 4 };
const POINTS = 5; // columns
const EPOCH = { epoch: 0, step: 1, train_loss: 2, valid_loss: 3, accuracy: 4, train_accuracy: 5, seconds: 6 };
const EPOCHS = 7; // columns before those of the kinds

/**
 * Take an answer of /api/curves apart; a run's numbers are views of its bytes.
 * @param {import("../../../kit/js/arrays.js").Answer} answer
 * @returns {Read}
 */
export function read({ meta, arrays }) {
  const { points, epochs } = arrays;
  const rows = (/** @type {import("../../../kit/js/arrays.js").Values} */ { data, shape }, /** @type {number[]} */ [from, to]) =>
    /** @type {Float32Array} */ (data).subarray(from * shape[1], to * shape[1]);
  const runs = meta.runs.map((/** @type {any} */ run) => ({ ...run, points: rows(points, run.points), epochs: rows(epochs, run.epochs) }));
  return { runs, kinds: meta.kinds, notebook: meta.notebook, missing: meta.missing, damaged: meta.damaged };
}

/** @param {number} kinds how many there are */
const widthOf = (kinds) => EPOCHS + 2 * kinds;

/**
 * A column of a run's epochs.
 * @param {Run} run
 * @param {number} column
 * @param {number} kinds
 */
function epochColumn(run, column, kinds) {
  const width = widthOf(kinds);
  return Array.from({ length: run.epochs.length / width }, (_, at) => run.epochs[at * width + column]);
}

/**
 * A run's last figure of an epoch, such as "accuracy", and on train that of its last weights; null before it is known.
 * @param {Run} run
 * @param {keyof EPOCH} name
 * @param {number} kinds
 */
export function lastOf(run, name, kinds) {
  if (name === "train_accuracy") return run.train_accuracy ?? null; // those of the epochs are running figures
  const value = run.epochs[run.epochs.length - widthOf(kinds) + EPOCH[name]];
  return Number.isFinite(value) ? value : null;
}

/**
 * All seconds that a run's epochs took.
 * @param {Run} run
 * @param {number} kinds
 */
export const secondsOf = (run, kinds) => epochColumn(run, EPOCH.seconds, kinds).reduce((sum, each) => sum + each, 0);

/**
 * How a run's steps lie on an axis; null where it cannot be known.
 * @param {Run} run
 * @param {string} axis "step", "epoch", "tokens" or "seconds"
 * @param {number} kinds
 * @returns {((step: number) => number)|null}
 */
export function across(run, axis, kinds) {
  if (axis === "step") return (step) => step;
  if (axis === "tokens") return (step) => step * run.config.bs * run.config.bptt;
  const batches = run.n_batches;
  if (axis === "epoch") return batches ? (step) => step / batches : null;
  const steps = epochColumn(run, EPOCH.step, kinds);
  if (!steps.length) return null;
  let sum = 0;
  const times = epochColumn(run, EPOCH.seconds, kinds).map((each) => (sum += each));
  return (step) => interpolate([0, ...steps], [0, ...times], step);
}

/**
 * The value of a line at x, from its neighbours; beyond its last point in their direction.
 * @param {number[]} xs rising
 * @param {number[]} ys
 * @param {number} x
 */
export function interpolate(xs, ys, x) {
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  if (low === high || xs[low] === xs[high]) return ys[low];
  return ys[low] + ((x - xs[low]) / (xs[high] - xs[low])) * (ys[high] - ys[low]);
}

/**
 * The debiased exponential average of values, as the notebook smooths its train_loss.
 * @param {number[]} values
 * @param {number} factor 0 for none
 */
export function smoothed(values, factor) {
  if (!factor) return values;
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    sum = factor * sum + (1 - factor) * value;
    weight = factor * weight + (1 - factor);
    return sum / weight;
  });
}

/**
 * A run's line.
 * @param {Run} run
 * @param {{ measure: string, axis: string, smooth: number, kind: string }} look
 * @param {string[]} kinds
 * @returns {Line}
 */
export function lineOf(run, { measure, axis, smooth, kind }, kinds) {
  const { of, column, smooth: canSmooth } = MEASURES[measure];
  const place = across(run, axis, kinds.length);
  if (!place) return { x: [], y: [] };
  if (of === "epochs") {
    const at = column === "kind" ? EPOCHS + kinds.indexOf(kind) : EPOCH[/** @type {keyof EPOCH} */ (column)];
    const scale = scaleOf(run, measure);
    return { x: epochColumn(run, EPOCH.step, kinds.length).map(place), y: epochColumn(run, at, kinds.length).map((value) => value * scale) };
  }
  const at = POINT[/** @type {keyof POINT} */ (column)];
  const count = run.points.length / POINTS;
  const x = new Array(count);
  const y = new Array(count);
  for (let row = 0; row < count; row++) {
    x[row] = place(run.points[row * POINTS] + (column === "lr" || column === "momentum" ? 0 : 1));
    y[row] = run.points[row * POINTS + at];
  }
  // A point is the mean of `every` steps: fewer of them carry the same average.
  return { x, y: canSmooth ? smoothed(y, smooth ** run.every) : y };
}

/**
 * What a measure is for each unit of a run's own column: NaN where its text is not there.
 * @param {Run} run
 * @param {string} measure
 */
export const scaleOf = ({ bits }, measure) => (measure === BITS ? (bits ?? NaN) : 1);

/**
 * Whether a measure compares runs: accuracy and loss are per token, so they do only where tokens are the same.
 * @param {Run[]} runs
 * @param {string} measure
 */
export const compares = (runs, measure) => measure === BITS || MEASURES[measure].unit === "rate" || new Set(runs.map(({ tokens }) => tokens)).size < 2;

/**
 * The notebook's printed figures as a line, on the axis of a run of its model.
 * @param {Run} run
 * @param {number[][]} table rows of epoch, train_loss, valid_loss, accuracy
 * @param {{ measure: string, axis: string }} look
 * @param {string[]} kinds
 * @returns {Line|null}
 */
export function notebookLine(run, table, { measure, axis }, kinds) {
  const { notebook } = MEASURES[measure];
  const place = axis === "seconds" ? null : across(run, axis, kinds.length);
  const batches = run.n_batches;
  if (notebook === undefined || !place || !batches) return null;
  return { x: table.map(([epoch]) => place((epoch + 1) * batches)), y: table.map((row) => row[notebook]) };
}

/**
 * What equal runs have in common, as one string: all settings but the seed and the device.
 * @param {Run} run
 */
export const settingsKey = ({ config }) => JSON.stringify(Object.entries(config).filter(([name]) => !ASIDE.includes(name)));

/**
 * Runs of the same settings, together; in the order of their first ones.
 * @param {Run[]} runs
 * @param {(run: Run) => string} keyOf what the runs of a group have in common
 * @returns {Run[][]}
 */
export function grouped(runs, keyOf = settingsKey) {
  /** @type {Map<string, Run[]>} */
  const groups = new Map();
  for (const run of runs) {
    const key = keyOf(run);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

/**
 * Runs that differ only in the seed, together. A run that repeats another's seed is in a group after it:
 * no group has a seed twice.
 * @param {Run[]} runs
 */
export function seedGroups(runs) {
  /** @type {Map<string, number>} settings and seed -> how many runs have had them */
  const seen = new Map();
  return grouped(runs, (run) => {
    const settings = settingsKey(run);
    const own = `${settings} ${run.config.seed}`;
    const before = seen.get(own) ?? 0;
    seen.set(own, before + 1);
    return `${settings} ${before}`;
  });
}

/**
 * Lines of several seeds as one: their mean, lowest and highest where all of them are known.
 * @param {Line[]} lines
 * @returns {{ x: number[], y: number[], low: number[], high: number[] }}
 */
export function bandOf(lines) {
  const known = lines.filter(({ x }) => x.length);
  const end = Math.min(...known.map(({ x }) => x[x.length - 1]));
  const x = (known[0]?.x ?? []).filter((each) => each <= end);
  /** @type {number[]} */ const y = [];
  /** @type {number[]} */ const low = [];
  /** @type {number[]} */ const high = [];
  for (const each of x) {
    const values = known.map((line) => interpolate(line.x, line.y, each));
    y.push(values.reduce((sum, value) => sum + value, 0) / values.length);
    low.push(Math.min(...values));
    high.push(Math.max(...values));
  }
  return { x, y, low, high };
}

/**
 * The last finite value of a line; of a schedule its highest.
 * @param {Line} line
 * @param {string} measure
 */
export function endOf({ y }, measure) {
  const finite = y.filter(Number.isFinite);
  if (!finite.length) return null;
  return MEASURES[measure].unit === "rate" ? Math.max(...finite) : finite[finite.length - 1];
}

/**
 * A run's setting. Its device is the one in use: "auto" and "cpu" may both ask for the same.
 * @param {Run} run
 * @param {string} field
 */
export const settingOf = ({ config, device }, field) => (field === "device" ? device : config[field]);

/**
 * The settings in which runs differ, in the order of the config. A device that is not known yet differs
 * from none.
 * @param {Run[]} runs
 */
export function differing(runs) {
  if (!runs.length) return [];
  return Object.keys(runs[0].config).filter((name) => {
    const values = runs.map((run) => settingOf(run, name)).filter((value) => name !== "device" || value);
    return values.some((value) => value !== values[0]);
  });
}

/**
 * From where to where an axis goes: all values, or on a log axis those above 0.
 * @param {number[][]} lists
 * @param {{ log: boolean, zero: boolean }} look
 * @returns {[number, number]}
 */
export function extent(lists, { log, zero }) {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists)
    for (const value of list) {
      if (!Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (zero && !log) low = Math.min(0, low);
  if (low === high) return log ? [low / 2, high * 2] : [low - (low ? Math.abs(low) / 2 : 0), high + (Math.abs(high) / 2 || 1)];
  return [low, high];
}

/**
 * The top of an axis of losses: twice where the runs begin, since a run that diverges goes far beyond.
 * @param {Line[]} lines
 * @param {number} high
 */
export function cutOff(lines, high) {
  const firsts = lines.map(({ y }) => y.find(Number.isFinite) ?? 0).sort((one, other) => one - other);
  const most = 2 * (firsts[firsts.length >> 1] || high);
  return high > most ? most : high;
}
