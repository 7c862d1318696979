// @ts-check
// The plan of a sweep, from the texts of the fields; and how long it takes. No DOM, and no check of a value: the
// server says what is wrong with it.

/** @typedef {import("./values.js").Setting} Setting */
/** @typedef {{ name: string, fixed: Record<string, unknown>, grid: Record<string, unknown[]> }} Plan as POST /api/sweeps takes it */

const EXAMPLES = { whole: "3, 20, 70", real: "0.1, 0.3", power: "1e-3, 1e-2" };

/**
 * The values in the text of a setting, each once: "1e-3, 1e-2", with commas, semicolons or spaces between.
 * @param {Setting} setting
 * @param {string} text
 */
export function listOf({ name, label, kind }, text) {
  if (kind === "switch") return text === "true" ? [true] : [];
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (kind === "word") {
    if (!parts.length) throw new RangeError(`Choose at least one: ${label}.`);
    return parts;
  }
  const wrong = parts.find((part) => !Number.isFinite(Number(part)));
  if (wrong) throw new RangeError(`${name} must be numbers with commas between, such as ${EXAMPLES[kind]}; got “${wrong.slice(0, 40)}”.`);
  return [...new Set(parts.map(Number))];
}

/**
 * The plan of the texts: it varies a setting with several values. An empty one follows the model's recipe.
 * Throws RangeError, with a sentence.
 * @param {Setting[]} settings
 * @param {Record<string, string>} typed by setting
 * @returns {Plan}
 */
export function planOf(settings, typed) {
  /** @type {Record<string, any>} */
  const fixed = {};
  /** @type {Record<string, any[]>} */
  const grid = {};
  for (const setting of settings) {
    const values = listOf(setting, typed[setting.name] ?? "");
    if (values.length > 1) grid[setting.name] = values;
    else if (values.length) fixed[setting.name] = values[0];
  }
  if (!Object.keys(grid).length) throw new RangeError("Give one field several values: many runs differ in something.");
  return { name: nameOf(fixed, grid), fixed, grid };
}

/**
 * "lr by bptt of Model1, 3 × 2, 5 seeds".
 * @param {Record<string, any>} fixed
 * @param {Record<string, any[]>} grid
 */
function nameOf({ model }, { model: models = [model], seed = [], ...others }) {
  const axes = Object.keys(others).reverse();
  const of = models.length > 2 ? `${models.length} models` : models.join(" and ");
  const sizes = axes.map((axis) => others[axis].length).join(" × ");
  return [axes.length ? `${axes.join(" by ")} of ${of}` : of, sizes, seed.length && `${seed.length} seeds`].filter(Boolean).join(", ");
}

/**
 * How long a sweep would take: on this machine now, and when it is slow.
 * @param {{ runs: number, least: number, most: number }} estimate seconds
 */
export function estimateText({ runs, least, most }) {
  const count = `${runs.toLocaleString("en")} ${runs === 1 ? "run" : "runs"}`;
  const [size, step, unit] = most < 90 ? [1, most < 20 ? 1 : 5, "seconds"] : most < 7200 ? [60, 1, "minutes"] : [3600, 1, "hours"];
  const [low, high] = [least, most].map((seconds) => Math.max(step, step * Math.ceil(seconds / size / step)));
  return `${count}, about ${low < high ? `${low} to ` : ""}${high} ${high === 1 ? unit.slice(0, -1) : unit}`;
}
