// @ts-check
// Loads plotly.js (1.2 MB) once per tab, after the pictures that do not need it.

import { idle } from "./idle.js";
import { Refusal } from "./source.js";

const LONGEST = 1500; // ms that a chart waits for other pictures
const coarse = matchMedia("(pointer: coarse)");

export const CONFIG = {
  displaylogo: false,
  responsive: true,
  displayModeBar: false,
  scrollZoom: false,
  // panel.js handles a double click: Plotly would go back to the first figure.
  doubleClick: false,
};

/** @type {Promise<any>|null} */
let plotly = null;

/**
 * @param {URL} address of plotly.js
 * @param {import("./source.js").Source} source knows what other pictures wait for
 * @returns {Promise<any>} Plotly
 */
export function loadPlotly(address, source) {
  plotly ??= ("Plotly" in window ? Promise.resolve() : othersFirst(source)).then(() => load(address));
  plotly.catch(() => (plotly = null)); // the next drawing may try again
  return plotly;
}

/** @param {URL} address */
function load(address) {
  return new Promise((resolve, reject) => {
    const there = () => resolve(/** @type {any} */ (window).Plotly);
    if ("Plotly" in window) return there();
    // The page itself may have asked for it: see hnviz/app/shell/asgi.py. Once a page is complete, that has failed.
    const isComing = document.readyState !== "complete";
    const asked = isComing && [...document.scripts].find((each) => each.src === address.href);
    const script = asked || document.createElement("script");
    script.addEventListener("load", there);
    script.onerror = () => {
      script.remove(); // the next try needs another one
      reject(new Refusal("The program that draws charts did not load.", 0));
    };
    if (asked) return;
    script.src = address.href;
    document.head.append(script);
  });
}

/** @param {import("./source.js").Source} source */
async function othersFirst(source) {
  const latest = performance.now() + LONGEST;
  do await idle(latest - performance.now());
  while (source.coming.size && performance.now() < latest);
}

/**
 * A finger scrolls the page; a mouse zooms where a chart can be zoomed.
 * @param {boolean} zooms
 */
export const dragmode = (zooms) => (zooms && !coarse.matches ? "zoom" : false);
