// @ts-check
// An automaton as a table of fields. Each change is reported; the server says what is wrong with it.
//
// settings = { table: the automaton in force, as text, starts: name -> table to begin with }

import { maker } from "../../../kit/js/make.js";
import { button } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { HAS_NONE } from "../../../kit/js/tables.js";
import { read, written } from "./rows.js";

const COLUMNS = ["state", "reads the token", "goes to state"];

class Editor {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.starts = make("div", "bar");
    const scroller = make("div", "scroller");
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "region");
    scroller.setAttribute("aria-label", "The moves of the automaton");
    const table = /** @type {HTMLTableElement} */ (make("table", "", scroller));
    const head = table.createTHead().insertRow();
    for (const title of [...COLUMNS, "remove"]) make("th", "", head, title).setAttribute("scope", "col");
    this.rows = table.createTBody();
    const bar = make("div", "bar");
    button(bar, "Add a row", () => this.add());
    const label = make("label", "accept", bar, "A word may end in ");
    this.accept = /** @type {HTMLInputElement} */ (make("input", "", label));
    this.accept.onchange = () => this.changed();
    /** @type {Set<string>} what was reported: what comes back of it is no news */
    this.told = new Set();
    this.shown = "";
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    if (!this.starts.childElementCount) {
      for (const [name, table] of Object.entries(settings.starts)) button(this.starts, name, () => this.begin(table));
    }
    if (settings.table === this.shown) return;
    this.shown = settings.table;
    if (!this.told.has(settings.table)) this.lay(settings.table);
  }

  /** @param {string} text */
  lay(text) {
    const { rows, accept } = read(text);
    this.rows.replaceChildren();
    for (const cells of rows) this.line(cells);
    this.accept.value = accept;
  }

  /** @param {string[]} cells */
  line(cells) {
    const line = this.rows.insertRow();
    const inputs = COLUMNS.map((title, at) => {
      const input = /** @type {HTMLInputElement} */ (maker(line.insertCell())("input", ""));
      input.value = cells[at] ?? "";
      input.setAttribute("aria-label", title);
      input.autocomplete = "off";
      input.onchange = () => this.changed();
      return input;
    });
    const remove = button(line.insertCell(), "×", () => {
      line.remove();
      this.changed();
    });
    remove.setAttribute("aria-label", "Remove this row");
    return inputs[0];
  }

  add() {
    const first = this.line([]);
    first.focus();
    first.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} table */
  begin(table) {
    this.lay(table);
    this.changed();
  }

  changed() {
    const rows = [...this.rows.rows].map((line) => [...line.querySelectorAll("input")].map((input) => input.value));
    const table = written({ rows, accept: this.accept.value });
    this.told.add(table);
    this.kit.report("table", table);
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.control,
  create: (body, kit) => new Editor(body, kit),
});
