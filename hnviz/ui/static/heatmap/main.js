// Units x tokens as a canvas: a new snapshot repaints it, nothing is mounted again.
//
// data = { alt, words: [word], kinds: [kind], units, scale, values }
//   values  base64 of int16, row by row (units x tokens); 32767 stands for `scale`
// Hover, tap or arrow keys pick a cell; the line under the picture names it.

import { define } from "../shared/define.js";
import { paint, place } from "./paint.js";

function decode(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Int16Array(bytes.buffer);
}

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class Heatmap {
  constructor(root) {
    this.scroll = document.createElement("div");
    this.scroll.className = "scroll";
    this.scroll.tabIndex = 0;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.scroll.append(this.canvas);
    this.say = document.createElement("p");
    this.say.className = "say";
    this.say.setAttribute("aria-live", "polite");
    this.key = document.createElement("div");
    this.key.className = "key";
    root.append(this.scroll, this.say, this.key);
    this.cell = null;
    this.paints = 0;
    this.canvas.onpointermove = this.canvas.onpointerdown = (event) => this.point(event);
    this.canvas.onpointerleave = () => this.pick(null);
    this.scroll.onscroll = () => this.showEdge();
    this.scroll.onkeydown = (event) => this.walk(event);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(root);
  }

  update({ data, theme }) {
    this.data = { ...data, values: decode(data.values) };
    this.theme = theme;
    this.canvas.setAttribute("aria-label", data.alt);
    if (this.cell && (this.cell[0] >= data.units || this.cell[1] >= data.words.length)) this.cell = null;
    this.drawKey();
    this.draw();
  }

  draw() {
    const width = this.scroll.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    this.box = place(this.data, width);
    paint(this.canvas, this.data, this.theme, this.box, this.cell);
    this.canvas.dataset.paints = ++this.paints;
    this.showEdge();
    this.tell();
  }

  /** Show whether columns go on behind the right edge, where no scroll bar may tell. */
  showEdge() {
    const { scrollWidth, clientWidth, scrollLeft } = this.scroll;
    this.scroll.classList.toggle("more", scrollWidth - clientWidth - scrollLeft > 4);
  }

  point(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - left - this.box.left) / this.box.cellWidth);
    const row = Math.floor((event.clientY - top - this.box.top) / this.box.cellHeight);
    const inside = column >= 0 && column < this.data.words.length && row >= 0 && row < this.data.units;
    this.pick(inside ? [row, column] : null);
  }

  walk(event) {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const [row, column] = this.cell ?? [0, 0];
    const clamp = (value, size) => Math.max(0, Math.min(size - 1, value));
    this.pick([clamp(row + move[0], this.data.units), clamp(column + move[1], this.data.words.length)]);
  }

  pick(cell) {
    if (String(cell) === String(this.cell)) return;
    this.cell = cell;
    this.draw();
  }

  tell() {
    if (!this.cell) {
      this.say.textContent = "Point at a cell, or use the arrow keys: its unit, token and value stand here.";
      return;
    }
    const [row, column] = this.cell;
    const { values, words, scale } = this.data;
    const value = (values[row * words.length + column] / 32767) * scale;
    const word = document.createElement("strong");
    word.textContent = words[column];
    this.say.replaceChildren(`Unit ${row} after token ${column}, “`, word, `”: ${value.toFixed(3)}`);
  }

  drawKey() {
    const { diverging, kind, kindText, letters } = this.theme;
    const scale = document.createElement("i");
    scale.style.background = `linear-gradient(90deg, ${diverging.join(",")})`;
    const end = Number(this.data.scale.toPrecision(2));
    const parts = [`−${end}`, scale, `${end}, the state`];
    const present = new Set(this.data.kinds);
    for (const [name, letter] of Object.entries(letters)) {
      if (!present.has(name)) continue;
      const color = name === "hundred" || name === "thousand" ? "place" : name;
      const chip = document.createElement("b");
      chip.style.cssText = `background:${kind[color]};color:${kindText[color]}`;
      chip.textContent = letter;
      parts.push(chip, name);
    }
    this.key.replaceChildren(...parts);
  }

  destroy() {
    this.resized.disconnect();
  }
}

export const render = define({
  styles: new URL("heatmap.css", import.meta.url),
  create: (root) => new Heatmap(root),
});
