// @ts-check
// A recurrent network for parity: its bits, its graph with every weight, and the path of its state.
//
// settings = { parts, weights: [start, end, value, wrong][], regions: [odd, bit, [low x, low y, high x,
// high y]][], plane: the two units, length }

import { putInAddress } from "../../../kit/js/address.js";
import { maker } from "../../../kit/js/make.js";
import { button } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { Player } from "../../../kit/js/player.js";
import { heads, listed } from "../../../kit/js/tables.js";
import { partNodes } from "../../../kit/js/text.js";
import { Graph } from "./draw.js";
import { read as momentsOf } from "./network.js";
import { Plane } from "./plane.js";
import { inputsUpTo, momentParts, weightParts, written } from "./words.js";

const BITS = "tasks_bits"; // in the address: the input, and after a dot how many bits are read
const FIRST = [1, 0, 1, 1, 0, 0, 1, 0];
const BETWEEN = 900; // ms of a play

class Understood {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    const make = maker(body);
    const tools = make("div", "tools");
    this.player = new Player(tools, {
      between: BETWEEN,
      isAtEnd: () => this.at === this.bits.length,
      advance: () => this.read(this.at + 1),
      rewind: () => this.read(0),
    });
    this.row = make("div", "bits", tools);
    this.row.setAttribute("role", "group");
    this.row.setAttribute("aria-label", "The bits of the input; press one to change it");
    const label = /** @type {HTMLLabelElement} */ (make("label", "read", tools, "Bits read"));
    this.slider = /** @type {HTMLInputElement} */ (make("input", "", label));
    this.slider.type = "range";
    this.slider.min = "0";
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.count = make("output", "", label);
    this.said = make("p", "hnviz-sentence small");
    this.said.setAttribute("aria-live", "polite");
    const drawings = make("div", "drawings");
    this.graph = new Graph(make("div", "graph", drawings), (at) => this.mark(at));
    this.plane = new Plane(make("div", "plane", drawings));
    const legend = make("p", "legend");
    for (const [sign, text] of [
      ["plus", "a positive weight turns the unit on"],
      ["minus", "a negative one turns it off; a thick line is a large weight"],
    ]) {
      const item = make("span", "", legend);
      make("i", sign, item);
      item.append(text);
    }
    this.weight = make("p", "marked-weight");
    this.weight.setAttribute("aria-live", "polite");
    const { bits, at } = asked(kit);
    this.bits = bits;
    this.at = at;
    this.marked = -1;
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings, theme }) {
    this.settings = settings;
    this.theme = theme;
    this.slider.max = String(this.bits.length);
    this.graph.lay(settings, theme);
    this.plane.lay(settings);
    if (this.marked < 0) this.marked = settings.weights.findIndex((/** @type {any} */ weight) => weight[3] > 0);
    this.show();
  }

  /** @param {number} at */
  go(at) {
    this.player.stop();
    this.read(at);
    this.keep();
  }

  /** @param {number} at how many bits */
  read(at) {
    this.at = at;
    this.show();
  }

  /** @param {number} at */
  flip(at) {
    this.player.stop();
    this.bits[at] = 1 - this.bits[at];
    this.at = Math.max(this.at, at + 1);
    this.keep();
    this.show();
  }

  keep() {
    const isFirst = this.bits.join("") === FIRST.join("") && this.at === FIRST.length;
    putInAddress(BITS, isFirst ? null : `${this.bits.join("")}.${this.at}`);
  }

  /** @param {number} at */
  mark(at) {
    this.marked = at;
    this.show();
  }

  show() {
    const { parts, plane, weights, length } = this.settings;
    const moments = momentsOf(parts, this.bits.slice(0, this.at));
    const before = moments.at(-2) ?? moments[0];
    const now = /** @type {import("./network.js").Moment} */ (moments.at(-1));
    const bit = this.at ? this.bits[this.at - 1] : null;
    this.showBits();
    this.slider.value = String(this.at);
    this.count.textContent = `${this.at} of ${this.bits.length}`;
    this.graph.show({ before, now, bit, marked: this.marked });
    this.plane.show(moments.map(({ state }) => [state[plane[0]], state[plane[1]]]));
    const told = partNodes(momentParts(this.bits.slice(0, this.at), now, plane));
    this.said.replaceChildren(...told.nodes);
    const said = partNodes(weightParts(weights[this.marked], inputsUpTo(length)));
    this.weight.replaceChildren(...said.nodes);
    this.graph.describe(`${told.plain} ${said.plain}`);
  }

  showBits() {
    while (this.row.children.length < this.bits.length) {
      const at = this.row.children.length;
      button(this.row, "", () => this.flip(at), "bit hnviz-drawn");
    }
    [...this.row.children].forEach((bit, at) => {
      bit.textContent = String(this.bits[at]);
      bit.setAttribute("aria-label", `bit ${at + 1}: ${this.bits[at]}`);
      bit.classList.toggle("taken", at < this.at);
      bit.classList.toggle("last", at === this.at - 1);
    });
  }

  destroy() {
    this.player.stop();
  }
}

/**
 * @param {import("../../../kit/js/frame.js").Frame} kit
 * @returns {{ bits: number[], at: number }}
 */
function asked(kit) {
  const wanted = (/** @type {string} */ text) => {
    const found = /^([01]{8})\.([0-8])$/.exec(text);
    return found ? { bits: [...found[1]].map(Number), at: Number(found[2]) } : null;
  };
  const first = { bits: [...FIRST], at: FIRST.length };
  return kit.asked.value(BITS, wanted, "eight bits, a dot and how many are read, such as 10110010.8", first) ?? first;
}

/** @param {import("../../../kit/js/picture.js").Drawing} drawing */
function table({ settings }) {
  const rows = settings.weights.map((/** @type {[string, string, number, number]} */ [start, end, value, wrong]) => [start, end, written(value), wrong]);
  return [listed("Every weight", heads("from", "to", "weight", "wrong answers without it"), rows)];
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Understood(body, kit),
});
