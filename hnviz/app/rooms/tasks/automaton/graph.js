// @ts-check
// Where the states and arrows of an automaton are drawn, in pixels. No DOM.

import { percent } from "../../../kit/js/text.js";

/**
 * @typedef {[string, number, number, boolean]} Node name, x and y from 0 to 1, whether a word may end here
 * @typedef {{ x: number, y: number, w: number, h: number }} Box its middle and its size
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ d: string, tip: Point & { turn: number }, spots: Point[] }} Route spots: where its label may be
 */

export const HEIGHT = 246;
const LOOP = 40; // px that an arrow from a state to itself rises above it
const LETTER = 8.4; // px, of a name
const SMALL = 6.8; // px, of a label
export const START = 40; // px of the arrow that leads to the first state
const LONGEST = 9; // letters of a name
const BETWEEN = 28; // px between two columns, beside a label
const GAP = 3; // px between an arrow and a state
const CLEAR = 5; // px that an arrow keeps from other states
const BENDS = [0, 16, -16, 34, -34, 56, -56, 80, -80, 104, -104]; // px at the middle of an arrow
const STEPS = 40;
const EDGE = 16; // px that arrows keep from above and below, for their labels
const LINE = 15; // px, of a label's height
const ALONG = [0.5, 0.36, 0.64, 0.25, 0.75]; // of an arrow's way, where its label may be

/**
 * A name as the drawing has room for it; the table has the whole one.
 * @param {string} name
 */
export const short = (name) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);

/**
 * What is beside an arrow: its tokens, and how likely each is.
 * @param {string[]} tokens
 * @param {number[]} chances
 */
export function labelOf(tokens, chances) {
  if (chances.some((each) => each !== chances[0])) return tokens.map((each, at) => `${short(each)} ${percent(chances[at])}`).join(", ");
  return `${short(tokens.join(", "))} ${percent(chances[0])}${tokens.length > 1 ? " each" : ""}`;
}

/**
 * The width that a drawing needs: its columns of states, and room for an arrow's label between them.
 * @param {Node[]} nodes
 * @param {string[]} labels
 */
export function widthOf(nodes, labels) {
  const columns = new Set(nodes.map(([, x]) => x)).size;
  return START + columns * (Math.max(...nodes.map(([name]) => short(name).length)) * LETTER + 12) + (columns - 1) * (BETWEEN + SMALL * Math.max(0, ...labels.map((each) => each.length)));
}

/**
 * @param {Node[]} nodes
 * @param {number} width
 * @returns {Box[]}
 */
export function boxes(nodes, width) {
  const columns = new Map();
  for (const [, x] of nodes) columns.set(x, (columns.get(x) ?? 0) + 1);
  const h = Math.max(...columns.values()) > 5 ? 20 : 26;
  const wide = nodes.map(([name]) => Math.max(h, short(name).length * LETTER + 12));
  const edge = Math.max(...wide) / 2 + 4;
  const [top, bottom] = [LOOP, h / 2 + 6];
  return nodes.map(([, x, y], at) => ({
    x: START + edge + x * (width - START - 2 * edge),
    y: top + y * (HEIGHT - top - bottom),
    w: wide[at],
    h,
  }));
}

/**
 * The way of an arrow, which bends around other states.
 * @param {number} start
 * @param {number} end
 * @param {Box[]} all
 * @param {boolean} both whether another arrow leads back
 * @returns {Route}
 */
export function route(start, end, all, both) {
  const [from, to] = [all[start], all[end]];
  if (start === end) return loop(from);
  const others = all.filter((_, at) => at !== start && at !== end);
  const bends = both ? BENDS.slice(1) : BENDS;
  let best = { faults: Infinity, bend: 0 };
  for (const bend of bends) {
    const faults = faultsOf(curve(from, to, bend), others);
    if (faults < best.faults) best = { faults, bend };
    if (!faults) break;
  }
  return cut(curve(from, to, best.bend), from, to, best.bend);
}

/** @param {Box} box */
function loop({ x, y, h }) {
  const top = y - h / 2;
  return {
    d: `M${x - 7} ${top}C${x - 22} ${top - 30} ${x + 22} ${top - 30} ${x + 8} ${top - GAP}`,
    tip: { x: x + 7, y: top - 1, turn: 115 },
    spots: [{ x, y: top - 25 }],
  };
}

/**
 * A quadratic curve whose middle is `bend` px to the side.
 * @param {Box} from
 * @param {Box} to
 * @param {number} bend
 */
function curve(from, to, bend) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const side = { x: dy / length, y: -dx / length };
  const middle = { x: (from.x + to.x) / 2 + 2 * bend * side.x, y: (from.y + to.y) / 2 + 2 * bend * side.y };
  return { from, middle, to, side };
}

/**
 * @param {{ from: Box, middle: { x: number, y: number }, to: Box }} curve
 * @param {number} t from 0 to 1
 */
function pointAt({ from, middle, to }, t) {
  const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
  return { x: a * from.x + b * middle.x + c * to.x, y: a * from.y + b * middle.y + c * to.y };
}

/**
 * @param {{ x: number, y: number }} point
 * @param {Box} box
 * @param {number} room
 */
const isIn = (point, box, room) => Math.abs(point.x - box.x) < box.w / 2 + room && Math.abs(point.y - box.y) < box.h / 2 + room;

/**
 * @param {ReturnType<typeof curve>} way
 * @param {Box[]} others
 */
function faultsOf(way, others) {
  let faults = 0;
  for (let step = 0; step <= STEPS; step++) {
    const point = pointAt(way, step / STEPS);
    if (point.y < EDGE || point.y > HEIGHT - EDGE) faults += 1;
    faults += others.filter((box) => isIn(point, box, CLEAR)).length;
  }
  return faults;
}

/**
 * The part of a curve between the edges of two states.
 * @param {ReturnType<typeof curve>} way
 * @param {Box} from
 * @param {Box} to
 * @param {number} bend
 */
function cut(way, from, to, bend) {
  let [first, last] = [0, 1];
  while (first < 0.5 && isIn(pointAt(way, first), from, 1)) first += 0.01;
  while (last > 0.5 && isIn(pointAt(way, last), to, GAP)) last -= 0.01;
  const [a, b, half] = [first, last, (first + last) / 2].map((t) => pointAt(way, t));
  const control = { x: 2 * half.x - (a.x + b.x) / 2, y: 2 * half.y - (a.y + b.y) / 2 };
  const turn = (Math.atan2(b.y - control.y, b.x - control.x) * 180) / Math.PI;
  const out = bend < 0 ? -9 : 9;
  const spots = [out, -out].flatMap((side) =>
    ALONG.map((share) => {
      const { x, y } = pointAt(way, first + share * (last - first));
      return { x: x + side * way.side.x, y: Math.max(LINE / 2, Math.min(y + side * way.side.y, HEIGHT - LINE / 2)) };
    }),
  );
  const d = `M${fixed(a.x)} ${fixed(a.y)}Q${fixed(control.x)} ${fixed(control.y)} ${fixed(b.x)} ${fixed(b.y)}`;
  return { d, tip: { x: b.x, y: b.y, turn }, spots };
}

/**
 * A place for each arrow's label, where it covers no state and no other label if there is one.
 * @param {Route[]} routes
 * @param {string[]} labels
 * @param {Box[]} states
 * @returns {Point[]}
 */
export function labelled(routes, labels, states) {
  /** @type {Box[]} */
  const taken = [...states];
  return routes.map(({ spots }, at) => {
    const size = { w: SMALL * labels[at].length + 2, h: LINE };
    const faults = spots.map((spot) => taken.filter((box) => meet({ ...spot, ...size }, box)).length);
    const spot = spots[faults.indexOf(Math.min(...faults))];
    taken.push({ ...spot, ...size });
    return spot;
  });
}

/**
 * @param {Box} one
 * @param {Box} other
 */
const meet = (one, other) => 2 * Math.abs(one.x - other.x) < one.w + other.w && 2 * Math.abs(one.y - other.y) < one.h + other.h;

/** @param {number} value */
const fixed = (value) => value.toFixed(1);
