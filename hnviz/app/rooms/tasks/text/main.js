// @ts-check
// A line of a task's text. The reader moves along it; the tokens that decide the next one are marked.
//
// settings = { places: [token, needed, guesses, chance][], at: the place shown first, farthest }
// It sets the mark "task_place", which the automaton follows.

import { putInAddress } from "../../../kit/js/address.js";
import { maker } from "../../../kit/js/make.js";
import { setMark } from "../../../kit/js/page.js";
import { button } from "../../../kit/js/parts.js";
import { Player } from "../../../kit/js/player.js";
import { picture } from "../../../kit/js/picture.js";
import { partNodes } from "../../../kit/js/text.js";
import { table } from "./table.js";
import { sentence } from "./words.js";

const AT = "tasks_at"; // in the address: the place of the next token
const BETWEEN = 900; // ms of a play

class Line {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.said = make("p", "hnviz-sentence said", body);
    this.said.setAttribute("aria-live", "polite");
    this.line = make("div", "line", body);
    this.line.tabIndex = 0;
    this.line.setAttribute("role", "group");
    this.line.setAttribute("aria-label", "The text; left and right arrow keys move along it");
    this.line.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "ArrowRight") this.move(1);
      if (event.key === "ArrowLeft") this.move(-1);
    };
    this.line.onclick = (/** @type {MouseEvent} */ event) => {
      const at = /** @type {HTMLElement} */ (event.target).dataset.at;
      if (at) this.move(Number(at) - this.at);
    };
    const bar = make("div", "bar", body);
    this.back = button(bar, "Back", () => this.move(-1));
    this.next = button(bar, "Next token", () => this.move(1));
    this.player = new Player(bar, {
      between: BETWEEN,
      isAtEnd: () => this.at === this.places.length - 1,
      advance: () => this.go(this.at + 1),
      rewind: () => this.go(0),
    });
    const legend = make("p", "legend", bar);
    make("i", "chip next", legend, "next");
    make("i", "chip in", legend, "decides it");
    make("i", "chip in first", legend, "furthest back");
    /** @type {import("./words.js").Place[]} */
    this.places = [];
    this.farthest = 0;
    this.first = 0;
    this.at = -1;
    this.shown = "";
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    const shown = JSON.stringify(settings);
    if (shown === this.shown) return;
    const again = Boolean(this.shown); // another task
    this.shown = shown;
    this.player.stop();
    Object.assign(this, { places: settings.places, farthest: settings.farthest, first: settings.at });
    this.line.replaceChildren();
    this.chips = this.places.map(([token], at) => {
      const chip = maker(this.line)("span", "chip", this.line, token);
      chip.dataset.at = String(at);
      return chip;
    });
    if (again) this.go(this.first);
    else this.show(this.kit.asked.number(AT, 0, this.places.length - 1, this.first));
  }

  /** @param {number} by */
  move(by) {
    this.player.stop();
    this.go(this.at + by);
  }

  /** @param {number} at */
  go(at) {
    this.show(Math.max(0, Math.min(at, this.places.length - 1)));
    putInAddress(AT, this.at === this.first ? null : this.at);
  }

  /** @param {number} at */
  show(at) {
    this.at = at;
    const place = this.places[at];
    const needed = place[1] ?? this.farthest;
    this.chips?.forEach((chip, index) => {
      const within = index < at && index >= at - needed;
      chip.className = "chip";
      chip.classList.toggle("in", within);
      chip.classList.toggle("first", within && index === at - needed);
      chip.classList.toggle("next", index === at);
      chip.classList.toggle("later", index > at);
    });
    const { nodes } = partNodes(sentence(place, this.farthest));
    this.said.replaceChildren(...nodes);
    this.back.disabled = at === 0;
    this.next.disabled = at === this.places.length - 1;
    setMark("task_place", at, this);
  }

  destroy() {
    this.player.stop();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Line(body, kit),
});
