// @ts-check
// Three mini-batches unrolled: where the state goes, and how far back a loss reaches. As SVG text, without a DOM.

import { short, Shapes } from "../../../kit/js/shapes.js";
import { laneSentences, part } from "./words.js";

/**
 * @typedef {import("../../../kit/js/shapes.js").Theme} Theme
 * @typedef {{ model: string, batches: number[], bptt: number, bs: number, every: boolean, answers_every: boolean,
 *             loss: number, n_before: number, words: string[] }} Meta
 *   every          the loss of all steps; else of the last alone
 *   answers_every  the model answers after every step
 */

export const [WIDE, NARROW] = [740, 358]; // px; the wide one is beside a lane's name
const PHONE = 600; // px: a narrower drawing has less room
const HEIGHT = 100; // px
const ROOM = 70; // px; a longer stretch has room for a number at each end
const DOT_ROOM = 8; // px between dots at least; closer ones are left out
const CHEVRON_ROOM = 46; // px
const BREAK = 4; // px at each end of a state that does not go on: dots are nearly as wide as the step between them
const WORD_ROOM = 11; // px between words at least
const WORDS = 56; // px, the height of upright words
export const THICKEST = 32; // px
const THINNEST = 0.8;
const SHARES = [1, 1e-2, 1e-4]; // in the legend
const [FORWARD, BACKWARD] = [26, 64]; // px, the middles of both ways

/** All lanes from top to bottom: a name, and what it is. @type {Record<string, [string, string]>} */
const LANES = {
  detach: ["Detach", "the state goes on, the gradient is cut, as in Model3 to Model5"],
  keep: ["No detach", "one long way back through all three mini-batches"],
  untrained: ["No detach, untrained", "the same network before its first training step"],
  reset: ["Reset", "zeros before each mini-batch, as in Model0 to Model2"],
};
const RESET_UNTRAINED = "Reset, untrained";

/**
 * A ribbon's thickness in px, the cube root of its share; 0 for no gradient. So a share of 1 % looks thin, as on a log
 * scale it would not, and can still be seen.
 * @param {number} share
 */
export const thickness = (share) => (share <= 0 ? 0 : Math.max(THINNEST, THICKEST * Math.cbrt(Math.min(1, share))));

/** Where steps are, from left to right. */
export class Steps {
  /** @param {number} left @param {number} right @param {number} n steps in all @param {number} window steps of a mini-batch */
  constructor(left, right, n, window) {
    this.left = left;
    this.right = right;
    this.n = n;
    this.window = window;
    this.gap = (right - left) / Math.max(1, n - 1);
  }

  /** The x of a step's middle. @param {number} step */
  x(step) {
    return this.left + ((this.right - this.left) * step) / Math.max(1, this.n - 1);
  }

  /** The first steps of all mini-batches but the first. */
  get later() {
    return Array.from({ length: Math.ceil(this.n / this.window) - 1 }, (_, at) => (at + 1) * this.window);
  }

  /** The places between two mini-batches. */
  get seams() {
    return this.later.map((step) => this.x(step - 0.5));
  }

  /** Steps at equal distances of at least `room` px, the last one first. @param {number} first @param {number} end */
  thinned(first, end, room = DOT_ROOM) {
    const each = Math.max(1, Math.ceil(room / this.gap));
    return Array.from({ length: Math.max(0, Math.ceil((end - first) / each)) }, (_, at) => end - 1 - at * each);
  }
}

/** Gradients through three mini-batches, by lane. */
export class Passes {
  /**
   * @param {Meta} meta
   * @param {import("./words.js").Lanes} lanes
   */
  constructor(meta, lanes) {
    this.meta = meta;
    this.lanes = lanes;
    this.longest = "keep" in lanes ? "keep" : "reset"; // the way in which a gradient gets furthest
    /** @type {Record<string, string>|undefined} */
    this.said = undefined;
  }

  /** What happens between the mini-batches of a lane. @param {string} lane */
  way(lane) {
    return lane === "untrained" ? this.longest : lane;
  }

  /** A lane's name, and what it is. @param {string} lane @returns {[string, string]} */
  names(lane) {
    const [name, why] = LANES[lane];
    return [lane !== "reset" && this.way(lane) === "reset" ? RESET_UNTRAINED : name, why];
  }

  /** The lanes from top to bottom; the untrained one follows the one that it repeats. */
  get ordered() {
    const order = "keep" in this.lanes ? Object.keys(LANES) : ["reset", "untrained"];
    return order.filter((lane) => lane in this.lanes);
  }

  /** @param {number} width */
  steps(width) {
    const { batches, bptt } = this.meta;
    return new Steps(22, width - (width > NARROW ? 48 : 30), batches.length * bptt, bptt);
  }

  /** The mini-batches' names above the lanes, and the words that their first row reads. @param {Theme} theme @param {number} width */
  head(theme, width) {
    const { batches, bptt, words } = this.meta;
    const steps = this.steps(width);
    const fits = steps.x(1) - steps.x(0) >= WORD_ROOM; // some of the words would read as a text that nobody wrote
    const drawing = new Shapes(width, fits ? WORDS + 24 : 24, theme);
    const after = width > PHONE ? `, ${bptt === 1 ? "1 step" : `${bptt} steps`}` : "";
    const names = batches.map((batch) => `mini-batch ${batch}`);
    names.forEach((name, at) => drawing.text(steps.x(at * bptt + (bptt - 1) / 2), 14, name + after, { bold: true }));
    if (fits) words.forEach((word, step) => drawing.upright(steps.x(step), WORDS + 22, word));
    return drawing.render("Three mini-batches", `${names.join(", ")}. Their first row reads: ${words.join(" ")}`);
  }

  /** What each lane says. */
  get sentences() {
    return (this.said ??= laneSentences(this.lanes, this.meta.bptt, this.meta.every));
  }

  /** A lane in words, for screen readers. @param {string} name */
  told(name) {
    return this.sentences[name].replaceAll("**", "");
  }

  /** One lane: states forward, and the gradient backward below them. @param {string} name @param {Theme} theme @param {number} width */
  lane(name, theme, width) {
    const { every, batches } = this.meta;
    const way = this.way(name);
    const drawing = new Lane(width, HEIGHT, theme, this.steps(width));
    const { steps, wide } = drawing;
    drawing.panels(batches.length);
    for (const first of [0, ...steps.later]) {
      const end = first + steps.window;
      drawing.chain(first, end, way !== "reset" && end < steps.n, way === "reset" ? BREAK : 0);
      if (every) drawing.losses(this.meta.answers_every ? first : end - 1, end);
    }
    drawing.ends(way);
    drawing.parts.push(`<g class="gradient">${this.gradient(name, theme, width)}</g>`);
    if (way === "detach") for (const x of steps.seams) drawing.cut(x, BACKWARD);
    drawing.loss(every && wide ? "losses" : "loss"); // on a phone there is room only for the shorter word
    return drawing.render(this.names(name)[0], this.told(name));
  }

  /** The part of a lane that another training step changes. @param {string} name @param {Theme} theme @param {number} width */
  gradient(name, theme, width) {
    const { bptt, every } = this.meta;
    const way = this.way(name);
    const drawing = new Lane(width, HEIGHT, theme, this.steps(width));
    const { steps, wide } = drawing;
    const norms = Array.from(this.lanes[name]);
    const whole = every ? Math.max(...norms) : norms[norms.length - 1]; // 100 %
    const pieces = piecesOf(whole ? norms.map((norm) => norm / whole) : norms, way === "keep" ? steps.n : bptt);
    for (const { first, shares } of pieces) {
      drawing.ribbon(shares, first);
      drawing.numbers(shares, first);
    }
    if (pieces.length && pieces[0].first >= bptt && way !== "keep") {
      drawing.text(steps.seams[0] - 24, BACKWARD + 5, wide ? "no gradient here" : "no gradient", { anchor: "end", muted: true });
    }
    return drawing.parts.join("");
  }
}

/**
 * The stretches of `window` steps that have a gradient, each from its first one on.
 * @param {number[]} shares
 * @param {number} window
 */
function piecesOf(shares, window) {
  const found = [];
  for (let first = 0; first < shares.length; first += window) {
    const there = shares.slice(first, first + window).findIndex((share) => share !== 0);
    if (there >= 0) found.push({ first: first + there, shares: shares.slice(first + there, first + window) });
  }
  return found;
}

class Lane extends Shapes {
  /** @param {number} width @param {number} height @param {Theme} theme @param {Steps} steps */
  constructor(width, height, theme, steps) {
    super(width, height, theme);
    this.steps = steps;
    this.wide = width > PHONE;
    this.color = theme.role.h_h;
  }

  /** A quiet background for each mini-batch. @param {number} n */
  panels(n) {
    const { steps, height, theme } = this;
    for (let at = 0; at < n; at++) {
      const first = at * steps.window;
      const left = at ? steps.x(first - 0.5) + 1 : steps.x(0) - 8;
      const right = first + steps.window === steps.n ? steps.x(steps.n - 1) + 8 : steps.x(first + steps.window - 0.5) - 1;
      this.parts.push(
        `<rect x="${left.toFixed(1)}" y="0" width="${(right - left).toFixed(1)}" height="${short(height)}" rx="6" fill="${theme.surface}"/>`,
      );
    }
  }

  /**
   * States forward: a line with a dot for each step, and an arrow if they go on.
   * @param {number} first @param {number} end @param {boolean} goesOn
   * @param {number} pulled px by which both ends are nearer to the middle
   */
  chain(first, end, goesOn, pulled) {
    const { steps, wide, color } = this;
    const x = (/** @type {number} */ step) => steps.x(step) + pulled * (end - first > 1 ? 1 - (2 * (step - first)) / (end - first - 1) : 0);
    this.segment(x(first), FORWARD, x(end - 1), FORWARD, color, wide ? 3 : 2.2);
    if (goesOn) this.arrow(steps.x(end - 1), steps.x(end) - (wide ? 5 : 1), FORWARD);
    const [r, edge] = wide ? [4, 1.6] : [2.6, 1.3];
    // One path: one shape for each dot takes a page ten times as long.
    const dots = steps.thinned(first, end).map((step) => `M${(x(step) - r).toFixed(1)} ${FORWARD}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`);
    this.parts.push(`<path d="${dots.join("")}" fill="${this.theme.background}" stroke="${color}" stroke-width="${edge}"/>`);
  }

  /** A small answer's triangle at each step that has a loss. @param {number} first @param {number} end */
  losses(first, end) {
    const y = FORWARD + 13;
    const marks = this.steps.thinned(first, end).map((step) => `M${this.steps.x(step).toFixed(1)} ${y - 4}l4 6.5h-8z`);
    this.parts.push(`<path d="${marks.join("")}" fill="${this.theme.role.h_o}"/>`);
  }

  /** What ends between two mini-batches: the state, or the gradient alone. @param {string} way */
  ends(way) {
    for (const x of this.steps.seams) {
      if (way === "reset") {
        this.seam(x, FORWARD - 12, BACKWARD + 18);
        this.text(x, FORWARD - 15, "0", { muted: true });
      } else if (way === "detach") this.seam(x, FORWARD + 9, BACKWARD + 20);
    }
  }

  /** @param {number} x @param {number} top @param {number} bottom */
  seam(x, top, bottom) {
    const place = `x1="${x.toFixed(1)}" y1="${top}" x2="${x.toFixed(1)}" y2="${bottom}"`;
    this.parts.push(`<line ${place} stroke="${this.theme.text}" stroke-width="1.4" stroke-dasharray="3 3"/>`);
  }

  /** A gradient backward, as thick as its share after each step, with a tip at its end. @param {number[]} shares @param {number} first */
  ribbon(shares, first) {
    const { steps, color, theme } = this;
    const half = shares.map((share) => thickness(share) / 2);
    const places = shares.map((_, at) => steps.x(first + at));
    const edge = (/** @type {number} */ side) => places.map((x, at) => `${x.toFixed(1)} ${(BACKWARD + side * half[at]).toFixed(2)}`);
    const tip = Math.max(3.5, half[0] + 2.5);
    const [near, far] = [(places[0] + 1).toFixed(1), (places[0] - 8).toFixed(1)];
    this.parts.push(
      `<path d="M${[...edge(-1), ...edge(1).reverse()].join("L")}z" fill="${color}"/>` +
        `<path d="M${near} ${(BACKWARD - tip).toFixed(1)}L${far} ${BACKWARD}L${near} ${(BACKWARD + tip).toFixed(1)}z" fill="${color}"/>`,
    );
    const marks = steps.thinned(0, shares.length, CHEVRON_ROOM).slice(1).map((step) => {
      const h = Math.min(half[step] - 2.5, 6);
      if (h <= 1.5) return "";
      return `M${(places[step] + h * 0.6).toFixed(1)} ${(BACKWARD - h).toFixed(1)}l${(-h).toFixed(1)} ${h.toFixed(1)}l${h.toFixed(1)} ${h.toFixed(1)}`;
    });
    this.parts.push(`<path d="${marks.join("")}" fill="none" stroke="${theme.background}" stroke-width="1.5"/>`);
  }

  /** The share at both ends of a stretch, and at the seams that it crosses if there is room. @param {number[]} shares @param {number} first */
  numbers(shares, first) {
    const { steps } = this;
    const end = first + shares.length - 1;
    const seams = (this.wide ? steps.later : []).filter((step) => first < step && step < end);
    const ends = /** @type {[number, string][]} */ ([[first, "start"], ...seams.map((step) => [step, "middle"]), [end, "end"]]);
    for (const [step, anchor] of steps.gap * (end - first) >= ROOM ? ends : ends.slice(-1)) {
      const share = shares[step - first];
      const below = BACKWARD + Math.max(thickness(share), 10) / 2 + 15;
      const shift = first ? { start: 9, middle: 0, end: 2 }[anchor] : 0;
      this.text(steps.x(step) + (shift ?? 0), below, part(share), { anchor });
    }
  }

  /** The answer that the gradient comes from. @param {string} word */
  loss(word) {
    const x = this.steps.right + (this.wide ? 26 : 15);
    const color = this.theme.role.h_o;
    this.parts.push(
      `<path d="M${short(x)} ${BACKWARD - 12}L${short(x + 13.2)} ${BACKWARD + 9}H${short(x - 13.2)}z" fill="${color}22" stroke="${color}" stroke-width="1.8"/>`,
    );
    this.text(this.width, BACKWARD - 17, word, { anchor: "end" });
  }
}

/** What the lanes' shapes mean, and which thickness is which share: HTML. @param {Theme} theme @param {boolean} every */
export function legend(theme, every) {
  const arrow = new Shapes(34, 14, theme);
  arrow.arrow(1, 32, 7);
  const state = arrow.render("state, forward", "").replace("width:100%", "width:34px");
  const swatches = SHARES.map((share) => {
    const size = thickness(share);
    const rect = `<rect width="22" y="${((THICKEST - size) / 2).toFixed(1)}" height="${size.toFixed(1)}" fill="${theme.role.h_h}"/>`;
    return `<span><svg width="22" height="${THICKEST}" aria-hidden="true">${rect}</svg>${short(100 * share)} %</span>`;
  });
  const least = `thinnest: 1 in ${((THICKEST / THINNEST) ** 3).toLocaleString("en", { maximumFractionDigits: 0 })} or less`;
  return (
    `<div class="hnviz-legend"><span>${state}state, forward</span><span>gradient, backward; thickness: its size |dLoss/dh| as a share of the ` +
    `${every ? "lane's largest" : "nearest"} one</span>${swatches.join("")}<span style="color:${theme.muted}">${least}</span></div>`
  );
}
