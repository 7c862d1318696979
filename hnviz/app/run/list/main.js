// @ts-check
// The list of runs. It follows the topic "runs": only rows that change are sent.
//
// settings = { shown: the run in view, student: in a class the reader's number }

import { Following } from "../../kit/js/following.js";
import { picture } from "../../kit/js/picture.js";
import { Table } from "../../kit/js/table.js";
import { accuracy } from "../../kit/js/text.js";
import { HAS_NONE } from "../../kit/js/tables.js";

/**
 * A time of the reader's own clock: "today 07:30:12", "25 Nov 07:30:12"; as hnviz/app/run/names.py.
 * @param {number} created in seconds since 1970
 */
function moment(created) {
  const [at, now] = [new Date(1000 * created), new Date()];
  const year = at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`;
  const day = `${at.getDate()} ${at.toLocaleString("en", { month: "short" })}${year}`;
  return `${at.toDateString() === now.toDateString() ? "today" : day} ${at.toLocaleTimeString("en-GB")}`;
}

class RunList {
  /**
   * @param {HTMLElement} body
   * @param {import("../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    /** @type {string[]} */
    this.order = [];
    /** @type {Record<string, any>} */
    this.rows = {};
    const open = (/** @type {HTMLTableCellElement} */ cell, /** @type {any} */ row) => cell.replaceChildren(this.link(row), row.remark && this.remark(row));
    this.columns = [
      { name: "named", title: "run", words: true, fill: open },
      { name: "created", title: "started", words: true, write: moment },
      { name: "state", title: "state", words: true },
      { name: "step", title: "step" },
      { name: "valid loss", title: "valid loss", digits: 3 },
      { name: "accuracy", title: "right on valid", write: accuracy },
      { name: "on train", title: "on train", write: accuracy },
      { name: "settings", title: "settings", words: true },
    ];
    this.table = new Table(body, this.columns, "All runs, the newest first");
    this.following = new Following(kit, "runs", (news) => this.take(news));
    this.table.rows.onclick = (event) => this.pick(event);
  }

  /** @param {any} row */
  link({ run, name }) {
    const link = document.createElement("a");
    link.href = new URL(`train?run=${encodeURIComponent(run)}`, this.kit.home).href;
    link.textContent = name;
    return link;
  }

  /** @param {any} row */
  remark({ remark }) {
    const small = document.createElement("small");
    small.textContent = remark;
    return small;
  }

  /**
   * A run's name, in a class with the number of its student.
   * @param {{ name: string, student: number|null }} row
   */
  named({ name, student }) {
    return student ? `${name} · ${student === this.student ? "yours" : `student ${student}`}` : name;
  }

  /**
   * A plain click anywhere in a row; the browser handles those that open another tab.
   * @param {MouseEvent} event
   */
  pick(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const run = /** @type {HTMLElement|null} */ (target.closest("tr"))?.dataset.key;
    if (!run || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (this.rows[run].damaged) return; // its remark says why
    this.kit.report("pick", run);
  }

  /** @param {import("../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    this.shown = settings.shown;
    this.student = settings.student;
    if (!this.following.of("")) this.show();
  }

  /** @param {{ order?: string[], rows: Record<string, any> }} news */
  take({ order, rows }) {
    if (order) [this.order, this.rows] = [order, rows];
    else Object.assign(this.rows, rows);
    this.show();
  }

  show() {
    const rows = this.order.map((run) => ({ ...this.rows[run], name: this.named(this.rows[run]), key: run }));
    // What the first column shows changes with its name and its remark.
    this.table.show(rows.map((row) => ({ ...row, named: `${row.name} ${row.remark}`, current: row.key === this.shown })));
  }

  destroy() {
    this.following.leave();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.list,
  create: (body, kit) => new RunList(body, kit),
});
