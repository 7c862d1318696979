// @ts-check
// The list of runs: a press brings one into view or, where runs are compared, ticks choose some; own runs
// are renamed, pinned and deleted.
//
// It follows the topic "runs", which has the newest runs. Where runs are compared it fetches all others too.
// A reader can restore a deleted run until they leave the page: the server keeps it for an hour.
//
// settings = { shown: the run in view, student: in a class the reader's number,
//              keeps: whether the reader may rename, pin and delete,
//              standard: the runs that are compared until a reader chooses; null where none are compared }

import { inAddress, putInAddress } from "../../kit/js/address.js";
import { Following } from "../../kit/js/following.js";
import { maker } from "../../kit/js/make.js";
import { button } from "../../kit/js/parts.js";
import { picture } from "../../kit/js/picture.js";
import { Refusals } from "../../kit/js/refusals.js";
import { Table } from "../../kit/js/table.js";
import { HAS_NONE } from "../../kit/js/tables.js";
import { accuracy } from "../../kit/js/text.js";
import { MOST, choose, chosen, onChosen } from "./chosen.js";
import { moment, rowOf, sifted, toggled } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {"tools"|"rename"|"delete"|""} Open */

const RUN = "run"; // in the address: the run that all pages show
const LISTED = 1000; // runs that are asked for
const LONGEST = 60; // characters of a name, as in hnviz/runs/folder.py
const CONTROLS = "button, input";

class RunList {
  /**
   * @param {HTMLElement} body
   * @param {import("../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.head = make("div", "head");
    this.field = /** @type {HTMLInputElement} */ (make("input", "", make("label", "menu", this.head, "Find a run")));
    Object.assign(this.field, { type: "search", autocomplete: "off" });
    this.field.oninput = () => this.show();
    const wrong = make("p", "wrong");
    wrong.setAttribute("role", "alert");
    /** Of changes, said beside the list. */
    this.refusals = new Refusals((sentence) => void (wrong.textContent = sentence));
    this.undo = make("div", "undo");
    this.place = make("div", "");
    this.left = make("p", "note");
    /** @type {string[]} */
    this.order = [];
    /** @type {Record<string, Row>} */
    this.fetched = {};
    /** @type {Record<string, Row>} */
    this.news = {};
    /** @type {{ run: string, what: Open }|null} the row that is being changed */
    this.open = null;
    /** @type {string[]} */
    this.ids = [];
    /** @type {string[]|null} the runs that come first: a tick moves no row */
    this.first = null;
    this.following = new Following(kit, "runs", (news) => this.take(news));
    this.leave = onChosen(this, () => {
      this.first = null; // another picture has chosen
      this.show();
    });
  }

  /** @param {import("../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    if (!this.table) this.build(settings);
    this.settings = settings;
    if (!this.following.of("")) this.show();
    else if (this.compares) this.kit.expect(this.load(), "the list of runs");
  }

  get compares() {
    return Array.isArray(this.settings?.standard);
  }

  /** @param {any} settings */
  build({ standard, keeps }) {
    if (standard) {
      button(this.head, "Compare all shown", () => this.pick((this.rows ?? []).map(({ run }) => run).slice(0, MOST)), "small");
      button(this.head, "Clear", () => this.pick([]), "small");
      this.count = maker(this.head)("span", "count");
      this.count.setAttribute("role", "status");
    }
    this.table = new Table(this.place, this.columns(standard, keeps), standard ? "All runs; a tick chooses one for the comparison" : "All runs, the newest first");
    this.table.rows.onclick = (event) => this.press(event);
  }

  /**
   * @param {string[]|null} standard
   * @param {boolean} keeps
   */
  columns(standard, keeps) {
    const filled = (/** @type {(row: any) => (Node|string)[]} */ parts) => (/** @type {HTMLElement} */ cell, /** @type {any} */ row) => refill(cell, parts(row));
    return [
      ...(standard ? [{ name: "tick", title: "", fill: filled((row) => [this.tick(row)]) }] : []),
      { name: "named", title: "run", words: true, fill: filled((row) => this.named(row)) },
      { name: "created", title: "started", words: true, write: moment },
      { name: "state", title: "state", words: true },
      { name: "step", title: "step" },
      { name: "valid loss", title: "valid loss", digits: 3 },
      { name: "accuracy", title: "right on valid", write: accuracy },
      { name: "on train", title: "on train", write: accuracy },
      { name: "settings", title: "settings", words: true },
      ...(keeps ? [{ name: "tools", title: "", fill: filled((row) => this.change(row)) }] : []),
    ];
  }

  /** Fetch the runs that the topic leaves out. */
  async load() {
    const list = await this.kit.refusals.attempt("list", () => this.kit.source.json(`api/runs?limit=${LISTED}`), () => this.load());
    if (!list) return;
    const { runs } = /** @type {{ runs: import("./rows.js").Listed[] }} */ (list);
    this.fetched = Object.fromEntries(runs.map((run) => [run.id, rowOf(run)]));
    this.order = runs.map(({ id }) => id);
    this.show();
  }

  /** @param {{ order?: string[], rows: Record<string, Row> }} news */
  take({ order, rows }) {
    Object.assign(this.news, rows);
    if (order && !this.compares) this.order = order;
    else if (order && this.heard) this.load(); // a run was added, deleted or pinned
    this.heard = true;
    this.show();
  }

  show() {
    if (!this.settings || !this.table) return;
    const search = this.field.value.trim();
    this.ids = this.compares ? chosen(this.settings.standard) : [];
    const runs = this.order.map((run) => ({ ...this.fetched[run], ...this.news[run] }));
    this.first ??= this.ids;
    const { rows, left } = sifted(runs, search, this.first);
    this.rows = rows;
    this.table.show(rows.map((run) => this.row(run)));
    if (this.count) this.count.textContent = this.counted();
    const none = rows.length || !search ? "" : `No run has “${search.slice(0, 40)}” in its name or settings.`;
    this.left.textContent = left ? `${left.toLocaleString("en")} more runs are not shown: search for them above.` : none;
  }

  counted() {
    const all = this.order.length > 0 && this.order.length < LISTED; // or an older run may be chosen that is not listed
    const count = this.ids.filter((id) => !all || this.order.includes(id)).length;
    return `${count.toLocaleString("en")} ${count === 1 ? "run is" : "runs are"} compared${count >= MOST ? ", the most that fit" : ""}.`;
  }

  /** @param {Row} run */
  row(run) {
    const ticked = this.ids.includes(run.run);
    const open = this.open?.run === run.run ? this.open.what : "";
    return {
      ...run,
      key: run.run,
      current: this.compares ? ticked : run.run === this.settings.shown,
      // A cell is filled again when these change.
      tick: `${ticked} ${run.name}`,
      named: [run.name, run.remark, run.given, run.pinned, run.student, open].join(" "),
      tools: `${open} ${run.name}`,
      ticked,
      open,
    };
  }

  /** @param {any} row */
  tick({ run, name, ticked, damaged }) {
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", className: "check", checked: ticked, disabled: damaged });
    box.setAttribute("aria-label", `Compare ${name}`);
    box.onchange = () => this.pick(toggled(this.ids, run, MOST));
    return box;
  }

  /**
   * A run's name, in a class with the number of its student, and below it a remark or its tools.
   * @param {Row & { open: Open }} row
   * @returns {(Node|string)[]}
   */
  named(row) {
    const { run, name, given, pinned, student, remark, open } = row;
    if (open === "rename") return this.renaming(row);
    const link = document.createElement("a");
    link.href = new URL(`train?run=${encodeURIComponent(run)}`, this.kit.home).href;
    link.textContent = student ? `${name} · ${student === this.settings.student ? "yours" : `student ${student}`}` : name;
    const small = document.createElement("small");
    small.textContent = remark || (given && run);
    return [pinned ? "★ " : "", link, small.textContent ? small : "", open ? this.tools(row) : ""];
  }

  /** @param {Row} row */
  renaming({ run, name, given }) {
    const field = document.createElement("input");
    Object.assign(field, { type: "text", value: given, maxLength: 4 * LONGEST, placeholder: "its settings", autocomplete: "off" });
    field.setAttribute("aria-label", `Name of ${name}`);
    field.onkeydown = (event) => {
      if (event.key === "Enter") this.rename(run, field.value);
      if (event.key === "Escape") this.turn(null);
    };
    const both = maker(document.createElement("div"))("div", "tools");
    button(both, "Save", () => this.rename(run, field.value), "small");
    button(both, "Cancel", () => this.turn(null), "small");
    requestAnimationFrame(() => field.focus());
    return [field, both];
  }

  /** @param {Row & { open: Open }} row */
  tools({ run, name, pinned, damaged, open }) {
    const place = document.createElement("div");
    place.className = "tools";
    if (open === "delete") {
      maker(place)("p", "ask", place, `Delete ${name}?`);
      button(place, "Delete", () => this.remove(run, name), "small danger");
      const keep = button(place, "Keep", () => this.turn(null), "small");
      requestAnimationFrame(() => keep.focus());
      return place;
    }
    if (!damaged) {
      button(place, "Rename", () => this.turn({ run, what: "rename" }), "small");
      button(place, pinned ? "Unpin" : "Pin", () => this.pin(run, !pinned), "small");
    }
    button(place, "Delete", () => this.turn({ run, what: "delete" }), "small");
    return place;
  }

  /**
   * The button that opens the tools of one of your runs.
   * @param {Row & { open: Open }} row
   */
  change({ run, name, shipped, open }) {
    if (shipped) return [];
    const made = button(document.createElement("div"), "⋯", () => this.turn(open ? null : { run, what: "tools" }), "small dots");
    made.setAttribute("aria-label", `Change ${name}`);
    made.setAttribute("aria-expanded", String(Boolean(open)));
    return [made];
  }

  /** @param {{ run: string, what: Open }|null} open */
  turn(open) {
    this.open = open;
    this.refusals.clear();
    this.show();
  }

  /**
   * A plain click anywhere in a row, where none are ticked; the browser handles those that open another tab.
   * @param {MouseEvent} event
   */
  press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const run = /** @type {HTMLElement|null} */ (target.closest("tr"))?.dataset.key;
    if (!run || this.compares || target.closest(CONTROLS)) return;
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (this.news[run].damaged) return; // its remark says why
    this.kit.report("pick", run);
  }

  /** @param {string[]} ids */
  pick(ids) {
    choose(ids, this);
    this.show();
  }

  /**
   * @param {string} run
   * @param {string} name
   */
  async rename(run, name) {
    if (await this.post(run, "rename", { name })) this.turn(null);
  }

  /**
   * @param {string} run
   * @param {boolean} pinned
   */
  async pin(run, pinned) {
    if (await this.post(run, "pin", { pinned })) this.turn(null);
  }

  /**
   * @param {string} run
   * @param {string} name
   */
  async remove(run, name) {
    const done = await this.post(run, "delete", {});
    this.open = null;
    if (!done) return this.show();
    const was = this.ids.includes(run);
    if (was) this.pick(this.ids.filter((id) => id !== run));
    if (inAddress(RUN) === run) putInAddress(RUN, null);
    this.kit.report("changed", run); // the page then shows another run
    const line = maker(this.undo)("p", "", this.undo, `Deleted: ${name}. `);
    button(line, "Undo", () => this.restore(run, line, was), "small");
  }

  /**
   * @param {string} run
   * @param {HTMLElement} line
   * @param {boolean} was whether it was compared
   */
  async restore(run, line, was) {
    if (!(await this.post(run, "restore", {}))) return;
    this.kit.report("changed", run);
    line.remove();
    if (was) this.pick([...this.ids, run]);
  }

  /**
   * Ask the server to change a run; a refusal is said above the list.
   * @param {string} run
   * @param {string} what
   * @param {object} body
   */
  async post(run, what, body) {
    return this.refusals.attempt("change", async () => {
      await this.kit.source.post(`api/runs/${encodeURIComponent(run)}/${what}`, body);
      if (this.compares) await this.load();
      return true;
    });
  }

  destroy() {
    this.leave();
    this.following.leave();
  }
}

/**
 * Put something else into a cell, and keep the focus of the control that it had.
 * @param {HTMLElement} cell
 * @param {(Node|string)[]} parts
 */
function refill(cell, parts) {
  const had = cell.contains(/** @type {ShadowRoot} */ (cell.getRootNode()).activeElement);
  cell.replaceChildren(...parts.filter(Boolean));
  if (had) /** @type {HTMLElement|null} */ (cell.querySelector(CONTROLS))?.focus();
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.list,
  keeps: true,
  create: (body, kit) => new RunList(body, kit),
});
