// @ts-check
// A chart as SVG: two axes, faint dots, lines with labels at their ends, and marked places along x. A declared
// picture draws it as a part of its view.

import { html, render } from "../../../vendor/preact/preact.js";
import { movedApart, placeOf, tickText, ticks } from "./scale.js";
import { pointIn } from "./canvas.js";

/** @typedef {import("./scale.js").Scale} Scale */
/** @typedef {{ from: number, to: number, log?: boolean, title: string, write?: (value: number) => string }} Axis */
/** @typedef {{ x: number[], y: (number|null)[], color: string, width?: number, dash?: string, spots?: number, label?: string }} Line
 *    null leaves a gap; `spots` is the size, in px, of a spot at each place */
/** @typedef {{ x: number, y?: number, label: string, color: string, dash?: string, strong?: boolean }} Mark a line upwards, and a dot at y */
/**
 * @typedef {{ theme: any, alt: string, height: number, x: Axis, y: Axis, lines: Line[], dots?: Line, marks?: Mark[],
 *             picked?: number, pick?: (at: number) => void, point?: (at: number|null) => void }} Scene
 *   pick   makes the chart one whose places can be picked: those of its dots, by their number
 *   point  gets the one under the pointer
 */

const LETTER = 7; // px of a letter of a label
const GAP = 16; // px between the middles of two labels
const EDGE = { left: 46, top: 12, right: 12, bottom: 42 }; // px
const LABELS = 0.42; // of the width, the most that labels at the ends of lines get
const BETWEEN = 66; // px from one tick of the x axis to the next

export class Chart {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.parent = parent;
    parent.className = "chart";
  }

  /** @param {Scene} scene */
  show(scene) {
    const width = this.parent.clientWidth;
    if (width) render(drawing(scene, frameOf(scene, width), this.parent), this.parent); // a hidden one is drawn when it is shown
  }
}

/** @typedef {ReturnType<typeof frameOf>} Frame where everything is */

/**
 * @param {Scene} scene
 * @param {number} width
 */
function frameOf({ height, x, y, lines, marks = [] }, width) {
  const room = Math.min(width * LABELS, Math.max(EDGE.right, ...lines.map(({ label = "" }) => 18 + LETTER * label.length)));
  const [left, right, top, bottom] = [EDGE.left, width - room, EDGE.top + GAP * marks.length, height - EDGE.bottom];
  const across = { from: x.from, to: x.to, log: Boolean(x.log), start: left, end: right };
  const up = { from: y.from, to: y.to, log: false, start: bottom, end: top };
  return {
    ...{ width, height, left, right, top, bottom, across, up },
    over: (/** @type {number} */ value) => placeOf(across, value),
    down: (/** @type {number} */ value) => Math.max(top, placeOf(up, value)),
  };
}

/**
 * @param {Scene} scene
 * @param {Frame} frame
 * @param {HTMLElement} parent
 */
function drawing(scene, frame, parent) {
  const { theme, alt, x, y, lines, dots, marks = [] } = scene;
  const { width, height, left, right, top, bottom, across, up, over, down } = frame;
  const text = (/** @type {string} */ words, /** @type {number} */ at, /** @type {number} */ high, anchor = "middle") =>
    html`<text x=${at} y=${high} text-anchor=${anchor} fill=${theme.muted}>${words}</text>`;
  return html`<svg role="img" aria-label=${alt} viewBox="0 0 ${width} ${height}" width=${width} height=${height} ...${hears(scene, frame, parent)}>
    ${ticks(up, 5).map((tick) => html`<line x1=${left} x2=${right} y1=${down(tick)} y2=${down(tick)} stroke=${theme.border} />
      ${text((y.write ?? tickText)(tick), left - 8, down(tick) + 4, "end")}`)}
    ${ticks(across, Math.max(3, Math.floor((right - left) / BETWEEN))).map((tick) => text((x.write ?? tickText)(tick), over(tick), bottom + 18))}
    ${text(x.title, (left + right) / 2, height - 6)}
    <g transform="translate(11 ${(top + bottom) / 2}) rotate(-90)">${text(y.title, 0, 0)}</g>
    ${dots && html`<path fill="none" stroke=${dots.color} stroke-width="5" stroke-linecap="round" stroke-opacity="0.4" d=${dotsOf(dots, frame, y.to)} />`}
    ${lines.map((line) => html`<path fill="none" stroke=${line.color} stroke-width=${line.width ?? 2.5} stroke-dasharray=${line.dash ?? ""} stroke-linejoin="round" d=${pathOf(line, frame)} />
      ${line.spots && html`<path fill="none" stroke=${line.color} stroke-width=${line.spots} stroke-linecap="round" d=${dotsOf(line, frame)} />`}`)}
    ${endsOf(lines, frame, theme)}
    ${[...marks].sort((one, other) => one.x - other.x).map((mark, at) => markOf(mark, at, frame, theme))}
  </svg>`;
}

/**
 * What a chart hears whose places can be picked, by a pointer and by the arrow keys.
 * @param {Scene} scene
 * @param {Frame} frame
 * @param {HTMLElement} parent
 */
function hears({ dots, pick, point = () => {}, picked = 0 }, { over }, parent) {
  const places = dots?.x.map(over) ?? [];
  if (!pick || !places.length) return {};
  const under = (/** @type {MouseEvent} */ event) => {
    const [x] = pointIn(parent, event);
    const far = places.map((place) => Math.abs(place - x));
    return far.indexOf(Math.min(...far));
  };
  const walk = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = Math.min(places.length - 1, Math.max(0, picked + by));
    pick(at);
    point(at);
  };
  return {
    ...{ tabIndex: 0, onKeyDown: walk, onPointerLeave: () => point(null) },
    onClick: (/** @type {MouseEvent} */ event) => pick(under(event)),
    onPointerMove: (/** @type {MouseEvent} */ event) => point(under(event)),
  };
}

/**
 * @param {Line} line
 * @param {Frame} frame
 */
function pathOf({ x, y }, { over, down }) {
  return x
    .map((value, at) => (y[at] === null ? "" : `${at && y[at - 1] !== null ? "L" : "M"}${over(value).toFixed(1)} ${down(Number(y[at])).toFixed(1)}`))
    .join("");
}

/**
 * @param {Line} dots
 * @param {Frame} frame
 * @param {number} highest of those that are drawn
 */
function dotsOf({ x, y }, { over, down }, highest = Infinity) {
  return x.map((value, at) => (y[at] === null || Number(y[at]) > highest ? "" : `M${over(value).toFixed(1)} ${down(Number(y[at])).toFixed(1)}h0`)).join("");
}

/**
 * The labels beside the ends of lines, apart from each other; a short stroke shows whose each is.
 * @param {Line[]} lines
 * @param {Frame} frame
 * @param {any} theme
 */
function endsOf(lines, { right, top, bottom, down }, theme) {
  const named = lines.filter(({ label, y }) => label && y.some((value) => value !== null));
  const places = movedApart(named.map(({ y }) => down(Number(y.findLast((value) => value !== null)))), GAP, top + 4, bottom - 2);
  return named.map(({ label, color, dash = "", width = 2.5 }, at) => html`
    <line x1=${right + 4} x2=${right + 14} y1=${places[at]} y2=${places[at]} stroke=${color} stroke-width=${width} stroke-dasharray=${dash} />
    <text x=${right + 18} y=${places[at] + 4} fill=${theme.text}>${label}</text>`);
}

/**
 * A mark; from left to right, each label is below the last one: none is written over another's line.
 * @param {Mark} mark
 * @param {number} at
 * @param {Frame} frame
 * @param {any} theme
 */
function markOf({ x, y, label, color, dash = "", strong }, at, { width, bottom, over, down }, theme) {
  const [place, top] = [over(x), EDGE.top + GAP * at];
  const isEnd = place + 6 + (strong ? LETTER : 5.6) * label.length > width;
  return html`<line x1=${place} x2=${place} y1=${top + 4} y2=${bottom} stroke=${color} stroke-width=${strong ? 2 : 1.2} stroke-dasharray=${dash} />
    ${y !== undefined && html`<circle cx=${place} cy=${down(y)} r=${strong ? 5 : 3.5} fill=${color} stroke=${theme.background} stroke-width="2" />`}
    <text x=${place + (isEnd ? -6 : 6)} y=${top + 5} text-anchor=${isEnd ? "end" : "start"} fill=${theme.text} font-weight=${strong ? 700 : 400}>${label}</text>`;
}
