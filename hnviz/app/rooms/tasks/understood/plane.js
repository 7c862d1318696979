// @ts-check
// The state in the plane of the two units that carry the memory, with the regions it never leaves.

import { across, PLANE, up } from "./graph.js";
import { add } from "../../../kit/js/svg.js";

const TICKS = [-1, 0, 1];
const RECENT = 4; // steps of the path that are drawn strong

export class Plane {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.svg = add(host, "svg", { role: "img", viewBox: `0 0 ${PLANE.size} ${PLANE.size}` });
  }

  /** @param {{ regions: [number, number, number[]][], plane: number[] }} settings */
  lay({ regions, plane }) {
    this.svg.replaceChildren();
    this.axes(plane);
    for (const [odd, bit, [x0, y0, x1, y1]] of regions) this.region(odd, bit, [x0, y0, x1, y1]);
    add(this.svg, "text", { x: across(-0.72), y: up(-0.72), class: "name" }, "odd");
    this.path = add(this.svg, "g", { class: "path" });
  }

  /** @param {number[]} plane */
  axes(plane) {
    for (const tick of TICKS) {
      add(this.svg, "path", { d: `M${across(tick)} ${up(-1.1)}V${up(1.1)}M${across(-1.1)} ${up(tick)}H${across(1.1)}`, class: "grid" });
      const text = String(tick).replace("-", "−");
      add(this.svg, "text", { x: across(tick), y: up(-1.1) + 16, class: "tick middle" }, text);
      add(this.svg, "text", { x: across(-1.1) - 6, y: up(tick) + 4, class: "tick end" }, text);
    }
    add(this.svg, "text", { x: across(0), y: PLANE.size - 8, class: "tick middle" }, `unit ${plane[0]}: off −1, on 1`);
    const [x, y] = [14, up(0)];
    add(this.svg, "text", { x, y, transform: `rotate(-90 ${x} ${y})`, class: "tick middle" }, `unit ${plane[1]}: off −1, on 1`);
  }

  /**
   * @param {number} odd
   * @param {number} bit
   * @param {number[]} corners
   */
  region(odd, bit, [x0, y0, x1, y1]) {
    const [left, top] = [across(x0) - 3, up(y1) - 3];
    add(this.svg, "rect", { x: left, y: top, width: across(x1) + 3 - left, height: up(y0) + 3 - top, rx: 3, class: odd ? "region odd" : "region" });
    if (odd) return;
    const text = `even, last bit ${bit}`;
    if (bit) add(this.svg, "text", { x: across(x1) + 10, y: up((y0 + y1) / 2) + 4, class: "name" }, text);
    else add(this.svg, "text", { x: across(x0) - 12, y: up((y0 + y1) / 2) + 4, class: "name end" }, text);
  }

  /** @param {number[][]} points the state after each bit, from zeros on */
  show(points) {
    this.path?.replaceChildren();
    if (!this.path) return;
    for (let at = 1; at < points.length; at++) {
      const [[x0, y0], [x1, y1]] = [points[at - 1], points[at]];
      const old = points.length - 1 - at >= RECENT ? " old" : "";
      add(this.path, "path", { d: `M${across(x0)} ${up(y0)}L${across(x1)} ${up(y1)}`, class: `step${old}` });
      add(this.path, "circle", { cx: across(x0), cy: up(y0), r: 2.5, class: "dot" });
    }
    const [x, y] = /** @type {number[]} */ (points.at(-1));
    add(this.path, "circle", { cx: across(x), cy: up(y), r: 6.5, class: "here" });
    this.svg.setAttribute("aria-label", `The state as a point: it is at ${x.toFixed(2)}, ${y.toFixed(2)}.`);
  }
}
