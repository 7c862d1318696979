// What each answer looks back at: a map of answers x words, and the marked answer on a log scale.
//
// data = { picture, words, start, window, lines: [line] }
//   picture  names run, snapshot and words: the whole map is asked for by this name
//   start    the answer that is marked at first; after that the mark is the browser's own
//   window   words that a model reads which carries no state, else null
//   line = { name, style, answers, row, values }
//     row     the one answer that `values` holds, or null for all of them
//     values  base64 of float32: the answer's words 0..row, or the lower triangle row by row
// Reported: "wants", the picture whose map is still lacking; "row", the marked answer.

import { define } from "../../../kit/js/define.js";
import { paintCurves, swatch } from "./curves.js";
import { cellAt, paintMap } from "./map.js";
import { sentence } from "./sentence.js";
import { maker } from "../../../kit/js/make.js";

const REST = 400; // ms that the mark rests before Python hears of it
const MOVES = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, PageUp: -5, PageDown: 5, Home: -1e9, End: 1e9 };

function decode(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** A line's values as rows: rows[r] holds the words 0..r, or is missing. */
function rowsOf(line) {
  const values = decode(line.values);
  const rows = [];
  if (line.row !== null) rows[line.row] = values;
  else for (let row = 0, at = 0; at < values.length; at += ++row) rows[row] = values.subarray(at, at + row + 1);
  return { ...line, rows, whole: line.row === null };
}

class LookBack {
  constructor(root) {
    const make = maker(root);
    this.said = make("p", "said");
    this.said.setAttribute("aria-live", "polite");
    this.two = make("div", "two");
    const left = make("div", "", this.two);
    const right = make("div", "", this.two);
    make("p", "name", left).textContent = "Answer after (row), word looked at (column)";
    this.host = make("div", "map", left);
    this.host.tabIndex = 0;
    this.map = make("canvas", "", this.host);
    this.map.setAttribute("role", "img");
    const pick = make("label", "pick", left);
    pick.append("Answer after word");
    this.slider = make("input", "", pick);
    this.slider.type = "range";
    this.slider.min = 0;
    this.count = make("b", "", pick);
    this.cell = make("p", "cell", left);
    make("p", "name", right).textContent = "The marked row, log scale: |d logit / d embedding|";
    this.legend = make("ul", "lines", right);
    this.curves = make("canvas", "", right);
    this.curves.setAttribute("role", "img");
    this.listen();
    this.paints = 0;
    this.stale = null;
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(root);
  }

  listen() {
    this.host.onkeydown = (event) => {
      const move = MOVES[event.key];
      if (move === undefined) return;
      event.preventDefault();
      this.pick(this.row + move);
    };
    this.map.onclick = (event) => {
      const cell = this.under(event);
      if (cell) this.pick(cell[0]);
    };
    this.map.onpointermove = (event) => this.name(this.under(event));
    this.map.onpointerleave = () => this.name(null);
    this.slider.oninput = () => this.pick(Number(this.slider.value));
  }

  update({ data, theme, send }) {
    const before = this.data;
    const same = before && String(before.words) === String(data.words);
    const lines = data.lines.map(rowsOf);
    if (lines[0].whole || !same) this.stale = null;
    if (!lines[0].whole && same) {
      // The row is here and the map is still the last picture's: it stays, pale, until its own comes.
      const own = this.lines[0];
      if (before.picture === data.picture && own.whole) lines[0] = own;
      else this.stale = own.whole ? own : this.stale;
      lines.push(...this.lines.slice(1));
    }
    this.data = data;
    this.lines = lines;
    this.theme = theme;
    this.send = send;
    const last = data.words.length - 1;
    this.slider.max = last;
    if (!same) this.row = data.start < 0 ? last : Math.min(data.start, last);
    this.draw();
    if (!lines[0].whole && this.wanted !== data.picture) {
      this.wanted = data.picture;
      send("wants", data.picture);
    }
  }

  pick(row) {
    const next = Math.max(0, Math.min(this.data.words.length - 1, row));
    if (next === this.row) return;
    this.row = next;
    this.draw();
    const url = new URL(location);
    url.searchParams.set("row", next);
    history.replaceState(history.state, "", url); // st.query_params would add to the history
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.send("row", next), REST);
  }

  under(event) {
    const { left, top } = this.map.getBoundingClientRect();
    return this.box ? cellAt(this.box, event.clientX - left, event.clientY - top) : null;
  }

  draw() {
    const width = this.two.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    this.two.classList.toggle("narrow", width < 640);
    const { words } = this.data;
    const view = { words, lines: this.lines, row: this.row, stale: this.stale, theme: this.theme };
    this.box = paintMap(this.map, this.host.clientWidth, view);
    paintCurves(this.curves, this.curves.parentElement.clientWidth, view);
    this.legend.replaceChildren(...this.lines.map((line) => swatch(line, this.theme)));
    const said = sentence(this.data, this.lines, this.row);
    if (said.plain !== this.plain) {
      this.said.replaceChildren(...said.nodes);
      this.plain = said.plain;
    }
    this.map.setAttribute("aria-label", said.plain);
    this.curves.setAttribute("aria-label", said.plain);
    this.slider.value = this.row;
    this.slider.setAttribute("aria-valuetext", words[this.row]);
    this.count.textContent = `${this.row}, “${words[this.row]}”`;
    this.name(null);
    Object.assign(this.map.dataset, { paints: ++this.paints, row: this.row, picture: this.data.picture, whole: this.lines[0].whole });
  }

  name(cell) {
    const values = cell && this.lines[0].rows[cell[0]];
    this.cell.textContent = values
      ? `After “${this.data.words[cell[0]]}”, the word “${this.data.words[cell[1]]}” ${cell[0] - cell[1]} back: ${values[cell[1]].toPrecision(3)}`
      : "Click a row, or use slider or arrow keys.";
  }

  destroy() {
    clearTimeout(this.rest);
    this.resized.disconnect();
  }
}

export const render = define({
  styles: new URL("lookback.css", import.meta.url),
  create: (root) => new LookBack(root),
});
