// @ts-check
// The plot: two canvases, and a line below that says what is marked. Only the upper canvas follows the pointer, so 200
// curves are drawn once.

import { pointIn } from "../../../kit/js/canvas.js";
import { maker } from "../../../kit/js/make.js";
import { nearest } from "../../../kit/js/scale.js";
import { layOut, paint, paintMark, place } from "./paint.js";

/** @typedef {ReturnType<typeof import("./scene.js").sceneOf>} Scene */
/** @typedef {{ line: number, at: number|null }} Marked a point of a line, or all of it */

const HEIGHT = 400; // px
const REACH = 40; // px within which the pointer finds a line
const NARROW = 640; // px, below which names are written in the table alone
const LETTER = 6.7; // px of a letter of a name

export class Plot {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    const make = maker(parent);
    this.plot = make("div", "plot");
    Object.assign(this.plot, { tabIndex: 0, role: "img" });
    this.plot.style.height = `${HEIGHT}px`;
    this.base = make("canvas", "base", this.plot);
    this.over = make("canvas", "over", this.plot);
    this.point = make("p", "point");
    this.point.setAttribute("role", "status");
    this.plot.onpointermove = this.plot.onpointerdown = (/** @type {PointerEvent} */ event) => this.hover(event);
    this.plot.onpointerleave = () => this.mark(null);
    this.plot.onkeydown = (/** @type {KeyboardEvent} */ event) => this.press(event);
    this.width = this.paints = 0;
    /** @type {any} */
    this.theme = null;
    /** @type {Scene|null} */
    this.scene = null;
    /** @type {any} the scene as it is painted, with its places */
    this.shown = null;
    /** @type {string|null} */
    this.row = null;
    /** @type {Marked|null} */
    this.marked = null;
  }

  /** @param {{ scene: Scene, theme: any, alt: string, row: string|null }} shown `row` is the run whose row is pointed at */
  show({ scene, theme, alt, row }) {
    this.plot.setAttribute("aria-label", `${alt} Arrow keys go through the runs and their points.`);
    const width = this.plot.clientWidth;
    if (width && (scene !== this.scene || width !== this.width)) this.paint(scene, theme, width);
    if (row === this.row || !this.shown) return;
    this.row = row;
    const line = scene.own.findIndex(({ group }) => group.some((/** @type {import("./series.js").Run} */ { run }) => run === row));
    this.mark(line < 0 ? null : { line, at: null });
  }

  /**
   * @param {Scene} scene
   * @param {any} theme
   * @param {number} width
   */
  paint(scene, theme, width) {
    Object.assign(this, { scene, theme, width });
    const isNarrow = width < NARROW;
    const lines = scene.lines.map((line) => ({ ...line, label: isNarrow ? "" : line.label }));
    const longest = Math.max(0, ...lines.map(({ label }) => label.length));
    const room = isNarrow ? 12 : Math.min(width / 3, 44 + LETTER * longest);
    this.shown = { ...scene, lines, width, height: HEIGHT };
    this.laid = layOut({ ...this.shown, room });
    place(this.shown, this.laid);
    paint(this.base, this.shown, this.laid, theme);
    this.mark(null);
    Object.assign(this.plot.dataset, { lines: scene.own.length, paints: ++this.paints });
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const [x, y] = pointIn(this.plot, event);
    this.mark(nearest(this.shown.lines, x, y, REACH));
  }

  /**
   * Mark a line, and say which run it is.
   * @param {Marked|null} found
   */
  mark(found) {
    if (found && found.line === this.marked?.line && found.at === this.marked.at) return;
    this.marked = found;
    paintMark(this.over, this.shown, this.laid, this.theme, found ?? { line: -1, at: null });
    this.point.textContent = found ? this.pointText(found) : "Point at a curve for its run.";
  }

  /** @param {Marked} marked */
  pointText({ line, at }) {
    const { xTitle, writeX, writeValue } = this.shown;
    const { name, x, y, end, group, live } = this.shown.lines[line];
    const full = group.length === 1 ? group[0].name : name;
    const said = full === name ? name : `${name} (${full})`;
    if (at === null) return `${said}: ${live ? "is at" : "ends at"} ${writeValue(end)}.`;
    return `${said}: ${xTitle} ${writeX(Number(x[at].toPrecision(5)))}, ${writeValue(y[at])}.`;
  }

  /**
   * Up and down go through the runs, left and right along one.
   * @param {KeyboardEvent} event
   */
  press(event) {
    const { lines } = this.shown;
    const by = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1, Escape: 0 }[event.key];
    if (by === undefined || !lines.length) return;
    event.preventDefault();
    if (!by) return this.mark(null);
    const { line, at } = this.marked ?? { line: -1, at: null };
    if (/Up|Down/.test(event.key)) return this.mark({ line: line < 0 ? 0 : (line + by + lines.length) % lines.length, at: null });
    const [shown, n] = [Math.max(0, line), lines[Math.max(0, line)].x.length];
    const from = at ?? (by < 0 ? n : -1);
    if (n) this.mark({ line: shown, at: Math.min(n - 1, Math.max(0, from + by)) });
  }
}
