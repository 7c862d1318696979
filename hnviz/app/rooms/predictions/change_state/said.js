// Words that were said; a reader picks one to see its answer as bars. The server is not asked: the address keeps the
// picked word.

import { putInAddress } from "../../../kit/js/address.js";
import { unbroken } from "../../../kit/js/text.js";
import { element, paintBars } from "./bars.js";

/**
 * What said.py writes:
 *   words   [word, its probability, whether it differs from the word said untouched]
 *   bars    for each word [word, [share, ...], note], a share for each of `series`
 *   says    for each word the sentence beside its bars
 *   rows    [words, from, to]: other words beside the words from..to, a row each, or none; `heads`
 *           are the names of the two columns
 * @typedef {{ headline: string, alt: string, words: [string, number, boolean][], bars: [string, number[], string][][],
 *   says: string[], start: number, series: string[], rows: [string[], number, number][], heads: string[], note: string }} Data
 */

const PICKED = "word"; // in the address
const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -5, ArrowDown: 5, Home: -1e9, End: 1e9 };
const NARROW = 640; // px

export class Said {
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
    this.sentence = element("p", "said");
    this.sentence.setAttribute("aria-live", "polite");
    this.bars = element("div", "bars");
    this.bars.setAttribute("role", "img");
    right.append(this.sentence, this.bars);
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
  }

  /**
   * @param {Data} data
   * @param {any} theme
   */
  draw(data, theme) {
    this.two.classList.toggle("narrow", this.body.clientWidth < NARROW);
    if (data === this.data && theme === this.theme) return; // only the width has changed
    const { words, start, rows } = data;
    const text = words.map(([word]) => word).join(" ");
    if (this.text === undefined) this.at = this.kit.asked.number(PICKED, 0, words.length - 1, start);
    else if (this.text !== text) this.at = start;
    Object.assign(this, { data, theme, text });
    this.words.setAttribute("aria-label", data.alt);
    this.cells = words.map(cell);
    this.words.classList.toggle("rows", rows.length > 0);
    this.two.classList.toggle("wider", rows.length > 0);
    this.words.replaceChildren(...(rows.length ? this.rows() : this.cells));
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

  pick(at) {
    const next = Math.max(0, Math.min(this.cells.length - 1, at));
    if (next === this.at) return;
    this.at = next;
    this.mark();
    putInAddress(PICKED, next);
  }

  mark() {
    const { bars, says, series } = this.data;
    this.cells.forEach((each, at) => each.setAttribute("aria-selected", at === this.at));
    this.words.setAttribute("aria-activedescendant", `cell${this.at}`);
    this.sentence.textContent = unbroken(says[this.at]);
    this.bars.setAttribute("aria-label", this.sentence.textContent);
    paintBars(this.bars, bars[this.at], series);
    Object.assign(this.words.dataset, { at: this.at, paints: ++this.paints });
    this.kit.table?.changed();
  }

  paintKey() {
    const probability = element("span");
    probability.append(element("i", "swatch"), "its probability");
    const differs = this.data.words.some(([, , differ]) => differ) ? [element("span", "", "≠ not the word said untouched")] : [];
    this.key.replaceChildren(...differs, probability);
  }
}

function cell([word, share, differs], at) {
  const made = element("span", differs ? "cell differs" : "cell");
  made.id = `cell${at}`;
  made.setAttribute("role", "option");
  const bar = element("i");
  bar.style.width = `${100 * share}%`;
  const under = element("span", "under");
  under.append(bar);
  made.append(element("span", "below", (differs ? "≠ " : "") + word), under);
  return made;
}
