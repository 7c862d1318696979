// @ts-check
// One Plotly chart with its title. A new figure keeps the reader's zoom and hidden traces.

import { idle } from "./idle.js";
import { translated } from "./language.js";
import { mark, onMark, setMark } from "./page.js";
import { CONFIG, dragmode } from "./plotly.js";

/**
 * @typedef {{ data: any[], layout: any }} Figure
 * @typedef {{ name: string, figure: Figure, title?: string, note?: string, alt: string, height: number,
 *             of?: string, zooms?: boolean, marks?: string }} Content
 *   of     the run that the curves are about: another run's curves lose the zoom
 *   zooms  whether a mouse zooms it
 *   marks  the mark that x is, such as "step": the page's other pictures show where the reader points
 */

const HASTE = 400; // ms after which a chart is drawn even if the browser is busy
const CURSOR = "hnviz-mark"; // name of the line that shows another picture's mark

export class Panel {
  /** @param {HTMLElement} grid */
  constructor(grid) {
    this.title = document.createElement("h3");
    this.chart = /** @type {any} */ (document.createElement("div"));
    this.chart.setAttribute("role", "img");
    this.figure = document.createElement("figure");
    this.figure.append(this.title, this.chart);
    grid.append(this.figure);
    /** @type {Content|null} */
    this.content = null;
    this.drawn = false; // whether it ever was
    this.due = false;
    this.width = 0; // that it was drawn for
    this.work = Promise.resolve();
    /** @type {Map<string, string>} axis, such as "yaxis2" -> the range that the figure gave it, as JSON */
    this.asked = new Map();
    this.deaf = () => {};
  }

  /**
   * Show a figure as soon as the browser is idle; of several in a row, only the last.
   * @param {Content} content
   * @param {any} Plotly
   */
  show(content, Plotly) {
    const { title = "", note = "", alt, name, height } = content;
    const same = this.content?.figure === content.figure && this.content?.of === content.of;
    const small = document.createElement("small");
    small.textContent = translated(note);
    this.title.replaceChildren(translated(title), small);
    this.title.hidden = !title;
    this.chart.setAttribute("aria-label", alt);
    this.chart.dataset.panel = name;
    this.chart.style.minHeight = `${height}px`;
    const first = !this.content;
    this.content = content;
    this.Plotly = Plotly;
    if (same) return this.fit();
    if (this.due) return;
    this.due = true;
    // One after the other: Plotly must finish a drawing before the next begins.
    this.work = this.work
      .then(() => (first ? null : idle(HASTE)))
      .then(() => this.paint())
      .catch((error) => console.error("hnviz chart:", error));
  }

  /** Plotly follows the window's width on its own, but not the page's beside a lesson. */
  fit() {
    const follow = () => {
      const { clientWidth } = this.chart;
      if (!this.drawn || !clientWidth || clientWidth === this.width) return;
      this.width = clientWidth;
      return this.Plotly.relayout(this.chart, { autosize: true });
    };
    this.work = this.work.then(follow).catch((error) => console.error("hnviz chart:", error));
  }

  async paint() {
    this.due = false;
    if (!this.content || !this.chart.isConnected) return;
    const { figure, of = "", height, zooms = false } = this.content;
    if (of !== this.chart.dataset.of) this.asked.clear();
    // A copy: Plotly writes a reader's zoom into the layout that it gets.
    const layout = { ...structuredClone(figure.layout), height, autosize: true, dragmode: dragmode(zooms) };
    delete layout.width;
    for (const [axis, range] of this.zoomed()) layout[axis] = { ...layout[axis], range, autorange: false };
    const axes = Object.entries(figure.layout).filter(([name]) => /^[xy]axis/.test(name));
    this.asked = new Map(axes.map(([name, axis]) => [name, JSON.stringify(axis.range)]));
    layout.shapes = [...(layout.shapes ?? []), ...this.cursor()];
    const data = figure.data.map((trace, at) => ({ ...trace, ...this.hidden(at, trace) }));
    this.width = this.chart.clientWidth;
    await this.Plotly.react(this.chart, data, layout, CONFIG);
    if (!this.drawn) this.listen();
    this.drawn = true;
    const points = figure.data.map((trace) => trace.x?.length ?? 0);
    Object.assign(this.chart.dataset, { of, points: Math.max(0, ...points), drawn: "1" });
  }

  /**
   * The axes that the reader has zoomed, each with its range: another figure must not undo that.
   * The layout has them at once; Plotly reports a zoom only after it has drawn it.
   */
  zoomed() {
    /** @type {[string, number[]][]} */
    const found = [];
    for (const [axis, asked] of this.asked) {
      const { range, autorange } = this.chart.layout?.[axis] ?? {};
      if (range && !autorange && JSON.stringify(range) !== asked) found.push([axis, [...range]]);
    }
    return found;
  }

  /**
   * What a reader has hidden in the legend stays hidden.
   * @param {number} at
   * @param {any} trace
   */
  hidden(at, trace) {
    const before = this.chart.data?.[at];
    return before?.visible === "legendonly" && before.name === trace.name ? { visible: "legendonly" } : {};
  }

  listen() {
    // A double click restores the range of the newest figure, not of the first.
    this.chart.on("plotly_doubleclick", () => {
      const ranges = [...this.asked].filter(([, range]) => range);
      const layout = ranges.map(([axis, range]) => [`${axis}.range`, JSON.parse(range)]);
      return this.Plotly.relayout(this.chart, Object.fromEntries(layout));
    });
    const name = this.content?.marks;
    if (!name) return;
    this.chart.on("plotly_hover", (/** @type {any} */ { points }) => setMark(name, points[0].x, this));
    this.chart.on("plotly_unhover", () => setMark(name, null, this));
    this.deaf = onMark(name, this, () => this.showMark());
  }

  /** The line at another picture's mark, as shapes of a layout. */
  cursor() {
    const x = this.content?.marks ? mark(this.content.marks) : null;
    if (typeof x !== "number" || this.chart.matches(":hover")) return [];
    const line = { color: getComputedStyle(this.chart).getPropertyValue("--hn-cursor") || "#888", width: 1 };
    return [{ type: "line", name: CURSOR, x0: x, x1: x, y0: 0, y1: 1, xref: "x", yref: "paper", line }];
  }

  showMark() {
    if (!this.drawn) return;
    const others = (this.chart.layout.shapes ?? []).filter((/** @type {any} */ { name }) => name !== CURSOR);
    this.Plotly.relayout(this.chart, { shapes: [...others, ...this.cursor()] });
  }

  destroy() {
    this.deaf();
    this.content = null;
    if (this.drawn) this.Plotly.purge(this.chart);
    this.figure.remove();
  }
}

/** Several charts, side by side where there is room. */
export class PanelGrid {
  /** @param {HTMLElement} body */
  constructor(body) {
    this.grid = document.createElement("div");
    this.grid.className = "hnviz-charts";
    body.append(this.grid);
    /** @type {Map<string, Panel>} */
    this.panels = new Map();
  }

  /**
   * @param {Content[]} contents
   * @param {any} Plotly
   */
  show(contents, Plotly) {
    const names = new Set(contents.map(({ name }) => name));
    for (const [name, panel] of this.panels) {
      if (names.has(name)) continue;
      panel.destroy();
      this.panels.delete(name);
    }
    for (const content of contents) {
      const panel = this.panels.get(content.name) ?? new Panel(this.grid);
      this.panels.set(content.name, panel);
      panel.show(content, Plotly);
    }
  }

  destroy() {
    for (const panel of this.panels.values()) panel.destroy();
    this.panels.clear();
  }
}
