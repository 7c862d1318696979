// @ts-check
// How the network says its own words: the likeliest each time, or drawn by its own probabilities.

import { putInAddress } from "../kit/js/address.js";
import { maker } from "../kit/js/make.js";
import { Field, numberBox } from "../kit/js/parts.js";

/**
 * @typedef {"n"|"temperature"|"top_k"|"seed"} Name
 * @typedef {Record<Name, number|null>} Values null where nothing was chosen
 */

const SETTINGS = /** @type {const} */ ([
  ["n", "Words to say", 1, 200, "How many words it says after the text. It reads each one before it says the next."],
  ["temperature", "Temperature", 0, 10, "At 0 it says the likeliest word each time. At 1 it draws by its own probabilities; above 1, unlikely words come more often."],
  ["top_k", "Top k", 1, 9999, "It draws among the k likeliest words only."],
  ["seed", "Seed", 0, 2 ** 31 - 1, "The same settings and seed draw the same words."],
]);
const WHOLE = ["n", "top_k", "seed"];

/** @type {Record<Name, string>} */
const IN_ADDRESS = { n: "machine_n", temperature: "machine_temperature", top_k: "machine_top_k", seed: "machine_seed" };

/**
 * What the address asks for.
 * @param {import("../kit/js/address.js").Asked} asked
 * @returns {Values}
 */
export function drawingAsked(asked) {
  const read = SETTINGS.map(([name, , low, high]) => {
    const limits = `${low} to ${high.toLocaleString("en")}`;
    const wanted = WHOLE.includes(name) ? `a whole number from ${limits}` : `a number from ${limits}`;
    return [name, asked.value(IN_ADDRESS[name], (text) => valueOf(name, text, low, high), wanted, null)];
  });
  return Object.fromEntries(read);
}

/**
 * @param {Name} name
 * @param {string} text
 * @param {number} low
 * @param {number} high
 */
function valueOf(name, text, low, high) {
  const value = text.trim() === "" ? NaN : Number(text);
  const isGood = value >= low && value <= high && (!WHOLE.includes(name) || Number.isInteger(value));
  return isGood ? value : null;
}

/** The settings, which "More" shows; without any, the likeliest word is said. */
export class Drawing {
  /**
   * @param {HTMLElement} body
   * @param {(values: Values) => void} choose
   */
  constructor(body, choose) {
    const row = (this.row = maker(body)("div", "settings"));
    row.hidden = true;
    /** @type {Values} */
    this.values = { n: null, temperature: null, top_k: null, seed: null };
    this.fields = SETTINGS.map(([name, title, low, high, help]) => {
      const box = numberBox(WHOLE.includes(name));
      const field = new Field(row, title, box, help);
      box.addEventListener("change", () => this.take(name, box.value, low, high, field, choose));
      return { name, field };
    });
  }

  get isOpen() {
    return !this.row.hidden;
  }

  toggle() {
    this.row.hidden = this.isOpen;
    this.row.querySelector("input")?.focus();
  }

  /**
   * @param {Values} values
   * @param {Record<Name, number>} usual what is used where nothing is chosen
   */
  show(values, usual) {
    this.values = values;
    for (const { name, field } of this.fields) field.show(String(values[name] ?? usual[name]));
  }

  /**
   * @param {Name} name
   * @param {string} text
   * @param {number} low
   * @param {number} high
   * @param {Field} field
   * @param {(values: Values) => void} choose
   */
  take(name, text, low, high, field, choose) {
    const value = valueOf(name, text, low, high);
    if (value === null) {
      const kind = WHOLE.includes(name) ? "a whole number" : "a number";
      return field.say(`Type ${kind} from ${low} to ${high.toLocaleString("en")}; got ${text || "nothing"}.`);
    }
    field.say("");
    putInAddress(IN_ADDRESS[name], value);
    choose({ ...this.values, [name]: value });
  }
}
