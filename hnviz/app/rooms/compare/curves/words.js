// @ts-check
// What the Compare page says: names of runs, their figures, the headline. No DOM.

import { accuracy, asSentence, points } from "../../../kit/js/text.js";
import { BITS, BY_KIND, MEASURES, compares, differing, settingOf } from "./series.js";

/** @typedef {import("./series.js").Run} Run */

const LONGEST = 4; // words of a run's name in the headline

/** How a setting is called in a sentence. */
const NAMES = {
  pct_start: "warm-up share",
  bn_init: "batch norm starts at",
  reset_state: "reset state",
  split: "valid holds",
  corpus: "text",
};

/** @param {string} field */
export const fieldName = (field) => NAMES[/** @type {keyof NAMES} */ (field)] ?? field;

/**
 * A refusal of the server as a sentence of the page. A setting's name stays as the page writes it.
 * @param {string} text such as "bptt must be a whole number"
 * @param {string[]} fields
 */
export function refusal(text, fields = []) {
  const field = fields.find((each) => text.startsWith(`${each} `));
  return asSentence(field ? fieldName(field) + text.slice(field.length) : text);
}

/**
 * A setting's value: "1.0e-2", "70", "ones".
 * @param {string} field
 * @param {any} value
 */
export function valueText(field, value) {
  if (field === "lr" && value < 1) {
    const short = value.toExponential(1);
    return Number(short) === value ? short : Number(value.toPrecision(6)).toExponential();
  }
  return typeof value === "number" ? value.toLocaleString("en", { maximumSignificantDigits: 15, useGrouping: field !== "seed" }) : String(value);
}

/**
 * A short name for each run: what its user calls it, or the settings in which they differ.
 * @param {Run[]} runs
 * @returns {Map<string, string>}
 */
export function labels(runs) {
  const fields = differing(runs);
  const isModelEnough = new Set(runs.map(({ config }) => config.model)).size === runs.length;
  /** @type {Map<string, string>} */
  const said = new Map();
  for (const run of runs) {
    const parts = isModelEnough ? [] : fields.map((field) => (field === "model" ? calledIn(run) : `${fieldName(field)} ${valueText(field, settingOf(run, field))}`));
    said.set(run.run, run.given || shortened(run, parts));
  }
  return apart(runs, said);
}

/**
 * Its model alone where no other run has it; its whole name where too many settings differ.
 * @param {Run} run
 * @param {string[]} parts
 */
function shortened(run, parts) {
  if (!parts.length) return calledIn(run);
  return parts.length > 3 ? run.name : parts.join(", ");
}

/**
 * The name of a run's model as readers see it: of a recorded one its class, without the hash.
 * @param {Run} run
 */
export const calledIn = ({ called, config }) => called ?? config.model;

/**
 * Names that are all different: the second of two equal ones has its number behind it.
 * @param {Run[]} runs
 * @param {Map<string, string>} said
 */
function apart(runs, said) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  const known = [...runs].sort((one, other) => Number(other.shipped) - Number(one.shipped)); // a pre-trained run keeps its name
  for (const { run } of known) {
    const name = said.get(run) ?? run;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    if (count > 1) said.set(run, `${name} (${count})`);
  }
  return said;
}

/**
 * A value of a measure, as the axis and sentences write it.
 * @param {string} measure
 * @param {number|null} value
 */
export function written(measure, value) {
  if (value === null || !Number.isFinite(value)) return "–";
  const { unit } = MEASURES[measure];
  if (unit === "share") return accuracy(value);
  if (unit === "loss") return value < 0.1 ? Number(value.toPrecision(2)).toString() : value.toFixed(2);
  return value < 0.1 ? value.toExponential(1) : value.toFixed(2);
}

/**
 * The difference of two values of a measure, as they are shown: "22.2 points", "0.31".
 * @param {string} measure
 * @param {number} one
 * @param {number} other
 */
export function gapText(measure, one, other) {
  if (MEASURES[measure].unit === "share") return points(one, other);
  return written(measure, Math.abs(Number(written(measure, one)) - Number(written(measure, other))));
}

/**
 * A place on the axis across: "at step 400", "at 5.3 seconds".
 * @param {string} axis
 * @param {number} x
 */
export function placeText(axis, x) {
  const text = Number(x.toPrecision(3)).toLocaleString("en");
  return ["step", "epoch"].includes(axis) ? `at ${axis} ${text}` : `at ${text} ${axis}`;
}

/**
 * Two names, cut to the few words in which they differ.
 * @param {string[]} names
 */
function briefly(names) {
  const cut = names.map(brief);
  if (names.length < 2 || cut[0] !== cut[1]) return cut;
  const [one, other] = names.map((name) => name.split(" "));
  const same = one.findIndex((word, at) => word !== other[at]);
  return names.map((name) => `…${brief(name.split(" ").slice(same).join(" "))}`);
}

/** @param {string} name */
function brief(name) {
  const count = (/** @type {string[]} */ parts) => parts.join(" ").split(" ").length;
  if (count([name]) <= LONGEST) return name;
  const parts = name.split(", ");
  while (parts.length > 1 && count(parts) > LONGEST) parts.pop(); // whole settings
  return `${parts.join(", ").split(" ").slice(0, LONGEST).join(" ")}…`;
}

/**
 * The takeaway, in at most twenty words.
 * @param {{ name: string, end: number|null, live?: boolean, group?: Run[] }[]} shown each run or group of seeds, with its last value
 * @param {string} measure
 * @param {string} kind
 * @returns {(string|string[])[]} [text] is bold
 */
export function headline(shown, measure, kind = "") {
  const known = shown.filter(({ end }) => end !== null);
  const what = measure === BY_KIND ? `right on ${kind}` : MEASURES[measure].said;
  if (!shown.length) return ["Choose runs in the list below to lay their curves over each other."];
  if (!compares(shown.flatMap(({ group }) => group ?? []), measure)) return ["These runs read different tokens. Only ", [BITS], " can compare them: choose it beside Show."];
  if (!known.length) return [`No figure of ${what} is there yet; the curves follow while the runs train.`];
  const end = (/** @type {{ end: number|null }} */ each) => [written(measure, each.end)];
  const rate = MEASURES[measure].unit === "rate";
  const lives = rate ? [] : known.filter(({ live }) => live); // a run that still trains cannot be compared with one that has ended
  const now = known.length === 2 && lives.length === 1 ? " still trains, at " : " is at ";
  const verb = (/** @type {{ live?: boolean }} */ { live }) => (rate ? " rises to " : live ? now : " ends at ");
  const ordered = [...known].sort((one, other) => Number(other.end) - Number(one.end));
  const [first, last] = [ordered[0], ordered[ordered.length - 1]];
  const [one, other] = briefly(known.length > 1 ? [first.name, last.name] : [first.name]).map((name) => [name]);
  if (known.length === 1) {
    const rest = shown.length > 1 ? "No other run has a figure yet." : "Choose a second run to compare.";
    return [one, verb(first), end(first), ` ${what}. ${rest}`];
  }
  if (known.length === 2) {
    if (lives.length === 1) return [one, verb(first), end(first), ` ${what}; `, other, verb(last), end(last), "."];
    const rest = lives.length ? "; both train." : `: ${gapText(measure, Number(first.end), Number(last.end))}.`;
    return [one, verb(first), end(first), ` ${what}, `, other, rate ? " to " : " at ", end(last), rest];
  }
  if (lives.length) return ["So far the highest is ", one, ", with ", end(first), "; the lowest ", other, ", with ", end(last), "."];
  return [one, rate ? " rises to " : " ends highest, with ", end(first), ` ${what}; `, other, rate ? " only to " : " lowest, with ", end(last), "."];
}

/**
 * A figure in the unit of a measure; null if either is not known.
 * @param {number|null} value
 * @param {number} scale
 */
export function scaled(value, scale) {
  return value === null || !Number.isFinite(scale) ? null : value * scale;
}

/**
 * What to know before comparing runs by bits per character.
 * @param {Run[]} runs
 */
export function bitsNote(runs) {
  const different = new Set(runs.map(({ text }) => text)).size > 1;
  const unknown = runs.filter((run) => run.unknown >= 0.001).map((run) => `${run.name}, ${accuracy(run.unknown)}`);
  return [
    "Bits per character: the loss in bits, times the tokens of valid, divided by its characters.",
    different && "These runs read different texts, so the text matters as well as the network.",
    unknown.length && `Words that are not in train become xxunk, and their letters cost nothing: ${together(unknown)} of valid.`,
  ]
    .filter(Boolean)
    .join(" ");
}

/**
 * Names in a sentence: "a", "a and b", "a, b and 3 more".
 * @param {string[]} names
 */
export function together(names) {
  if (names.length > 4) return `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

/**
 * What of the address cannot be shown; "" if all can.
 * @param {string[]} missing ids
 * @param {Record<string, string>} damaged sentence by id
 * @param {boolean} others whether other runs are shown
 */
export function lost(missing, damaged, others) {
  const rest = others ? "the others are compared." : "choose runs in the list below.";
  const [first] = Object.values(damaged);
  const named = missing.length ? `There is no run named ${together(missing.map((id) => id.slice(0, 60)))} here; ${rest}` : "";
  return [named, first ? `${refusal(first)} ${refusal(rest)}` : ""].filter(Boolean).join(" ");
}
