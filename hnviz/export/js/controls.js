// @ts-check
// The controls of a page in a file: what its networks can answer here may be changed here.

import { maker } from "../../app/kit/js/make.js";
import { readPhrase } from "../../browser/numbers.js";

/**
 * @typedef {import("./stage.js").Picture} Picture
 * @typedef {{ name: string, label: string, choices?: [string, string][] }} Field
 *   choices  [value, what the reader sees]; a field without choices takes words
 */

const TYPED = 300; // ms after the last key until what was typed is shown
const CHANGE = "change_state";
const WAYS = /** @type {[string, string][]} */ (
  ["another state", "zero units", "set one unit"].map((way) => [way, way])
);
const SHOWN = 40; // characters of a text in a button

export class Controls {
  /**
   * @param {HTMLElement} host
   * @param {Picture[]} pictures whose questions the controls change
   * @param {import("./filesource.js").Held} held
   * @param {() => void} changed
   */
  constructor(host, pictures, held, changed) {
    this.host = host;
    this.pictures = pictures;
    this.held = held;
    this.changed = changed;
    for (const field of this.fields()) this.draw(field);
  }

  /** The questions that are answered here and have no controls of their own, each with its picture. */
  get asks() {
    return this.pictures.flatMap((picture) => picture.data.asks.map((/** @type {any} */ ask) => ({ ask, picture }))).filter(
      ({ ask, picture }) => this.isAsked(ask) && Object.keys(this.held.runs[picture.data.run]?.weights ?? {}).length,
    );
  }

  /**
   * Whether the file answers a question whose controls are here: the machine has its own.
   * @param {any} ask
   */
  isAsked({ question }) {
    return this.held.live.includes(question) && question !== "machine";
  }

  /** @returns {Field[]} */
  fields() {
    const [first] = this.asks;
    if (!first) return [];
    const { facts } = this.held.runs[first.picture.data.run];
    const layers = Array.from({ length: facts.form.layers }, (_, at) => /** @type {[string, string]} */ ([String(at), String(at)]));
    const shows = ["state", ...facts.gates].map((name) => /** @type {[string, string]} */ ([name, facts.gateTitles[name] ?? name]));
    /** @type {Field[]} */
    const all = [
      { name: "text", label: "What it reads: numbers, a range, or words" },
      { name: "how", label: "Change the state after it", choices: WAYS },
      { name: "other", label: "The state after this text" },
      ...(this.has("units") ? [{ name: "layer", label: "Layer", choices: layers }, { name: "show", label: "State or gate", choices: shows }] : []),
    ];
    return all.filter(({ name, choices }) => (choices?.length ?? 2) > 1 && this.asks.some(({ ask }) => name in ask.params));
  }

  /** @param {string} question */
  has(question) {
    return this.asks.some(({ ask }) => ask.question === question);
  }

  /** @param {Field} field */
  draw(field) {
    const make = maker(this.host);
    const label = make("label", "field", this.host);
    make("span", "", label, field.label);
    const value = this.valueOf(field.name);
    const input = field.choices ? menu(field.choices) : Object.assign(document.createElement("input"), { type: "text" });
    label.append(input);
    input.value = value;
    input.dataset.param = field.name;
    const problem = make("span", "problem", label);
    problem.setAttribute("role", "alert");
    let wait = 0;
    const take = () => {
      clearTimeout(wait);
      const wrong = this.wrong(field, input.value);
      problem.textContent = wrong;
      input.setAttribute("aria-invalid", String(Boolean(wrong)));
      if (!wrong && input.value !== this.valueOf(field.name)) this.put(field.name, input.value);
    };
    input.onchange = take;
    input.oninput = () => {
      clearTimeout(wait);
      wait = setTimeout(take, TYPED);
    };
  }

  /** @param {string} name */
  valueOf(name) {
    const own = this.asks.find(({ ask }) => name in ask.params);
    return String(own?.ask.params[name] ?? "");
  }

  /**
   * What is wrong with a value; "" if nothing is.
   * @param {Field} field
   * @param {string} value
   */
  wrong({ choices }, value) {
    if (choices) return "";
    try {
      readPhrase(value, new Map());
      return "";
    } catch (error) {
      return /** @type {Error} */ (error).message;
    }
  }

  /**
   * Ask every question with another value.
   * @param {string} name
   * @param {string} value
   */
  put(name, value) {
    for (const picture of this.pictures) {
      for (const ask of picture.data.asks) {
        const takes = this.isAsked(ask) || this.held.free[ask.question]?.includes(name) || name === "layer" || ask.late;
        if (takes && name in ask.params) ask.params[name] = value;
        if (ask.question === CHANGE) this.changeSettings(picture, ask);
      }
    }
    this.changed();
  }

  /**
   * What the picture of a changed state says of its question.
   * @param {Picture} picture
   * @param {any} ask
   */
  changeSettings({ data }, { params }) {
    const short = (/** @type {string} */ text) => `“${text.slice(0, SHOWN)}”`;
    const one = params.how === "set one unit";
    const nh = this.held.runs[data.run].facts.nh;
    const units = {
      units_key: `predictions_units_${one ? "set" : "zero"}`,
      units_name: one ? "Unit" : "Units, a range or a list",
      units: one ? "2" : `0 to ${nh / 2 - 1}`,
      one,
    };
    const swap = { other: short(params.other ?? "") };
    data.settings = { prompt: short(params.text), ...(params.how === "another state" ? swap : units) };
    if (one) params.value ??= "1";
    if (params.how !== "another state" && params.layer === "-1") params.layer = "0";
  }
}

/** @param {[string, string][]} choices */
function menu(choices) {
  const select = document.createElement("select");
  select.append(...choices.map(([value, name]) => new Option(name, value)));
  return select;
}
