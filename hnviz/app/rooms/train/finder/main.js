// @ts-check
// The learning rate finder: a range test that one press starts, what it suggests, and three short
// runs that try a rate.
//
// It follows the topic "rates" (topic.py) of the test in the address and of each short run.
//
// settings = { config: of the next run, null while a setting is wrong; epochs, times: of the short
//              runs; n_steps: of a test; test, bench: for the gallery, news that never change,
//              device: for a student of a class, see kit/class/orders.js }

import { OnDevice, Orders } from "../../../kit/class/orders.js";
import { Chart } from "../../../kit/js/chart.js";
import { Part, declared, html } from "../../../kit/js/declared.js";
import { setMark } from "../../../kit/js/page.js";
import { Button, Choices, plainOf, told } from "../../../kit/js/ui.js";
import { table } from "./table.js";
import { benchText, headline, highest, lastOf, otherSettings, pointText, rateText, runLabel, statusText } from "./words.js";

/** @typedef {import("./words.js").Rates} Rates */
/** @typedef {import("../../../kit/js/chart.js").Scene} Scene */

const [LOWEST, HIGHEST] = [1e-7, 10]; // of the axis before there is a test
const CHANCE = 3.7; // nats: the loss before there is a test
const HEIGHT = 260; // px of a plot
const NARROW = 360; // px of the picture, below which a label has no room for more than a rate
const NAMES = ["valley", "steepest"];
const POINT = "Point at the curve for a mini-batch; a click picks its rate.";
const NOTE =
  "The faint points are single mini-batches, the line is their running mean (factor 0.98, without its bias). Valley is the middle of the longest stretch over which that falls, steepest where it falls fastest: as in fast.ai's lr_find.";
const WRONG = "A setting above cannot be used; the test starts when it can.";
const DASHES = ["", "8 4", "2 3"];

/** @param {import("../../../kit/js/declared.js").Scene} scene */
function view({ settings, theme, state, news, refusals, post, kit }) {
  const { config, epochs, times } = settings;
  const { test, bench } = found({ settings, state, news });
  const { run, picked, at, busy, wrong } = state;
  const isLive = Boolean(test?.live);
  const rate = isLive ? null : rateOf(test, picked);
  const said = headline(test);
  const start = async () => {
    const made = await post("find", "api/lr-tests", config);
    if (made && !(made.run === run && test)) Object.assign(state, { run: made.run, runs: [], picked: "valley" });
  };
  const tryOut = async () => {
    const runs = times.map((/** @type {number} */ each) => ({ like: run, epochs, pct_start: config.pct_start, lr: rounded(each * Number(rate)) }));
    const made = await post("bench", "api/runs", { runs });
    if (!made) return;
    refusals.say("bench", made.refused ?? "");
    const bench = (state.last = made.runs);
    await state.orders.take(bench, (/** @type {(string|null)[]} */ runs) => state.last === bench && (state.runs = runs));
  };
  return html`
    <div class="row">
      <${Button} look="go" disabled=${!config || isLive || busy === "find"} press=${start}>Run the test<//>
      <${Button} look="quiet" hidden=${!isLive} disabled=${busy === "stop"} press=${() => post("stop", `api/runs/${run}/stop`)}>Stop<//>
      <${Choices} name="Which suggestion" among=${NAMES} chosen=${rate && picked} choose=${(/** @type {string} */ name) => (state.picked = name)} hidden=${!test?.found.valley} />
      ${rate !== null && html`
        <${Button} look="quiet" press=${() => setMark("lr", { rate }, kit)}>Use lr ${rateText(rate)}<//>
        <${Button} look="quiet" title="Trains three runs of ${epochs} epochs with the same seed." disabled=${!config || busy === "bench"} press=${tryOut}>Bench it: ${times.map((/** @type {number} */ each) => rateText(each * rate)).join(", ")}<//>`}
    </div>
    <p class="wrong" role="alert">${wrong}</p>
    ${state.orders && html`<${Part} of=${OnDevice} orders=${state.orders} />`}
    <p class="headline" aria-live="polite">${told(said)}</p>
    <p class="status">${config ? [statusText(test), test && otherSettings(test.config, config)].filter(Boolean).join(" ") : WRONG}</p>
    <div class="two ${bench.some(Boolean) ? "both" : ""}" data-points=${test?.lr.length ?? 0}>
      <figure>
        <figcaption>Loss by learning rate</figcaption>
        <${Part} of=${Chart} ...${rates(test, theme, { picked, rate, now: config?.lr, ends: settings.ends })} alt="${plainOf(said)} Arrow keys go from mini-batch to mini-batch."
          pick=${(/** @type {number} */ each) => (state.picked = each)} point=${(/** @type {number|null} */ each) => (state.at = each)} />
      </figure>
      ${bench.some(Boolean) && courses(bench, epochs, theme, kit.body.clientWidth)}
    </div>
    <p class="point" role="status">${at === null || !test ? POINT : pointText(test, at)}</p>
    <p class="point">${NOTE}</p>`;
}

/**
 * The test and the short runs, as far as they are known.
 * @param {any} scene
 * @returns {{ test: Rates|null, bench: (Rates|null)[] }}
 */
const found = ({ settings, state, news }) => ({
  test: settings.test ?? news.test ?? null,
  bench: settings.bench ?? state.runs.map((/** @type {string|null} */ run) => (run && news[run]) ?? null),
});

/** @param {number} rate */
const rounded = (rate) => Number(rate.toPrecision(2));

/**
 * The picked rate; null while there is none.
 * @param {Rates|null} test
 * @param {string|number} picked
 */
function rateOf(test, picked) {
  const rate = typeof picked === "number" ? test?.lr[picked] : test?.found[picked]?.lr;
  return rate === undefined ? null : typeof picked === "number" ? rounded(rate) : rate;
}

/**
 * The chart of a test.
 * @param {Rates|null} test
 * @param {any} theme
 * @param {{ picked: string|number, rate: number|null, now: number|undefined, ends: number }} chosen
 */
function rates(test, theme, { picked, rate, now, ends }) {
  const { lr = [], loss = [], smooth = [], found = {} } = test ?? {};
  const heights = [...loss, ...smooth].filter((value) => value !== null);
  const first = smooth[0] ?? CHANCE;
  const { muted, primary, cursor, text, train } = theme;
  const marks = NAMES.filter((name) => found[name]).map((name) => ({ x: found[name].lr, y: found[name].loss, label: `${name} ${rateText(found[name].lr)}`, color: primary, dash: name === "valley" ? "" : "8 4", strong: picked === name }));
  if (now && now !== rate && marks.every(({ x }) => x !== now)) marks.push(/** @type {any} */ ({ x: Math.min(HIGHEST, Math.max(LOWEST, now)), label: `now ${rateText(now)}`, color: muted, dash: "2 4" }));
  if (typeof picked === "number" && rate !== null) marks.push(/** @type {any} */ ({ x: rate, y: smooth[picked] ?? undefined, label: `picked ${rateText(rate)}`, color: cursor, strong: true }));
  return {
    theme,
    height: HEIGHT,
    x: { from: LOWEST, to: HIGHEST, log: true, title: "learning rate", write: (/** @type {number} */ value) => (value < 0.1 ? value.toExponential() : String(value)) },
    y: { from: Math.min(0.9 * first, ...heights) - 0.1, to: highest(smooth, first, ends), title: "loss, nats" },
    dots: { x: lr, y: loss, color: train },
    lines: [{ x: lr, y: smooth, color: text }],
    marks,
    picked: typeof picked === "number" ? picked : (found[picked]?.at ?? 0),
  };
}

/**
 * The short runs beside it.
 * @param {(Rates|null)[]} bench
 * @param {number} epochs
 * @param {any} theme
 * @param {number} width of the picture
 */
function courses(bench, epochs, theme, width) {
  const known = bench.filter((run) => run !== null);
  const said = benchText(bench.map((run) => run ?? /** @type {any} */ ({ live: true, smooth: [] })), epochs);
  const numbers = known.map(({ smooth }) => smooth.filter((value) => value !== null));
  const lines = bench.flatMap((run, at) => (run ? [{ x: run.smooth.map((_, step) => (step * Math.max(run.step, 1)) / run.smooth.length), y: run.smooth, color: theme.categorical[at], dash: DASHES[at], label: runLabel(run, width < NARROW) }] : []));
  return html`<figure data-done=${known.filter(({ live, smooth }) => !live && lastOf(smooth) !== null).length}>
    <figcaption>${told(said)}</figcaption>
    <${Part} of=${Chart} theme=${theme} height=${HEIGHT} alt=${plainOf(said)} lines=${lines}
      x=${{ from: 0, to: Math.max(1, ...known.map(({ n_steps: all }) => all)), title: "training step" }}
      y=${{ from: Math.min(0, ...numbers.flat()), to: 1.1 * Math.max(CHANCE, ...numbers.map(([first = 0]) => first)), title: "running loss on train, nats" }} />
  </figure>`;
}

export const render = declared({
  styles: new URL("style.css", import.meta.url),
  // The short runs, null for one that a device is still to train; what is picked, a name or a mini-batch; the mini-batch
  // under the pointer; and the answer of the last press.
  state: { runs: [], picked: "valley", at: null, orders: null, last: null },
  begins: ({ state, kit, settings }) => {
    const orders = new Orders(kit, settings.device);
    state.orders = orders;
    return () => orders.leave();
  },
  follows: ({ state, settings }) => (settings.test ? {} : { test: state.run && ["rates", state.run], ...Object.fromEntries(state.runs.filter(Boolean).map((/** @type {string} */ run) => [run, ["rates", run]])) }),
  table: (scene) => table(found(scene)),
  keeps: true,
  view,
});
