// @ts-check
// An SVG element of the page as SVG that needs no style sheet: its look becomes attributes.

import { inked } from "./box.js";
import { escape, generic, tag } from "./words.js";

/** Attributes that mean something on the page alone, and those that the look says again. */
const ASIDE = /^(class|style|id|role|tabindex|aria-.*|data-.*|on.*|focusable|xmlns.*|xml:.*|fill|stroke|color|font.*|text-anchor|dominant-baseline)$/;

/** Properties that are written where they differ from what SVG takes without them. */
const LOOK = {
  "fill-opacity": "1",
  "stroke-opacity": "1",
  opacity: "1",
  "stroke-width": "1px",
  "stroke-dasharray": "none",
  "stroke-linecap": "butt",
  "stroke-linejoin": "miter",
  "paint-order": "normal",
  "vector-effect": "none",
  "clip-path": "none",
  "marker-end": "none",
  "marker-start": "none",
};

const SHAPES = new Set(["path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "use"]);
const WORDS = new Set(["text", "tspan", "textPath"]);

/**
 * A whole drawing, put into a box.
 * @param {SVGSVGElement} svg
 * @param {import("./box.js").Box} box
 */
export function vectorOf(svg, box) {
  const { width, height } = svg.viewBox?.baseVal ?? {};
  const viewBox = width && height ? svg.getAttribute("viewBox") : `0 0 ${svg.clientWidth || box.width} ${svg.clientHeight || box.height}`;
  const fit = svg.getAttribute("preserveAspectRatio") ?? undefined;
  const style = getComputedStyle(svg);
  const font = { "font-family": generic(style.fontFamily), "font-size": style.fontSize };
  const overflow = style.overflow === "visible" ? "visible" : undefined;
  return tag("svg", { ...box, viewBox: viewBox ?? undefined, preserveAspectRatio: fit, overflow, ...font }, inside(svg));
}

/** @param {Element} element */
const inside = (element) => [...element.childNodes].map(partOf).join("");

/**
 * @param {Node} node
 * @returns {string}
 */
function partOf(node) {
  if (node instanceof Text) return escape(node.data);
  if (!(node instanceof SVGElement) || node instanceof SVGForeignObjectElement || node.tagName === "style") return "";
  const style = getComputedStyle(node);
  const name = node.tagName;
  if (style.display === "none" && !isDefinition(node)) return "";
  if (style.visibility === "hidden" && SHAPES.has(name)) return "";
  const content = name === "title" || name === "desc" ? escape(node.textContent ?? "") : inside(node);
  return tag(name, { ...own(node), ...look(node, style), ...words(node, style) }, content);
}

/**
 * Whether others refer to it: such elements are not drawn themselves.
 * @param {Element} element
 */
const isDefinition = (element) => Boolean(element.closest("defs, clipPath, marker, pattern, linearGradient, title, desc"));

/**
 * Its own attributes. The id stays where others may name it.
 * @param {Element} element
 */
function own(element) {
  const isOwn = (/** @type {Attr} */ { name, value }) => !ASIDE.test(name) && (name !== "href" || value.startsWith("#"));
  const kept = [...element.attributes].filter(isOwn).map(({ name, value }) => [name, value]);
  return { ...Object.fromEntries(kept), id: isDefinition(element) ? element.id : undefined };
}

/**
 * @param {Element} element
 * @param {CSSStyleDeclaration} style
 */
function look(element, style) {
  if (element.tagName === "stop") return inked("stop-color", style.stopColor);
  if (element.tagName === "title" || element.tagName === "desc") return {};
  /** @type {import("./words.js").Attributes} */
  const found = {};
  for (const [name, usual] of Object.entries(LOOK)) {
    const value = style.getPropertyValue(name);
    if (value && value !== usual) found[name] = plain(value);
  }
  if (!SHAPES.has(element.tagName)) return found;
  return { ...found, ...paint("fill", style.fill), ...paint("stroke", style.stroke) };
}

/**
 * A fill or a stroke: a colour, or what the drawing itself defines.
 * @param {"fill"|"stroke"} name
 * @param {string} value
 */
function paint(name, value) {
  if (value.startsWith("url(")) return { [name]: plain(value) };
  if (value === "none") return name === "fill" ? { fill: "none" } : {};
  return inked(name, value);
}

/** @param {string} value `url("#id")` without its marks, and "3px, 2px" without its unit */
const plain = (value) => value.replaceAll(/url\("?[^#)]*(#[^")]+)"?\)/g, "url($1)").replaceAll(/(\d)px\b/g, "$1");

/**
 * How letters look. A line of letters alone keeps its width in any font.
 * @param {Element} element
 * @param {CSSStyleDeclaration} style
 */
function words(element, style) {
  if (!WORDS.has(element.tagName)) return {};
  const { fontWeight: weight, fontStyle, textAnchor, dominantBaseline } = style;
  const text = element.textContent ?? "";
  const isLine = !element.children.length && [...text.trim()].length > 1 && element instanceof SVGTextContentElement;
  const width = isLine ? element.getComputedTextLength() : 0;
  return {
    "font-family": generic(style.fontFamily),
    "font-size": style.fontSize,
    "font-weight": weight === "400" ? undefined : weight,
    "font-style": fontStyle === "normal" ? undefined : fontStyle,
    "text-anchor": textAnchor === "start" ? undefined : textAnchor,
    "dominant-baseline": dominantBaseline === "auto" ? undefined : dominantBaseline,
    ...(width > 0 ? { textLength: width, lengthAdjust: "spacingAndGlyphs" } : {}),
  };
}

/**
 * SVG that a library has made, such as Plotly's, put into a box. It is on the page for a moment, out of
 * sight, since only there its letters have a width.
 * @param {string} text
 * @param {import("./box.js").Box} box
 */
export function libraryVectorOf(text, box) {
  const made = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (!(made instanceof SVGSVGElement)) return "";
  made.style.cssText += ";position:fixed;left:-9999px;top:0";
  document.body.append(made);
  try {
    return vectorOf(made, box);
  } finally {
    made.remove();
  }
}
