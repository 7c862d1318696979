// @ts-check
// A table whose rows change in place: a row keeps its element as long as its key is there.

import { listed } from "./tables.js";

/**
 * @typedef {{ name: string, title: string, unit?: string, digits?: number, words?: boolean, write?: (value: number) => string,
 *             fill?: (cell: HTMLTableCellElement, row: any) => void }} Column
 *   unit     of its figures, for a file
 *   digits   after the point
 *   write    writes a figure in another way
 *   words    aligned left; figures are aligned right
 *   fill     puts something other than text into a cell
 */

export class Table {
  /**
   * @param {HTMLElement} body
   * @param {Column[]} columns
   * @param {string} label what it holds, for screen readers
   */
  constructor(body, columns, label) {
    this.columns = columns;
    this.label = label;
    /** @type {any[]} */
    this.shown = [];
    this.scroller = document.createElement("div");
    this.scroller.className = "hnviz-table";
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute("role", "region");
    this.scroller.setAttribute("aria-label", label);
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const { name, title, words } of columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = title;
      cell.dataset.column = name;
      cell.classList.toggle("words", Boolean(words));
      head.append(cell);
    }
    this.rows = table.createTBody();
    this.scroller.append(table);
    body.append(this.scroller);
    /** @type {Map<string, { element: HTMLTableRowElement, shown: string[] }>} */
    this.known = new Map();
  }

  set hidden(/** @type {boolean} */ hidden) {
    this.scroller.hidden = hidden;
  }

  /** @param {any[]} rows each with a `key`; `current` marks the one in view */
  show(rows) {
    this.shown = rows;
    const keys = new Set(rows.map(({ key }) => String(key)));
    for (const [key, { element }] of this.known) {
      if (keys.has(key)) continue;
      element.remove();
      this.known.delete(key);
    }
    for (const [at, row] of rows.entries()) {
      const line = this.line(String(row.key));
      if (this.rows.rows[at] !== line.element) this.rows.insertBefore(line.element, this.rows.rows[at] ?? null);
      if (row.current) line.element.setAttribute("aria-current", "true");
      else line.element.removeAttribute("aria-current");
      this.fill(line, row);
    }
  }

  /** @param {string} key */
  line(key) {
    const known = this.known.get(key);
    if (known) return known;
    const element = document.createElement("tr");
    element.dataset.key = key;
    for (const { words, name } of this.columns) {
      const cell = element.insertCell();
      cell.className = words ? "words" : "";
      cell.dataset.column = name;
    }
    const made = { element, shown: /** @type {string[]} */ ([]) };
    this.known.set(key, made);
    return made;
  }

  /**
   * @param {{ element: HTMLTableRowElement, shown: string[] }} line
   * @param {any} row
   */
  fill(line, row) {
    for (const [at, column] of this.columns.entries()) {
      const text = written(row[column.name], column);
      if (line.shown[at] === text) continue;
      line.shown[at] = text;
      if (column.fill) column.fill(line.element.cells[at], row);
      else line.element.cells[at].textContent = text;
    }
  }

  /**
   * The rows for a file: figures as they are, not as they are written here.
   * @returns {import("./tables.js").Data}
   */
  data() {
    const rows = this.shown.map((row) => this.columns.map(({ name }) => row[name]));
    return listed(this.label, this.columns, rows);
  }

  isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    return scrollTop + clientHeight >= scrollHeight - 4;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

/**
 * @param {unknown} value
 * @param {Column} column
 */
function written(value, { digits, write }) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" && write) return write(value);
  return typeof value === "number" && digits !== undefined ? value.toFixed(digits) : String(value);
}
