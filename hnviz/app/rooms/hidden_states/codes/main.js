// What each unit codes: a grid of units x labels, its untrained twin beside it, and the picked
// unit over the words, with the label that was picked as a track below.
//
// A click or the arrow keys pick a unit and a label. The page's other pictures show the same unit.

import { pointIn } from "../../../kit/js/canvas.js";
import { putInAddress } from "../../../kit/js/address.js";
import { mark, onMark, setMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { cellAt, paintGrid, placeGrid } from "./grid.js";
import { paintLine } from "./line.js";
import { number, sentence } from "./sentence.js";
import { maker } from "../../../kit/js/make.js";
import { percent, unbroken } from "../../../kit/js/text.js";
import { table } from "./table.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-8, 0], PageDown: [8, 0], Home: [-1e9, 0], End: [1e9, 0] };
class Codes {
  constructor(root, kit) {
    this.kit = kit;
    const make = maker(root);
    this.two = make("div", "two", root);
    const left = make("div", "", this.two);
    const right = make("div", "", this.two);
    this.host = make("div", "grid", left);
    this.host.tabIndex = 0;
    this.grid = make("canvas", "", this.host);
    this.grid.setAttribute("role", "img");
    this.cell = make("p", "cell", left);
    this.title = make("h3", "title", right);
    this.said = make("p", "said", right);
    this.said.setAttribute("aria-live", "polite");
    this.line = make("canvas", "line", right);
    this.line.setAttribute("role", "img");
    this.key = make("p", "key", right);
    this.note = make("p", "hnviz-note");
    this.row = 0; // of the order
    this.label = null;
    this.paints = 0;
    this.listen();
    this.silence = onMark("unit", this, (unit) => this.show(unit));
  }

  listen() {
    this.host.onkeydown = (event) => {
      const move = MOVES[event.key];
      if (!move) return;
      event.preventDefault();
      this.pick(this.row + move[0], this.label + move[1]);
    };
    this.grid.onclick = (event) => {
      const cell = this.under(event);
      if (cell) this.pick(...cell);
    };
    this.grid.onpointermove = (event) => this.name(this.under(event));
    this.grid.onpointerleave = () => this.name(null);
  }

  draw({ answer, theme, alt }) {
    const last = answer.meta.order.length - 1;
    const unit = this.data ? this.data.order[this.row] : (mark("unit") ?? this.kit.asked.number("unit", 0, last, null));
    const { explained, untrained, means, values, tracks } = answer.arrays;
    const n = answer.meta.words.length;
    this.data = {
      ...answer.meta,
      alt,
      explained: explained.data,
      twin: untrained?.data ?? null,
      means: means.data,
      values: values.data,
      tracks: answer.meta.labels.map((_, label) => tracks.data.subarray(label * n, (label + 1) * n)),
    };
    this.note.textContent = answer.meta.note;
    this.theme = theme;
    // The same unit stays picked when another snapshot changes their order.
    if (unit !== null) this.row = Math.max(0, this.data.order.indexOf(unit));
    if (this.label === null) this.label = this.best(this.row);
    this.paint();
  }

  /** The label that explains most of a row's unit. */
  best(row) {
    const n = this.data.labels.length;
    const shares = this.data.explained.subarray(this.data.order[row] * n, (this.data.order[row] + 1) * n);
    return shares.indexOf(Math.max(...shares));
  }

  pick(row, label) {
    const clamp = (value, size) => Math.max(0, Math.min(size - 1, value));
    this.row = clamp(row, this.data.order.length);
    this.label = clamp(label, this.data.labels.length);
    this.paint();
    putInAddress("unit", this.data.order[this.row]);
    setMark("unit", this.data.order[this.row], this);
  }

  /** Mark a unit that another picture of the page picked. */
  show(unit) {
    const row = this.data ? this.data.order.indexOf(unit) : -1;
    if (row < 0 || row === this.row) return;
    this.row = row;
    this.label = this.best(row);
    this.paint();
  }

  under(event) {
    return this.box ? cellAt(this.box, ...pointIn(this.grid, event)) : null;
  }

  paint() {
    const width = this.two.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    this.two.classList.toggle("narrow", width < 720);
    const picked = { unit: this.data.order[this.row], row: this.row, label: this.label };
    this.box = placeGrid(this.data, this.host.clientWidth);
    paintGrid(this.grid, this.data, this.theme, this.box, picked);
    const { shown, low, high } = paintLine(this.line, this.line.parentElement.clientWidth, this.data, this.theme, picked);
    const said = sentence(this.data, picked);
    this.title.textContent = `Unit ${picked.unit} and ${picked.label ? `the ${this.data.labels[picked.label]} digit` : "the position"}`;
    this.said.replaceChildren(...said.nodes);
    this.line.setAttribute("aria-label", said.plain);
    this.grid.setAttribute("aria-label", this.data.alt);
    const more = this.data.words.length - shown + this.data.left_out;
    const rest = more ? ` These are the first ${shown} words; ${more} more are left out.` : "";
    this.key.textContent = `Brown: the state after each word. Dashed: what ${this.label ? `the ${this.data.labels[this.label]} digit` : "the position"} alone predicts, the mean over train for the value below; the closer the two are, the more it explains. Each row spans ${number(low)} to ${number(high)}.${rest}`;
    Object.assign(this.grid.dataset, { paints: ++this.paints, unit: picked.unit, label: this.data.labels[this.label] });
    this.name(null);
    this.kit.table?.changed();
  }

  name(cell) {
    this.cell.classList.toggle("hnviz-aside", !cell); // a hint is in no file
    if (!cell) {
      this.cell.textContent = "Click a cell, or use the arrow keys.";
      return;
    }
    const [row, label] = cell;
    const { order, labels, explained, twin } = this.data;
    const at = order[row] * labels.length + label;
    const share = (values) => percent(values[at]);
    this.cell.textContent = unbroken(`Unit ${order[row]}, ${label ? labels[label] : "position"}: ${share(explained)} of its variance${twin ? `, untrained ${share(twin)}` : ""}.`);
  }

  destroy() {
    this.silence();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  shapes: { explained: ["units", "labels"], values: ["units", "words"], tracks: ["labels", "words"] },
  table,
  create: (body, kit) => new Codes(body, kit),
});
