// @ts-check
// A small drawer for the figures of kit/chart and kit/panels, in place of plotly.js with its 1.2 MB: curves and
// markers on linear or logarithmic axes, with their labels, as SVG. It has the part of Plotly's interface that
// kit/js/panel.js uses.

import { axisOf, listed } from "./axes.js";

/**
 * @typedef {import("./axes.js").Axis} Axis
 * @typedef {{ left: number, right: number, top: number, bottom: number }} Box
 * @typedef {HTMLElement & { data: any[], layout: any, on: (event: string, hear: (said: any) => void) => void,
 *                           plot?: Plot }} Chart
 */

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { l: 56, r: 24, t: 16, b: 44 };
const DASHES = { dot: "2 3", dash: "8 4", dashdot: "8 3 2 3" };

class Plot {
  /** @param {Chart} chart */
  constructor(chart) {
    this.chart = chart;
    /** @type {Map<string, ((said: any) => void)[]>} */
    this.listeners = new Map();
    chart.on = (event, hear) => void this.listeners.set(event, [...(this.listeners.get(event) ?? []), hear]);
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("aria-hidden", "true"); // the chart around it has the sentence
    this.svg.onpointermove = (event) => this.point(event);
    this.svg.onpointerleave = () => this.tell("plotly_unhover", {});
    chart.replaceChildren(this.svg);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(chart);
  }

  /**
   * @param {string} event
   * @param {any} said
   */
  tell(event, said) {
    for (const hear of this.listeners.get(event) ?? []) hear(said);
  }

  /** @param {PointerEvent} event */
  point(event) {
    const x = this.axes?.get("x");
    const { left } = this.svg.getBoundingClientRect();
    if (x) this.tell("plotly_hover", { points: [{ x: Math.round(x.value(event.clientX - left)) }] });
  }

  /** @param {number} [more] px on the right: this page's font may be wider than the one that the figure was made for */
  draw(more = 0) {
    const { data, layout } = this.chart;
    const width = this.chart.clientWidth;
    if (!width || !layout) return;
    const { l, r, t, b } = { ...MARGIN, ...layout.margin };
    const height = layout.height ?? 300;
    const box = { left: l, right: width - r - more, top: t, bottom: height - b };
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", String(width));
    this.svg.setAttribute("height", String(height));
    this.svg.style.font = `${layout.font?.size ?? 13}px ${layout.font?.family ?? "sans-serif"}`;
    const axes = (this.axes = axesOf(data, layout, box));
    const parts = [...axes].flatMap(([name, axis]) => drawAxis(name, axis, layout, box, axes));
    const curves = data.flatMap((trace) => (trace.visible === false ? [] : drawTrace(trace, axes)));
    const shapes = (layout.shapes ?? []).map((/** @type {any} */ shape) => drawShape(shape, axes, box));
    const labels = (layout.annotations ?? []).map((/** @type {any} */ label) => drawLabel(label, axes, box, layout));
    this.svg.replaceChildren(...parts, ...curves, ...shapes, ...labels);
    const edge = this.svg.getBoundingClientRect().right;
    const cut = Math.max(0, ...labels.map((/** @type {Element} */ label) => label.getBoundingClientRect().right - edge));
    if (cut && !more) this.draw(Math.ceil(cut));
  }
}

export const SmallPlotly = {
  /**
   * @param {Chart} chart
   * @param {any[]} data
   * @param {any} layout
   */
  async react(chart, data, layout) {
    chart.plot ??= new Plot(chart);
    const traces = data.map((trace) => ({ ...trace, x: listed(trace.x), y: listed(trace.y) }));
    Object.assign(chart, { data: traces, layout });
    chart.plot.draw();
  },

  /**
   * @param {Chart} chart
   * @param {Record<string, any>} changes "shapes", or a part of an axis such as "yaxis.range"
   */
  async relayout(chart, changes) {
    for (const [name, value] of Object.entries(changes)) {
      const [outer, inner] = name.split(".");
      chart.layout = { ...chart.layout, [outer]: inner ? { ...chart.layout[outer], [inner]: value } : value };
    }
    chart.plot?.draw();
  },

  /** @param {Chart} chart */
  purge(chart) {
    chart.plot?.resized.disconnect();
    chart.plot = undefined;
    chart.replaceChildren();
  },
};

/**
 * @param {any[]} data
 * @param {any} layout
 * @param {Box} box
 * @returns {Map<string, Axis>} "x", "y2", ... -> axis
 */
function axesOf(data, layout, box) {
  const names = new Set(["x", "y", ...data.flatMap((trace) => [trace.xaxis ?? "x", trace.yaxis ?? "y"])]);
  return new Map(
    [...names].map((name) => {
      const horizontal = name.startsWith("x");
      const room = /** @type {[number, number]} */ (horizontal ? [box.left, box.right] : [box.bottom, box.top]);
      const values = data
        .filter((trace) => (trace[horizontal ? "xaxis" : "yaxis"] ?? name[0]) === name)
        .flatMap((trace) => trace[horizontal ? "x" : "y"]);
      return [name, axisOf(propsOf(layout, name), room, values)];
    }),
  );
}

/**
 * @param {any} layout
 * @param {string} name
 * @returns {import("./axes.js").Props}
 */
const propsOf = (layout, name) => layout[`${name[0]}axis${name.slice(1)}`] ?? {};

/**
 * @param {string} tag
 * @param {Record<string, string|number>} attributes
 * @param {string} [text]
 */
function make(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text) made.textContent = text;
  return made;
}

/**
 * The marks, grid and title of an axis.
 * @param {string} name
 * @param {Axis} axis
 * @param {any} layout
 * @param {Box} box
 * @param {Map<string, Axis>} axes
 */
function drawAxis(name, axis, layout, box, axes) {
  const props = propsOf(layout, name);
  const horizontal = name.startsWith("x");
  const [low, high] = horizontal ? (axes.get(props.anchor ?? "y")?.ends ?? [box.bottom, box.top]) : [box.left, box.right];
  const right = props.side === "right";
  const color = layout.font?.color ?? "currentColor";
  const parts = axis.ticks.flatMap(([value, text]) => {
    const at = axis.place(value);
    const line = horizontal ? { x1: at, x2: at, y1: low, y2: high } : { x1: low, x2: high, y1: at, y2: at };
    const grid = props.showgrid === false ? [] : [make("line", { ...line, stroke: props.gridcolor ?? "#ccc" })];
    if (props.showticklabels === false) return grid;
    const label = horizontal
      ? { x: at, y: low + 18, "text-anchor": "middle" }
      : { x: right ? high + 6 : low - 6, y: at + 4, "text-anchor": right ? "start" : "end" };
    return [...grid, make("text", { ...label, fill: color, opacity: 0.8 }, text)];
  });
  const title = props.title?.text ?? "";
  if (!title) return parts;
  const middle = (axis.ends[0] + axis.ends[1]) / 2;
  if (horizontal) parts.push(make("text", { x: middle, y: low + 38, "text-anchor": "middle", fill: color, opacity: 0.8 }, title));
  else {
    const x = right ? high + 50 : low - 44;
    const turned = { transform: `translate(${x} ${middle}) rotate(-90)`, "text-anchor": "middle", fill: color, opacity: 0.8 };
    parts.push(make("text", turned, title));
  }
  return parts;
}

/**
 * One curve: its line, broken where a number is missing, and its markers.
 * @param {any} trace
 * @param {Map<string, Axis>} axes
 */
function drawTrace({ x, y, xaxis = "x", yaxis = "y", mode = "lines", line = {}, marker = {}, name = "", opacity = 1 }, axes) {
  const [across, up] = [/** @type {Axis} */ (axes.get(xaxis)), /** @type {Axis} */ (axes.get(yaxis))];
  const points = x.map((/** @type {number} */ each, /** @type {number} */ at) =>
    y[at] === null || each === null ? null : [across.place(each), up.place(y[at])],
  );
  const parts = [];
  if (mode.includes("lines")) {
    const path = points.map((/** @type {number[]|null} */ point, /** @type {number} */ at) =>
      point ? `${at && points[at - 1] ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}` : "",
    );
    const dash = DASHES[/** @type {keyof typeof DASHES} */ (line.dash)] ?? (line.dash ?? "").replaceAll("px", "").replaceAll(",", " ");
    const look = { fill: "none", stroke: line.color ?? "currentColor", "stroke-width": line.width ?? 2, opacity };
    parts.push(make("path", { d: path.join(""), ...look, ...(dash && dash !== "solid" ? { "stroke-dasharray": dash } : {}), "data-trace": name }));
  }
  const size = marker.size ?? 6;
  if (mode.includes("markers") && size > 0) {
    const open = String(marker.symbol ?? "").endsWith("open");
    const edge = marker.line?.color ?? marker.color ?? "currentColor";
    const look = { fill: open ? "none" : (marker.color ?? "currentColor"), stroke: edge, "stroke-width": open ? 1 : (marker.line?.width ?? 0), opacity };
    for (const point of points) if (point) parts.push(make("circle", { cx: point[0], cy: point[1], r: size / 2, ...look }));
  }
  return parts;
}

/**
 * Where a label or a shape lies: a number on an axis, or a share of it or of the whole.
 * @param {string} ref "x", "y2 domain", "paper"
 * @param {number} value
 * @param {Map<string, Axis>} axes
 * @param {[number, number]} whole
 */
function placeOf(ref, value, axes, whole) {
  const [name, part] = ref.split(" ");
  const axis = axes.get(name);
  if (axis && part !== "domain") return axis.place(value);
  const [from, to] = axis?.ends ?? whole;
  return from + value * (to - from);
}

/**
 * @param {any} shape
 * @param {Map<string, Axis>} axes
 * @param {Box} box
 */
function drawShape({ type = "line", x0, x1, y0, y1, xref = "x", yref = "y", line = {}, fillcolor = "none", opacity = 1 }, axes, box) {
  const [left, right] = [x0, x1].map((x) => placeOf(xref, x, axes, [box.left, box.right]));
  const [low, high] = [y0, y1].map((y) => placeOf(yref, y, axes, [box.bottom, box.top]));
  const dash = DASHES[/** @type {keyof typeof DASHES} */ (line.dash)];
  const look = { stroke: line.color ?? "none", "stroke-width": line.width ?? 1, opacity, ...(dash ? { "stroke-dasharray": dash } : {}) };
  if (type === "line") return make("line", { x1: left, x2: right, y1: low, y2: high, ...look });
  const sides = { width: Math.abs(right - left), height: Math.abs(high - low) };
  return make("rect", { x: Math.min(left, right), y: Math.min(low, high), ...sides, fill: fillcolor, ...look });
}

/**
 * @param {any} label
 * @param {Map<string, Axis>} axes
 * @param {Box} box
 * @param {any} layout
 */
function drawLabel({ text = "", x, y, xref = "x", yref = "y", xshift = 0, yshift = 0, xanchor, yanchor, font = {} }, axes, box, layout) {
  const left = placeOf(xref, x, axes, [box.left, box.right]) + xshift;
  const top = placeOf(yref, y, axes, [box.bottom, box.top]) - yshift;
  const anchor = { left: "start", right: "end" }[/** @type {string} */ (xanchor)] ?? "middle";
  const down = { top: 12, bottom: -2 }[/** @type {string} */ (yanchor)] ?? 4;
  const bold = text.startsWith("<b>");
  const look = { fill: font.color ?? layout.font?.color ?? "currentColor", "text-anchor": anchor, ...(bold ? { "font-weight": 600 } : {}) };
  const made = make("text", { x: left, y: top + down, ...look });
  const lines = text.replace(/<\/?b>/g, "").split("<br>");
  made.append(...lines.map((/** @type {string} */ each, /** @type {number} */ at) => make("tspan", { x: left, dy: at ? "1.2em" : 0 }, each)));
  return made;
}
