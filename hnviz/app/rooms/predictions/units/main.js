// A state as strips, one cell a unit: above as it was, below as it was made.
//
// data = { alt, before, after, layer, marked, scale }
//   before, after  [[value, ...], ...], one list a layer
//   layer          the one whose units can be clicked, or null; `marked` are those that were set
//   scale          the value that has full colour
// Reported: "unit", "<unit>-<count of clicks>", since the same unit may be clicked twice.

import { openCanvas, ring } from "../../../kit/js/canvas.js";
import { define } from "../../../kit/js/define.js";
import { ramp } from "../../../kit/js/ramp.js";
import { maker } from "../../../kit/js/make.js";

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e9], End: [0, 1e9] };
const HIGH = 15; // px of a cell
const NAME = 20; // px of a layer's name
const NARROW = 640; // px: below, a strip takes two rows

class Units {
  constructor(root) {
    const make = maker(root);
    this.host = make("div", "strips");
    this.host.tabIndex = 0;
    this.canvas = make("canvas", "", this.host);
    this.canvas.setAttribute("role", "img");
    this.say = make("p", "cell");
    this.say.setAttribute("aria-live", "polite");
    this.key = make("div", "key");
    this.cell = null;
    this.clicks = 0;
    this.paints = 0;
    this.canvas.onpointermove = (event) => this.point(this.under(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (event) => this.take(this.under(event));
    this.host.onkeydown = (event) => this.walk(event);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(root);
  }

  update({ data, theme, send }) {
    this.data = data;
    this.theme = theme;
    this.send = send;
    if (this.cell && (this.cell[0] >= data.before.length || this.cell[1] >= data.before[0].length)) this.cell = null;
    this.canvas.setAttribute("aria-label", data.alt);
    this.host.classList.toggle("clickable", data.layer !== null);
    const scale = document.createElement("i");
    scale.style.background = `linear-gradient(90deg, ${theme.diverging.join(",")})`;
    const ringed = data.marked.length ? " · underlined: set" : "";
    this.key.replaceChildren(`−${data.scale}`, scale, `${data.scale}, the state (h_h)${ringed}`);
    this.draw();
  }

  draw() {
    const width = this.host.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    const { before, after, marked, layer } = this.data;
    const units = before[0].length;
    const columns = Math.min(units, width < NARROW ? 32 : 64);
    const wide = Math.min(24, (width - 4) / columns);
    const rows = Math.ceil(units / columns);
    const block = NAME + rows * (2 * HIGH + 8) + 6;
    this.box = { columns, wide, block, units };
    const pen = openCanvas(this.canvas, width, block * before.length);
    for (let at = 0; at < before.length; at++) this.strip(pen, at, { before, after });
    if (layer !== null) this.underline(pen, layer, marked);
    if (this.cell) ring(pen, this.place(...this.cell), this.theme, { dash: [3, 2] });
    this.canvas.dataset.paints = ++this.paints;
    this.tell();
  }

  strip(pen, layer, { before, after }) {
    const colors = ramp(this.theme.diverging);
    const name = before.length > 1 ? `layer ${layer}` : "the state";
    pen.font = `12px ${this.theme.font}`;
    pen.fillStyle = this.theme.muted;
    pen.fillText(`${name}: untouched above, changed below`, 2, layer * this.box.block + 13);
    [before, after].forEach((state, side) => {
      state[layer].forEach((value, unit) => {
        const [x, y, w] = this.place(layer, unit);
        const share = Math.max(-1, Math.min(1, value / this.data.scale));
        pen.fillStyle = `rgb(${colors[Math.round((share + 1) * 127.5)].join()})`;
        pen.fillRect(x, y + side * HIGH, w - 0.6, HIGH - 0.6);
      });
    });
  }

  underline(pen, layer, units) {
    pen.fillStyle = this.theme.cursor;
    for (const unit of units) {
      const [x, y, wide, high] = this.place(layer, unit);
      pen.fillRect(x + 1, y + high + 1, wide - 2, 3);
    }
  }

  /** [x, y, width, height] of a unit, both values together. */
  place(layer, unit) {
    const { columns, wide, block } = this.box;
    const row = Math.floor(unit / columns);
    return [2 + (unit % columns) * wide, layer * block + NAME + row * (2 * HIGH + 8), wide, 2 * HIGH];
  }

  under(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { columns, wide, block, units } = this.box;
    const [x, y] = [event.clientX - left - 2, event.clientY - top];
    const layer = Math.floor(y / block);
    const row = Math.floor((y - layer * block - NAME) / (2 * HIGH + 8));
    const column = Math.floor(x / wide);
    const unit = row * columns + column;
    const inside = row >= 0 && column >= 0 && column < columns && unit < units && layer < this.data.before.length;
    return inside ? [layer, unit] : null;
  }

  walk(event) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.take(this.cell);
      return;
    }
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const [layer, unit] = this.cell ?? [this.data.layer ?? 0, 0];
    const clamp = (value, size) => Math.max(0, Math.min(size - 1, value));
    this.point([clamp(layer + move[0], this.data.before.length), clamp(unit + move[1], this.box.units)]);
  }

  point(cell) {
    if (String(cell) === String(this.cell)) return;
    this.cell = cell;
    this.draw();
  }

  take(cell) {
    if (cell && cell[0] === this.data.layer) this.send("unit", `${cell[1]}-${++this.clicks}`);
  }

  tell() {
    const { before, after, layer } = this.data;
    if (!this.cell) {
      const how = layer === null ? "Point at a unit" : "Click a unit, or walk with the arrow keys and press Enter";
      this.say.textContent = `${how}: its values stand here.`;
      return;
    }
    const [at, unit] = this.cell;
    const name = before.length > 1 ? `Unit ${unit} of layer ${at}` : `Unit ${unit}`;
    const shown = (value) => value.toFixed(3).replace("-", "−");
    this.say.textContent = `${name}: ${shown(before[at][unit])} untouched, ${shown(after[at][unit])} changed.`;
  }

  destroy() {
    this.resized.disconnect();
  }
}

export const render = define({
  styles: new URL("units.css", import.meta.url),
  create: (root) => new Units(root),
});
