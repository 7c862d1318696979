// What each answer looks back at: a map of answers x words, and the marked answer on a log scale.
//
// The marked row is asked for first, the whole map and the other models' lines once it is painted.
// The address keeps the marked row.

import { pointIn } from "../../../kit/js/canvas.js";
import { maker } from "../../../kit/js/make.js";
import { numberInAddress, putInAddress } from "../../../kit/js/address.js";
import { picture } from "../../../kit/js/picture.js";
import { Ahead } from "../ahead.js";
import { paintCurves, swatch } from "./curves.js";
import { cellAt, paintMap } from "./map.js";
import { sentence } from "./sentence.js";
import { table } from "./table.js";

const OWN = 0; // the style of the run's own line
const ROW = "row"; // in the address
const MOVES = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, PageUp: -5, PageDown: 5, Home: -1e9, End: 1e9 };

/** A lower triangle as rows: rows[r] holds the words 0..r. */
function rowsOf(values) {
  const rows = [];
  for (let row = 0, at = 0; at < values.length; at += ++row) rows[row] = values.subarray(at, at + row + 1);
  return rows;
}

/** The run's own line: from the map once that has arrived, else from the one row. */
function ownLine({ look_back_row: row, look_back_map: map }) {
  const { name, answers } = (map ?? row).meta;
  if (map) return { name, answers, style: OWN, rows: rowsOf(map.arrays.norms.data), whole: true };
  const rows = [];
  rows[row.meta.row] = row.arrays.norms.data;
  return { name, answers, style: OWN, rows, whole: false };
}

/** The other lines, without the run that the picture shows. */
function otherLines(others, run, step) {
  if (!others) return [];
  const [, cells] = others.arrays.norms.shape;
  return others.meta.lines
    .map((line, at) => ({ ...line, rows: rowsOf(others.arrays.norms.data.subarray(at * cells, (at + 1) * cells)) }))
    .filter((line) => line.run !== run || line.step !== step);
}

class LookBack {
  constructor(body, kit) {
    this.kit = kit;
    this.ahead = new Ahead(kit);
    const make = maker(body);
    this.said = make("p", "said");
    this.said.setAttribute("aria-live", "polite");
    this.two = make("div", "two");
    const left = make("div", "", this.two);
    const right = make("div", "", this.two);
    make("p", "name", left).textContent = "Row: the answer after this word. Column: the word looked at";
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
    make("p", "name", right).textContent = "The marked row: how much each word changes the answer, |d logit / d embedding|, log scale";
    this.legend = make("ul", "lines", right);
    this.curves = make("canvas", "", right);
    this.curves.setAttribute("role", "img");
    this.listen();
    this.paints = 0;
    this.stale = null;
    this.asked = numberInAddress(ROW) ?? -1; // -1: the last answer
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

  params(name) {
    return ["look_back_row", "look_back_without"].includes(name) ? { row: this.asked } : {};
  }

  draw({ answers, run, step, theme, settings }) {
    const { look_back_row: row, look_back_others: others, look_back_without: without } = answers;
    const { words, window } = row.meta;
    const own = ownLine(answers);
    const before = this.data;
    if (!before) this.kit.asked.number(ROW, 0, words.length - 1, null);
    if (own.whole || String(before?.words) !== String(words)) this.stale = null;
    // The row has arrived, the map has not: the last one stays, pale, until it does.
    else if (this.lines[0].whole) this.stale = this.lines[0];
    this.data = { words, window, without: without?.meta, picture: `${run} ${step}` };
    this.lines = [own, ...otherLines(others, run, step)];
    this.theme = theme;
    this.slider.max = words.length - 1;
    this.row = this.asked < 0 ? words.length - 1 : Math.min(this.asked, words.length - 1);
    this.paint();
    if (own.whole) this.ahead.begin(() => this.ahead.ofOthers(this.kit.data.asks[0], settings.models, { row: this.asked }));
  }

  pick(row) {
    const next = Math.max(0, Math.min(this.data.words.length - 1, row));
    if (next === this.row) return;
    this.row = this.asked = next;
    putInAddress(ROW, next);
    if (this.lines[0].rows[next]) this.paint(); // the rest comes
    this.kit.ask();
  }

  under(event) {
    return this.box ? cellAt(this.box, ...pointIn(this.map, event)) : null;
  }

  paint() {
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
    this.kit.table?.changed();
    Object.assign(this.map.dataset, { paints: ++this.paints, row: this.row, picture: this.data.picture, whole: this.lines[0].whole });
  }

  name(cell) {
    const values = cell && this.lines[0].rows[cell[0]];
    this.cell.classList.toggle("hnviz-aside", !values); // a hint is in no file
    this.cell.textContent = values
      ? `After “${this.data.words[cell[0]]}”, the word “${this.data.words[cell[1]]}” ${cell[0] - cell[1]} back: ${values[cell[1]].toPrecision(3)}`
      : "Click a row, or use the slider or the arrow keys.";
  }

  destroy() {
    this.ahead.end();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new LookBack(body, kit),
});
