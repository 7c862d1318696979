// @ts-check
// A picture of the page as one SVG file: its headline, and all that is drawn below it. What is HTML on
// the page becomes boxes and words, what is on a canvas the lines that its pen wrote down (pen.js).

import { boxOf, inked } from "./box.js";
import { libraryVectorOf, vectorOf } from "./vector.js";
import { escape, tag, textTag } from "./words.js";

/**
 * @typedef {import("./box.js").Box} Box
 * @typedef {{ svgs: Map<HTMLCanvasElement, string>, charts: Map<Element, string> }} Drawn
 *   svgs    what pens wrote down
 *   charts  what a chart library has made of its element
 * @typedef {{ title: string, said: string, head: string, notes: () => string[], background: string, text: string, muted: string, font: string }} Around
 *   said    the sentence that says what the picture shows
 *   head    the page's headline, where the picture has no sentence of its own
 *   notes   below it: what is shown, and its address, once it is drawn
 */

const EDGE = 20; // px around the picture
const NOTE = 16; // px, of a line below
const NOTE_FONT = 12; // px
const HEAD = 26; // px, of a line above
const HEAD_FONT = 18; // px
const SKIPPED = new Set(["STYLE", "SCRIPT", "SELECT", "INPUT", "TEXTAREA", "OPTION", "TEMPLATE"]);

/** @type {CanvasRenderingContext2D|null} */
let measure = null;
/** @type {Map<string, number>} font -> px from the top of its line to the line of the letters */
const rises = new Map();

/**
 * @param {HTMLElement[]} elements that are saved, from the top
 * @param {Drawn} drawn
 * @param {Around} around
 * @returns {string} the file
 */
export function drawingOf(elements, drawn, around) {
  const shown = elements.filter((element) => element.getClientRects().length);
  if (!shown.length) throw new Error("it is not shown now");
  const body = shown[shown.length - 1];
  const scale = body.getBoundingClientRect().width / body.offsetWidth || 1; // present mode zooms
  const boxes = shown.map((element) => element.getBoundingClientRect());
  const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
  const wide = Math.max(...boxes.map((box) => box.right)) - left;
  const high = Math.max(...boxes.map((box) => box.bottom)) - top;
  const inner = Math.ceil(wide / scale);
  const head = linesIn(around.head, inner, `600 ${HEAD_FONT}px ${around.font}`);
  const notes = around.notes().flatMap((note) => linesIn(note, inner, `${NOTE_FONT}px ${around.font}`));
  const above = head.length * HEAD + (head.length ? HEAD / 2 : 0);
  const page = new Page({ x: left - EDGE * scale, y: top - (EDGE + above) * scale, scale }, drawn);
  const content = shown.map((element) => page.part(element)).join("");
  const width = inner + 2 * EDGE;
  const low = EDGE + above + Math.ceil(high / scale) + NOTE / 2;
  const height = low + notes.length * NOTE + EDGE;
  const ground = tag("rect", { width, height, ...inked("fill", around.background) });
  const line = (/** @type {string} */ words, /** @type {number} */ y, /** @type {number} */ size, /** @type {import("./words.js").Attributes} */ more) =>
    tag("text", { x: EDGE, y, "font-family": "sans-serif", "font-size": size, ...more }, escape(words));
  const heading = head.map((words, at) => line(words, EDGE + HEAD_FONT + at * HEAD, HEAD_FONT, { "font-weight": 600 })).join("");
  const note = notes.map((words, at) => line(words, low + (at + 1) * NOTE, NOTE_FONT, inked("fill", around.muted))).join("");
  const told = tag("title", {}, escape(around.title)) + (around.said ? tag("desc", {}, escape(around.said)) : "");
  const spaces = { xmlns: "http://www.w3.org/2000/svg", "xmlns:xlink": "http://www.w3.org/1999/xlink" };
  const root = { ...spaces, width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "text-rendering": "geometricPrecision", ...inked("fill", around.text) };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag("svg", root, told + page.defined + ground + heading + content + note)}\n`;
}

class Page {
  /**
   * @param {{ x: number, y: number, scale: number }} origin of the picture, in the window
   * @param {Drawn} drawn
   */
  constructor(origin, drawn) {
    this.origin = origin;
    this.drawn = drawn;
    /** @type {string[]} */
    this.definitions = [];
    this.define = (/** @type {(id: string) => string} */ svg) => {
      const id = `hnviz-${this.definitions.length}`;
      this.definitions.push(svg(id));
      return id;
    };
  }

  get defined() {
    return this.definitions.length ? tag("defs", {}, this.definitions.join("")) : "";
  }

  /**
   * Where something is in the picture.
   * @param {DOMRect} rect
   * @returns {Box}
   */
  place({ left, top, width, height }) {
    const { x, y, scale } = this.origin;
    return { x: (left - x) / scale, y: (top - y) / scale, width: width / scale, height: height / scale };
  }

  /**
   * @param {Element} element
   * @returns {string} SVG
   */
  part(element) {
    if (SKIPPED.has(element.tagName)) return "";
    const style = getComputedStyle(element);
    if (style.display === "none" || style.opacity === "0") return "";
    if (style.display !== "contents" && element.checkVisibility?.() === false) return ""; // in a fold that is closed
    const rect = element.getBoundingClientRect();
    const box = this.place(rect);
    if (box.width <= 1 && box.height <= 1 && style.overflow === "hidden") return ""; // for screen readers alone
    const seen = style.visibility === "visible";
    const own = seen && element instanceof HTMLElement ? boxOf(style, box, this.define) : "";
    const svg = own + this.content(element, box, style, seen);
    return Number(style.opacity) < 1 ? tag("g", { opacity: style.opacity }, svg) : svg;
  }

  /**
   * @param {Element} element
   * @param {Box} box
   * @param {CSSStyleDeclaration} style
   * @param {boolean} seen
   */
  content(element, box, style, seen) {
    const chart = this.drawn.charts.get(element);
    if (chart !== undefined) return libraryVectorOf(chart, box);
    if (element instanceof SVGSVGElement) return seen ? vectorOf(element, box) : "";
    if (element instanceof HTMLCanvasElement) return seen ? this.canvas(element, box) : "";
    if (element instanceof HTMLImageElement) return element.src.startsWith("data:") ? tag("image", { ...box, "xlink:href": element.src }) : "";
    const parts = [...(element.shadowRoot ?? element).childNodes].map((node) => {
      if (node instanceof Element) return this.part(node);
      return node instanceof Text && seen ? this.words(node, style) : "";
    });
    const inside = parts.join("");
    const cuts = style.overflowX !== "visible" && inside && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1);
    if (!cuts) return inside;
    const id = this.define((name) => tag("clipPath", { id: name }, tag("rect", { ...box })));
    return tag("g", { "clip-path": `url(#${id})` }, inside);
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Box} box
   */
  canvas(canvas, box) {
    const svg = this.drawn.svgs.get(canvas);
    if (!canvas.width || !canvas.height || !box.width) return "";
    if (svg === undefined) return tag("image", { ...box, preserveAspectRatio: "none", "xlink:href": canvas.toDataURL() });
    return svg && tag("svg", { ...box, viewBox: `0 0 ${box.width} ${box.height}` }, svg);
  }

  /**
   * The words of a text, line by line as the page breaks them.
   * @param {Text} node
   * @param {CSSStyleDeclaration} style of the element around it
   */
  words(node, style) {
    return linesOf(node)
      .map(([words, rect]) => {
        const { x, y, width, height } = this.place(rect);
        const said = cased(words, style.textTransform);
        const size = Number.parseFloat(style.fontSize);
        const rise = riseOf(style) + (height - heightOf(style)) / 2;
        const look = { x, y: y + rise, width, size, family: style.fontFamily, weight: style.fontWeight, style: style.fontStyle };
        const line = style.textDecorationLine;
        return textTag(said, look, { ...inked("fill", style.color), "text-decoration": line && line !== "none" ? line : undefined, "xml:space": /^\s|\s$|\s\s/.test(said) ? "preserve" : undefined });
      })
      .join("");
  }
}

/**
 * Break a text into lines; a word that is too long for one, such as an address, is broken, too.
 * @param {string} text
 * @param {number} wide px
 * @param {string} font
 */
export function linesIn(text, wide, font) {
  const pen = penOf(font);
  /** @type {string[]} */
  const lines = [];
  for (const part of text.split(/(?<= )|(?<=.[&?])/).filter(Boolean)) {
    let rest = part;
    const last = lines.length - 1;
    if (last >= 0 && pen.measureText(lines[last] + rest.trimEnd()).width <= wide) {
      lines[last] += rest;
      continue;
    }
    while (pen.measureText(rest).width > wide && rest.length > 1) {
      const fits = Math.max(1, Math.floor((rest.length * wide) / pen.measureText(rest).width) - 1);
      lines.push(rest.slice(0, fits));
      rest = rest.slice(fits);
    }
    lines.push(rest);
  }
  return lines.map((each) => each.trimEnd());
}

/**
 * @param {string} words
 * @param {string} transform
 */
function cased(words, transform) {
  if (transform === "uppercase") return words.toUpperCase();
  return transform === "lowercase" ? words.toLowerCase() : words;
}

/**
 * A text's lines: the words of each, and where they are in the window.
 * @param {Text} node
 * @returns {[string, DOMRect][]}
 */
function linesOf(node) {
  const text = node.data;
  if (!text.trim()) return [];
  const range = document.createRange();
  const rectOf = (/** @type {number} */ from, /** @type {number} */ to) => {
    range.setStart(node, from);
    range.setEnd(node, to);
    return range.getBoundingClientRect();
  };
  range.selectNodeContents(node);
  if (range.getClientRects().length === 1) return [[text.replaceAll(/\s+/g, " ").trim(), rectOf(...trimmed(text))]];
  /** @type {[number, number, number][]} from, to, and the top of the line */
  const lines = [];
  for (const { index, 0: word } of text.matchAll(/\S+?(?:[\s\u200b-]+|$)|\S+/g)) {
    const [from, to] = trimmed(word).map((at) => index + at);
    const { top, width } = rectOf(from, to);
    const last = lines[lines.length - 1];
    if (!width) continue;
    if (last && Math.abs(last[2] - top) < 2) last[1] = to;
    else lines.push([from, to, top]);
  }
  return lines.map(([from, to]) => [text.slice(from, to).replaceAll(/\s+/g, " "), rectOf(from, to)]);
}

/**
 * Where a text begins and ends, without the space around it.
 * @param {string} text
 * @returns {[number, number]}
 */
const trimmed = (text) => [text.length - text.trimStart().length, text.trimEnd().length];

/** @param {CSSStyleDeclaration} style */
const fontOf = ({ fontStyle, fontWeight, fontSize, fontFamily }) => `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;

/** @param {string} font */
function penOf(font) {
  measure ??= document.createElement("canvas").getContext("2d");
  const pen = /** @type {CanvasRenderingContext2D} */ (measure);
  pen.font = font;
  return pen;
}

/** @param {CSSStyleDeclaration} style */
const metrics = (style) => penOf(fontOf(style)).measureText("x");

/**
 * How far below the top of its box a font's line of letters is.
 * @param {CSSStyleDeclaration} style
 */
function riseOf(style) {
  const font = fontOf(style);
  let rise = rises.get(font);
  if (rise === undefined) rises.set(font, (rise = metrics(style).fontBoundingBoxAscent));
  return rise;
}

/** @param {CSSStyleDeclaration} style */
function heightOf(style) {
  const { fontBoundingBoxAscent, fontBoundingBoxDescent } = metrics(style);
  return fontBoundingBoxAscent + fontBoundingBoxDescent;
}

