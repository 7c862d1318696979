// @ts-check
// A plot as SVG: two axes, faint dots, lines with labels at their ends, and marked rates.

import { movedApart, placeOf, tickText, ticks } from "../../compare/curves/scale.js";

/** @typedef {import("../../compare/curves/scale.js").Scale} Scale */
/** @typedef {{ from: number, to: number, log?: boolean, title: string, write?: (value: number) => string }} Axis */
/** @typedef {{ x: number[], y: (number|null)[], color: string, width: number, dash?: string, label?: string }} Line */
/** @typedef {{ x: number, y?: number, label: string, color: string, dash?: string, strong?: boolean }} Mark a line upwards, and a dot at y */

const SPACE = "http://www.w3.org/2000/svg";
const LETTER = 7; // px of a letter of a label
const GAP = 16; // px between the middles of two labels

/**
 * @param {Element} parent
 * @param {string} tag
 * @param {Record<string, string|number>} attributes
 * @param {string} text
 */
function add(parent, tag, attributes, text = "") {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.textContent = text;
  parent.append(made);
  return made;
}

/**
 * Draw; return the scale along x, for the pointer.
 * @param {Element} svg
 * @param {{ width: number, height: number, x: Axis, y: Axis, dots?: Line, lines: Line[], marks?: Mark[], theme: any, alt: string }} scene
 * @returns {Scale}
 */
export function plot(svg, { width, height, x, y, dots, lines, marks = [], theme, alt }) {
  svg.replaceChildren();
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height, "aria-label": alt })) svg.setAttribute(name, String(value));
  const room = Math.min(width * 0.42, Math.max(12, ...lines.map(({ label = "" }) => 18 + LETTER * label.length)));
  const box = { left: 46, right: width - room, top: marks.length ? 12 + GAP * marks.length : 12, bottom: height - 42 };
  /** @type {Scale} */
  const across = { from: x.from, to: x.to, log: Boolean(x.log), start: box.left, end: box.right };
  /** @type {Scale} */
  const up = { from: y.from, to: y.to, log: false, start: box.bottom, end: box.top };
  const over = (/** @type {number} */ value) => Math.max(box.top, placeOf(up, value));
  for (const tick of ticks(up, 5)) {
    const at = placeOf(up, tick);
    add(svg, "line", { x1: box.left, x2: box.right, y1: at, y2: at, stroke: theme.border });
    add(svg, "text", { x: box.left - 8, y: at + 4, "text-anchor": "end", fill: theme.muted }, (y.write ?? tickText)(tick));
  }
  for (const tick of ticks(across, Math.max(3, Math.floor((box.right - box.left) / 66))))
    add(svg, "text", { x: placeOf(across, tick), y: box.bottom + 18, "text-anchor": "middle", fill: theme.muted }, (x.write ?? tickText)(tick));
  add(svg, "text", { x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle", fill: theme.muted }, x.title);
  add(svg, "text", { x: 0, y: 0, "text-anchor": "middle", fill: theme.muted, transform: `translate(11 ${(box.top + box.bottom) / 2}) rotate(-90)` }, y.title);
  if (dots) {
    const { x: xs, y: ys } = dots;
    const path = xs.map((value, at) => (ys[at] === null || Number(ys[at]) > y.to ? "" : `M${placeOf(across, value).toFixed(1)} ${over(Number(ys[at])).toFixed(1)}h0`)).join("");
    add(svg, "path", { d: path, class: "dots", fill: "none", stroke: dots.color, "stroke-width": dots.width, "stroke-linecap": "round", "stroke-opacity": 0.4 });
  }
  for (const line of lines) add(svg, "path", { d: pathOf(line, across, over), class: "line", fill: "none", stroke: line.color, "stroke-width": line.width, "stroke-dasharray": line.dash ?? "", "stroke-linejoin": "round" });
  nameEnds(svg, lines, { box, over, theme });
  // From left to right, each label below the last one: none is written over another's line.
  const ordered = [...marks].sort((one, other) => one.x - other.x);
  ordered.forEach((mark, at) => drawMark(svg, mark, { box, place: placeOf(across, mark.x), over, at, width, theme }));
  return across;
}

/**
 * @param {Line} line
 * @param {Scale} across
 * @param {(value: number) => number} over
 */
function pathOf({ x, y }, across, over) {
  let down = false;
  return x
    .map((value, at) => {
      const step = down ? "L" : "M";
      down = y[at] !== null; // a loss that is no number leaves a gap
      return down ? `${step}${placeOf(across, value).toFixed(1)} ${over(Number(y[at])).toFixed(1)}` : "";
    })
    .join("");
}

/**
 * Write labels beside the ends of lines, apart from each other; a short stroke shows whose each is.
 * @param {Element} svg
 * @param {Line[]} lines
 * @param {{ box: any, over: (value: number) => number, theme: any }} frame
 */
function nameEnds(svg, lines, { box, over, theme }) {
  const named = lines.filter(({ label, y }) => label && y.some((value) => value !== null));
  const places = movedApart(named.map(({ y }) => over(Number(y.findLast((value) => value !== null)))), GAP, box.top + 4, box.bottom - 2);
  named.forEach(({ label, color, dash = "", width }, at) => {
    const y = places[at];
    add(svg, "line", { x1: box.right + 4, x2: box.right + 14, y1: y, y2: y, stroke: color, "stroke-width": width, "stroke-dasharray": dash });
    add(svg, "text", { x: box.right + 18, y: y + 4, fill: theme.text }, label);
  });
}

/**
 * @param {Element} svg
 * @param {Mark} mark
 * @param {{ box: any, place: number, over: (value: number) => number, at: number, width: number, theme: any }} frame
 */
function drawMark(svg, { y, label, color, dash = "", strong }, { box, place, over, at, width, theme }) {
  const top = 12 + GAP * at;
  add(svg, "line", { x1: place, x2: place, y1: top + 4, y2: box.bottom, stroke: color, "stroke-width": strong ? 2 : 1.2, "stroke-dasharray": dash });
  if (y !== undefined) add(svg, "circle", { cx: place, cy: over(y), r: strong ? 5 : 3.5, fill: color, stroke: theme.background, "stroke-width": 2 });
  const end = place + 6 + (strong ? LETTER : 5.6) * label.length > width;
  add(svg, "text", { x: place + (end ? -6 : 6), y: top + 5, "text-anchor": end ? "end" : "start", fill: theme.text, "font-weight": strong ? 700 : 400 }, label);
}
