// What each unit codes: a grid of units x labels, its untrained twin beside it, and the picked
// unit over the words, with the label that was picked as a track below.
//
// data = { alt, labels, slots, order, explained, twin, means, scale, words, tracks, values, left_out }
//   order      units from top to bottom, by what they code
//   explained  units x labels, `twin` the same of the untrained network, or null
//   means      (slots + 10 digits of each place) x units: a unit's mean at each value of a label
//   tracks     for each label its value at each word, -1 where there is none
//   values     units x words
// Numbers are base64 of int16, row by row: 32767 stands for 1, or for `scale`; -32768 for none.
// Click, or arrow keys, pick a unit and a label; the mark is the browser's own, and one with that of
// the page's other pictures.

import { define } from "../../../kit/js/define.js";
import { announceUnit, onUnit, pickedUnit } from "../../../kit/js/unit.js";
import { cellAt, paintGrid, placeGrid } from "./grid.js";
import { paintLine } from "./line.js";
import { number, sentence } from "./sentence.js";
import { maker } from "../../../kit/js/make.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-8, 0], PageDown: [8, 0], Home: [-1e9, 0], End: [1e9, 0] };
const NONE = -32768;

/** Numbers as they were; nan for none. */
function decode(text, scale) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return Float32Array.from(new Int16Array(bytes.buffer), (value) => (value === NONE ? NaN : (value / 32767) * scale));
}

class Codes {
  constructor(root) {
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
    this.row = 0; // of the order
    this.label = null;
    this.paints = 0;
    this.listen();
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(root);
    this.silence = onUnit(this, (unit) => this.show(unit));
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

  update({ data, theme }) {
    const unit = this.data ? this.data.order[this.row] : pickedUnit();
    this.data = {
      ...data,
      explained: decode(data.explained, 1),
      twin: data.twin && decode(data.twin, 1),
      means: decode(data.means, data.scale),
      values: decode(data.values, data.scale),
    };
    this.theme = theme;
    // The same unit stays picked when another snapshot orders them anew.
    if (unit !== null) this.row = Math.max(0, data.order.indexOf(unit));
    if (this.label === null) this.label = this.best(this.row);
    this.draw();
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
    this.draw();
    announceUnit(this, this.data.order[this.row]);
  }

  /** Mark a unit that another picture of the page picked. */
  show(unit) {
    const row = this.data ? this.data.order.indexOf(unit) : -1;
    if (row < 0) return;
    this.row = row;
    this.draw();
  }

  under(event) {
    const { left, top } = this.grid.getBoundingClientRect();
    return this.box ? cellAt(this.box, event.clientX - left, event.clientY - top) : null;
  }

  draw() {
    const width = this.two.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    this.two.classList.toggle("narrow", width < 720);
    const picked = { unit: this.data.order[this.row], row: this.row, label: this.label };
    this.box = placeGrid(this.data, this.host.clientWidth);
    paintGrid(this.grid, this.data, this.theme, this.box, picked);
    const { shown, low, high } = paintLine(this.line, this.line.parentElement.clientWidth, this.data, this.theme, picked);
    const said = sentence(this.data, picked);
    this.title.textContent = `Unit ${picked.unit} and ${picked.label ? `the ${this.data.labels[picked.label]} digit` : "the slot"}`;
    this.said.replaceChildren(...said.nodes);
    this.line.setAttribute("aria-label", said.plain);
    this.grid.setAttribute("aria-label", this.data.alt);
    const more = this.data.words.length - shown + this.data.left_out;
    const rest = more ? ` The first ${shown} words; ${more} more are left out.` : "";
    this.key.textContent = `Brown: the state after each word. Dashed: the mean over train of the value below it, so what ${this.data.labels[this.label]} alone would say; the closer, the more is explained. A row of lines reaches from ${number(low)} to ${number(high)}.${rest}`;
    Object.assign(this.grid.dataset, { paints: ++this.paints, unit: picked.unit, label: this.data.labels[this.label] });
    this.name(null);
  }

  name(cell) {
    if (!cell) {
      this.cell.textContent = "Click a cell, or use the arrow keys.";
      return;
    }
    const [row, label] = cell;
    const { order, labels, explained, twin } = this.data;
    const at = order[row] * labels.length + label;
    const share = (values) => `${(100 * values[at]).toFixed(1)} %`;
    this.cell.textContent = `Unit ${order[row]}, ${labels[label]}: ${share(explained)} of its variance${twin ? `, untrained ${share(twin)}` : ""}.`;
  }

  destroy() {
    this.silence();
    this.resized.disconnect();
  }
}

export const render = define({
  styles: new URL("codes.css", import.meta.url),
  create: (root) => new Codes(root),
});
