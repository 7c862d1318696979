// @ts-check
// What a picture shows, as tables. They are made when a reader chooses "As a table" (more.js), and again while
// they are shown and the picture changes. A picture that has no figures, or none yet, offers neither a table
// nor a file; their line keeps its place, so that nothing moves when the first figures come.
//
// A picture declares `table` in its main.js (picture.js): a function from its drawing and its view to
// its tables, or one of HAS_NONE, which says why it needs none.

import { copy } from "./clipboard.js";
import { maker } from "./make.js";
import { button } from "./parts.js";
import { cellText, csv } from "./tables.js";

/** @typedef {import("./tables.js").Data} Data */

const MOST = 100; // rows that are shown at first
const MORE = 2000; // rows that a press adds
const WAIT = 250; // ms between two drawings while the picture changes
const COPIED = 3000; // ms

export class AsTable {
  /**
   * @param {HTMLElement} root
   * @param {() => Data[]} tables what the picture shows now
   */
  constructor(root, tables) {
    this.root = root;
    this.tables = tables;
    this.root.classList.add("hnviz-bare");
    this.body = maker(root)("div", "hnviz-as-table");
    this.isOpen = false;
    /** @type {Map<string, number>} caption -> how many rows are shown, where a reader wanted more */
    this.most = new Map();
    this.timer = 0;
  }

  /** The picture has changed. The first figures show at once, later changes a few times a second. */
  changed() {
    if (this.root.classList.contains("hnviz-bare")) this.draw();
    else if (!this.timer) this.timer = window.setTimeout(() => this.draw(), WAIT);
  }

  toggle() {
    this.isOpen = !this.isOpen;
    this.draw();
    this.body.querySelector("tbody tr")?.scrollIntoView({ block: "nearest" }); // no more of it: the picture stays in sight
  }

  draw() {
    clearTimeout(this.timer);
    this.timer = 0;
    const tables = this.filled();
    this.root.classList.toggle("hnviz-bare", !tables.length);
    if (!tables.length) this.isOpen = false;
    if (!this.isOpen) return this.body.replaceChildren();
    const at = this.scrolled();
    this.body.replaceChildren(...tables.map((data, index) => this.section(data, index)));
    this.scrolled().forEach(([, , place], index) => place.scrollTo(at[index]?.[0] ?? 0, at[index]?.[1] ?? 0));
  }

  filled() {
    return this.tables().filter(({ n }) => n > 0);
  }

  /** How far each table is scrolled: a new drawing stays there. */
  scrolled() {
    const places = /** @type {HTMLElement[]} */ ([...this.body.querySelectorAll(".hnviz-table")]);
    return places.map((place) => /** @type {[number, number, HTMLElement]} */ ([place.scrollLeft, place.scrollTop, place]));
  }

  /**
   * @param {Data} data
   * @param {number} index
   */
  section(data, index) {
    const section = document.createElement("section");
    const make = maker(section);
    const place = make("div", "hnviz-table");
    place.tabIndex = 0;
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", data.caption);
    const most = this.most.get(data.caption) ?? MOST;
    place.append(tableElement(data, most));
    const line = make("p", "hnviz-note");
    if (data.n > most) {
      const [shown, all] = [most, data.n].map((each) => each.toLocaleString("en"));
      line.append(`These are the first ${shown} of ${all} rows. `);
      button(line, data.n - most > MORE ? `Show ${MORE.toLocaleString("en")} more` : "Show all rows", () => this.add(index, most), "hnviz-copy");
      line.append(" ");
    }
    button(line, "Copy as CSV", () => this.copy(index, said), "hnviz-copy");
    const said = make("span", "", line);
    said.setAttribute("role", "status");
    return section;
  }

  /**
   * Show more rows of a table; the reader goes on from the first of them.
   * @param {number} index
   * @param {number} shown
   */
  add(index, shown) {
    const data = this.filled()[index];
    if (!data) return;
    this.most.set(data.caption, shown + MORE);
    this.draw();
    /** @type {HTMLElement|undefined} */ (this.body.querySelectorAll(".hnviz-table")[index])?.focus();
  }

  /**
   * Copy all rows of a table.
   * @param {number} index
   * @param {HTMLElement} said
   */
  async copy(index, said) {
    const data = this.filled()[index];
    const copied = data && (await copy(csv(data)));
    said.textContent = copied ? ` Copied ${data.n.toLocaleString("en")} rows.` : " The browser did not allow it; select the rows and copy them.";
    setTimeout(() => (said.textContent = ""), COPIED);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

/**
 * @param {Data} data
 * @param {number} most
 */
function tableElement({ caption, columns, n, row }, most) {
  const table = document.createElement("table");
  table.createCaption().textContent = caption;
  const head = table.createTHead().insertRow();
  const words = row(0).map((cell) => typeof cell === "string");
  for (const [at, { title, unit }] of columns.entries()) {
    head.append(heading("col", unit ? `${title} (${unit})` : title, words[at]));
  }
  const body = table.createTBody();
  for (let at = 0; at < Math.min(n, most); at++) {
    const line = body.insertRow();
    for (const [column, value] of row(at).entries()) {
      const text = cellText(value);
      if (!column) line.append(heading("row", text, words[column]));
      else {
        const cell = line.insertCell();
        cell.textContent = text;
        cell.classList.toggle("hnviz-text", words[column]);
      }
    }
  }
  return table;
}

/**
 * @param {"col"|"row"} scope
 * @param {string} text
 * @param {boolean} words
 */
function heading(scope, text, words) {
  const cell = document.createElement("th");
  cell.scope = scope;
  cell.textContent = text;
  cell.classList.toggle("hnviz-text", Boolean(words));
  return cell;
}
