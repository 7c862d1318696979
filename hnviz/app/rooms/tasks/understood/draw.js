// @ts-check
// The network as a graph: a line for each weight, thick as it is large.

import { ramp } from "../../../kit/js/ramp.js";
import { columnsOf, ends, HEIGHT, places, RADIUS, thickness } from "./graph.js";
import { add } from "../../../kit/js/svg.js";
import { written } from "./words.js";

const LIGHT = 150; // of 255: what is lighter has dark text on it

/** @typedef {[string, string, number, number]} Weight */
/** @typedef {import("./network.js").Moment} Moment */

export class Graph {
  /**
   * @param {HTMLElement} host
   * @param {(at: number) => void} mark
   */
  constructor(host, mark) {
    this.mark = mark;
    this.host = host;
    this.svg = add(host, "svg", { role: "img", tabindex: 0 });
    /** @type {Map<string, { circle: Element, value: Element }>} */
    this.nodes = new Map();
    /** @type {Element[]} */
    this.lines = [];
    /** @type {Weight[]} */
    this.weights = [];
    this.marked = 0;
    /** @type {SVGElement} */ (this.svg).onkeydown = (event) => this.move(event);
  }

  /**
   * @param {{ weights: Weight[], parts: import("./network.js").Parts }} settings
   * @param {any} theme
   */
  lay({ weights, parts }, theme) {
    this.weights = weights;
    this.colors = ramp(theme.diverging);
    this.svg.replaceChildren();
    const width = Math.max(320, this.host.clientWidth);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const where = places(parts.bias.length, width);
    this.lines = weights.map((weight, at) => this.line(weight, at, where));
    this.nodes.clear();
    for (const [name, { x, y }] of where) this.node(name, x, y);
    const columns = columnsOf(width);
    add(this.svg, "text", { x: columns.from, y: 14, class: "head" }, "bit, state before");
    add(this.svg, "text", { x: columns.to, y: 14, class: "head" }, "state after");
    add(this.svg, "text", { x: columns.out, y: 14, class: "head" }, "answer");
  }

  /**
   * @param {Weight} weight
   * @param {number} at
   * @param {Map<string, import("./graph.js").Point>} where
   */
  line(weight, at, where) {
    const [from, to] = ends(weight).map((name) => /** @type {import("./graph.js").Point} */ (where.get(name)));
    const value = weight[2];
    const group = add(this.svg, "g", { class: value === 0 ? "weight none" : value > 0 ? "weight plus" : "weight minus" });
    const d = `M${from.x} ${from.y}L${to.x} ${to.y}`;
    add(group, "path", { d, class: "shown", "stroke-width": value === 0 ? 1 : thickness(value) });
    const wide = /** @type {SVGElement} */ (add(group, "path", { d, class: "near" }));
    wide.onpointerenter = wide.onclick = () => this.mark(at);
    return group;
  }

  /**
   * @param {string} name
   * @param {number} x
   * @param {number} y
   */
  node(name, x, y) {
    const isBias = name.startsWith("bias");
    const isUnit = name.startsWith("unit");
    const group = add(this.svg, "g", { class: isBias ? "bias" : isUnit ? "unit" : name.startsWith("bit") ? "input" : "output" });
    const radius = isBias ? 11 : RADIUS;
    const circle = add(group, "circle", { cx: x, cy: y, r: radius });
    const value = add(group, "text", { x, y: y + 4, class: "value" }, isUnit ? "" : isBias ? "1" : name.replace("bit ", ""));
    const label = isBias ? "bias" : isUnit ? name.replace(" before", "") : "";
    const isLeft = x === columnsOf(Math.max(320, this.host.clientWidth)).from;
    add(group, "text", { x: isLeft ? x - radius - 7 : x, y: isLeft ? y + 4 : y + radius + 13, class: isLeft ? "name left" : "name" }, label);
    this.nodes.set(name, { circle, value });
  }

  /** @param {{ before: Moment, now: Moment, bit: number|null, marked: number }} shown */
  show({ before, now, bit, marked }) {
    this.marked = marked;
    before.state.forEach((value, unit) => this.fill(`unit ${unit} before`, value));
    now.state.forEach((value, unit) => this.fill(`unit ${unit}`, value));
    for (const each of [0, 1]) this.at(`bit ${each}`)?.circle.parentElement?.classList.toggle("now", each === bit);
    ["even", "odd"].forEach((name, at) => this.at(name)?.circle.parentElement?.classList.toggle("now", bit !== null && at === now.answer));
    this.lines.forEach((line, at) => {
      const [start] = this.weights[at];
      line.classList.toggle("idle", start.startsWith("bit") && start !== `bit ${bit}`);
      line.classList.toggle("marked", at === marked);
    });
  }

  /** @param {string} name */
  at(name) {
    return this.nodes.get(name);
  }

  /**
   * @param {string} name
   * @param {number} value
   */
  fill(name, value) {
    const [red, green, blue] = this.colors[Math.round(((value + 1) / 2) * 255)];
    const { circle, value: text } = /** @type {{ circle: Element, value: Element }} */ (this.at(name));
    circle.setAttribute("style", `fill: rgb(${red}, ${green}, ${blue})`);
    text.setAttribute("style", `fill: ${0.3 * red + 0.59 * green + 0.11 * blue > LIGHT ? "#1A1815" : "#FFFFFF"}`);
    text.textContent = written(value);
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    const shown = this.weights.flatMap(([, , value], at) => (value ? [at] : []));
    const next = shown.indexOf(this.marked) + by;
    this.mark(shown[(next + shown.length) % shown.length]);
  }

  /** @param {string} text */
  describe(text) {
    this.svg.setAttribute("aria-label", `${text} Left and right arrow keys mark another weight.`);
  }
}
