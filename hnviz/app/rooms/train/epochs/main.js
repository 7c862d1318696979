// @ts-check
// The table of epochs: it follows the run, and its last row stays visible.

import { Following } from "../../../kit/js/following.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { Table } from "../../../kit/js/table.js";
import { accuracy, boldNodes } from "../../../kit/js/text.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

const COLUMNS = [
  { name: "epoch", title: "epoch" },
  { name: "train_loss", title: "train loss, running", unit: "nats", digits: 3 },
  { name: "valid_loss", title: "valid loss", unit: "nats", digits: 3 },
  { name: "notebook_valid_loss", title: "notebook's", unit: "nats", digits: 3 },
  { name: "train_accuracy", title: "right on train, running", unit: "share", write: accuracy },
  { name: "accuracy", title: "on valid", unit: "share", write: accuracy },
  { name: "notebook_accuracy", title: "notebook's", unit: "share", write: accuracy },
  { name: "seconds", title: "seconds", digits: 2 },
];

class Epochs {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.said = make("p", "hnviz-sentence small");
    this.table = new Table(body, COLUMNS, "Each epoch's losses and accuracies, beside the notebook's, which counts its epochs from 0");
    this.empty = make("p", "empty");
    /** @type {any[]} */
    this.rows = [];
    this.following = new Following(kit, "epochs", (news) => this.take(news));
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ run }) {
    if (this.following.of(run)) this.rows = [];
  }

  /** @param {{ from: number, rows: any[], against_notebook: string }} news */
  take({ from, rows, against_notebook: sentence }) {
    if (from > this.rows.length) return this.following.again();
    this.rows = [...this.rows.slice(0, from), ...rows.map((row) => ({ ...row, key: row.epoch }))];
    this.said.replaceChildren(...boldNodes(sentence));
    const follows = this.table.isAtEnd();
    this.table.show(this.rows);
    if (follows) this.table.toEnd();
    this.table.hidden = !this.rows.length;
    this.empty.textContent = this.rows.length ? "" : "The first row comes at the end of the first epoch.";
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
  create: (body, kit) => new Epochs(body, kit),
});
