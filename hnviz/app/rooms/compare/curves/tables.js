// The two tables below the curves: how each run ended, with what differs; and seeds together.

import { Table } from "../../../kit/js/table.js";
import { accuracy } from "../../../kit/js/text.js";
import { BITS, compares, differing, lastOf, scaleOf, secondsOf, seedGroups, settingOf } from "./series.js";
import { fieldName, labels, scaled, valueText } from "./words.js";

const FIGURES = [
  { name: "accuracy", title: "right on valid", write: accuracy },
  { name: "train_accuracy", title: "right on train, running", write: accuracy },
  { name: "valid_loss", title: "loss on valid", digits: 3 },
  { name: "train_loss", title: "loss on train, running", digits: 3 },
];

/** Of runs that read different tokens. */
const BITS_FIGURE = { name: "bits", title: "bits per character", digits: 3 };

export class Ends {
  /** `mark` is called with the id of the run whose row is under the pointer, or null. */
  constructor(parent, kit, mark) {
    this.parent = parent;
    this.kit = kit;
    this.mark = mark;
    this.known = "";
  }

  /** Show the runs; a table is made again when other settings differ. */
  show({ runs, kinds }, looks) {
    const fields = differing(runs);
    const known = `${fields.join()} ${compares(runs, "loss on valid")}`;
    if (known !== this.known || !this.table) this.make(fields, compares(runs, "loss on valid") ? FIGURES : [...FIGURES, BITS_FIGURE]);
    this.known = known;
    this.parent.hidden = !runs.length;
    const rows = runs.map((run) => ({
      key: run.run,
      id: run.run,
      link: run.name,
      look: looks.get(run.run),
      state: run.live && run.n_steps ? `${run.status}, step ${run.step.toLocaleString("en")} of ${run.n_steps.toLocaleString("en")}` : run.status,
      ...Object.fromEntries(fields.map((field) => [`of ${field}`, valueText(field, settingOf(run, field))])),
      differs: fields.filter((field) => field !== "model").map((field) => `${fieldName(field)} ${valueText(field, settingOf(run, field))}`).join(", "),
      ...figures(run, kinds.length),
      bits: scaled(lastOf(run, "valid_loss", kinds.length), scaleOf(run, BITS)),
      seconds: run.epochs.length ? secondsOf(run, kinds.length) : null,
    }));
    this.table.show(rows.map((row) => ({ ...row, named: `${row.link} ${row.look?.color} ${row.look?.dash}` })));
    this.seeds({ runs, kinds });
  }

  make(fields, shown) {
    this.parent.replaceChildren();
    const fill = (cell, row) => cell.replaceChildren(sample(row.look), this.link(row));
    const columns = [
      { name: "named", title: "run", words: true, fill },
      ...fields.map((field) => ({ name: `of ${field}`, title: fieldName(field) })),
      { name: "differs", title: "what differs", words: true }, // in one column, where there is no room for more
      ...shown,
      { name: "seconds", title: "seconds", digits: 1 },
      { name: "state", title: "state", words: true },
    ];
    heading(this.parent, fields.length ? "What differs, and how each run ended" : "How each run ended");
    this.table = new Table(this.parent, columns, "The runs that are compared: what differs, and how each ended");
    const over = (event) => this.mark(event.target.closest("tr")?.dataset.key ?? null);
    this.table.rows.addEventListener("pointerover", over);
    this.table.rows.addEventListener("focusin", over);
    this.table.rows.addEventListener("pointerleave", () => this.mark(null));
    this.together = document.createElement("div");
    this.parent.append(this.together);
  }

  link({ id, link }) {
    const made = document.createElement("a");
    made.href = new URL(`train?run=${encodeURIComponent(id)}`, this.kit.home).href;
    made.textContent = link;
    return made;
  }

  /** Runs that differ only in the seed: mean, lowest and highest. */
  seeds({ runs, kinds }) {
    const groups = seedGroups(runs).filter((group) => group.length > 1);
    this.together.hidden = !groups.length;
    if (!groups.length) return this.together.replaceChildren();
    if (!this.many || !this.together.firstChild) {
      this.together.replaceChildren();
      heading(this.together, "Seeds together: mean (lowest to highest)");
      const columns = [{ name: "group", title: "settings", words: true }, { name: "n", title: "seeds" }, ...FIGURES.map(({ name, title }) => ({ name, title }))];
      this.many = new Table(this.together, columns, "Runs that differ only in the seed, together");
    }
    const names = labels(groups.map(([first]) => first));
    this.many.show(
      groups.map((group) => ({
        key: group[0].run,
        group: names.get(group[0].run),
        n: group.length,
        ...Object.fromEntries(FIGURES.map((figure) => [figure.name, meanText(group, figure, kinds.length)])),
      })),
    );
  }
}

function figures(run, kinds) {
  return Object.fromEntries(FIGURES.map(({ name }) => [name, lastOf(run, name, kinds)]));
}

function meanText(group, { name, write, digits }, kinds) {
  const values = group.map((run) => lastOf(run, name, kinds)).filter((value) => value !== null);
  if (!values.length) return "";
  const said = write ?? ((value) => value.toFixed(digits));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${said(mean)} (${said(Math.min(...values))} to ${said(Math.max(...values))})`;
}

function heading(parent, text) {
  const made = document.createElement("h3");
  made.textContent = text;
  parent.append(made);
}

/** A short stroke in the run's colour and dash. */
function sample(look) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ width: 26, height: 10, "aria-hidden": "true", class: "sample" })) svg.setAttribute(name, value);
  if (!look) return svg;
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const attributes = { x1: 0, x2: 22, y1: 5, y2: 5, stroke: look.color, "stroke-width": 2.5, "stroke-dasharray": look.dash.join(" ") };
  for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
  svg.append(line);
  return svg;
}
