// @ts-check
// What the fields hold, read from the same texts as in the address. No DOM, and no rules: Python
// (settings.py) says what is wrong with a value.

/**
 * @typedef {{ name: string, label: string, kind: "word"|"whole"|"real"|"power"|"switch", help: string, more: boolean,
 *             options: string[], first: string|number|boolean|null }} Setting `first` is null where a recipe has it
 * @typedef {{ settings: Setting[], recipes: Record<string, Record<string, number>[]>,
 *             unused: Record<string, string[]> }} Known of each model its own recipe, and the shared one
 * @typedef {Record<string, string>} Given by setting, what the address says; nothing where it has its default
 * @typedef {Record<string, any>} Values
 */

const NUMBER = /^[0-9.e+-]+$/i;
const LONGEST = 40; // characters of a text that is no number
const DECIDE = ["model", "same"]; // the recipe

/**
 * What each field holds.
 * @param {Known} known
 * @param {Given} given
 * @returns {Values}
 */
export function valuesOf({ settings, recipes, unused }, given) {
  /** @type {Values} */
  const values = {};
  for (const setting of settings) values[setting.name] = valueOf(setting, given[setting.name] ?? "") ?? setting.first;
  const recipe = recipes[values.model][Number(values.same)];
  for (const { name, first } of settings) {
    if (name in recipe) values[name] = numberIn(given[name] ?? "") ?? recipe[name];
    if (unused[values.model].includes(name)) values[name] = first;
  }
  return values;
}

/**
 * What is given once a field holds another text; "" is its default. Another recipe fills in its fields. What is no
 * number is given too: Python then says so, and the field's default is used.
 * @param {Known} known
 * @param {Given} given
 * @param {string} name
 * @param {string} text
 * @returns {Given}
 */
export function changed(known, given, name, text) {
  const others = { ...given };
  const filled = DECIDE.includes(name) ? Object.keys(Object.values(known.recipes)[0][0]) : [];
  for (const each of [name, ...filled]) delete others[each];
  const instead = valuesOf(known, others)[name];
  const setting = /** @type {Setting} */ (known.settings.find((each) => each.name === name));
  const value = valueOf(setting, text);
  const typed = ["word", "switch"].includes(setting.kind) ? "" : text.trim().slice(0, LONGEST);
  if (value === null) return typed ? { ...others, [name]: typed } : others;
  return value === instead ? others : { ...others, [name]: String(value) };
}

/**
 * A field's text for its value.
 * @param {Setting} setting
 * @param {any} value
 */
export function shown({ kind }, value) {
  if (kind !== "power" || value === 0 || Math.abs(value) >= 1) return String(value);
  return value.toExponential().replace(/^(-?\d)e/, "$1.0e"); // "3.0e-3"
}

/**
 * @param {Setting} setting
 * @param {string} text
 * @returns {string|number|boolean|null} null for what the field cannot hold
 */
function valueOf({ kind, options }, text) {
  if (kind === "word") return options.includes(text) ? text : null;
  if (kind === "switch") return ["true", "false"].includes(text) ? text === "true" : null;
  return numberIn(text);
}

/** @param {string} text */
function numberIn(text) {
  const number = NUMBER.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : null;
}
