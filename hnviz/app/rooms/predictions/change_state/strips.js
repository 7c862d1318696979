// A state as strips, one cell a unit: untouched above, changed below.

import { openCanvas, pointIn, ring } from "../../../kit/js/canvas.js";
import { ramp } from "../../../kit/js/ramp.js";
import { maker } from "../../../kit/js/make.js";

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e9], End: [0, 1e9] };
const HIGH = 15; // px of a cell
const NAME = 20; // px of a layer's name
const NARROW = 640; // px: below, a strip takes two rows

/**
 * The colour of a value of the state, from -scale to scale.
 * @param {any} theme
 * @param {number} scale
 */
export function shade(theme, scale) {
  const colors = ramp(theme.diverging);
  return (/** @type {number} */ value) => `rgb(${colors[Math.round((Math.max(-1, Math.min(1, value / scale)) + 1) * 127.5)].join()})`;
}

/**
 * @typedef {{ before: Float32Array, after: Float32Array, layers: number, layer: number|null, units: number[], takes: boolean,
 *   scale: number, alt: string, changed: boolean }} Strip  values (layers, nh); the units of `layer` that were set, and whether a reader may choose them
 */

export class Strips {
  /**
   * @param {HTMLElement} body
   * @param {(unit: number) => void} pick a unit of `layer` was clicked
   */
  constructor(body, pick) {
    this.pick = pick;
    const make = maker(body);
    this.host = make("div", "strips");
    this.host.tabIndex = 0;
    this.canvas = make("canvas", "", this.host);
    this.canvas.setAttribute("role", "img");
    this.say = make("p", "state-cell");
    this.say.setAttribute("aria-live", "polite");
    this.key = make("div", "state-key");
    this.cell = null;
    this.paints = 0;
    this.canvas.onpointermove = (event) => this.point(this.under(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (event) => this.take(this.under(event));
    this.host.onkeydown = (event) => this.walk(event);
  }

  /**
   * @param {Strip} data
   * @param {any} theme
   */
  draw(data, theme) {
    this.data = data;
    this.theme = theme;
    this.nh = data.before.length / data.layers;
    if (this.cell && (this.cell[0] >= data.layers || this.cell[1] >= this.nh)) this.cell = null;
    this.canvas.setAttribute("aria-label", data.alt);
    this.host.classList.toggle("clickable", data.takes);
    const scale = document.createElement("i");
    scale.style.background = `linear-gradient(90deg, ${theme.diverging.join(",")})`;
    const ringed = data.units.length ? " · underlined: set" : "";
    this.key.replaceChildren(`−${data.scale}`, scale, `${data.scale}, the state${ringed}`);
    this.paint();
  }

  paint() {
    const width = this.host.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    const { layers, units: set, layer } = this.data;
    const units = this.nh;
    const columns = Math.min(units, width < NARROW ? 32 : 64);
    const wide = Math.min(24, (width - 4) / columns);
    const rows = Math.ceil(units / columns);
    const block = NAME + rows * (2 * HIGH + 8) + 6;
    this.box = { columns, wide, block, units };
    const pen = openCanvas(this.canvas, width, block * layers);
    for (let at = 0; at < layers; at++) this.strip(pen, at);
    if (layer !== null) this.underline(pen, layer, set);
    if (this.cell) ring(pen, this.place(...this.cell), this.theme, { dash: [3, 2] });
    this.canvas.dataset.paints = ++this.paints;
    this.tell();
  }

  strip(pen, layer) {
    const { before, after, layers } = this.data;
    const color = shade(this.theme, this.data.scale);
    const name = layers > 1 ? `layer ${layer}` : "the state";
    pen.font = `12px ${this.theme.font}`;
    pen.fillStyle = this.theme.muted;
    const rows = this.data.changed ? "untouched above, changed below" : "as the prompt left it";
    pen.fillText(`${name}: ${rows}`, 2, layer * this.box.block + 13);
    [before, after].forEach((state, side) => {
      state.subarray(layer * this.nh, (layer + 1) * this.nh).forEach((value, unit) => {
        const [x, y, w] = this.place(layer, unit);
        pen.fillStyle = color(value);
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
    const { columns, wide, block, units } = this.box;
    const [right, y] = pointIn(this.canvas, event);
    const x = right - 2;
    const layer = Math.floor(y / block);
    const row = Math.floor((y - layer * block - NAME) / (2 * HIGH + 8));
    const column = Math.floor(x / wide);
    const unit = row * columns + column;
    const inside = row >= 0 && column >= 0 && column < columns && unit < units && layer < this.data.layers;
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
    this.point([clamp(layer + move[0], this.data.layers), clamp(unit + move[1], this.box.units)]);
  }

  point(cell) {
    if (String(cell) === String(this.cell)) return;
    this.cell = cell;
    this.paint();
  }

  take(cell) {
    if (cell && this.data.takes && cell[0] === this.data.layer) this.pick(cell[1]);
  }

  tell() {
    const { before, after, layers, takes } = this.data;
    this.say.classList.toggle("hnviz-aside", !this.cell); // a hint is in no file
    if (!this.cell) {
      const how = !takes ? "" : " Click one, or press Enter, to set it.";
      this.say.textContent = `Point at a unit, or use the arrow keys, to read its values.${how}`;
      return;
    }
    const [at, unit] = this.cell;
    const name = layers > 1 ? `Unit ${unit} of layer ${at}` : `Unit ${unit}`;
    const shown = (values) => values[at * this.nh + unit].toFixed(3).replace("-", "−");
    const values = this.data.changed ? `${shown(before)} untouched, ${shown(after)} changed` : shown(before);
    this.say.textContent = `${name}: ${values}.`;
  }
}
