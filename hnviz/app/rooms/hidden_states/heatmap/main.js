// Units x tokens as a canvas: a new snapshot repaints it, nothing is mounted again.
//
// data = { alt, words: [word], kinds: [kind], units, order: [unit], groups: [[name, rows]], scale,
//          signed, what, first, start, values | file }
//   values  base64 of int16, row by row (units x tokens); 32767 stands for `scale`; file: as gzip
//   order   the units from top to bottom; signed: colours from -scale to scale, else from 0
//   first   the first token's place in its split; start: the unit that is picked at first
// Hover, tap or arrow keys pick a cell; the line under the picture names it. A click or the arrow
// keys pick a unit too: it is kept in the address, and other pictures of the page hear of it.

import { define } from "../../../kit/js/define.js";
import { announceUnit, onUnit } from "../../../kit/js/unit.js";
import { kindLegend } from "./legend.js";
import { cellAt, paint, place, showColumn } from "./paint.js";
import { UnitLine } from "./line.js";
import { minus } from "./sentence.js";
import { loadValues, valuesOf } from "./values.js";
import { maker } from "../../../kit/js/make.js";

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e9], End: [0, 1e9], PageUp: [-8, 0], PageDown: [8, 0] };

class Heatmap {
  constructor(root) {
    const make = maker(root);
    this.scroll = make("div", "scroll");
    this.scroll.tabIndex = 0;
    this.scroll.setAttribute("role", "group");
    this.wide = make("div", "wide", this.scroll);
    this.canvas = make("canvas", "map", this.wide);
    this.canvas.setAttribute("role", "img");
    this.say = make("p", "say");
    this.say.setAttribute("aria-live", "polite");
    this.key = make("div", "key");
    this.line = new UnitLine(make("section", "unit"), (column) => this.move(this.unit, column));
    this.hover = null;
    this.column = null; // the cell of the picked unit that click or keys chose
    this.paints = 0;
    this.canvas.onpointermove = (event) => this.point(this.under(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (event) => {
      const cell = this.under(event);
      if (cell) this.move(...cell);
    };
    this.scroll.onscroll = () => this.draw();
    this.scroll.onkeydown = (event) => this.walk(event);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(root);
    this.silence = onUnit(this, (unit) => this.data && unit < this.data.units && this.show(unit));
  }

  update({ data, files, theme }) {
    if (!this.data) this.unit = data.start;
    this.data = { ...data, values: valuesOf(data, files) };
    this.theme = theme;
    this.canvas.setAttribute("aria-label", data.alt);
    this.scroll.setAttribute("aria-label", `${data.alt} Arrow keys go from unit to unit and from token to token.`);
    this.unit = Math.min(this.unit, data.units - 1);
    if (this.column !== null && this.column >= data.words.length) this.column = null;
    this.hover = null;
    this.drawKey();
    this.draw();
  }

  draw() {
    const width = this.scroll.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    this.box = place(this.data, width, this.scroll.scrollLeft);
    this.wide.style.width = `${this.box.total}px`;
    const marks = { unit: this.unit, hover: this.hover, column: this.column };
    paint(this.canvas, this.data, this.theme, this.box, marks);
    Object.assign(this.canvas.dataset, { paints: ++this.paints, unit: this.unit, column: this.column ?? "" });
    this.line.draw(this.data, this.theme, this.unit, this.column);
    // Columns go on behind the right edge, where no scroll bar may tell.
    this.scroll.classList.toggle("more", this.box.total - width - this.scroll.scrollLeft > 4);
    this.tell();
  }

  /** The cell under the pointer: [unit, column], or null. */
  under(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return this.box ? cellAt(this.box, this.data, event.clientX - left, event.clientY - top) : null;
  }

  point(cell) {
    if (String(cell) === String(this.hover)) return;
    this.hover = cell;
    this.draw();
  }

  walk(event) {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const { order, words } = this.data;
    const clamp = (value, size) => Math.max(0, Math.min(size - 1, value));
    const row = clamp(order.indexOf(this.unit) + move[0], order.length);
    const column = this.column === null ? 0 : clamp(this.column + move[1], words.length);
    this.scroll.scrollLeft = showColumn(this.box, column, this.scroll.scrollLeft);
    this.move(order[row], column);
  }

  move(unit, column) {
    const other = unit !== this.unit;
    this.column = column;
    this.show(unit);
    if (other) announceUnit(this, unit);
  }

  show(unit) {
    this.unit = unit;
    this.hover = null;
    this.draw();
  }

  tell() {
    const cell = this.hover ?? (this.column === null ? null : [this.unit, this.column]);
    if (!cell) {
      this.say.textContent = "Point at a cell, click it, or use the arrow keys: its unit, token and value stand here.";
      return;
    }
    const [unit, column] = cell;
    const { values, words, first } = this.data;
    const word = document.createElement("strong");
    word.textContent = words[column];
    const value = minus(values[unit * words.length + column].toFixed(3));
    this.say.replaceChildren(`Unit ${unit} after token ${first + column}, “`, word, `”: ${value}`);
  }

  drawKey() {
    const { data, theme } = this;
    const scale = document.createElement("i");
    const colors = data.signed ? theme.diverging : theme.diverging.slice(theme.diverging.length >> 1);
    scale.style.background = `linear-gradient(90deg, ${colors.join(",")})`;
    const end = Number(data.scale.toPrecision(2));
    this.key.replaceChildren(data.signed ? `−${end}` : "0", scale, `${end}, ${data.what}`, ...kindLegend(data.kinds, theme));
  }

  destroy() {
    this.silence();
    this.resized.disconnect();
    this.line.destroy();
  }
}

export const render = define({
  styles: new URL("heatmap.css", import.meta.url),
  load: loadValues,
  create: (root) => new Heatmap(root),
});
