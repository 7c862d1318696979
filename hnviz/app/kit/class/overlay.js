// @ts-check
// A class's guesses over the truth, as SVG. Letters and outlines say the same as colours.

import { bins, counts, middle } from "./spread.js";

/** @typedef {import("./spread.js").Question} Question */

const SVG = "http://www.w3.org/2000/svg";
const ROW = 34; // px of one answer's bar
const CELL = 56; // px of a square's cell, at most
const NARROWEST = 78; // px of a square's cell, as in the question
const PLOT = 220; // px of a histogram or of curves, at most
const LEFT = 44;
const BELOW = 40;
const ABOVE = 26;

/**
 * @param {Question} question
 * @param {any[]} values
 * @param {number} width px
 * @param {string} alt
 * @returns {SVGSVGElement}
 */
export function overlay(question, values, width, alt) {
  const svg = /** @type {SVGSVGElement} */ (element("svg", { class: "overlay", role: "img", "aria-label": alt, width }));
  const draw = { choice: bars, square: cells, number: histogram, curve: curves }[question.kind] ?? bars;
  const height = draw(svg, question, values, width);
  svg.setAttribute("height", String(height));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  return svg;
}

/** @param {number} width px: on a phone a plot is as high as the panel of a lesson has room for */
const plotted = (width) => Math.min(PLOT, Math.max(110, 0.33 * width));

/** @typedef {(svg: SVGSVGElement, question: Question, values: any[], width: number) => number} Draw */

/** @type {Draw} */
function bars(svg, question, values, width) {
  const found = counts(question, values);
  const most = Math.max(1, ...found);
  const longest = Math.max(...question.answers.map((each) => each.length));
  const words = Math.min(width * 0.45, 320, 8 * longest + 24);
  const room = width - words - 96;
  found.forEach((n, at) => {
    const y = at * ROW;
    const isTrue = at === question.truth;
    const name = element("text", { x: words - 8, y: y + 21, "text-anchor": "end", class: isTrue ? "true" : "" });
    name.textContent = shortened(question.answers[at], words - 8);
    const full = element("title");
    full.textContent = question.answers[at];
    name.append(full);
    const bar = element("rect", { x: words, y: y + 5, width: Math.max(2, (room * n) / most), height: ROW - 12, class: isTrue ? "bar true" : "bar" });
    const count = element("text", { x: words + (room * n) / most + 8, y: y + 21, class: isTrue ? "true" : "" });
    count.textContent = isTrue ? `${n} \u2713 true` : String(n);
    svg.append(name, bar, count);
  });
  return found.length * ROW;
}

/** @type {Draw} */
function cells(svg, question, values, width) {
  const found = counts(question, values);
  const most = Math.max(1, ...found);
  const columns = Math.min(question.columns, Math.max(1, Math.floor(width / NARROWEST)));
  const side = Math.min(CELL * 1.6, width / columns);
  found.forEach((n, at) => {
    const [x, y] = [(at % columns) * side, Math.floor(at / columns) * CELL];
    const isTrue = at === question.truth;
    const cell = element("rect", { x: x + 2, y: y + 2, width: side - 4, height: CELL - 4, class: isTrue ? "cell true" : "cell" });
    const shade = element("rect", { x: x + 2, y: y + 2, width: side - 4, height: CELL - 4, class: "shade", opacity: (0.35 * n) / most });
    const word = element("text", { x: x + side / 2, y: y + 22, "text-anchor": "middle", class: isTrue ? "true" : "" });
    word.textContent = shortened(question.answers[at], side - 8);
    const count = element("text", { x: x + side / 2, y: y + 43, "text-anchor": "middle", class: "count" });
    count.textContent = isTrue ? `${n} \u2713` : n ? String(n) : "";
    svg.append(shade, cell, word, count);
  });
  return Math.ceil(found.length / columns) * CELL;
}

/** @type {Draw} */
function histogram(svg, question, values, width) {
  const plot = plotted(width);
  const found = bins(question, values);
  const most = Math.max(1, ...found.map(({ n }) => n));
  const x = scale(question.low, question.high, LEFT, width - LEFT);
  const y = scale(0, most, ABOVE + plot, ABOVE);
  for (const { from, to, n } of found) {
    if (n) svg.append(element("rect", { x: x(from) + 1, y: y(n), width: x(to) - x(from) - 2, height: y(0) - y(n), class: "bar" }));
  }
  axis(svg, x, [question.low, (question.low + question.high) / 2, question.high], question.unit, width);
  label(svg, LEFT - 8, y(most) + 5, String(most), "end");
  const truth = x(Number(question.truth));
  svg.append(element("line", { x1: truth, x2: truth, y1: ABOVE - 4, y2: ABOVE + plot, class: "truth" }));
  label(svg, truth, ABOVE - 10, `truth ${short(Number(question.truth))}`, nearEnd(truth, width), "true");
  return ABOVE + plot + BELOW;
}

/** @type {Draw} */
function curves(svg, question, values, width) {
  const plot = plotted(width);
  const truth = /** @type {number[]} */ (question.truth);
  const x = scale(0, truth.length - 1, LEFT, width - LEFT);
  const y = scale(question.low, question.high, ABOVE + plot, ABOVE);
  const line = (/** @type {number[]} */ curve, /** @type {string} */ name) => {
    const points = curve.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    svg.append(element("polyline", { points, class: name }));
  };
  for (const curve of values) line(curve, "one");
  if (values.length) {
    line(middle(values), "middle");
    label(svg, x(0) + 4, y(middle(values)[0]) - 8, "middle guess", "start", "middle-name");
  }
  line(truth, "truth");
  label(svg, x(truth.length - 1), y(/** @type {number} */ (truth.at(-1))) - 8, "truth", "end", "true");
  question.answers.forEach((name, at) => label(svg, x(at), ABOVE + plot + 18, shortened(name, (width - 2 * LEFT) / truth.length), "middle"));
  svg.append(element("line", { x1: LEFT, x2: width - LEFT, y1: ABOVE + plot, y2: ABOVE + plot, class: "axis" }));
  for (const end of [question.low, question.high]) label(svg, LEFT - 8, y(end) + 5, short(end), "end");
  if (question.unit) label(svg, LEFT, ABOVE - 10, question.unit, "start");
  return ABOVE + plot + BELOW;
}

/**
 * @param {SVGSVGElement} svg
 * @param {(value: number) => number} x
 * @param {number[]} ticks
 * @param {string} unit
 * @param {number} width
 */
function axis(svg, x, ticks, unit, width) {
  const plot = plotted(width);
  svg.append(element("line", { x1: LEFT, x2: width - LEFT, y1: ABOVE + plot, y2: ABOVE + plot, class: "axis" }));
  for (const tick of ticks) label(svg, x(tick), ABOVE + plot + 18, short(tick), "middle");
  if (unit) label(svg, width / 2, ABOVE + plot + 36, unit, "middle");
}

/**
 * @param {SVGSVGElement} svg
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {string} anchor
 * @param {string} name
 */
function label(svg, x, y, words, anchor, name = "") {
  const text = element("text", { x, y, "text-anchor": anchor, class: name });
  text.textContent = words;
  svg.append(text);
}

/**
 * @param {number} low
 * @param {number} high
 * @param {number} from px
 * @param {number} to px
 */
const scale = (low, high, from, to) => (/** @type {number} */ value) => from + ((value - low) / (high - low || 1)) * (to - from);

/** @param {number} value */
const short = (value) => Number(value.toPrecision(3)).toLocaleString("en");

/**
 * @param {number} x
 * @param {number} width
 */
const nearEnd = (x, width) => (x < 90 ? "start" : x > width - 90 ? "end" : "middle");

/**
 * @param {string} words
 * @param {number} room px
 */
function shortened(words, room) {
  const most = Math.max(2, Math.floor(room / 7.6));
  return words.length > most ? `${words.slice(0, most - 1)}\u2026` : words;
}

/**
 * @param {string} tag
 * @param {Record<string, unknown>} attributes
 */
function element(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== "") made.setAttribute(name, String(value));
  return made;
}
