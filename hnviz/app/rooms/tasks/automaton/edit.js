// @ts-check
// The reader's automaton as a table of fields. Each change is reported; the server says what is wrong with it.

import { maker } from "../../../kit/js/make.js";
import { button } from "../../../kit/js/parts.js";
import { placeOf, read, written } from "./rows.js";

const COLUMNS = ["state", "reads", "goes to"];

/** @typedef {{ table: string, starts: Record<string, string>, wrong: string, row: number|null }} Edited */

export class Editor {
  /**
   * @param {HTMLElement} host
   * @param {(table: string) => void} report
   */
  constructor(host, report) {
    this.report = report;
    const make = maker(host);
    this.starts = make("div", "bar");
    this.scroller = make("div", "rows");
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute("role", "region");
    this.scroller.setAttribute("aria-label", "The moves of the automaton");
    const table = /** @type {HTMLTableElement} */ (make("table", "", this.scroller));
    const head = table.createTHead().insertRow();
    for (const title of [...COLUMNS, "remove"]) make("th", "", head, title).setAttribute("scope", "col");
    this.rows = table.createTBody();
    this.bar = make("div", "bar");
    button(this.bar, "Add a row", () => this.add());
    const label = make("label", "accept", this.bar, "A word may end in ");
    this.accept = /** @type {HTMLInputElement} */ (make("input", "", label));
    this.accept.onchange = () => this.changed();
    this.wrong = make("p", "wrong");
    this.wrong.setAttribute("role", "alert");
    this.note = this.rows.insertRow(); // holds that sentence below a row
    this.note.insertCell().colSpan = COLUMNS.length + 1;
    this.note.remove();
    /** @type {Set<string>} the tables that were reported: one that comes back is no news */
    this.told = new Set();
    this.shown = "";
  }

  /** @param {Edited} edited */
  draw({ table, starts, wrong, row }) {
    if (!this.starts.childElementCount) {
      for (const [name, start] of Object.entries(starts)) button(this.starts, name, () => this.begin(start));
    }
    if (table !== this.shown && !this.told.has(table)) this.lay(table);
    this.shown = table;
    this.say(wrong, row);
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

  /**
   * Say what is wrong, below the row with the mistake or below the table.
   * @param {string} sentence "" if nothing is
   * @param {number|null} row
   */
  say(sentence, row) {
    const line = sentence && row !== null ? this.lines[placeOf(this.cells, row)] : null;
    for (const each of this.lines) each.classList.toggle("bad", each === line);
    this.wrong.textContent = sentence;
    if (!line) {
      this.note.remove();
      return this.bar.after(this.wrong);
    }
    /** @type {HTMLElement} */ (this.note.firstChild).append(this.wrong);
    line.after(this.note);
    const below = this.note.offsetTop + this.note.offsetHeight - this.scroller.clientHeight;
    this.scroller.scrollTop = Math.max(this.scroller.scrollTop, below);
  }

  /**
   * Mark the row that was read last.
   * @param {string[]} move state, token, next state
   */
  mark(move) {
    this.cells.forEach((cells, at) => this.lines[at].classList.toggle("taken", cells.join("\n") === move.join("\n")));
  }

  get lines() {
    return [...this.rows.rows].filter((line) => line !== this.note);
  }

  get cells() {
    return this.lines.map((line) => [...line.querySelectorAll("input")].map(({ value }) => value.trim()));
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
    const table = written({ rows: this.cells, accept: this.accept.value });
    this.told.add(table);
    this.report(table);
  }
}
