// @ts-check
// Begins a page that is one file: everything that it shows is in the file.

import { provide } from "../../app/kit/js/fetch.js";
import { heldAs } from "./blobs.js";
import { SmallPlotly } from "./plot.js";
import { Stage, valuesIn } from "./stage.js";

/**
 * @typedef {import("./stage.js").Held & { files: Record<string, [string, number]>,
 *             lesson?: import("./lesson.js").Lesson }} Data
 *   files  address -> how it is read ("json", "text", "arrayBuffer"), and its blob
 */

/** What is not in every browser that knows modules; html.py names the first ones that have it all. */
const hasAll = () => "DecompressionStream" in window && "findLast" in Array.prototype && CSS.supports("height", "1dvh");

async function begin() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  const data = /** @type {Data} */ (await heldAs("page").json(0));
  const blobs = heldAs("blob");

  for (const [address, [as, at]] of Object.entries(data.files)) {
    const read = { json: () => blobs.json(at), text: () => blobs.text(at), arrayBuffer: () => blobs.get(at) };
    provide(new URL(address, data.home).href, read[/** @type {keyof typeof read} */ (as)]());
  }
  Object.assign(window, { Plotly: SmallPlotly }); // kit/js/plotly.js takes it in place of its own

  const mode = () => (dark.matches ? "dark" : "light");
  const stage = new Stage(main, data, blobs, mode);
  const lesson = data.lesson ? new (await import("./lesson.js")).FileLesson(data.lesson, stage) : null;
  dark.addEventListener("change", () => {
    stage.paint();
    stage.draw();
    lesson?.dress();
  });
  await lesson?.dress();
  await (lesson ? lesson.show() : stage.show(0, valuesIn(location.hash)));
}

const needs = document.getElementById("needs"); // says which browser the page needs
try {
  if (!hasAll()) throw new Error("This browser is too old for the page.");
  if (needs) needs.hidden = true; // else it would appear on a slow machine
  await begin();
  needs?.remove();
} catch (error) {
  document.querySelectorAll("main, .beside").forEach((each) => each.remove());
  if (needs) Object.assign(needs, { hidden: false, className: "said" });
  throw error;
}
