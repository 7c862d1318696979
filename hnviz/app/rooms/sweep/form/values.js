// @ts-check
// What a reader types into the form, as the plan of a sweep. No DOM.

/** @typedef {{ models: string[], lr: string, bptt: string, seeds: string, epochs: string }} Typed */
/** @typedef {{ bptt: number, of: Record<string, number> }} Longest the longest bptt, and that of models with a shorter one */
/** @typedef {{ name: string, fixed: Record<string, unknown>, grid: Record<string, unknown[]> }} Plan as POST /api/sweeps takes it */

export const MOST_SEEDS = 16;
export const NO_MODEL = "Choose at least one model.";

/**
 * A list of numbers as it is typed: "1e-3, 1e-2", with commas, semicolons or blanks between.
 * @param {string} text
 * @param {string} name
 * @param {string} example
 * @returns {number[]} each once; empty for an empty text
 */
export function numbersIn(text, name, example) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  const values = parts.map(Number);
  const wrong = parts.find((_, at) => !Number.isFinite(values[at]));
  if (wrong) throw new RangeError(`${name} must be numbers with commas between, such as ${example}; got “${wrong.slice(0, 40)}”.`);
  return [...new Set(values)];
}

/**
 * One whole number as it is typed.
 * @param {string} text
 * @param {string} name
 * @param {number} most
 */
function wholeIn(text, name, most) {
  const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new RangeError(`${name} must be a whole number from 1 to ${most.toLocaleString("en")}; got ${text.trim() ? `“${text.trim().slice(0, 40)}”` : "nothing"}.`);
}

/**
 * The values of bptt, each of which all models can read.
 * @param {string} text
 * @param {string[]} models
 * @param {Longest} longest
 */
function windowsIn(text, models, longest) {
  const windows = numbersIn(text, "bptt", "3, 20, 70");
  const most = longest.bptt;
  const wrong = windows.find((each) => !Number.isInteger(each) || each < 1 || each > most);
  if (wrong !== undefined) throw new RangeError(`bptt must be whole numbers from 1 to ${most.toLocaleString("en")}; got ${wrong}.`);
  const highest = Math.max(...windows);
  const short = models.find((model) => highest > longest.of[model]);
  if (short) throw new RangeError(`${short} reads at most ${longest.of[short]} tokens, so bptt must be at most ${longest.of[short]}; got ${highest}.`);
  return windows;
}

/**
 * The plan of what is typed. What is left empty follows the model's recipe. Throws RangeError, with a
 * sentence, for what is known here to be impossible: the server is not asked for it.
 * @param {Typed} typed
 * @param {Longest} longest
 * @returns {Plan}
 */
export function planOf({ models, lr, bptt, seeds, epochs }, longest) {
  if (!models.length) throw new RangeError(NO_MODEL);
  const rates = numbersIn(lr, "lr", "1e-3, 1e-2, 1e-1");
  const low = rates.find((rate) => rate <= 0);
  if (low !== undefined) throw new RangeError(`lr must be numbers above 0; got ${low}.`);
  const windows = windowsIn(bptt, models, longest);
  const count = wholeIn(seeds, "The number of seeds", MOST_SEEDS);
  /** @type {Record<string, unknown>} */
  const fixed = models.length === 1 ? { model: models[0] } : {};
  if (epochs.trim()) fixed.epochs = wholeIn(epochs, "The number of epochs", 1000);
  /** @type {Record<string, unknown[]>} */
  const grid = {};
  if (models.length > 1) grid.model = models;
  if (windows.length) grid.bptt = windows;
  if (rates.length) grid.lr = rates;
  if (count > 1) grid.seed = Array.from({ length: count }, (_, at) => at);
  if (!Object.keys(grid).length) throw new RangeError("Give lr or bptt at least one value: a sweep trains each of them.");
  return { name: nameOf(grid, models), fixed, grid };
}

/**
 * @param {Record<string, unknown[]>} grid
 * @param {string[]} models
 */
function nameOf(grid, models) {
  const named = ["lr", "bptt"].filter((axis) => axis in grid);
  const sizes = named.map((axis) => grid[axis].length).join(" × ");
  const seeds = grid.seed ? `, ${grid.seed.length} seeds` : "";
  const of = models.length > 2 ? `${models.length} models` : models.join(" and ");
  return named.length ? `${named.join(" by ")} of ${of}, ${sizes}${seeds}` : `${of}${seeds}`;
}

/**
 * How long a sweep takes, before it is started: on this machine as it is, and as slow as it is at times.
 * @param {{ runs: number, least: number, most: number }} estimate seconds
 */
export function estimateText({ runs, least, most }) {
  const count = `${runs.toLocaleString("en")} ${runs === 1 ? "run" : "runs"}`;
  const [size, step, unit] = most < 90 ? [1, 5, "seconds"] : most < 7200 ? [60, 1, "minutes"] : [3600, 1, "hours"];
  const [low, high] = [least, most].map((seconds) => Math.max(step, step * Math.ceil(seconds / size / step)));
  return `${count}, about ${low < high ? `${low} to ` : ""}${high} ${unit}`;
}
