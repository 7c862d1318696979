// @ts-check
// The questions that a browser answers about a snapshot, with the parameters that hnviz/questions/questions.json declares
// and the answers of hnviz/observe.

import { countingAccuracy } from "./counting_accuracy.js";
import { countOn } from "./counting.js";
import { forcedOrFree } from "./forced_or_free.js";
import { stateGradients } from "./gradients.js";
import { lookedBack } from "./looking_back.js";
import { EngineError } from "./error.js";
import { readQuery, readValues } from "./params.js";
import { reading } from "./reading.js";
import { surgery } from "./surgery.js";
import { surgeryClaims } from "./surgery_claims.js";
import { unitCodes } from "./unit_codes.js";

/**
 * @typedef {import("../app/kit/js/arrays.js").Numbers} Numbers
 * @typedef {import("./params.js").Declared} Declared
 * @typedef {import("./params.js").Params} Params
 * @typedef {import("./params.js").Values} Values
 * @typedef {import("./subject.js").Subject} Subject
 *
 * @typedef {{ meta: any, arrays: Record<string, { data: Numbers, shape: number[] }> }} Reply
 * @typedef {Record<string, { params: Params }>} Table of questions, as the package declares them
 * @typedef {{ subject: Subject, given: Values, values: Values }} Asked a question while its parameters are read
 */

/** The gates of all models: a network without gates refuses each of them with a sentence of its own. */
const GATES = ["reset", "update", "candidate", "input", "forget", "output"];

/** The limits that a model decides, by their words in the declarations. @type {Record<string, (asked: Asked) => any>} */
const DECIDED = {
  "the last layer": ({ subject }) => subject.facts.form.layers - 1,
  "the last unit": ({ subject }) => subject.facts.nh - 1,
  "the last id": ({ subject }) => subject.facts.itos.length - 1,
  "the size of the vocabulary": ({ subject }) => subject.facts.itos.length,
  bptt: ({ subject }) => subject.facts.bptt,
  "bptt less 1": ({ subject }) => subject.facts.bptt - 1,
  "the last token": ({ values }) => values.ids.length - 1,
  "9,999 less n": ({ values }) => 9999 - values.n,
  "the split's last token": ({ subject, values, given }) => ("first" in given ? subject.ids(values.split ?? "train").length - 1 : 0),
  "state, another tensor of the state, or one of the model's gates": shows,
};

/** @type {Record<string, (subject: Subject, values: any) => Reply|Promise<Reply>>} */
const ANSWERS = {
  attention,
  count_on: countOn,
  counting_accuracy: countingAccuracy,
  forced_or_free: forcedOrFree,
  look_back: lookedBack,
  reading,
  state_gradients: gradients,
  surgery,
  surgery_claims: surgeryClaims,
  unit_codes: unitCodes,
  units,
};

/** The names of the questions that a browser answers. */
export const ANSWERED = Object.keys(ANSWERS);

/**
 * Answer a question. Throws an Error with the sentence that the server would give.
 * @param {Table} table
 * @param {Subject} subject
 * @param {string} name
 * @param {Values} params
 */
export async function answer(table, subject, name, params) {
  const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null && value !== undefined));
  const decide = (/** @type {Declared} */ declared, /** @type {Values} */ values) => decided(declared, { subject, given, values });
  return ANSWERS[name](subject, readValues(table[name].params, given, `the question ${name}`, decide));
}

/**
 * Read the parameters of a question from an address: only their kinds are checked, as the server does.
 * @param {Table} table
 * @param {string} name
 * @param {Record<string, string>} given
 */
export function readQuestion(table, name, given) {
  const kinds = Object.entries(table[name].params).map(([each, { kind, ...rest }]) => [each, "default" in rest ? { kind, default: null } : { kind }]);
  return readQuery(Object.fromEntries(kinds), given, `the question ${name}`);
}

/** @param {Declared} declared @param {Asked} asked @returns {Declared} */
function decided(declared, asked) {
  const value = (/** @type {any} */ limit) => (typeof limit === "string" ? DECIDED[limit](asked) : limit);
  const { choices, kind } = declared;
  if (choices) return { ...declared, kind: value(choices) };
  if (Array.isArray(kind) || kind === "text") return declared;
  const names = /** @type {const} */ (["low", "high", "most", "default"]).filter((name) => name in declared);
  return { ...declared, ...Object.fromEntries(names.map((name) => [name, value(declared[name])])) };
}

/** What the model can show. @param {Asked} asked */
function shows({ subject, given }) {
  const { model, shows: all } = subject.facts;
  if (all.length === 1 && GATES.includes(given.show)) throw new EngineError(`${model} has no gates: show its state`);
  return all;
}

/** @param {Subject} subject @param {{ ids: number[] }} values @returns {Reply} */
function attention({ facts, reader }, { ids }) {
  if (!facts.form.attends) throw new EngineError(`${facts.model} has no attention: it carries what it has read in its state`);
  const n = ids.length;
  const shares = reader.read(ids).inside.map(({ shares: all }) => Array.from({ length: n }, (_, row) => all.slice(row * reader.length, row * reader.length + n)));
  const data = new Float32Array(shares.length * n * n);
  shares.flat().forEach((row, at) => data.set(row, at * n));
  return { meta: {}, arrays: { shares: { data, shape: [shares.length, n, n] } } };
}

/** @param {Subject} subject @param {{ first: number, every: boolean }} values @returns {Reply} */
function gradients({ facts, weights, job }, values) {
  if (facts.form.attends) {
    throw new EngineError(`${facts.model} has no state through which a gradient could go back: it goes to each word of the window directly`);
  }
  const { arrays, meta } = stateGradients(job, weights, values);
  const named = Object.entries(arrays).map(([name, data]) => [name, { data, shape: [data.length] }]);
  return { meta, arrays: Object.fromEntries(named) };
}

/**
 * @param {Subject} subject
 * @param {{ ids: number[]|null, split: string|null, first: number|null, n: number|null, layer: number, show: string }} values
 * @returns {Reply}
 */
function units(subject, { layer, show, ...text }) {
  const { facts } = subject;
  const { reading, before, ids } = textIn(subject, text);
  /** @type {Record<string, Float32Array>} */
  const inside = { state: reading.states[layer], ...reading.inside[layer] };
  const values = inside[show];
  if (!values) throw new EngineError(`a page cannot show ${show} of ${facts.model}: show its state`);
  const n = ids.length;
  const data = new Float32Array(facts.nh * n);
  for (let at = 0; at < n; at++) for (let unit = 0; unit < facts.nh; unit++) data[unit * n + at] = values[(before + at) * facts.nh + unit];
  const arrays = { values: { data, shape: [facts.nh, n] }, ids: { data: Int32Array.from(ids), shape: [n] } };
  return { meta: { layer, show, window: facts.window }, arrays };
}

/**
 * Read ids, or a stretch of a split.
 * @param {Subject} subject
 * @param {{ ids: number[]|null, split: string|null, first: number|null, n: number|null }} text
 */
function textIn(subject, { ids, split, first, n }) {
  if (ids !== null && split === null) return { reading: subject.reader.read(ids), before: 0, ids };
  if (ids !== null || split === null || first === null || n === null) {
    throw new EngineError("a question about a text needs either ids, or a split with first and n");
  }
  const size = subject.ids(split).length;
  if (first + n > size) {
    const [last, left, from, came] = [size - 1, size - first, first, n].map((each) => each.toLocaleString("en-US"));
    throw new EngineError(`${split} ends at token ${last}: ${left} are left from ${from}; got n ${came}`);
  }
  return subject.stretch(split, first, n);
}

/** Answers as one array, (n, nv). @param {Float32Array[]} answers */
export function rows(answers) {
  const wide = answers[0].length;
  const data = new Float32Array(answers.length * wide);
  answers.forEach((row, at) => data.set(row, at * wide));
  return { data, shape: [answers.length, wide] };
}
