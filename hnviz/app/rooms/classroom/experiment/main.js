// @ts-check
// The class's experiment: a form that begins one, how far it is, and what the class has found.
//
// settings = { live, models, experiment? where it is not live }

import { gapOf, pairsOf, settingOf, shared, squaresOf } from "../../../kit/class/findings.js";
import { ask } from "../../../kit/class/line.js";
import { Shown, asideText } from "../../../kit/class/shown.js";
import { TeacherLine } from "../../../kit/class/teacher.js";
import { declared, html } from "../../../kit/js/declared.js";
import { heads, listed } from "../../../kit/js/tables.js";
import { asSentence, plural } from "../../../kit/js/text.js";
import { Button, Choices, Menu } from "../../../kit/js/ui.js";

/** @typedef {import("../../../kit/class/findings.js").Experiment} Experiment */

const EVERY = 1000; // ms between two looks, at least
const KINDS = { compare: "Is A better than B?", map: "Train together" };
const FIELDS = [
  { id: "lr", name: "lr" },
  { id: "bptt", name: "bptt" },
  { id: "nh", name: "nh" },
  { id: "model", name: "the model" },
];
/** @type {Record<string, [string, string]>} what is compared unless something is typed */
const FIRST = { lr: ["0.003", "0.01"], bptt: ["10", "40"], nh: ["32", "64"], model: ["Model3", "Model4"] };

/** @param {any} scene */
function view(scene) {
  const { state, settings } = scene;
  const experiment = /** @type {Experiment|null} */ (settings.live ? state.experiment : settings.experiment);
  if (settings.live && !state.isKnown) return html`<p>Asking for the class's experiment …</p>`;
  return html`<div class="experiment">
    ${experiment && far(scene, experiment)}
    <p class="wrong" role="alert">${state.wrong}</p>
    ${experiment ? html`<details open=${state.isOpen} onToggle=${(/** @type {any} */ { target }) => (state.isOpen = target.open)}><summary>Begin another</summary>${form(scene)}</details>` : form(scene)}
  </div>`;
}

/**
 * How far it is, and what the class has found.
 * @param {any} scene
 * @param {Experiment} experiment
 */
function far(scene, experiment) {
  const { state, post } = scene;
  const { id, map, revealed, came, guessed, due, problem } = experiment;
  const names = [0, 1].map((square) => settingOf(experiment, square));
  const reveal = async () => (await post("reveal", "api/class/experiment/reveal", { experiment: id })) && look(scene);
  const waits = due ? ` The server checks ${due} of them.` : "";
  return html`
    <h3>${map ? KINDS.map : `A: ${names[0]}, or B: ${names[1]}?`}</h3>
    ${state.all > 1 && html`<${Menu} name="Experiment" among=${Array.from({ length: state.all }, (_, at) => ({ id: String(at + 1), name: String(at + 1) }))} chosen=${String(id)} choose=${(/** @type {string} */ number) => choose(scene, Number(number))} />`}
    <p class="far" role="status">${shared(experiment)}. ${map ? "" : `${guessed} ${guessed === 1 ? "guess" : "guesses"}. `}${plural(came, "result")} ${came === 1 ? "is" : "are"} in.${waits}</p>
    ${problem && html`<p class="wrong">The server could not check a result: ${asSentence(problem)}</p>`}
    ${!map && !revealed && html`<${Button} look="strong" disabled=${came < 2 || state.busy === "reveal"} press=${reveal}>Show the results<//>`}
    ${(map || revealed) && html`<${Shown} of=${experiment} />`}
    ${wrongs(experiment)}`;
}

/** Whose results do not count, and why. @param {Experiment} experiment */
const wrongs = (experiment) =>
  experiment.wrong?.length
    ? html`<p class="aside">${asideText(experiment)}</p><ul class="aside">${experiment.wrong.map(({ student, seed, why }) => html`<li>Student ${student}, seed ${seed}: ${why}.</li>`)}</ul>`
    : null;

/** @param {any} scene */
function form(scene) {
  const { state, settings } = scene;
  const models = settings.models.map((/** @type {string} */ name) => ({ id: name, name }));
  const isMap = state.kind === KINDS.map;
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) => (state[name] = event.target.value);
  const box = (/** @type {string} */ name, /** @type {string} */ title) => html`<label class="menu above">${title}<input class="number" value=${state[name]} onInput=${set(name)} autocomplete="off" /></label>`;
  const value = (/** @type {string} */ name, /** @type {string} */ title) =>
    state.field === "model" ? html`<${Menu} name=${title} among=${models} chosen=${state[name]} choose=${(/** @type {string} */ id) => (state[name] = id)} />` : box(name, title);
  const differ = (/** @type {string} */ field) => Object.assign(state, { field, one: FIRST[field][0], other: FIRST[field][1] });
  return html`<form class="form" onSubmit=${(/** @type {Event} */ event) => begin(scene, event)}>
    <${Choices} name="What the class does" among=${Object.values(KINDS)} chosen=${state.kind} choose=${(/** @type {string} */ kind) => (state.kind = kind)} />
    <p class="what">${isMap ? "Each phone trains a square at a time; three seeds a square, and all runs take the same number of steps." : "Each phone trains both settings from a seed of its own. The class guesses first."}</p>
    <div class="row">
      ${(isMap || state.field !== "model") && html`<${Menu} name="Model" among=${models} chosen=${state.model} choose=${(/** @type {string} */ id) => (state.model = id)} />`}
      ${isMap ? html`${box("rates", "lr")}${box("lengths", "bptt")}` : html`<${Menu} name="What differs" among=${FIELDS} chosen=${state.field} choose=${differ} />${value("one", "A")}${value("other", "B")}`}
      ${box("epochs", "Epochs")}
    </div>
    <button type="submit" class="strong" disabled=${state.busy === "begin" || !settings.live}>Begin</button>
  </form>`;
}

/**
 * @param {any} scene
 * @param {Event} event
 */
async function begin(scene, event) {
  event.preventDefault();
  const { state, post } = scene;
  const list = (/** @type {string} */ text) => text.split(",").map((each) => read(each));
  const isMap = state.kind === KINDS.map;
  const grid = isMap ? { lr: list(state.rates), bptt: list(state.lengths) } : { [state.field]: [read(state.one), read(state.other)] };
  const body = { epochs: read(state.epochs), grid, ...(isMap || state.field !== "model" ? { model: state.model } : {}) };
  if (!(await post("begin", "api/class/experiment", body))) return;
  Object.assign(state, { number: 0, isOpen: false });
  look(scene);
}

/** A number where it is one. @param {string} text */
const read = (text) => (text.trim() && Number.isFinite(Number(text)) ? Number(text) : text.trim());

/**
 * @param {any} scene
 * @param {number} number
 */
function choose(scene, number) {
  scene.state.number = number === scene.state.all ? 0 : number;
  look(scene);
}

/** See how far it is. @param {any} scene */
async function look(scene) {
  const { state, kit, refusals } = scene;
  const said = await refusals.attempt("look", () => ask(kit.home, `experiment${state.number ? `/${state.number}` : ""}`), () => look(scene));
  if (said) Object.assign(state, { experiment: said.experiment, all: said.all, isKnown: true });
}

/** Look again after each news of the class, not too often. @param {any} scene */
function follow(scene) {
  if (!scene.settings.live) return;
  let timer = 0;
  const leave = TeacherLine.of(scene.kit.home).follow(({ here }) => {
    if (here === undefined) return;
    timer ||= window.setTimeout(() => void (look(scene), (timer = 0)), scene.state.isKnown ? EVERY : 0);
  });
  return () => {
    clearTimeout(timer);
    leave();
  };
}

/** @param {any} scene */
function tables({ state, settings }) {
  const experiment = /** @type {Experiment|null} */ (settings.live ? state.experiment : settings.experiment);
  if (!experiment?.results) return [];
  if (experiment.map) {
    const names = Object.keys(experiment.axes);
    const rows = squaresOf(experiment).map((square, at) => [...names.map((name) => experiment.squares[at][name]), square?.mean, square?.n ?? 0]);
    return [listed(KINDS.map, heads(...names, "accuracy on valid", "seeds"), rows)];
  }
  const [one, other] = [0, 1].map((square) => `${"AB"[square]}: ${settingOf(experiment, square)}`);
  const rows = pairsOf(experiment).map((pair) => [...pair, gapOf(pair)]);
  return [listed(KINDS.compare, [...heads("seed", one, other), { title: "B minus A", unit: "points" }], rows)];
}

export const render = declared({
  styles: [new URL("style.css", import.meta.url), new URL("../../../kit/class/shown.css", import.meta.url)],
  state: {
    experiment: null, all: 0, number: 0, isKnown: false, isOpen: false, wrong: "", busy: null,
    kind: KINDS.compare, model: "Model3", field: "lr", one: FIRST.lr[0], other: FIRST.lr[1], rates: "0.001, 0.003, 0.01", lengths: "10, 20, 40", epochs: "5",
  },
  begins: follow,
  table: tables,
  keeps: true,
  view,
});
