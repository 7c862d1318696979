// @ts-check
// "More", below each picture: what a picture's view offers, its figures as a table, full screen, and its files.

import { Alone } from "./alone.js";
import { AsTable } from "./as_table.js";
import { maker } from "./make.js";
import { button } from "./parts.js";
import { Save } from "./save.js";

/** @typedef {{ name: string, press: () => void, disabled?: boolean, stays?: boolean }} Entry `stays`: the menu stays open */

const EDGE = 60; // px at the top of the window, which the page's header covers
const FOOT = 8; // px below the choices

export class More {
  /**
   * @param {HTMLElement} under what is below the picture: the menu's place, if the view has none for it
   * @param {import("./frame.js").Frame} frame of the picture
   * @param {() => import("./tables.js").Data[]} tables what it shows now
   */
  constructor(under, frame, tables) {
    this.frame = frame;
    const make = maker(under);
    const { menu } = frame.view;
    this.line = make("div", menu ? "hnviz-more beside" : "hnviz-more", menu);
    this.line.hidden = true;
    this.fold = /** @type {HTMLDetailsElement} */ (make("details", "", this.line));
    this.head = make("summary", "", this.fold, "More");
    this.choices = make("div", "hnviz-choices", this.fold);
    this.choices.setAttribute("role", "group");
    this.choices.setAttribute("aria-label", "More for this picture");
    this.alone = new Alone(this.line, frame, this.head);
    this.save = new Save(this.line, frame, tables);
    this.table = typeof frame.definition.table === "string" ? null : new AsTable(under, tables);
    this.fold.addEventListener("toggle", () => this.offer());
    this.fold.addEventListener("keydown", (event) => this.key(event));
    this.fold.addEventListener("focusout", ({ relatedTarget: to }) => void (to && !this.fold.contains(/** @type {Node} */ (to)) && this.close(false)));
    this.outside = (/** @type {PointerEvent} */ event) => void (event.composedPath().includes(this.fold) || this.close(false));
  }

  /** The picture is drawn, or drawn again. A table without rows is nothing to save. */
  show() {
    this.table?.changed();
    this.line.hidden = Boolean(this.frame.definition.rows) && !this.save.filled().length;
    this.line.classList.toggle("has-own", Boolean(this.frame.view.offers));
    if (!this.line.hidden) this.alone.show();
  }

  /** @returns {Entry[]} */
  entries() {
    const own = this.frame.view.offers?.() ?? [];
    if (this.alone.isOn) return own;
    const { table } = this;
    const tabled = table ? [{ name: table.isOpen ? "Hide the table" : "As a table", press: () => table.toggle() }] : [];
    return [...own, ...tabled, ...this.alone.entries(), ...this.save.entries()];
  }

  offer() {
    this.choices.replaceChildren();
    removeEventListener("pointerdown", this.outside, true);
    if (!this.fold.open) return;
    addEventListener("pointerdown", this.outside, true);
    this.fill();
    const { top, bottom } = this.fold.getBoundingClientRect();
    const fitsBelow = bottom + this.choices.offsetHeight + FOOT < innerHeight;
    const isBelow = top < this.choices.offsetHeight + EDGE || (this.line.matches(".beside") && fitsBelow); // off the picture
    this.choices.classList.toggle("below", isBelow);
  }

  fill() {
    const at = this.buttons.findIndex((each) => each.matches(":focus"));
    this.choices.replaceChildren();
    for (const { name, press, disabled = false, stays = false } of this.entries()) {
      const made = button(this.choices, name, () => {
        if (!stays) this.close(true);
        press();
        if (stays) this.fill();
      });
      made.disabled = disabled;
    }
    if (at >= 0) (this.buttons[at].disabled ? this.head : this.buttons[at]).focus();
  }

  get buttons() {
    return [...this.choices.querySelectorAll("button")];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Escape") return this.close(true);
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !this.fold.open) return;
    event.preventDefault();
    const all = [this.head, ...this.buttons.filter((each) => !each.disabled)];
    const at = all.findIndex((each) => each.matches(":focus"));
    all[(at + by + all.length) % all.length].focus();
  }

  /** @param {boolean} back whether the focus goes back to the line */
  close(back) {
    if (!this.fold.open) return;
    this.fold.open = false;
    if (back) this.head.focus();
  }

  destroy() {
    removeEventListener("pointerdown", this.outside, true);
    this.table?.destroy();
    this.alone.destroy();
    this.save.destroy();
  }
}
