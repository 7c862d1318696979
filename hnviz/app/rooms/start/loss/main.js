// @ts-check
// The loss of a run, drawn as it grows: train at every step, valid at the end of each epoch.
//
// The points are those of the topic "curves", whose first panel holds the loss.

import { Following } from "../../../kit/js/following.js";
import { openCanvas } from "../../../kit/js/canvas.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { table } from "./table.js";

/**
 * @typedef {{ name?: string, x?: number[], y?: number[] }} Trace
 * @typedef {{ name: string, figure?: { data: Trace[] },
 *             traces?: { from: number, x: number[], y: number[] }[] }} Panel
 * @typedef {{ x: number[], y: number[] }} Curve
 */

const HEIGHT = 118; // px
const EDGE = { left: 30, right: 8, top: 8, bottom: 20 };
const FIRST_TOP = 4; // the loss of a guess among 39 words is 3.7

class Loss {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.told = make("p", "told", body);
    this.canvas = make("canvas", "curve", body);
    this.canvas.setAttribute("role", "img");
    /** @type {Trace[]} */
    this.data = [];
    this.following = new Following(kit, "curves", (news) => this.take(news));
    queueMicrotask(() => kit.data?.settings.comes_to_it && kit.root.scrollIntoView({ block: "nearest" }));
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ run, theme }) {
    this.theme = theme;
    if (this.following.of(run, { mode: "light" })) this.data = [];
    this.paint();
  }

  /** @param {{ panels: Panel[] }} news */
  take({ panels }) {
    const panel = panels.find(({ name }) => name === "loss");
    if (!panel) return;
    if (panel.figure) this.data = panel.figure.data;
    panel.traces?.forEach(({ from, x, y }, at) => {
      const trace = this.data[at];
      trace.x = [...(trace.x ?? []).slice(0, from), ...x];
      trace.y = [...(trace.y ?? []).slice(0, from), ...y];
    });
    this.paint();
  }

  /**
   * @param {string} name
   * @returns {Curve}
   */
  curve(name) {
    const trace = this.data.find((each) => each.name === name);
    return { x: trace?.x ?? [], y: trace?.y ?? [] };
  }

  paint() {
    const [train, valid] = [this.curve("train"), this.curve("valid")];
    const said = sentence(train, valid);
    this.told.textContent = said;
    this.canvas.setAttribute("aria-label", said);
    this.kit.table?.changed();
    Object.assign(this.canvas.dataset, { points: train.x.length });
    const width = this.canvas.parentElement?.clientWidth ?? 0;
    if (!width || !this.theme) return;
    const pen = openCanvas(this.canvas, width, HEIGHT);
    const scale = scaleOf(width, Math.max(this.kit.timeline?.facts.n_steps ?? 0, train.x.at(-1) ?? 0, 1), train.y, valid.y);
    paintAxes(pen, scale, width, this.theme);
    paintCurve(pen, scale, train, this.theme.train, [7, 4]);
    paintCurve(pen, scale, valid, this.theme.valid, []);
  }

  destroy() {
    this.following.leave();
  }
}

/**
 * @param {Curve} train
 * @param {Curve} valid
 */
function sentence(train, valid) {
  const [loss, step] = [train.y.at(-1), train.x.at(-1)];
  if (loss === undefined || step === undefined) return "The loss appears with the first step.";
  const end = valid.y.at(-1);
  const held = end === undefined ? "" : `, ${end.toFixed(2)} on valid (solid)`;
  // A point's step counts the updates before it.
  return `Loss after ${(step + 1).toLocaleString("en")} steps: ${loss.toFixed(2)} on train (dashed)${held}. The lower, the better it guesses.`;
}

/**
 * @param {number} width
 * @param {number} end
 * @param {number[][]} losses
 */
function scaleOf(width, end, ...losses) {
  const top = Math.min(8, Math.max(FIRST_TOP, ...losses.flat().filter(Number.isFinite)));
  const [across, down] = [width - EDGE.left - EDGE.right, HEIGHT - EDGE.top - EDGE.bottom];
  return {
    end,
    top,
    /** @param {number} step */
    x: (step) => EDGE.left + (across * step) / end,
    /** @param {number} loss */
    y: (loss) => EDGE.top + down * (1 - Math.min(loss, top) / top),
  };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {ReturnType<typeof scaleOf>} scale
 * @param {number} width
 * @param {any} theme
 */
function paintAxes(pen, scale, width, theme) {
  pen.font = `12px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.strokeStyle = theme.border;
  pen.textBaseline = "middle";
  for (let loss = 0; loss <= scale.top; loss += 2) {
    pen.fillText(String(loss), 8, scale.y(loss));
    pen.beginPath();
    pen.moveTo(EDGE.left, scale.y(loss));
    pen.lineTo(width - EDGE.right, scale.y(loss));
    pen.stroke();
  }
  pen.textBaseline = "alphabetic";
  pen.fillText("0", EDGE.left, HEIGHT - 4);
  pen.textAlign = "right";
  pen.fillText(`step ${Math.round(scale.end).toLocaleString("en")}`, width - EDGE.right, HEIGHT - 4);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {ReturnType<typeof scaleOf>} scale
 * @param {Curve} curve
 * @param {string} color
 * @param {number[]} dash
 */
function paintCurve(pen, scale, { x, y }, color, dash) {
  pen.strokeStyle = pen.fillStyle = color;
  pen.lineWidth = 2;
  pen.setLineDash(dash);
  pen.beginPath();
  x.forEach((step, at) => Number.isFinite(y[at]) && pen.lineTo(scale.x(step), scale.y(y[at])));
  pen.stroke();
  pen.setLineDash([]);
  if (dash.length) return;
  for (const [at, step] of x.entries()) {
    pen.beginPath();
    pen.arc(scale.x(step), scale.y(y[at]), 3, 0, 7);
    pen.fill();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Loss(body, kit),
});
