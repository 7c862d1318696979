// @ts-check
// Two small charts: how a tensor's values spread, and its norm beside its gradient's, by training step.

import { add } from "../../../kit/js/svg.js";
import { label, linear, logarithmic, share, ticks } from "./scales.js";

const HEIGHT = 236;
const EDGE = { left: 56, right: 14, top: 10, bottom: 44 };
const BANDS = [[0, 6, "widest"], [1, 5, "wide"], [2, 4, "middle"]];

/** @typedef {{ step: number, norm: number, gradient_norm: number|null, levels: number[] }} Seen */

class Chart {
  /**
   * @param {HTMLElement} host
   * @param {string} title
   */
  constructor(host, title) {
    const head = document.createElement("h3");
    head.textContent = title;
    host.append(head);
    this.host = host;
    this.svg = add(host, "svg", { role: "img" });
  }

  /**
   * @param {Seen[]} seen
   * @param {import("./scales.js").Range} range
   */
  axes(seen, range) {
    const width = Math.max(280, this.host.clientWidth);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.replaceChildren();
    const right = width - EDGE.right;
    this.x = (/** @type {number} */ at) => EDGE.left + (at * (right - EDGE.left)) / Math.max(1, seen.length - 1);
    this.y = (/** @type {number} */ value) => HEIGHT - EDGE.bottom - share(value, range) * (HEIGHT - EDGE.bottom - EDGE.top);
    for (const tick of ticks(range)) {
      const y = this.y(tick);
      add(this.svg, "path", { d: `M${EDGE.left} ${y}H${right}`, class: "grid" });
      add(this.svg, "text", { x: EDGE.left - 6, y: y + 4, class: "end" }, label(tick));
    }
    const every = Math.ceil(seen.length / (width / 62));
    seen.forEach(({ step }, at) => {
      if ((seen.length - 1 - at) % every) return;
      add(this.svg, "text", { x: this.x?.(at) ?? 0, y: HEIGHT - EDGE.bottom + 17, class: "middle" }, step.toLocaleString("en"));
    });
    add(this.svg, "text", { x: (EDGE.left + right) / 2, y: HEIGHT - 6, class: "middle" }, "training step of the snapshot");
  }

  /** @param {(number|null)[]} values */
  path(values) {
    const points = values.flatMap((value, at) => (value === null ? [] : [`${this.x?.(at).toFixed(1)} ${this.y?.(value).toFixed(1)}`]));
    return `M${points.join("L")}`;
  }

  /**
   * A line where the page's slider is.
   * @param {number} at
   */
  now(at) {
    this.cursor?.remove();
    if (at < 0 || !this.x) return;
    this.cursor = add(this.svg, "path", { d: `M${this.x(at)} ${EDGE.top}V${HEIGHT - EDGE.bottom}`, class: "now" });
  }
}

export class Spread extends Chart {
  /** @param {HTMLElement} host */
  constructor(host) {
    super(host, "How its values spread");
  }

  /** @param {Seen[]} seen */
  show(seen) {
    this.axes(seen, linear(seen.flatMap(({ levels }) => levels)));
    for (const [low, high, name] of BANDS) {
      const up = seen.map(({ levels }) => levels[Number(high)]);
      const down = seen.map(({ levels }) => levels[Number(low)]);
      const back = down.map((value, at) => `${this.x?.(at).toFixed(1)} ${this.y?.(value).toFixed(1)}`).reverse();
      add(this.svg, "path", { d: `${this.path(up)}L${back.join("L")}Z`, class: String(name) });
    }
    add(this.svg, "path", { d: this.path(seen.map(({ levels }) => levels[3])), class: "median" });
    this.svg.setAttribute("aria-label", `The median goes from ${label(seen[0].levels[3])} to ${label(seen.at(-1)?.levels[3] ?? 0)}.`);
  }
}

export class Norms extends Chart {
  /** @param {HTMLElement} host */
  constructor(host) {
    super(host, "Its norm, and its gradient's");
  }

  /** @param {Seen[]} seen */
  show(seen) {
    const norms = seen.map(({ norm }) => norm);
    const gradients = seen.map(({ gradient_norm }) => gradient_norm);
    this.axes(seen, logarithmic([...norms, ...gradients.filter((each) => each !== null)]));
    add(this.svg, "path", { d: this.path(norms), class: "norm" });
    if (gradients.some((each) => each !== null)) add(this.svg, "path", { d: this.path(gradients), class: "gradient" });
    this.svg.setAttribute("aria-label", `The norm goes from ${label(norms[0])} to ${label(norms.at(-1) ?? 0)}.`);
  }
}
