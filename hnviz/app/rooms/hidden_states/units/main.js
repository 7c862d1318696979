// Units x tokens on a canvas, and on the same rows what each unit codes.
//
// The line under the picture names the cell under the pointer. A click or the arrow keys pick a cell
// and its unit: the address keeps the unit, and the page's other pictures show it. They also show the
// token under the pointer. A drag over the columns selects a range of tokens.

import { pointIn } from "../../../kit/js/canvas.js";
import { kindItems } from "../../../kit/js/legend.js";
import { maker } from "../../../kit/js/make.js";
import { putInAddress } from "../../../kit/js/address.js";
import { mark, onMark, setMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { partNodes, percent, plainText, unbroken } from "../../../kit/js/text.js";
import { OrderChoice } from "./order.js";
import { UnitLine } from "./line.js";
import { FULL, labelAt, matrixSentence } from "./matrix.js";
import { cellAt, columnAt, paint, place, showColumn } from "./paint.js";
import { minus } from "./sentence.js";
import { table } from "./table.js";

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e9], End: [0, 1e9], PageUp: [-8, 0], PageDown: [8, 0] };
const TOKEN = "states_token";
const DRAGGED = 5; // px, from which a press is a drag

class Units {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    const head = make("div", "head");
    this.key = make("div", "key", head);
    this.blue = make("div", "key blue", head);
    this.scroll = make("div", "scroll");
    this.scroll.tabIndex = 0;
    this.scroll.setAttribute("role", "group");
    this.wide = make("div", "wide", this.scroll);
    this.canvas = make("canvas", "map", this.wide);
    this.canvas.setAttribute("role", "img");
    this.say = make("p", "say");
    this.say.setAttribute("aria-live", "polite");
    this.choice = new OrderChoice(make, kit.asked, () => kit.ask());
    this.line = new UnitLine(make("section", "unit"), (column) => this.move(this.unit, column));
    this.unit = null;
    this.hover = null;
    this.column = null; // of the picked unit: the one that click or keys chose
    this.range = null; // [first, last] that a drag selected
    this.paints = 0;
    this.canvas.onpointerdown = (event) => this.press(event);
    this.canvas.onpointermove = (event) => this.point(event);
    this.canvas.onpointerup = (event) => this.release(event);
    this.canvas.onpointerleave = () => this.leave();
    this.scroll.onscroll = () => this.paint();
    this.scroll.onkeydown = (event) => this.walk(event);
    this.ends = [
      onMark("unit", this, (unit) => this.data && unit < this.data.units && this.show(unit)),
      onMark("token", this, (column) => this.see(column)),
      onMark("range", this, (range) => this.select(range)),
    ];
  }

  params(name) {
    // The first question comes before the first drawing: it has the order in the address too.
    this.choice.offer(this.kit.data.settings.orders);
    return name === "unit_rows" && this.choice.order ? { order: this.choice.order } : {};
  }

  draw({ answers, settings, theme, run }) {
    this.choice.offer(settings.orders);
    const { units, unit_rows: rows } = answers;
    const alt = plainText(units.sentence);
    const { explained, untrained, order } = rows.arrays;
    const n = units.arrays.values.shape[0];
    const other = run !== this.run || units.meta.words.join() !== this.data?.words.join();
    this.run = run;
    this.data = {
      ...units.meta,
      values: units.arrays.values.data,
      units: n,
      order: Array.from(order.data),
      groups: rows.meta.groups,
      labels: rows.meta.labels,
      explained: explained.data,
      untrained: untrained?.data ?? null,
      tracks: units.arrays.tracks.data,
    };
    this.theme = theme;
    this.unit ??= mark("unit") ?? this.kit.asked.number("unit", 0, n - 1, rows.meta.best);
    if (this.unit >= n) this.unit = rows.meta.best;
    setMark("unit", this.unit, this);
    if (other) [this.column, this.range, this.hover] = [this.firstColumn(units.meta.words.length), mark("range"), null];
    this.canvas.setAttribute("aria-label", alt);
    this.scroll.setAttribute("aria-label", `${alt} Arrow keys go from unit to unit and from token to token.`);
    this.drawKey();
    this.paint();
  }

  paint() {
    const width = this.scroll.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    this.box = place(this.data, width, this.scroll.scrollLeft);
    this.wide.style.width = `${this.box.total}px`;
    this.blue.hidden = !this.box.matrix;
    const { unit } = this;
    const marks = { unit, hover: this.hover, column: this.column, range: this.range };
    paint(this.canvas, this.data, this.theme, this.box, marks);
    Object.assign(this.canvas.dataset, { paints: ++this.paints, unit, column: this.column ?? "", order: this.data.order.slice(0, 3) });
    this.line.draw(this.data, this.theme, unit, this.column);
    // There are more columns beyond the right edge, and there may be no scroll bar to show it.
    this.scroll.classList.toggle("more", this.box.total - width - this.scroll.scrollLeft > 4);
    this.tell();
  }

  at(event) {
    return pointIn(this.canvas, event);
  }

  press(event) {
    if (!this.box || event.button) return;
    this.pressed = { x: event.clientX, column: columnAt(this.box, this.data, this.at(event)[0]) };
    if (event.pointerType === "mouse") this.canvas.setPointerCapture(event.pointerId);
  }

  point(event) {
    if (!this.box) return;
    const [x, y] = this.at(event);
    if (this.pressed && event.pointerType === "mouse" && Math.abs(event.clientX - this.pressed.x) > DRAGGED) {
      this.dragged = true;
      const now = columnAt(this.box, this.data, x);
      this.range = [Math.min(now, this.pressed.column), Math.max(now, this.pressed.column)];
      return this.paint();
    }
    const cell = cellAt(this.box, this.data, x, y);
    this.label = labelAt(this.box, this.data, x, y);
    if (String(cell) === String(this.hover) && !this.label && !this.labelled) return;
    this.labelled = this.label;
    this.hover = cell;
    setMark("token", cell ? cell[1] : null, this);
    this.paint();
  }

  release(event) {
    const { pressed, dragged } = this;
    this.pressed = this.dragged = null;
    if (dragged) return setMark("range", this.range, this);
    if (!pressed || !this.box) return;
    const [x, y] = this.at(event);
    const cell = cellAt(this.box, this.data, x, y);
    const label = labelAt(this.box, this.data, x, y);
    if (cell) this.move(...cell);
    else if (label) this.move(label.unit, this.column);
  }

  leave() {
    if (!this.hover && !this.label) return;
    this.hover = this.label = this.labelled = null;
    setMark("token", null, this);
    this.paint();
  }

  walk(event) {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { order, words } = this.data;
    const clamp = (value, size) => Math.max(0, Math.min(size - 1, value));
    const row = clamp(order.indexOf(this.unit) + move[0], order.length);
    const column = this.column === null ? 0 : clamp(this.column + move[1], words.length);
    this.scroll.scrollLeft = showColumn(this.box, column, this.scroll.scrollLeft);
    this.move(order[row], column);
  }

  /** The token that the address asks for; none once the text has changed. */
  firstColumn(n) {
    const first = this.paints === 0;
    if (!first) putInAddress(TOKEN, null);
    return first ? this.kit.asked.number(TOKEN, 0, n - 1, null) : null;
  }

  move(unit, column) {
    const other = unit !== this.unit;
    this.column = column;
    putInAddress(TOKEN, column);
    this.show(unit);
    if (!other) return;
    putInAddress("unit", unit);
    setMark("unit", unit, this);
  }

  show(unit) {
    this.unit = unit;
    this.hover = null;
    this.paint();
  }

  /** Another picture points at a token. */
  see(column) {
    if (!this.data || column >= this.data.words.length) return;
    this.hover = column === null ? null : [this.unit, column];
    this.paint();
  }

  select(range) {
    this.range = range;
    this.paint();
  }

  tell() {
    if (this.label) return this.say.replaceChildren(unbroken(matrixSentence(this.data, this.label)));
    const cell = this.hover ?? (this.column === null ? null : [this.unit, this.column]);
    if (!cell) {
      this.say.textContent = "Point at a cell to read its value; click one to pick its unit, or use the arrow keys.";
      return;
    }
    const [unit, column] = cell;
    const { values, words, first } = this.data;
    const value = minus(values[unit * words.length + column].toFixed(3));
    this.say.replaceChildren(...partNodes([`Unit ${unit} after token ${first + column}, “`, [words[column]], `”: ${value}`]).nodes);
  }

  drawKey() {
    const { data, theme } = this;
    const colors = data.signed ? theme.diverging : theme.diverging.slice(theme.diverging.length >> 1);
    const end = Number(data.scale.toPrecision(2));
    const what = `${data.what[0].toUpperCase()}${data.what.slice(1)}: ${data.signed ? `−${end}` : "0"}`;
    this.key.replaceChildren(what, scale(colors), String(end), ...kindItems(data.kinds, theme));
    const title = document.createElement("b");
    title.textContent = "How much of each unit the position or a digit explains";
    this.blue.replaceChildren(title, unbroken("0 %"), scale(theme.sequential), unbroken(percent(FULL)));
  }

  destroy() {
    for (const end of this.ends) end();
    this.line.destroy();
  }
}

function scale(colors) {
  const made = document.createElement("i");
  made.style.background = `linear-gradient(90deg, ${colors.join(",")})`;
  return made;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Units(body, kit),
});
