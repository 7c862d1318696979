// @ts-check
// The loss of a run, drawn as it grows: train at every step, valid at the end of each epoch.
//
// The points are those of the topic "curves", whose first panel holds the loss.

import { Chart } from "../../../kit/js/chart.js";
import { Part, declared, html } from "../../../kit/js/declared.js";
import { chartTables } from "../../../kit/js/tables.js";

/**
 * @typedef {{ name?: string, x: number[], y: number[] }} Trace
 * @typedef {{ name: string, figure?: { data: Trace[] }, traces?: { from: number, x: number[], y: number[] }[] }} Panel
 */

const HEIGHT = 150; // px
const [LOWEST_TOP, HIGHEST_TOP] = [4, 8]; // nats: a guess among 39 words has a loss of 3.7
const LAYOUT = { xaxis: { title: { text: "step" } }, yaxis: { title: { text: "loss per token" } } };

/** @param {import("../../../kit/js/declared.js").Scene} scene */
function view({ news, theme, kit }) {
  const [train, valid] = curvesOf(news);
  const said = sentence(train, valid);
  const losses = [...train.y, ...valid.y].filter(Number.isFinite);
  const end = Math.max(kit.timeline?.facts.n_steps ?? 0, train.x.at(-1) ?? 0, 1);
  return html`
    <p class="told">${said}</p>
    <div data-points=${train.x.length}>
      <${Part} of=${Chart} theme=${theme} height=${HEIGHT} alt=${said}
        x=${{ from: 0, to: end, title: "training step" }} y=${{ from: 0, to: Math.min(HIGHEST_TOP, Math.max(LOWEST_TOP, ...losses)), title: "loss, nats" }}
        lines=${[{ ...train, color: theme.train, dash: "7 4", width: 2 }, { ...valid, color: theme.valid, width: 2, spots: 6 }]} />
    </div>`;
}

/**
 * The curves of train and valid.
 * @param {Record<string, { data?: Trace[] }|undefined>} news
 */
const curvesOf = ({ curves }) => ["train", "valid"].map((name) => ({ x: [], y: [], ...curves?.data?.find((each) => each.name === name), name }));

/**
 * Whole curves, or those known and what has grown since.
 * @param {{ data?: Trace[] }} known
 * @param {{ panels: Panel[] }} news
 */
export function takes(known, { panels }) {
  const panel = panels.find(({ name }) => name === "loss");
  const data = [...(panel?.figure?.data ?? known.data ?? [])];
  panel?.traces?.forEach(({ from, ...more }, at) => {
    const { x = [], y = [], ...trace } = data[at];
    data[at] = { ...trace, x: [...x.slice(0, from), ...more.x], y: [...y.slice(0, from), ...more.y] };
  });
  return { data };
}

/**
 * @param {Trace} train
 * @param {Trace} valid
 */
function sentence(train, valid) {
  const [loss, step] = [train.y.at(-1), train.x.at(-1)];
  if (loss === undefined || step === undefined) return "The loss appears with the first step.";
  const end = valid.y.at(-1);
  const held = end === undefined ? "" : `, ${end.toFixed(2)} on valid (solid)`;
  // A point's step counts the updates before it.
  return `Loss after ${(step + 1).toLocaleString("en")} steps: ${loss.toFixed(2)} on train (dashed)${held}. The lower, the better it guesses.`;
}

export const render = declared({
  styles: new URL("style.css", import.meta.url),
  follows: ({ run }) => ({ curves: ["curves", run, { mode: "light" }] }),
  takes,
  begins: ({ settings, kit }) => settings.comes_to_it && kit.root.scrollIntoView({ block: "nearest" }),
  table: ({ news }) => chartTables("The loss", { data: curvesOf(news), layout: LAYOUT }),
  view,
});
