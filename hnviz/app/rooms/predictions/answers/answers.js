// Words; a reader picks one to see its answer as bars. The server is not asked: the address keeps the
// picked cell, under `param`.

import { markWord, WORD } from "../../../kit/headline/word.js";
import { putInAddress } from "../../../kit/js/address.js";
import { inkOn } from "../../../kit/js/canvas.js";
import { onMark } from "../../../kit/js/page.js";
import { ramp } from "../../../kit/js/ramp.js";
import { unbroken } from "../../../kit/js/text.js";
import { element, paintBars } from "./bars.js";

/**
 * What answers/cells.py writes:
 *   cells   [word, above, bits, share, mark, kind]: `above` another word, `bits` its background,
 *           `share` the bar below it, `mark` "wrong", "differs", "late" or ""
 *   bars    for each cell [word, [share, ...], note], a share for each of `series`
 *   says    for each cell the sentence beside its bars
 *   headlines  for each cell the page's headline while it is picked, or none
 *   lines   names of a cell's lines from the top; `full` bits have full colour
 *   rows    [words, from, to]: other words beside the cells from..to, a row each, or none; `heads`
 *           are the names of the two columns
 *   target  the word after the picked one is the right answer
 * @typedef {{ param: string, alt: string, cells: [string, string|null, number|null, number|null, string, string][],
 *   bars: [string, number[], string][][], says: string[], headlines: string[], start: number, series: string[], lines: string[],
 *   full: number|null, rows: [string[], number, number][], heads: string[], target: boolean, note: string }} Data
 */

const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -5, ArrowDown: 5, Home: -1e9, End: 1e9 };
const NARROW = 640; // px
const MARKS = { wrong: "✗ ", differs: "≠ " };

export class Answers {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.body = body;
    this.kit = kit;
    this.two = element("div", "two");
    const left = element("div", "left");
    const right = element("div", "right");
    this.words = element("div", "words");
    this.words.tabIndex = 0;
    this.words.setAttribute("role", "listbox");
    this.key = element("div", "key");
    const hint = element("p", "hint hnviz-aside", "Click a word, or use the arrow keys.");
    left.append(this.words, this.key, hint);
    this.said = element("p", "said");
    this.said.setAttribute("aria-live", "polite");
    this.bars = element("div", "bars");
    this.bars.setAttribute("role", "img");
    right.append(this.said, this.bars);
    this.two.append(left, right);
    this.note = element("p", "hnviz-note");
    body.append(this.two, this.note);
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
    // The picked word stays marked, even if the headline leaves the page and comes again.
    this.leave = onMark(WORD, this, () => {});
  }

  /**
   * @param {Data} data
   * @param {any} theme
   */
  draw(data, theme) {
    this.two.classList.toggle("narrow", this.body.clientWidth < NARROW);
    if (data === this.data && theme === this.theme) return; // only the width has changed
    const name = JSON.stringify(data.cells.map(([word]) => word));
    const { param, cells, start } = data;
    if (this.text === undefined) this.at = this.kit.asked.number(param, 0, cells.length - 1, start);
    else if (this.text !== name) this.at = start;
    this.text = name;
    this.data = data;
    this.theme = theme;
    this.words.setAttribute("aria-label", data.alt);
    this.cells = cells.map((cell, at) => this.cell(cell, at));
    this.words.classList.toggle("rows", data.rows.length > 0);
    this.two.classList.toggle("wider", data.rows.length > 0);
    this.words.replaceChildren(...(data.rows.length ? this.rows() : this.cells));
    this.paintKey();
    this.note.textContent = data.note;
    this.note.hidden = !data.note;
    this.mark();
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
    cell.style.background = `rgb(${color.join()})`;
    cell.style.color = inkOn(color);
    cell.title = `${bits.toFixed(2)} bits`;
  }

  pick(at) {
    const next = Math.max(0, Math.min(this.cells.length - 1, at));
    if (next === this.at) return;
    this.at = next;
    this.mark();
    putInAddress(this.data.param, next);
  }

  mark() {
    const { bars, says, series, target } = this.data;
    this.cells.forEach((cell, at) => {
      cell.setAttribute("aria-selected", at === this.at);
      cell.classList.toggle("target", target && at === this.at + 1);
    });
    this.words.setAttribute("aria-activedescendant", `cell${this.at}`);
    this.said.textContent = unbroken(says[this.at]);
    this.bars.setAttribute("aria-label", this.said.textContent);
    paintBars(this.bars, bars[this.at], series);
    Object.assign(this.words.dataset, { at: this.at, paints: ++this.paints });
    markWord(this.data, this.at, this);
    this.kit.table?.changed();
  }

  destroy() {
    this.leave();
  }

  paintKey() {
    const { lines, full, cells, target } = this.data;
    const parts = lines.map((name) => element("span", "", name));
    if (full) {
      const scale = element("i", "scale");
      scale.style.background = `linear-gradient(90deg, ${this.theme.sequential.join(",")})`;
      const item = element("span", "", "surprise: 0");
      item.append(scale, `${full.toFixed(1)} bits or more`);
      parts.push(item);
    }
    if (target) parts.push(element("span", "", "solid ring: the last word read; dashed: the next word of the text"));
    if (cells.some((cell) => cell[3] !== null)) {
      const item = element("span", "");
      item.append(element("i", "swatch"), "its probability");
      parts.push(item);
    }
    this.key.replaceChildren(...parts);
  }
}
