// The picked unit over the text: rows of words on the colour of its value, below its line.

import { maker } from "../../../kit/js/make.js";
import { ramp } from "../../../kit/js/ramp.js";
import { unitSentence } from "./sentence.js";

const WORD = 62; // px that a word takes at least
const MOST = 15; // words a row
const HIGH = 46; // px of the line
const SVG = "http://www.w3.org/2000/svg";

export class UnitLine {
  /** `pick(column)` is called for a click on a word. */
  constructor(section, pick) {
    const make = maker(section);
    this.title = make("h3", "title");
    this.told = make("p", "told");
    this.rows = make("div", "rows");
    this.rows.setAttribute("role", "img");
    this.rows.tabIndex = 0; // a long text scrolls in it
    this.rows.onclick = ({ target }) => {
      if (target.dataset.column) pick(Number(target.dataset.column));
    };
    this.laid = "";
  }

  draw(data, theme, unit, column) {
    const width = this.rows.clientWidth;
    if (!width) return;
    const each = Math.max(3, Math.min(MOST, Math.floor(width / WORD)));
    const laid = `${each} ${data.words.join(" ")}`;
    if (laid !== this.laid) this.lay(data.words, each);
    this.laid = laid;
    const n = data.words.length;
    const values = data.values.subarray(unit * n, (unit + 1) * n);
    const drawn = [data.values, theme, unit, column];
    if (this.drawn && drawn.every((part, at) => part === this.drawn[at])) return; // only another token is under the pointer
    this.drawn = drawn;
    this.title.textContent = `Unit ${unit}, word by word`;
    const said = unitSentence(data, unit, values);
    this.told.replaceChildren(...said.nodes);
    this.rows.setAttribute("aria-label", said.plain);
    this.paint(data, theme, values, column);
  }

  lay(words, each) {
    const rows = [];
    this.chips = words.map((word, column) => {
      const chip = document.createElement("span");
      chip.textContent = word;
      chip.title = word;
      chip.dataset.column = column;
      return chip;
    });
    this.lines = [];
    for (let from = 0; from < words.length; from += each) {
      const row = document.createElement("div");
      const svg = document.createElementNS(SVG, "svg");
      svg.setAttribute("viewBox", `0 0 ${each * 10} ${HIGH}`);
      svg.setAttribute("preserveAspectRatio", "none");
      const [zero, line] = ["line", "polyline"].map((name) => svg.appendChild(document.createElementNS(SVG, name)));
      const dots = document.createElement("div");
      dots.className = "dots";
      const chips = document.createElement("div");
      chips.className = "chips";
      chips.style.gridTemplateColumns = `repeat(${each}, minmax(0, 1fr))`;
      chips.append(...this.chips.slice(from, from + each));
      const points = this.chips.slice(from, from + each).map((_, at) => {
        const dot = document.createElement("i");
        dot.style.left = `${((at + 0.5) / each) * 100}%`;
        return dot;
      });
      dots.append(svg, ...points);
      row.append(dots, chips);
      rows.push(row);
      this.lines.push({ from, zero, line, points, each });
    }
    this.rows.replaceChildren(...rows);
    this.drawn = null;
  }

  paint({ scale, signed }, theme, values, column) {
    const shade = ramp(theme.diverging);
    const inks = [theme.text, theme.background].map((ink) => [ink, brightness(hexOf(ink))]);
    const y = (value) => {
      const share = signed ? (value / scale + 1) / 2 : value / scale;
      return HIGH - 4 - share * (HIGH - 8);
    };
    this.chips.forEach((chip, at) => {
      const color = shade[Math.round((values[at] / scale + 1) * 127.5)];
      const light = brightness(color);
      const [ink] = inks.reduce((best, one) => (contrast(one[1], light) > contrast(best[1], light) ? one : best));
      chip.style.background = `rgb(${color.join()})`;
      chip.style.color = ink;
      chip.classList.toggle("here", at === column);
    });
    for (const { from, zero, line, points, each } of this.lines) {
      for (const [name, value] of Object.entries({ x1: 0, x2: each * 10, y1: y(0), y2: y(0), stroke: theme.control })) zero.setAttribute(name, value);
      const places = points.map((_, at) => `${at * 10 + 5},${y(values[from + at]).toFixed(1)}`);
      line.setAttribute("points", places.join(" "));
      line.setAttribute("stroke", theme.role.h_h);
      points.forEach((dot, at) => {
        dot.style.top = `${y(values[from + at])}px`;
        dot.style.background = theme.role.h_h;
      });
    }
  }

  destroy() {
    this.rows.replaceChildren();
  }
}

function hexOf(color) {
  return color.startsWith("#") ? [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)) : color.match(/\d+/g).slice(0, 3).map(Number);
}

/** Relative luminance, from which the contrast of text follows. */
function brightness(color) {
  const [r, g, b] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, two) {
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}
