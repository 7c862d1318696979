// @ts-check
// A guess at a curve: points that are dragged up and down, or moved by the arrow keys.

import { phrase } from "../../kit/js/language.js";
import { maker } from "../../kit/js/make.js";
import { button } from "./parts.js";
import { numeral } from "./words.js";

/** @typedef {import("./surprise.js").Guess} Guess */

const [WIDTH, HEIGHT] = [280, 170];
const INSIDE = { left: 34, right: 10, top: 10, bottom: 26 };
const LONG = 4; // letters of a name that would be cut off at the ends
const ROOM = 9; // px to the left of the first point, the width of its handle
const STEPS = 40; // from the lowest value to the highest
const SVG = "http://www.w3.org/2000/svg";

/** Where values are in the picture, and back. */
class Scale {
  /** @param {Guess} guess */
  constructor({ low, high, answers }) {
    this.low = low;
    this.high = high;
    this.apart = (WIDTH - INSIDE.left - INSIDE.right) / (answers.length - 1);
    this.tall = HEIGHT - INSIDE.top - INSIDE.bottom;
  }

  /** @param {number} at */
  x(at) {
    return INSIDE.left + at * this.apart;
  }

  /** @param {number} value */
  y(value) {
    return INSIDE.top + this.tall * (1 - (value - this.low) / (this.high - this.low));
  }

  /**
   * The value at a height, on one of the steps.
   * @param {number} y
   */
  value(y) {
    const share = Math.min(1, Math.max(0, 1 - (y - INSIDE.top) / this.tall));
    return this.low + ((this.high - this.low) * Math.round(share * STEPS)) / STEPS;
  }

  /**
   * Another value, some steps away.
   * @param {number} value
   * @param {number} by
   */
  moved(value, by) {
    const next = value + (by * (this.high - this.low)) / STEPS;
    return Math.min(this.high, Math.max(this.low, next));
  }
}

/**
 * @param {Element} parent
 * @param {string} tag
 * @param {Record<string, string|number>} attributes
 */
function draw(parent, tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.textContent = text;
  parent.append(made);
  return made;
}

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {Scale} scale
 */
function axes(host, guess, scale) {
  const svg = draw(host, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve" });
  for (const value of [guess.low, guess.high]) {
    const y = scale.y(value);
    draw(svg, "line", { x1: INSIDE.left, x2: WIDTH - INSIDE.right, y1: y, y2: y, class: "axis" });
    draw(svg, "text", { x: INSIDE.left - 5, y: y + 4, "text-anchor": "end" }, numeral(value));
  }
  guess.answers.forEach((name, at) => {
    const last = guess.answers.length - 1;
    const isAtEnd = name.length > LONG && (at === 0 || at === last);
    const anchor = isAtEnd ? (at ? "end" : "start") : "middle";
    const x = isAtEnd ? [INSIDE.left - ROOM, WIDTH][Math.sign(at)] : scale.x(at);
    draw(svg, "text", { x, y: HEIGHT - 8, "text-anchor": anchor }, name);
  });
  return svg;
}

/**
 * @param {Scale} scale
 * @param {number[]} values
 */
const points = (scale, values) => values.map((value, at) => `${scale.x(at)},${scale.y(value)}`).join(" ");

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {(value: number[]) => void} give
 */
export function ask(host, guess, give) {
  const scale = new Scale(guess);
  const svg = axes(host, guess, scale);
  const values = guess.answers.map(() => (guess.low + guess.high) / 2);
  const line = draw(svg, "polyline", { class: "guessed" });
  const dots = guess.answers.map((name, at) =>
    draw(svg, "circle", { cx: scale.x(at), r: 9, class: "handle", tabindex: 0, role: "slider", "aria-label": name }),
  );
  const place = () => {
    line.setAttribute("points", points(scale, values));
    dots.forEach((dot, at) => {
      dot.setAttribute("cy", String(scale.y(values[at])));
      dot.setAttribute("aria-valuenow", String(values[at]));
      dot.setAttribute("aria-valuemin", String(guess.low));
      dot.setAttribute("aria-valuemax", String(guess.high));
      dot.setAttribute("aria-valuetext", `${numeral(values[at])} ${guess.unit}`.trim());
    });
  };
  dots.forEach((dot, at) => {
    const set = (/** @type {number} */ value) => {
      values[at] = value;
      place();
    };
    listen(/** @type {SVGElement} */ (dot), svg, (y) => set(scale.value(y)), (by) => set(scale.moved(values[at], by)));
  });
  place();
  maker(host)("p", "hint", host, guess.unit ? phrase("Drag the points up or down, in {}.", guess.unit) : phrase("Drag the points up or down."));
  button(host, phrase("That is my guess"), () => give([...values])).classList.add("first");
}

/**
 * @param {SVGElement} dot
 * @param {Element} svg
 * @param {(y: number) => void} drag
 * @param {(by: number) => void} step
 */
function listen(dot, svg, drag, step) {
  dot.addEventListener("pointerdown", (event) => dot.setPointerCapture(event.pointerId));
  dot.addEventListener("pointermove", (event) => {
    if (!dot.hasPointerCapture(event.pointerId)) return;
    const box = svg.getBoundingClientRect();
    drag(((event.clientY - box.top) / box.height) * HEIGHT);
  });
  dot.addEventListener("keydown", (event) => {
    const by = /** @type {Record<string, number>} */ ({ ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 })[event.key];
    if (!by) return;
    event.preventDefault();
    step(by);
  });
}

/**
 * @param {HTMLElement} host
 * @param {Guess} guess
 * @param {number[]|null} answer
 */
export function reveal(host, guess, answer) {
  const scale = new Scale(guess);
  const svg = axes(host, guess, scale);
  const truth = /** @type {number[]} */ (guess.truth);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", phrase("The curve: {}", truth.map((value, at) => `${guess.answers[at]} ${numeral(value)}`).join(", ")));
  if (answer) draw(svg, "polyline", { class: "guessed", points: points(scale, answer) });
  draw(svg, "polyline", { class: "true", points: points(scale, truth) });
  truth.forEach((value, at) => draw(svg, "circle", { cx: scale.x(at), cy: scale.y(value), r: 3.5, class: "true" }));
  const make = maker(host);
  if (answer) make("p", "key guessed", host, phrase("Your guess, dashed"));
  make("p", "key true", host, guess.unit ? phrase("How it is, in {}", guess.unit) : phrase("How it is"));
}
