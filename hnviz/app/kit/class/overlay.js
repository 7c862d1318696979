// @ts-check
// A class's guesses over the truth, as SVG. Letters and outlines say the same as colours.
// Where a class voted twice, outlines are the first vote, and below is what moved.

import { MOVED, bins, changes, counts, middle } from "./spread.js";

/** @typedef {import("./spread.js").Question} Question */

const SVG = "http://www.w3.org/2000/svg";
const ROW = 34; // px of one answer's bar
const CELL = 56; // px of a square's cell, at most
const NARROWEST = 78; // px of a square's cell, as in the question
const PLOT = 220; // px of a histogram or of curves, at most
const LEFT = 44;
const BELOW = 40;
const ABOVE = 26;
const TWICE = 54; // px of one answer's two bars
const MOVE = 26; // px of a line of what moved
const LINE = 20; // px of a line of the legend

/** @typedef {import("./class.js").First} First */

/**
 * @param {Question} question
 * @param {any[]} values
 * @param {number} width px
 * @param {string} alt
 * @param {First} [first] the first vote, if the class voted twice
 * @returns {SVGSVGElement}
 */
export function overlay(question, values, width, alt, first) {
  const svg = /** @type {SVGSVGElement} */ (element("svg", { class: "overlay", role: "img", "aria-label": alt, width }));
  const draw = { choice: bars, square: cells, number: histogram, curve: curves }[question.kind] ?? bars;
  const height = first ? both(svg, draw, question, values, width, first) : draw(svg, question, values, width);
  svg.setAttribute("height", String(height));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  return svg;
}

/** @param {number} width px: on a phone a plot is as high as the panel of a lesson has room for */
const plotted = (width) => Math.min(PLOT, Math.max(110, 0.33 * width));

/**
 * Draws into an SVG or a group, and returns its height; `first` is the first vote, drawn in outlines.
 * @typedef {(svg: SVGElement, question: Question, values: any[], width: number, first?: First) => number} Draw
 */

/**
 * Two votes with their legend, and below them what moved.
 * @param {SVGElement} svg
 * @param {Draw} draw
 * @param {Question} question
 * @param {any[]} values
 * @param {number} width
 * @param {First} first
 */
function both(svg, draw, question, values, width, first) {
  const counted = question.kind === "choice" || question.kind === "square";
  const second = counted ? "second vote (+ came, \u2212 left)" : "second vote";
  [`first vote`, second].forEach((name, at) => {
    svg.append(element("rect", { x: 1, y: at * LINE + 3, width: 16, height: 11, class: at ? "bar" : "bar before" }));
    label(svg, 24, at * LINE + 13, name, "start");
  });
  const votes = element("g", { transform: `translate(0 ${2 * LINE + 8})` });
  const high = 2 * LINE + 8 + draw(votes, question, values, width, first);
  const below = element("g", { transform: `translate(0 ${high + 12})` });
  svg.append(votes, below);
  return high + 12 + moves(below, first.moved, width);
}

/**
 * What became of the answers of those who voted twice: a bar for each.
 * @param {SVGElement} svg
 * @param {number[]} moved
 * @param {number} width
 */
function moves(svg, moved, width) {
  const most = Math.max(1, ...moved);
  const [names, room] = [120, Math.min(360, width - 160)];
  label(svg, 0, 14, "Those who voted twice", "start", "head");
  MOVED.forEach((name, at) => {
    const y = LINE + at * MOVE;
    label(svg, names - 8, y + 17, name, "end");
    svg.append(element("rect", { x: names, y: y + 4, width: Math.max(2, (room * moved[at]) / most), height: MOVE - 9, class: "bar" }));
    label(svg, names + (room * moved[at]) / most + 8, y + 17, String(moved[at]), "start");
  });
  return LINE + MOVED.length * MOVE;
}

/** @type {Draw} */
function bars(svg, question, values, width, first) {
  if (first) return pairs(svg, question, values, width, first);
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

/**
 * The two bars of each answer, below its words.
 * @param {SVGElement} svg
 * @param {Question} question
 * @param {any[]} values
 * @param {number} width
 * @param {First} first
 */
function pairs(svg, question, values, width, first) {
  const [before, after] = [counts(question, first.values), counts(question, values)];
  const moved = changes(question, first.flows);
  const most = Math.max(1, ...before, ...after);
  const room = width - 150;
  question.answers.forEach((answer, at) => {
    const y = at * TWICE;
    const isTrue = at === question.truth;
    const name = element("text", { x: 0, y: y + 14, class: isTrue ? "true" : "" });
    name.textContent = shortened(answer, width);
    svg.append(name);
    const wide = (/** @type {number} */ n) => Math.max(2, (room * n) / most);
    svg.append(element("rect", { x: 1, y: y + 20, width: wide(before[at]), height: 10, class: "bar before" }));
    label(svg, wide(before[at]) + 8, y + 29, String(before[at]), "start");
    svg.append(element("rect", { x: 0, y: y + 33, width: wide(after[at]), height: 14, class: isTrue ? "bar true" : "bar" }));
    label(svg, wide(after[at]) + 8, y + 45, `${after[at]}${changed(moved[at])}${isTrue ? " \u2713 true" : ""}`, "start", isTrue ? "true" : "");
  });
  return question.answers.length * TWICE;
}

/** @param {{ came: number, left: number }} moved */
function changed({ came, left }) {
  const said = [came && `+${came}`, left && `\u2212${left}`].filter(Boolean).join(" ");
  return said && ` (${said})`;
}

/** @type {Draw} */
function cells(svg, question, values, width, first) {
  const found = counts(question, values);
  const before = first && counts(question, first.values);
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
    const said = before ? (before[at] || n ? `${before[at]} \u2192 ${n}` : "") : n ? String(n) : "";
    count.textContent = isTrue ? `${said || n} \u2713` : said;
    svg.append(shade, cell, word, count);
  });
  return Math.ceil(found.length / columns) * CELL;
}

/** @type {Draw} */
function histogram(svg, question, values, width, first) {
  const plot = plotted(width);
  const found = bins(question, values);
  const before = first ? bins(question, first.values) : [];
  const most = Math.max(1, ...[...found, ...before].map(({ n }) => n));
  const x = scale(question.low, question.high, LEFT, width - LEFT);
  const y = scale(0, most, ABOVE + plot, ABOVE);
  for (const { from, to, n } of found) {
    if (n) svg.append(element("rect", { x: x(from) + 1, y: y(n), width: x(to) - x(from) - 2, height: y(0) - y(n), class: "bar" }));
  }
  for (const { from, to, n } of before) {
    if (n) svg.append(element("rect", { x: x(from) + 1, y: y(n), width: x(to) - x(from) - 2, height: y(0) - y(n), class: "bar before" }));
  }
  axis(svg, x, [question.low, (question.low + question.high) / 2, question.high], question.unit, width);
  label(svg, LEFT - 8, y(most) + 5, String(most), "end");
  const truth = x(Number(question.truth));
  svg.append(element("line", { x1: truth, x2: truth, y1: ABOVE - 4, y2: ABOVE + plot, class: "truth" }));
  label(svg, truth, ABOVE - 10, `truth ${short(Number(question.truth))}`, nearEnd(truth, width), "true");
  return ABOVE + plot + BELOW;
}

/** @type {Draw} */
function curves(svg, question, values, width, first) {
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
  if (first?.n) line(middle(first.values), "middle before");
  line(truth, "truth");
  label(svg, x(truth.length - 1), y(/** @type {number} */ (truth.at(-1))) - 8, "truth", "end", "true");
  question.answers.forEach((name, at) => label(svg, x(at), ABOVE + plot + 18, shortened(name, (width - 2 * LEFT) / truth.length), "middle"));
  svg.append(element("line", { x1: LEFT, x2: width - LEFT, y1: ABOVE + plot, y2: ABOVE + plot, class: "axis" }));
  for (const end of [question.low, question.high]) label(svg, LEFT - 8, y(end) + 5, short(end), "end");
  if (question.unit) label(svg, LEFT, ABOVE - 10, question.unit, "start");
  return ABOVE + plot + BELOW;
}

/**
 * @param {SVGElement} svg
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
 * @param {SVGElement} svg
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
