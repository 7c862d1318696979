// @ts-check
// A task's generator as an automaton. The state before the next token is marked, and the arrow that
// led to it.
//
// settings = { nodes: [name, x, y, ends][], arrows: [start, end, tokens, chances][], neither if there are too many
// states, path: [token, the state before it][] of the line, at: the place shown first, and of the reader's
// own automaton what edit.js takes }. It follows the mark "task_place".

import { addressBelow } from "../../../kit/js/link.js";
import { maker } from "../../../kit/js/make.js";
import { mark, onMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { isLocked } from "../../../kit/js/present.js";
import { add } from "../../../kit/js/svg.js";
import { partNodes } from "../../../kit/js/text.js";
import { heads, listed } from "../../../kit/js/tables.js";
import { Editor } from "./edit.js";
import { boxes, HEIGHT, labelled, labelOf, route, short, START, widthOf } from "./graph.js";

const PLACE = "task_place";

/** @typedef {[number, number, string[], number[]]} Arrow chances: how likely each token is in the state where it begins */

class Automaton {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.said = maker(body)("p", "hnviz-sentence small said");
    this.halves = maker(body)("div", "halves");
    this.scroller = maker(body)("div", "scroller", this.halves);
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute("role", "region");
    this.scroller.setAttribute("aria-label", "The automaton");
    this.svg = add(this.scroller, "svg", { role: "img" });
    /** @type {import("./graph.js").Node[]} */
    this.nodes = [];
    /** @type {Arrow[]} */
    this.arrows = [];
    /** @type {[string, number][]} */
    this.path = [];
    /** @type {Editor|null} null where nobody can edit: for another task, on a locked page, in a file */
    this.editor = null;
    /** @type {number[]} px from the left, of each state */
    this.middles = [];
    this.first = 0;
    this.laid = "";
    this.silence = onMark(PLACE, this, () => this.show());
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    const { nodes = [], arrows = [], path, at } = settings;
    Object.assign(this, { nodes, arrows, path, first: at });
    this.edit(settings);
    this.scroller.hidden = this.said.hidden = !nodes.length;
    if (nodes.length) this.lay();
    this.show();
  }

  /** @param {import("./edit.js").Edited} settings */
  edit(settings) {
    const can = settings.table !== undefined && !isLocked() && Boolean(addressBelow(location.href, this.kit.home));
    if (can && !this.editor) {
      this.place = maker(this.halves)("div", "edit hnviz-aside");
      this.editor = new Editor(this.place, (table) => this.kit.report("table", table));
    }
    if (!can) {
      this.place?.remove();
      this.editor = null;
    }
    this.editor?.draw(settings);
  }

  lay() {
    const labels = this.arrows.map(([, , tokens, chances]) => labelOf(tokens, chances));
    const width = Math.max(widthOf(this.nodes, labels), this.scroller.clientWidth);
    const laid = JSON.stringify([this.nodes, this.arrows, width]);
    if (laid !== this.laid) this.build(width, labels);
    this.laid = laid;
  }

  /**
   * @param {number} width
   * @param {string[]} labels of the arrows
   */
  build(width, labels) {
    const places = boxes(this.nodes, width);
    this.middles = places.map(({ x }) => x);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.style.width = `${width}px`;
    this.svg.replaceChildren();
    const lead = Object.fromEntries(this.arrows.map(([start, end]) => [`${start}-${end}`, true]));
    const routes = this.arrows.map(([start, end]) => route(start, end, places, Boolean(lead[`${end}-${start}`])));
    const spots = labelled(routes, labels, places);
    this.lines = routes.map(({ d, tip }, at) => {
      const group = this.arrow(d, tip);
      add(group, "text", { x: spots[at].x.toFixed(1), y: (spots[at].y + 4).toFixed(1) }).textContent = labels[at];
      return group;
    });
    this.states = this.nodes.map(([name, , , ends], at) => {
      const { x, y, w, h } = places[at];
      const group = add(this.svg, "g", { class: "state" });
      add(group, "rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: h / 2 });
      if (ends) add(group, "rect", { x: x - w / 2 + 3, y: y - h / 2 + 3, width: w - 6, height: h - 6, rx: h / 2 - 3, class: "ends" });
      add(group, "text", { x, y: y + 4.5 }).textContent = short(name);
      return group;
    });
    const { x, y, w } = places[0];
    const tip = { x: x - w / 2 - 1, y, turn: 0 };
    add(this.arrow(`M${tip.x - START} ${y}H${tip.x}`, tip), "text", { x: tip.x - START / 2 - 2, y: y - 6 }).textContent = "start";
    this.svg.append(...(this.lines ?? []).map((group) => /** @type {Element} */ (group.querySelector("text"))));
  }

  /**
   * @param {string} d
   * @param {import("./graph.js").Route["tip"]} tip
   */
  arrow(d, tip) {
    const group = add(this.svg, "g", { class: "arrow" });
    add(group, "path", { d, class: "line" });
    const turn = `translate(${tip.x.toFixed(1)} ${tip.y.toFixed(1)}) rotate(${tip.turn.toFixed(1)})`;
    add(group, "path", { d: "M-8-4.5L1 0L-8 4.5Z", class: "head", transform: turn });
    return group;
  }

  show() {
    if (!this.nodes.length) return;
    const at = Math.min(mark(PLACE) ?? this.first, this.path.length - 1);
    const here = this.path[at][1];
    const [read, before] = at ? this.path[at - 1] : ["", -1];
    this.editor?.mark([this.nodes[before]?.[0], read, this.nodes[here][0]]);
    const { clientWidth, scrollWidth } = this.scroller;
    if (scrollWidth > clientWidth) this.scroller.scrollLeft = this.middles[here] - clientWidth / 2; // on a phone
    this.states?.forEach((group, state) => group.classList.toggle("now", state === here));
    this.lines?.forEach((group, line) => {
      const [start, end] = this.arrows[line];
      group.classList.toggle("taken", start === before && end === here);
    });
    const count = `${this.nodes.length} state${this.nodes.length === 1 ? "" : "s"}`;
    const ends = this.nodes.some(([, , , end]) => end) ? " A word may end where the frame is double." : "";
    const { nodes, plain } = partNodes(["As a machine it has ", [count], " and starts in ", [short(this.nodes[0][0])], ". Before the next token it is in ", [short(this.nodes[here][0])], `.${ends}`]);
    this.said.replaceChildren(...nodes);
    this.svg.setAttribute("aria-label", plain);
  }

  destroy() {
    this.silence();
  }
}

/**
 * @param {unknown} _
 * @param {Automaton} view
 */
function table(_, { nodes, arrows }) {
  const rows = arrows.flatMap(([start, end, tokens, chances]) => tokens.map((token, at) => [nodes[start][0], token, chances[at], nodes[end][0]]));
  return [listed(`Where each token leads. A text begins in ${nodes[0]?.[0]}.`, heads("state", "token", "chance", "next state"), rows)];
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Automaton(body, kit),
});
