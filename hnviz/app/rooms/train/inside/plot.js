// A small line chart of shares as SVG, with its labels at the lines' ends.

import { accuracy, percent } from "../../../kit/js/text.js";

const SPACE = "http://www.w3.org/2000/svg";
const GAP = 15; // px between the two lines of a label

function add(svg, tag, attributes, text = "") {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  svg.append(element);
  return element;
}

/** Move values apart until neighbours have `gap` between them, within low and high. */
export function spread(values, gap, low, high) {
  const order = values.map((value, index) => [value, index]).sort((a, b) => a[0] - b[0]);
  const places = order.map(([value]) => value);
  for (let turn = 0; turn < 60; turn++) {
    for (let at = 1; at < places.length; at++) {
      const lack = gap - (places[at] - places[at - 1]);
      if (lack > 0.01) {
        places[at - 1] -= lack / 2;
        places[at] += lack / 2;
      }
    }
    for (let at = 0; at < places.length; at++) places[at] = Math.min(Math.max(places[at], low + at * gap), high - (places.length - 1 - at) * gap);
  }
  const found = [];
  for (const [rank, [, index]] of order.entries()) found[index] = places[rank];
  return found;
}

/** A round step for about four ticks. */
function roundStep(last) {
  const rough = last / 3;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  return [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= rough);
}

export function plot(svg, { width, height, label, x, now, hovered, series, theme, alt }) {
  svg.replaceChildren();
  if (!width) return;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("aria-label", alt);
  const box = { left: 46, right: width - label, top: 12, bottom: height - 40 };
  const across = (step) => box.left + ((step - x[0]) / (x[1] - x[0] || 1)) * (box.right - box.left);
  const up = (value) => box.bottom - value * (box.bottom - box.top);
  for (const tick of [0, 0.5, 1]) {
    add(svg, "line", { x1: box.left, x2: box.right, y1: up(tick), y2: up(tick), stroke: theme.border });
    add(svg, "text", { x: box.left - 8, y: up(tick) + 4, "text-anchor": "end", fill: theme.muted }, percent(tick));
  }
  for (let step = 0, by = roundStep(x[1]); step <= x[1]; step += by)
    add(svg, "text", { x: across(step), y: box.bottom + 17, "text-anchor": "middle", fill: theme.muted }, step.toLocaleString("en"));
  add(svg, "text", { x: (box.left + box.right) / 2, y: height - 5, "text-anchor": "middle", fill: theme.muted }, "step");
  add(svg, "line", { x1: across(now), x2: across(now), y1: box.top, y2: box.bottom, stroke: theme.cursor, "stroke-width": 1 });
  if (typeof hovered === "number" && hovered >= x[0] && hovered <= x[1])
    add(svg, "line", { x1: across(hovered), x2: across(hovered), y1: box.top, y2: box.bottom, stroke: theme.muted, "stroke-dasharray": "2 3" });
  const drawn = series.filter(({ points }) => points.length);
  for (const line of drawn) drawLine(svg, line, line.points.map(([step, value]) => [across(step), up(value)]), theme);
  const places = spread(drawn.map(({ points }) => up(points.at(-1)[1])), 2 * GAP, box.top, box.bottom - GAP);
  for (const [index, line] of drawn.entries()) {
    const [left, middle] = [box.right + 8, places[index] + 4];
    add(svg, "text", { x: left, y: middle, fill: theme.text, "font-weight": 600 }, accuracy(line.points.at(-1)[1]));
    add(svg, "text", { x: left, y: middle + GAP, fill: theme.muted }, line.name);
  }
}

function drawLine(svg, line, points, theme) {
  const d = points.map(([left, top], index) => `${index ? "L" : "M"}${left.toFixed(1)} ${top.toFixed(1)}`).join("");
  add(svg, "path", { d, fill: "none", stroke: line.color, "stroke-width": line.width, "stroke-dasharray": line.dash ?? "", "data-name": line.name });
  if (!line.dot && !line.ring && points.length > 1) return;
  const look = line.ring ? { fill: theme.background, stroke: line.color, "stroke-width": 2 } : { fill: line.color };
  for (const [left, top] of points) add(svg, "circle", { cx: left, cy: top, r: 4, ...look });
}
