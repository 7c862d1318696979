// @ts-check
// A recurrent network for parity as two tables: its state after each bit, and every weight.
//
// settings = { parts, weights: [start, end, value, wrong][], plane: the two units of the memory, answers: how many in all }

import { putInAddress } from "../../../kit/js/address.js";
import { maker } from "../../../kit/js/make.js";
import { button } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { heads, listed } from "../../../kit/js/tables.js";
import { partNodes } from "../../../kit/js/text.js";
import { read } from "./network.js";
import { ANSWERS, momentParts, weightParts, written } from "./words.js";

const BITS = "tasks_bits"; // in the address: the input, and after a dot how many bits are read
const FIRST = "10110010.8";

class Understood {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    const make = maker(body);
    const label = make("label", "read", body, "Bits read");
    this.slider = /** @type {HTMLInputElement} */ (make("input", "", label));
    Object.assign(this.slider, { type: "range", min: 0, max: 8, oninput: () => this.go(Number(this.slider.value)) });
    this.said = make("p", "hnviz-sentence small");
    const tables = make("div", "tables");
    this.trace = /** @type {HTMLTableElement} */ (make("table", "trace", tables));
    this.grid = /** @type {HTMLTableElement} */ (make("table", "weights", tables));
    this.grid.tabIndex = 0;
    this.grid.onkeydown = (event) => this.step(event);
    this.weight = make("p", "marked-weight");
    for (const each of [this.said, this.weight]) each.setAttribute("aria-live", "polite");
    const wanted = (/** @type {string} */ text) => (/^[01]{8}\.[0-8]$/.test(text) ? text : null);
    const [bits, at] = (kit.asked.value(BITS, wanted, "eight bits, a dot and how many are read, such as 10110010.8", FIRST) ?? FIRST).split(".");
    this.bits = [...bits].map(Number);
    this.at = Number(at);
    this.marked = 0;
    /** @type {HTMLTableCellElement[]} */
    this.cells = [];
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    this.settings = settings;
    if (!this.cells.length) this.lay();
    this.show();
  }

  /** Make the cells, which keep their places. */
  lay() {
    const { parts, weights } = this.settings;
    const units = parts.bias.map((/** @type {number} */ _, /** @type {number} */ unit) => `unit ${unit}`);
    const [, ...bits] = headed(this.trace, "The state after each bit", ["bit", ...this.bits.map(() => "")]);
    this.buttons = bits.map((cell, at) => button(cell, "", () => this.flip(at), "bit hnviz-drawn"));
    this.states = [...units, "answer"].map((name) => row(this.trace, name, this.bits.length).slice(1));
    this.marked = weights.findIndex((/** @type {any} */ weight) => weight[3] > 0);
    const [starts, ends] = [["bit 0", "bit 1", ...units, "bias"], [...units, ...ANSWERS]];
    headed(this.grid, "Every weight, and the state before the last bit", ["from, to", ...ends]);
    const rows = (this.rows = starts.map((name) => row(this.grid, name, ends.length)));
    this.cells = weights.map((/** @type {import("./words.js").Weight} */ [start, end, value], /** @type {number} */ at) => {
      const cell = rows[starts.indexOf(start)][ends.indexOf(end) + 1];
      tint(cell, value, 3);
      cell.onpointerenter = cell.onclick = () => {
        this.marked = at;
        this.show();
      };
      return cell;
    });
  }

  /** @param {number} at how many bits are read */
  go(at) {
    this.at = at;
    const asked = `${this.bits.join("")}.${at}`;
    putInAddress(BITS, asked === FIRST ? null : asked);
    this.show();
  }

  /** @param {number} at */
  flip(at) {
    this.bits[at] = 1 - this.bits[at];
    this.go(Math.max(this.at, at + 1));
  }

  /** @param {KeyboardEvent} event */
  step(event) {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    const { weights } = this.settings;
    do this.marked = (this.marked + by + weights.length) % weights.length;
    while (!weights[this.marked][2]);
    this.show();
  }

  show() {
    const { parts, plane, weights, answers } = this.settings;
    const { bits, at, rows = [] } = this;
    const moments = read(parts, bits);
    this.slider.value = String(at);
    this.buttons?.forEach((bit, place) => {
      bit.textContent = String(bits[place]);
      bit.setAttribute("aria-label", `bit ${place + 1}: ${bits[place]}`);
    });
    this.states?.forEach((line, unit) =>
      line.forEach((cell, place) => {
        const { state, answer } = moments[place + 1];
        cell.className = place === at - 1 ? "now" : place < at ? "" : "later";
        if (unit < state.length) tint(cell, state[unit], 1);
        else cell.textContent = ANSWERS[answer];
      }),
    );
    rows.forEach((line, place) => line[0].parentElement?.classList.toggle("idle", place < 2 && bits[at - 1] !== place));
    moments[Math.max(0, at - 1)].state.forEach((value, unit) => (rows[2 + unit][0].textContent = `unit ${unit} (${written(value)})`));
    this.cells.forEach((cell, place) => cell.classList.toggle("marked", place === this.marked));
    this.said.replaceChildren(...partNodes(momentParts(bits.slice(0, at), moments[at], plane)).nodes);
    const said = partNodes(weightParts(weights[this.marked], answers));
    this.weight.replaceChildren(...said.nodes);
    this.grid.setAttribute("aria-label", `${said.plain} Left and right arrow keys mark another weight.`);
  }
}

/**
 * @param {HTMLTableElement} table
 * @param {string} caption
 * @param {string[]} names of its columns
 */
function headed(table, caption, names) {
  table.createCaption().textContent = caption;
  const line = table.createTHead().insertRow();
  return names.map((name) => head(line, name, "col"));
}

/**
 * @param {HTMLTableElement} table
 * @param {string} name
 * @param {number} n cells behind it
 */
function row(table, name, n) {
  const line = (table.tBodies[0] ?? table.createTBody()).insertRow();
  return [head(line, name, "row"), ...Array.from({ length: n }, () => line.insertCell())];
}

/** @type {(line: HTMLElement, name: string, scope: string) => HTMLTableCellElement} */
const head = (line, name, scope) => Object.assign(maker(line)("th", "", line, name), { scope });

/**
 * Write a value; the larger it is, the stronger is its colour.
 * @param {HTMLElement} cell
 * @param {number} value
 * @param {number} most
 */
function tint(cell, value, most) {
  const share = Math.round(40 * Math.min(1, Math.abs(value) / most));
  cell.style.background = `color-mix(in srgb, var(--hn-role-${value > 0 ? "h_h" : "h_o"}) ${share}%, transparent)`;
  cell.textContent = value ? written(value) : "0";
}

/** @param {import("../../../kit/js/picture.js").Drawing} drawing */
function table({ settings }) {
  const rows = settings.weights.map((/** @type {import("./words.js").Weight} */ [start, end, value, wrong]) => [start, end, written(value), wrong]);
  return [listed("Every weight", heads("from", "to", "weight", "wrong answers without it"), rows)];
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Understood(body, kit),
});
