// One tensor as a heatmap with its name, its shape and its scale.

import { openCanvas, pointIn } from "../../../kit/js/canvas.js";
import { maker } from "../../../kit/js/make.js";
import { ramp } from "../../../kit/js/ramp.js";
import { number, sheet } from "./trace.js";

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const LARGEST_CELL = 24; // px

export class Tile {
  /**
   * `tell(sentence)` gets what the picked cell holds, "" if none is picked; `point(unit)` gets the
   * hidden unit under the pointer, or null.
   */
  constructor(parent, tell, point) {
    this.tell = tell;
    this.pointed = point;
    const make = maker(parent);
    this.element = make("figure", "tile");
    this.title = make("figcaption", "", this.element);
    this.note = make("p", "", this.element);
    this.canvas = make("canvas", "", this.element);
    this.canvas.setAttribute("role", "img");
    this.canvas.tabIndex = 0;
    this.empty = make("div", "empty", this.element);
    this.key = make("div", "key", this.element);
    this.unit = null;
    this.canvas.onpointermove = this.canvas.onpointerdown = (event) => this.point(event);
    this.canvas.onpointerleave = this.canvas.onblur = () => this.pick(null);
    this.canvas.onkeydown = (event) => this.walk(event);
  }

  /**
   * Show a tensor, { trace, tensor, row, theme, title, strong, words, unmarked }; an empty frame with
   * a text in it, { title, note, text, role, dashed }; or, undefined, nothing.
   */
  put(shown) {
    this.element.hidden = !shown;
    const blank = shown?.text ? shown : shown && emptiness(shown);
    this.shown = blank ? null : shown;
    if (blank) this.blank(blank);
    else if (shown) this.show(shown);
  }

  blank({ title, note, text, role, dashed }) {
    this.head(title, note, role);
    this.canvas.hidden = this.key.hidden = true;
    this.empty.hidden = false;
    this.empty.textContent = text;
    this.empty.style.borderStyle = dashed ? "dashed" : "solid";
  }

  show(shown) {
    const { tensor, title, strong } = shown;
    this.head(title ?? tensor.label, describe(shown), tensor.role);
    this.canvas.hidden = this.key.hidden = false;
    this.empty.hidden = true;
    this.canvas.classList.toggle("strong", Boolean(strong));
    this.element.dataset.tensor = tensor.label;
    this.canvas.setAttribute(
      "aria-label",
      `${title ?? tensor.label}, ${this.note.textContent}; values from ${number(tensor.lowest)} to ` +
        `${number(tensor.highest)}. Arrow keys read single values.`,
    );
    this.cell = null;
    this.drawKey();
    this.draw();
  }

  head(title, note, role) {
    delete this.element.dataset.tensor;
    this.element.style.setProperty("--role", role in ROLES ? `var(--hn-role-${role})` : "var(--hn-muted)");
    this.title.textContent = title;
    this.note.textContent = note;
  }

  scale() {
    const { trace, tensor } = this.shown;
    if (tensor.shares) return 1;
    return trace.scales[tensor.role === "h_o" ? "output" : "hidden"];
  }

  draw() {
    const width = Math.floor(this.element.clientWidth);
    if (!this.shown || !width) return; // a hidden tab is painted when it is shown
    const { trace, tensor, row, theme } = this.shown;
    const part = sheet(trace, tensor, row);
    const height = Math.min(width, LARGEST_CELL * part.high);
    this.box = { ...part, width, height, across: width / part.wide, down: height / part.high };
    const pen = openCanvas(this.canvas, width, height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(picture(part, ramp(theme.diverging), this.scale()), 0, 0, width, height);
    this.frameRows(pen);
    if (this.unit !== null && this.hasUnits() && this.unit < part.wide) this.frameUnit(pen);
    if (this.cell) this.frameCell(pen);
  }

  /** Whether the columns are hidden units, which other pictures show too. */
  hasUnits() {
    const { role, view, shares } = this.shown.tensor;
    return role !== "h_o" && !shares && (view === "rows" || view === "row");
  }

  /** Mark the column of the unit under the pointer in any picture; null marks none. */
  markUnit(unit) {
    if (unit === this.unit) return;
    this.unit = unit;
    if (this.shown) this.draw();
  }

  frameUnit(pen) {
    const { across, height } = this.box;
    pen.strokeStyle = this.shown.theme.cursor;
    pen.lineWidth = 1;
    pen.strokeRect(this.unit * across - 0.5, 0.5, across + 1, height - 1);
  }

  /** A line around the marked row, in each layer. */
  frameRows(pen) {
    const { tensor, row, theme, unmarked } = this.shown;
    if (unmarked || tensor.view !== "rows") return;
    const { width, down, high } = this.box;
    for (let line = row; line < high; line += high / tensor.layers) {
      pen.strokeStyle = theme.background;
      pen.lineWidth = 3;
      pen.strokeRect(1, line * down - 0.5, width - 2, down + 1);
      pen.strokeStyle = theme.cursor;
      pen.lineWidth = 1.5;
      pen.strokeRect(1, line * down - 0.5, width - 2, down + 1);
    }
  }

  frameCell(pen) {
    const { across, down } = this.box;
    const [line, column] = this.cell;
    for (const [color, width] of [[this.shown.theme.background, 5], [this.shown.theme.cursor, 2]]) {
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.strokeRect(column * across - 1, line * down - 1, across + 2, down + 2);
    }
  }

  point(event) {
    if (!this.box) return;
    const [x, y] = pointIn(this.canvas, event);
    const line = Math.floor((y - this.canvas.clientTop) / this.box.down);
    const column = Math.floor((x - this.canvas.clientLeft) / this.box.across);
    const inside = line >= 0 && line < this.box.high && column >= 0 && column < this.box.wide;
    this.pick(inside ? [line, column] : null);
  }

  walk(event) {
    const move = MOVES[event.key];
    if (!move || !this.box) return;
    event.preventDefault();
    const [line, column] = this.cell ?? [0, 0];
    const within = (value, size) => Math.max(0, Math.min(size - 1, value));
    const next = [within(line + move[0], this.box.high), within(column + move[1], this.box.wide)];
    this.pick(this.cell ? next : [0, 0]);
  }

  pick(cell) {
    if (!this.shown || String(cell) === String(this.cell)) return;
    this.cell = cell;
    this.draw();
    this.pointed(cell && this.hasUnits() ? cell[1] : null);
    if (!cell) return this.tell("");
    const { values, wide, unit } = this.box;
    const value = values[cell[0] * wide + cell[1]] * unit;
    this.tell(`${this.title.textContent}: ${place(this.shown, cell)}: ${number(value)}`);
  }

  drawKey() {
    const bar = document.createElement("i");
    const { tensor, theme } = this.shown;
    const colors = tensor.shares ? theme.diverging.slice(theme.diverging.length >> 1) : theme.diverging;
    bar.style.background = `linear-gradient(90deg, ${colors.join(",")})`;
    const end = number(this.scale()).replace(/\.?0+$/, "");
    this.key.replaceChildren(tensor.shares ? "0" : `−${end}`, bar, end);
  }
}

const ROLES = { i_h: 1, h_h: 1, h_o: 1 };

/** The frame of a tensor without numbers, such as the past of a Transformer that has read nothing; null for others. */
function emptiness({ tensor: { label, shape, role, high, wide }, title = label }) {
  if (high * wide) return null;
  return { title, note: `(${shape.join(", ")})`, text: "There are no numbers in it yet.", role };
}

/** The shape, and what the rows and columns are. */
function describe({ tensor, row }) {
  const shape = `(${tensor.shape.join(", ")})`;
  const columns = tensor.role === "h_o" ? "tokens of the vocabulary" : tensor.shares ? "tokens looked at" : "units";
  const across = `${columns} across`;
  const cut = tensor.units > tensor.wide ? `the first ${tensor.wide} ${across}` : across;
  const rows = tensor.high / tensor.layers;
  const shown = tensor.n_rows > rows ? `its first ${rows} rows` : "row 0 on top";
  if (tensor.view === "rows") return `${shape}, ${shown}, ${cut}`;
  if (tensor.view === "row") return `${shape}, of row ${row}: steps down, ${cut}`;
  return shape;
}

/** Name a picked cell: its row, or its step and token, and its unit. */
function place({ tensor, row, trace, words }, [line, column]) {
  const token = tensor.role === "h_o" ? trace.itos?.[column] : tensor.shares ? words?.[row]?.[column] : "";
  const unit = token ? `token “${token}”` : `${tensor.shares ? "token" : "unit"} ${column}`;
  if (tensor.view === "row") {
    const word = words?.[row]?.[line];
    return `row ${row}, step ${line}${word ? ` “${word}”` : ""}, ${unit}`;
  }
  if (tensor.view !== "rows") return `line ${line}, column ${column}`;
  const rows = tensor.high / tensor.layers;
  const layer = tensor.layers > 1 ? `layer ${Math.floor(line / rows)}, ` : "";
  return `${layer}row ${line % rows}, ${unit}`;
}

/** The values as a small image, a pixel each. */
function picture({ high, wide, values, unit }, colors, scale) {
  const canvas = new OffscreenCanvas(wide, high);
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(wide, high);
  for (let index = 0; index < values.length; index++) {
    const share = Math.max(-1, Math.min(1, (values[index] * unit) / scale));
    const [red, green, blue] = colors[Math.round((share + 1) * 127.5)];
    image.data.set([red, green, blue, 255], index * 4);
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}
