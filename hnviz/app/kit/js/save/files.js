// @ts-check
// Puts a picture or its figures into a file.

import { writeDown } from "../canvas.js";
import { csv } from "../tables.js";
import { drawingOf } from "./drawing.js";
import { withFonts } from "./fonts.js";
import { Writing, writingPen } from "./pen.js";

/**
 * @typedef {import("./drawing.js").Drawn} Drawn
 * @typedef {import("./drawing.js").Around} Around
 */

const DENSITY = 2; // pixels of a PNG file for each of the page's
const LONGEST = 16_384; // pixels of one side, which all browsers can draw
const FRAMES = 2; // until a picture that draws in the next frame has drawn

/**
 * The picture as an SVG file.
 * @param {HTMLElement} root
 * @param {HTMLElement[]} elements of it that are saved, from the top
 * @param {() => unknown} draw draws the picture again
 * @param {Around} around
 */
export async function svgOf(root, elements, draw, around) {
  const drawn = { svgs: await written(draw), charts: await chartsIn(elements) };
  root.classList.add("saving"); // no controls, and no gaps where they are; nobody sees it
  try {
    return drawingOf(elements, drawn, around);
  } finally {
    root.classList.remove("saving");
  }
}

/**
 * What the canvases of a picture show, as SVG.
 * @param {() => unknown} draw
 * @returns {Promise<Drawn["svgs"]>}
 */
async function written(draw) {
  /** @type {Map<HTMLCanvasElement, Writing>} */
  const pens = new Map();
  const end = writeDown((/** @type {CanvasRenderingContext2D} */ pen, /** @type {HTMLCanvasElement} */ canvas) => {
    const writing = new Writing(pen, `canvas-${pens.size}`);
    pens.set(canvas, writing);
    return writingPen(writing);
  });
  try {
    await draw();
    for (let frame = 0; frame < FRAMES; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
  } finally {
    end();
  }
  return new Map([...pens].map(([canvas, writing]) => [canvas, writing.svg]));
}

/**
 * The charts of plotly.js, which writes them itself. The drawer of exported files makes SVG that is saved as such.
 * @param {HTMLElement[]} elements
 * @returns {Promise<Drawn["charts"]>}
 */
async function chartsIn(elements) {
  const { Plotly } = /** @type {any} */ (window);
  if (!Plotly?.toImage) return new Map();
  const charts = elements.flatMap((element) => /** @type {HTMLElement[]} */ ([...element.querySelectorAll("[data-panel][data-drawn]")]));
  const made = charts.map(async (chart) => {
    const size = { width: chart.clientWidth, height: chart.clientHeight };
    const address = await Plotly.toImage(chart, { format: "svg", ...size });
    return /** @type {[Element, string]} */ ([chart, decodeURIComponent(address.slice(address.indexOf(",") + 1))]);
  });
  return new Map(await Promise.all(made));
}

/**
 * An SVG file as a PNG file of twice its pixels, in the page's own font.
 * @param {string} svg
 * @param {HTMLElement} root
 * @returns {Promise<Blob>}
 */
export async function pngOf(svg, root) {
  const image = new Image();
  // An address of its own text: the page's policy allows images no others.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await withFonts(svg, root))}`;
  await image.decode();
  const density = Math.min(DENSITY, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: Math.round(image.naturalWidth * density), height: Math.round(image.naturalHeight * density) });
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("the browser could not draw it; save it as SVG");
  return blob;
}

/** @param {string} svg */
export const svgBlob = (svg) => new Blob([svg], { type: "image/svg+xml" });

/** @param {import("../tables.js").Data} data */
export const csvBlob = (data) => new Blob([csv(data), "\r\n"], { type: "text/csv;charset=utf-8" });

/**
 * Let the browser keep a file.
 * @param {Blob} blob
 * @param {string} name
 */
export function keep(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it later
}
