// All runs: ticks choose what is compared; own runs are renamed, pinned and deleted.
//
// A deleted run can be restored until the page is left: the server keeps it for an hour.
//
// settings = { keeps: whether the reader may rename, pin and delete, student: in a class the
//              reader's number, standard: the runs that are compared until a reader chooses,
//              shown: the run that all pages show }

import { Following } from "../../../kit/js/following.js";
import { inAddress, putInAddress } from "../../../kit/js/address.js";
import { maker } from "../../../kit/js/make.js";
import { button } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { Table } from "../../../kit/js/table.js";
import { HAS_NONE } from "../../../kit/js/tables.js";
import { accuracy, asSentence } from "../../../kit/js/text.js";
import { MOST, choose, chosen, onChosen } from "../chosen.js";
import { settingsText, sifted, startedText, stateText, toggled } from "./rows.js";

const RUN = "run"; // in the address: the run that all pages show
const LISTED = 1000; // runs that are asked for
const LONGEST = 60; // characters of a name, as in hnviz/runs/folder.py
const COLUMNS = [
  { name: "tick", title: "" },
  { name: "named", title: "run", words: true },
  { name: "started", title: "started", words: true },
  { name: "state", title: "state", words: true },
  { name: "accuracy", title: "right on valid", write: accuracy },
  { name: "settings", title: "settings", words: true },
  { name: "tools", title: "", words: true },
];

class Chooser {
  constructor(body, kit) {
    this.kit = kit;
    this.runs = [];
    this.news = {}; // rows of the topic "runs", by id
    this.open = null; // { id, what } of the row that is being renamed, or asks whether to delete
    const make = maker(body);
    const row = make("div", "head", body);
    const label = make("label", "menu", row, "Find a run");
    this.field = make("input", "", label);
    Object.assign(this.field, { type: "search", autocomplete: "off" });
    this.field.oninput = () => this.show();
    button(row, "Compare all shown", () => this.pick(this.rows.map(({ id }) => id).slice(0, MOST)), "small");
    button(row, "Clear", () => this.pick([]), "small");
    this.count = make("span", "count", row);
    this.count.setAttribute("role", "status");
    this.wrong = make("p", "wrong", body);
    this.wrong.setAttribute("role", "alert");
    this.undo = make("div", "undo", body);
    const tools = { tick: (cell, row) => this.tick(cell, row), named: (cell, row) => this.name(cell, row), tools: (cell, row) => this.tools(cell, row) };
    this.table = new Table(body, COLUMNS.map((column) => ({ ...column, fill: tools[column.name] })), "All runs; a tick chooses one for the comparison");
    this.left = make("p", "note", body);
    this.following = new Following(kit, "runs", (news) => this.hear(news));
    this.leave = onChosen(this, () => this.show());
  }

  draw({ settings }) {
    this.settings = settings;
    this.ids ??= chosen(settings.standard);
    if (this.following.of("")) this.kit.expect(this.load(), "the list of runs");
    else this.show();
  }

  async load() {
    try {
      this.runs = (await this.kit.source.json(`api/runs?limit=${LISTED}`)).runs;
      this.trouble(""); // what the topic refuses stays
      this.show();
    } catch (error) {
      this.trouble(error.message);
    }
  }

  /** Say why the list could not be fetched, until it can. */
  trouble(sentence) {
    if (sentence || this.troubled) this.kit.refuse(sentence, () => this.load());
    this.troubled = Boolean(sentence);
  }

  hear({ order, rows }) {
    Object.assign(this.news, rows);
    if (order && this.heard) this.load(); // a run was added, deleted or pinned
    this.heard = true;
    this.show();
  }

  show() {
    if (!this.settings) return;
    this.ids = chosen(this.settings.standard);
    const { rows, left } = sifted(this.runs, this.field.value, this.ids);
    this.rows = rows;
    const now = new Date();
    this.table.show(rows.map((run) => this.row(run, now)));
    const known = new Set(this.runs.map(({ id }) => id));
    const all = known.size > 0 && known.size < LISTED; // else an older run may be chosen that is not listed
    const count = this.ids.filter((id) => !all || known.has(id)).length;
    this.count.textContent = `${count.toLocaleString("en")} ${count === 1 ? "run is" : "runs are"} compared${count >= MOST ? ", the most that fit" : ""}.`;
    const search = this.field.value.trim();
    this.left.textContent = left ? `${left.toLocaleString("en")} more runs are not shown: search for them above.` : rows.length || !search ? "" : `No run has “${search.slice(0, 40)}” in its name or settings.`;
  }

  row(run, now) {
    const news = this.news[run.id];
    const ticked = this.ids.includes(run.id);
    const open = this.open?.id === run.id ? this.open.what : "";
    const name = news?.name ?? run.name;
    return {
      key: run.id,
      run: { ...run, name, student: news?.student ?? null },
      current: ticked,
      tick: String(ticked),
      named: `${name} ${run.pinned} ${open} ${news?.student ?? ""}`,
      started: startedText(run, now),
      state: news?.state ?? stateText(run),
      accuracy: news ? news.accuracy : run.accuracy,
      settings: news?.settings || settingsText(run),
      tools: `${run.pinned} ${open} ${name}`,
      ticked,
      open,
    };
  }

  tick(cell, { run, ticked }) {
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", className: "check", checked: ticked, disabled: Boolean(run.problem) });
    box.setAttribute("aria-label", `Compare ${run.name}`);
    box.onchange = () => this.pick(toggled(this.ids, run.id, MOST));
    const had = cell.contains(cell.getRootNode().activeElement);
    cell.replaceChildren(box);
    if (had) box.focus();
  }

  name(cell, { run, open }) {
    cell.replaceChildren();
    if (open === "rename") return this.renaming(cell, run);
    const link = document.createElement("a");
    link.href = new URL(`train?run=${encodeURIComponent(run.id)}`, this.kit.home).href;
    link.textContent = run.student ? `${run.name} · ${run.student === this.settings.student ? "yours" : `student ${run.student}`}` : run.name;
    cell.append(run.pinned ? "★ " : "", link);
    if (run.given || run.reason) maker(cell)("small", "", cell, run.reason || run.id);
  }

  renaming(cell, run) {
    const field = document.createElement("input");
    Object.assign(field, { type: "text", value: run.given, maxLength: 4 * LONGEST, placeholder: "its settings", autocomplete: "off" });
    field.setAttribute("aria-label", `Name of ${run.name}`);
    field.onkeydown = (event) => {
      if (event.key === "Enter") this.rename(run, field.value);
      if (event.key === "Escape") this.turn(null);
    };
    cell.append(field);
    button(cell, "Save", () => this.rename(run, field.value), "small");
    button(cell, "Cancel", () => this.turn(null), "small");
    requestAnimationFrame(() => field.focus());
  }

  tools(cell, { run, open }) {
    cell.replaceChildren();
    if (!this.settings.keeps || run.shipped) return;
    if (open === "delete") {
      maker(cell)("p", "ask", cell, `Delete ${run.name}?`);
      button(cell, "Delete", () => this.remove(run), "small danger");
      const keep = button(cell, "Keep", () => this.turn(null), "small");
      return requestAnimationFrame(() => keep.focus());
    }
    if (!run.problem) {
      button(cell, "Rename", () => this.turn({ id: run.id, what: "rename" }), "small").setAttribute("aria-label", `Rename ${run.name}`);
      button(cell, run.pinned ? "Unpin" : "Pin", () => this.post(run.id, "pin", { pinned: !run.pinned }), "small").setAttribute("aria-label", `${run.pinned ? "Unpin" : "Pin"} ${run.name}`);
    }
    button(cell, "Delete", () => this.turn({ id: run.id, what: "delete" }), "small").setAttribute("aria-label", `Delete ${run.name}`);
  }

  turn(open) {
    this.open = open;
    this.wrong.textContent = "";
    this.show();
  }

  pick(ids) {
    choose(ids, this);
    this.show();
  }

  async rename(run, name) {
    if (await this.post(run.id, "rename", { name })) this.turn(null);
  }

  async remove(run) {
    const done = await this.post(run.id, "delete", {});
    if (!done) {
      this.open = null;
      return this.show();
    }
    const was = this.ids.includes(run.id);
    this.open = null;
    if (was) this.pick(this.ids.filter((id) => id !== run.id));
    if (inAddress(RUN) === run.id) putInAddress(RUN, null);
    this.kit.report("changed", run.id); // the page then shows another run
    const line = maker(this.undo)("p", "", this.undo, `Deleted: ${run.name}. `);
    button(line, "Undo", () => this.restore(run, line, was), "small");
  }

  async restore(run, line, was) {
    if (!(await this.post(run.id, "restore", {}))) return;
    this.kit.report("changed", run.id);
    line.remove();
    if (was) this.pick([...this.ids, run.id]);
  }

  /** Have something done to a run; a refusal is said above the list. */
  async post(id, what, body) {
    this.wrong.textContent = "";
    try {
      await this.kit.source.post(`api/runs/${encodeURIComponent(id)}/${what}`, body);
      await this.load();
      return true;
    } catch (error) {
      this.wrong.textContent = asSentence(error.message);
      return false;
    }
  }

  destroy() {
    this.leave();
    this.following.leave();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.list,
  keeps: true,
  create: (body, kit) => new Chooser(body, kit),
});
