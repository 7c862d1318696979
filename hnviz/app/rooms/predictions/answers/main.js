// Words, each to be picked, beside the answer that belongs to it as bars.
//
// data = { param, alt, cells, bars, says, start, series, lines, full, rows, heads, target }
//   cells   [word, above, bits, share, mark, kind]: `above` another word, `bits` its background,
//           `share` the bar below it, `mark` "wrong", "differs", "late" or ""
//   bars    for each cell [word, [share, ...], note], a share for each of `series`
//   says    for each cell the sentence beside its bars
//   lines   names of a cell's lines from above; `full` bits have full colour
//   rows    [words, from, to]: other words that stand beside the cells from..to, a row each, or
//           none; `heads` are the names of the two columns
//   target  the word after the picked one is what its answer was to be
// The picked cell is the browser's own: it stands in the address under `param`, and asks nobody.

import { define } from "../../../kit/js/define.js";
import { ramp } from "../../../kit/js/ramp.js";
import { element, paintBars } from "./bars.js";

const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -5, ArrowDown: 5, Home: -1e9, End: 1e9 };
const MARKS = { wrong: "✗ ", differs: "≠ " };

class Answers {
  constructor(root) {
    this.two = element("div", "two");
    const left = element("div", "left");
    const right = element("div", "right");
    this.words = element("div", "words");
    this.words.tabIndex = 0;
    this.words.setAttribute("role", "listbox");
    this.key = element("div", "key");
    this.hint = element("p", "hint");
    left.append(this.words, this.key, this.hint);
    this.said = element("p", "said");
    this.said.setAttribute("aria-live", "polite");
    this.bars = element("div", "bars");
    this.bars.setAttribute("role", "img");
    right.append(this.said, this.bars);
    this.two.append(left, right);
    root.append(this.two);
    this.words.onclick = (event) => {
      const at = this.cells.indexOf(event.target.closest(".cell"));
      if (at >= 0) this.pick(at);
    };
    this.words.onkeydown = (event) => {
      const move = MOVES[event.key];
      if (move === undefined) return;
      event.preventDefault();
      this.pick(this.at + move);
    };
    this.paints = 0;
    this.resized = new ResizeObserver(() => this.two.classList.toggle("narrow", root.clientWidth < 640));
    this.resized.observe(root);
  }

  update({ data, theme }) {
    const name = JSON.stringify(data.cells.map(([word]) => word));
    const asked = this.text === undefined ? this.asked(data) : null;
    if (this.text !== name) this.at = asked ?? data.start;
    this.text = name;
    this.data = data;
    this.theme = theme;
    this.words.setAttribute("aria-label", data.alt);
    this.cells = data.cells.map((cell, at) => this.cell(cell, at));
    this.words.classList.toggle("rows", data.rows.length > 0);
    this.two.classList.toggle("wider", data.rows.length > 0);
    this.words.replaceChildren(...(data.rows.length ? this.rows() : this.cells));
    this.paintKey();
    this.mark();
  }

  /** The cell that the address names; null where it names none, or one that is not there. */
  asked({ param, cells }) {
    const value = new URL(location).searchParams.get(param);
    this.problem = "";
    if (value === null) return null;
    if (/^\d{1,6}$/.test(value) && Number(value) < cells.length) return Number(value);
    this.problem = `The address wanted ${param} ${value.slice(0, 20)}, and there are words 0 to ${cells.length - 1}.`;
    return null;
  }

  rows() {
    const heads = this.data.heads.map((name) => element("span", "head", name));
    const rows = this.data.rows.flatMap(([words, from, to]) => {
      const cells = element("div", "cells");
      cells.append(...this.cells.slice(from, to));
      return [element("div", "beside", words.join(" ").replace(/^, /, "")), cells];
    });
    return [...heads, ...rows];
  }

  cell([word, above, bits, share, mark], at) {
    const cell = element("span", `cell ${mark}`);
    cell.id = `cell${at}`;
    cell.setAttribute("role", "option");
    const below = element("span", "below", (MARKS[mark] ?? "") + word);
    if (above !== null) {
      cell.classList.add("two-lines");
      cell.append(element("span", "above", above || "\u00a0"));
    }
    cell.append(below);
    if (bits !== null) this.shade(cell, bits);
    if (share !== null) {
      const under = element("span", "under");
      const bar = element("i");
      bar.style.width = `${100 * share}%`;
      under.append(bar);
      cell.append(under);
    }
    return cell;
  }

  shade(cell, bits) {
    const color = ramp(this.theme.sequential)[Math.round(255 * Math.min(1, bits / this.data.full))];
    const [red, green, blue] = color.map((part) => (part / 255) ** 2.2);
    cell.style.background = `rgb(${color.join()})`;
    cell.style.color = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.2 ? "#171614" : "#FFFFFF";
    cell.title = `${bits.toFixed(2)} bits`;
  }

  pick(at) {
    const next = Math.max(0, Math.min(this.cells.length - 1, at));
    this.problem = "";
    if (next === this.at) return;
    this.at = next;
    this.mark();
    const url = new URL(location);
    url.searchParams.set(this.data.param, next);
    history.replaceState(history.state, "", url); // st.query_params would add to the history
  }

  mark() {
    const { bars, says, series, target } = this.data;
    this.cells.forEach((cell, at) => {
      cell.setAttribute("aria-selected", at === this.at);
      cell.classList.toggle("target", target && at === this.at + 1);
    });
    this.words.setAttribute("aria-activedescendant", `cell${this.at}`);
    this.said.textContent = says[this.at];
    this.bars.setAttribute("aria-label", says[this.at]);
    paintBars(this.bars, bars[this.at], series);
    this.hint.classList.toggle("problem", Boolean(this.problem));
    this.hint.textContent = this.problem || "Click a word, or use the arrow keys.";
    Object.assign(this.words.dataset, { at: this.at, paints: ++this.paints });
  }

  paintKey() {
    const { lines, full, cells, target } = this.data;
    const parts = lines.map((name) => element("span", "", name));
    if (full) {
      const scale = element("i", "scale");
      scale.style.background = `linear-gradient(90deg, ${this.theme.sequential.join(",")})`;
      const item = element("span", "", "surprise: 0");
      item.append(scale, `${full.toFixed(1)} bits and more`);
      parts.push(item);
    }
    if (target) parts.push(element("span", "", "solid ring: read last; dashed: what came"));
    if (cells.some((cell) => cell[3] !== null)) {
      const item = element("span", "");
      item.append(element("i", "swatch"), "its probability");
      parts.push(item);
    }
    this.key.replaceChildren(...parts);
  }

  destroy() {
    this.resized.disconnect();
  }
}

export const render = define({
  styles: new URL("answers.css", import.meta.url),
  create: (root) => new Answers(root),
});
