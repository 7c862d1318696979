// @ts-check
// Many runs: a field takes one value or a list of them, and each combination is a run. A card has a plan that is
// ready. Both say how many runs they train and how long it takes; only their buttons start runs.

import { maker } from "../../../kit/js/make.js";
import { Field, button, hint, switchBox } from "../../../kit/js/parts.js";
import { Refusals } from "../../../kit/js/refusals.js";
import { begin } from "../../sweep/shared.js";
import { Estimates } from "./estimates.js";
import { planOf } from "./plan.js";

/**
 * @typedef {import("./values.js").Setting} Setting
 * @typedef {import("./values.js").Known} Known
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {{ card: Plan, question: string, given: Record<string, string>, without: string[] }} Settings
 *   given    the first values of the fields in view; the other fields are in the fold
 *   without  words that many runs cannot take
 */

/** @type {Record<string, string>} what was typed, for when the reader comes back to the room */
const last = {};

const REST = 350; // ms after the last key until the estimate is asked for
const ESTIMATE = "api/sweeps/estimate";
const HELP = "A field takes one value, or several with commas between. Each combination is a run; an empty field follows the recipe.";

export class Many {
  /**
   * @param {HTMLElement} body
   * @param {{ row: HTMLElement, inside: HTMLElement }} places where fields are
   * @param {import("../../../kit/js/frame.js").Frame} kit
   * @param {Known} known
   * @param {Settings} many
   */
  constructor(body, { row, inside }, kit, known, { card, question, given, without }) {
    this.kit = kit;
    this.known = known;
    this.estimates = new Estimates((plan) => kit.source.post(ESTIMATE, plan));
    const make = maker(body);
    body.classList.add("many");
    const ready = button(body, "", () => this.start(ready, () => card), "card");
    make("b", "", ready, card.name);
    make("span", "", ready, question);
    const time = make("span", "time", ready, "16 runs");
    row.before(ready, make("p", "note", body, HELP));
    /** @type {Map<string, () => string>} */
    this.typed = new Map();
    for (const setting of known.settings) {
      const place = setting.name in given ? row : inside;
      const text = last[setting.name] ?? given[setting.name] ?? (setting.kind === "word" ? String(setting.first) : "");
      this.typed.set(setting.name, this.add(place, setting, text, without));
    }
    const press = make("div", "row");
    row.after(press);
    const go = button(press, "Train all", () => this.start(go, () => this.plan()), "go");
    this.time = make("p", "time", press);
    this.time.setAttribute("role", "status");
    const wrong = make("p", "field-wrong plan-wrong", press);
    wrong.setAttribute("role", "alert");
    this.refusals = new Refusals((sentence) => void (wrong.textContent = sentence));
    this.estimates.want("card", card, (said) => (time.textContent = said));
    this.change();
  }

  /**
   * Add a field, and return what reads it.
   * @param {HTMLElement} parent
   * @param {Setting} setting
   * @param {string} text
   * @param {string[]} without
   */
  add(parent, { name, label, kind, help, options, first }, text, without) {
    if (kind === "word") return this.words(parent, label, help, options.filter((each) => !without.includes(each)), text);
    const box = kind === "switch" ? switchBox() : document.createElement("input");
    if (kind === "switch") box.checked = text === "true";
    else Object.assign(box, { type: "text", className: "number", value: text, placeholder: name in Object.values(this.known.recipes)[0][0] ? "the recipe's" : String(first), autocomplete: "off" });
    new Field(parent, label, box, help);
    box.oninput = () => this.change();
    return () => (kind === "switch" ? String(box.checked) : box.value);
  }

  /**
   * Add a box for each word.
   * @param {HTMLElement} parent
   * @param {string} label
   * @param {string} help
   * @param {string[]} options
   * @param {string} chosen
   */
  words(parent, label, help, options, chosen) {
    const make = maker(parent);
    const all = make("fieldset", "words");
    const name = make("legend", "", all, label);
    if (help) hint(name, label, help);
    const boxes = options.map((value) => {
      const box = make("input", "check", make("label", "", all));
      Object.assign(box, { type: "checkbox", value, checked: chosen.split(", ").includes(value), onchange: () => this.change() });
      box.after(value);
      return box;
    });
    return () => boxes.filter(({ checked }) => checked).map(({ value }) => value).join(", ");
  }

  plan() {
    for (const [name, read] of this.typed) last[name] = read();
    return planOf(this.known.settings, last);
  }

  /** A field has changed: say how long the runs would take. */
  change() {
    clearTimeout(this.timer);
    this.refusals.end("train");
    this.estimates.drop("form"); // an answer about the old values comes too late
    const say = (/** @type {string} */ said) => void (this.time.textContent = said);
    this.timer = setTimeout(() => {
      try {
        this.estimates.want("form", this.plan(), say);
      } catch (error) {
        say(/** @type {Error} */ (error).message);
      }
    }, REST);
  }

  /**
   * @param {HTMLButtonElement} pressed
   * @param {() => Plan} plan
   */
  async start(pressed, plan) {
    pressed.disabled = true;
    await this.refusals.attempt("train", async () => begin((await this.kit.source.post("api/sweeps", plan())).sweep, this));
    pressed.disabled = false;
  }

  destroy() {
    clearTimeout(this.timer);
    this.estimates.end();
  }
}
