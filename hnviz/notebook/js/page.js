// @ts-check
// Begins the page of one picture in a notebook: a frame that may run scripts, and reach nothing.

import { keepParametersIn } from "../../app/kit/js/address.js";
import { provide } from "../../app/kit/js/fetch.js";
import { shareTab, Tab } from "../../app/kit/js/tab.js";
import { Blobs } from "../../export/js/blobs.js";
import { HeldNews, HeldSource } from "./held.js";

/**
 * @typedef {import("./held.js").Held & { home: string, data: any, isolate: boolean, blobs: string[],
 *             files: Record<string, [string, number]> }} Data
 *   data   what the app's page would send the picture
 *   files  address -> how it is read ("json", "text", "arrayBuffer"), and its blob
 * @typedef {HTMLElement & { turn?: number }} Root
 */

/** @param {(component: any) => Promise<unknown>} render of the picture */
export async function begin(render) {
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  /** @type {Data} */
  const page = JSON.parse(document.getElementById("data")?.textContent ?? "");
  const blobs = new Blobs(page.blobs);
  for (const [address, [as, at]] of Object.entries(page.files)) {
    const read = { json: () => blobs.json(at), text: () => blobs.text(at), arrayBuffer: () => blobs.get(at) };
    provide(new URL(address, page.home).href, read[/** @type {keyof typeof read} */ (as)]());
  }
  let address = page.home;
  keepParametersIn({ read: () => address, write: (url) => (address = url) });
  shareTab(new Tab(new HeldSource(page, blobs), new HeldNews(page)));
  const root = /** @type {Root} */ (document.createElement("div"));
  root.className = "hnviz";
  (page.isolate ? main.attachShadow({ mode: "open" }) : main).append(root);
  const draw = () => {
    root.turn = (root.turn ?? 0) + 1;
    return render({ data: structuredClone(page.data), home: new URL(page.home), root, turn: root.turn, setStateValue: () => {} });
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  await draw();
}
