// @ts-check
// The runs on tasks, which it follows.
//
// settings = { shown: the run in view }

import { Following } from "../../../kit/js/following.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { Table } from "../../../kit/js/table.js";
import { accuracy } from "../../../kit/js/text.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

class TaskRuns {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const open = (/** @type {HTMLTableCellElement} */ cell, /** @type {any} */ row) => cell.replaceChildren(this.link(row));
    const columns = [
      { name: "name", title: "run", words: true, fill: open },
      { name: "task", title: "task", words: true },
      { name: "state", title: "state", words: true },
      { name: "accuracy", title: "right on valid", unit: "share", write: accuracy },
      { name: "possible", title: "possible", unit: "share", write: accuracy },
      { name: "result", title: "result", words: true },
    ];
    this.table = new Table(body, columns, "The runs on tasks, the newest first");
    this.empty = maker(body)("p", "empty");
    /** @type {any[]} */
    this.rows = [];
    this.following = new Following(kit, "task_runs", ({ rows }) => this.take(rows));
    this.table.rows.onclick = (event) => this.pick(event);
  }

  /** @param {any} row */
  link({ run, name }) {
    const link = document.createElement("a");
    link.href = new URL(`feed?feed_part=Tasks&run=${encodeURIComponent(run)}`, this.kit.home).href;
    link.textContent = name;
    return link;
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
    this.kit.report("pick", run);
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    this.shown = settings.shown;
    if (!this.following.of("")) this.show();
  }

  /** @param {any[]|undefined} rows */
  take(rows) {
    if (rows) this.rows = rows;
    this.known = true;
    this.show();
  }

  show() {
    this.table.show(this.rows.map((row) => ({ ...row, key: row.run, current: row.run === this.shown })));
    this.table.hidden = !this.rows.length;
    this.empty.textContent = this.rows.length || !this.known ? "" : "No run has read a task yet: press Train.";
    this.kit.save?.show();
  }

  destroy() {
    this.following.leave();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.table,
  rows: (_, { table }) => [table.data()],
  create: (body, kit) => new TaskRuns(body, kit),
});
