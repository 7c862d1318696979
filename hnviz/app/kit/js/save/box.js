// @ts-check
// The box of an HTML element as SVG: its background, a gradient of a legend or a bar, and its border.

import { gradientsOf, lineOf } from "./gradient.js";
import { short, tag } from "./words.js";

/**
 * @typedef {{ x: number, y: number, width: number, height: number }} Box in CSS pixels of the saved picture
 * @typedef {{ color: string, opacity: number }} Ink
 * @typedef {(svg: (id: string) => string) => string} Define keeps a definition under an id of its own, and returns the id
 */

const SIDES = /** @type {const} */ (["Top", "Right", "Bottom", "Left"]);
const MOST_TILES = 60; // of a background that is repeated

/** @type {Map<string, Ink>} */
const inks = new Map();
/** @type {CanvasRenderingContext2D|null} */
let pen = null;

/**
 * A CSS colour, of whatever kind, as all programs read it: "#RRGGBB" and an opacity.
 * @param {string} color
 * @returns {Ink}
 */
export function inkOf(color) {
  let ink = inks.get(color);
  if (!ink) {
    pen ??= /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d", { willReadFrequently: true }));
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    const hex = [red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("");
    ink = { color: `#${hex}`, opacity: alpha / 255 };
    inks.set(color, ink);
  }
  return ink;
}

/**
 * A colour as attributes: `fill` and, if it lets something through, `fill-opacity`.
 * @param {"fill"|"stroke"|"stop-color"} name
 * @param {string} color
 * @returns {Record<string, string|number>}
 */
export function inked(name, color) {
  const { color: hex, opacity } = inkOf(color);
  if (opacity === 1) return { [name]: hex };
  return { [name]: hex, [name === "stop-color" ? "stop-opacity" : `${name}-opacity`]: opacity };
}

/**
 * What is drawn of an element's own box.
 * @param {CSSStyleDeclaration} style
 * @param {Box} box
 * @param {Define} define
 * @returns {string} SVG
 */
export function boxOf(style, box, define) {
  if (box.width <= 0 || box.height <= 0) return "";
  const radius = Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, box.height / 2, box.width / 2);
  const round = style.borderTopLeftRadius.endsWith("%") ? Math.min(box.width, box.height) / 2 : radius;
  return ground(style, box, round) + gradients(style, box, round, define) + border(style, box, round);
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {Box} box
 * @param {number} rx
 */
function ground({ backgroundColor }, box, rx) {
  if (!inkOf(backgroundColor).opacity) return "";
  return tag("rect", { ...box, rx: rx || undefined, ...inked("fill", backgroundColor) });
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {Box} box
 * @param {number} rx
 * @param {Define} define
 */
function gradients(style, box, rx, define) {
  const sizes = style.backgroundSize.split(", ");
  const places = style.backgroundPosition.split(", ");
  const repeats = style.backgroundRepeat.split(", ");
  const layers = gradientsOf(style.backgroundImage).map((gradient, at) => {
    const [wide, high = "auto"] = sizes[at % sizes.length].split(" ");
    const size = { width: lengthOf(wide, box.width), height: lengthOf(high, box.height) };
    const [left, top] = places[at % places.length].split(" ");
    const x = box.x + offset(left, box.width - size.width);
    const y = box.y + offset(top, box.height - size.height);
    const tiles = repeats[at % repeats.length].startsWith("no") ? 1 : Math.min(MOST_TILES, Math.ceil((box.x + box.width - x) / size.width));
    return Array.from({ length: tiles }, (_, tile) => {
      const place = { x: x + tile * size.width, y, ...size };
      const id = define((name) => gradientTag(name, gradient, place));
      return tag("rect", { ...place, rx: rx || undefined, fill: `url(#${id})` });
    }).join("");
  });
  return layers.reverse().join(""); // the first layer is on top
}

/**
 * @param {string} id
 * @param {import("./gradient.js").Gradient} gradient
 * @param {Box} place
 */
function gradientTag(id, gradient, place) {
  const { x1, y1, x2, y2, shares } = lineOf(gradient, place);
  const stops = shares.map(([share, color]) => tag("stop", { offset: short(share), ...inked("stop-color", color) }));
  const spread = gradient.repeats ? "repeat" : undefined;
  return tag("linearGradient", { id, gradientUnits: "userSpaceOnUse", x1, y1, x2, y2, spreadMethod: spread }, stops.join(""));
}

/**
 * @param {string} length such as "25%", "1px" or "auto"
 * @param {number} whole
 */
function lengthOf(length, whole) {
  const value = Number.parseFloat(length);
  if (Number.isNaN(value)) return whole;
  return Math.max(0.5, length.endsWith("%") ? (value / 100) * whole : value);
}

/**
 * @param {string} place such as "100%" or "12px"
 * @param {number} room that is left beside what is placed
 */
const offset = (place, room) => (place.endsWith("%") ? (Number.parseFloat(place) / 100) * room : Number.parseFloat(place) || 0);

/**
 * @param {CSSStyleDeclaration} style
 * @param {Box} box
 * @param {number} rx
 */
function border(style, { x, y, width, height }, rx) {
  const sides = SIDES.map((side) => ({
    width: style[`border${side}Style`] === "none" ? 0 : Number.parseFloat(style[`border${side}Width`]),
    color: style[`border${side}Color`],
    line: style[`border${side}Style`],
  }));
  const [first] = sides;
  const look = ({ width: line, color, line: kind } = first) => ({ ...inked("stroke", color), "stroke-width": line, ...dashes(kind, line) });
  if (sides.every((side) => side.width === first.width && side.color === first.color && side.line === first.line)) {
    if (!first.width || !inkOf(first.color).opacity) return "";
    const half = first.width / 2;
    const inner = { x: x + half, y: y + half, width: Math.max(0, width - first.width), height: Math.max(0, height - first.width) };
    return tag("rect", { ...inner, rx: rx ? Math.max(0, rx - half) : undefined, fill: "none", ...look() });
  }
  const [top, right, bottom, left] = sides.map((side) => side.width / 2);
  const lines = [
    [x, y + top, x + width, y + top],
    [x + width - right, y, x + width - right, y + height],
    [x, y + height - bottom, x + width, y + height - bottom],
    [x + left, y, x + left, y + height],
  ];
  return sides
    .map((side, at) => {
      if (!side.width || !inkOf(side.color).opacity) return "";
      const [x1, y1, x2, y2] = lines[at];
      return tag("line", { x1, y1, x2, y2, ...look(side) });
    })
    .join("");
}

/**
 * @param {string} kind of a border's line
 * @param {number} width
 */
function dashes(kind, width) {
  if (kind === "dashed") return { "stroke-dasharray": `${3 * width} ${2 * width}` };
  return kind === "dotted" ? { "stroke-dasharray": `${width} ${width}` } : {};
}
