// @ts-check
// In a class a student's press trains on the student's own device. When the run ends, it is sent to the class as a zip file.
//
// A tab trains one run at a time, also while the student looks at other rooms. A run that has ended is stored until the
// server has it, so a lost connection or a closed page loses nothing.

import { Run } from "../../../../browser/run.js";
import { Kept } from "../../../../export/js/kept.js";
import { zipOf } from "../../../../export/js/runzip.js";
import { Refused, sent } from "../../../kit/class/line.js";
import { Chart } from "../../../kit/js/chart.js";
import { fetchOnce } from "../../../kit/js/fetch.js";
import { maker } from "../../../kit/js/make.js";
import { button } from "../../../kit/js/parts.js";
import { accuracy, asSentence } from "../../../kit/js/text.js";

/**
 * @typedef {import("../../../../browser/limits.js").Job} Job
 * @typedef {import("../../../../browser/parameters.js").Form} Form
 * @typedef {import("../../../kit/js/frame.js").Frame} Frame
 * @typedef {{ number: string, form: Form, config: Job["config"] & { model: string }, text: string, own: string|null, hash: string, version: string }} Order
 *   `phone_order` in hnviz/web/classroom/runs.py; text and own are addresses of the ids and of the student's own text
 */

const WORKER = new URL("../../../../browser/worker.js", import.meta.url).href;
const MAX_SNAPSHOT_BYTES = 6 * 2 ** 20; // of a run that is sent
const NEVER = [413, 415, 422]; // the server will not take the same again
const AGAIN_MS = 5000; // before it is sent again, and at most twice as long: not all phones at once
const DRAWN_MS = 100; // between two drawings
const HEIGHT = 190; // px of the chart

/** What this tab trains, whichever room it shows. */
class Device {
  /** @param {URL} home the app's address */
  constructor(home) {
    this.home = home;
    this.number = ""; // of the last order
    this.model = "";
    /** @type {Run|null} */
    this.run = null;
    /** @type {Blob|null} a run that the class does not have */
    this.zip = null;
    this.isTraining = false; // from the press until there is a zip file
    this.isSending = false;
    this.problem = "";
    this.sent = ""; // the id of a run that the class has, until a form has reported it
    this.timer = 0;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.kept = new Kept(`${home.pathname} class`);
    void this.takeUp();
  }

  get isBusy() {
    return this.isTraining || this.zip !== null;
  }

  /** Send what an earlier page has stored. */
  async takeUp() {
    const stored = await this.kept.read();
    if (!stored || this.isBusy) return;
    [this.zip, this.model] = [stored.zip, stored.model];
    await this.send();
  }

  tell() {
    for (const hear of [...this.listeners]) hear();
  }

  /** @param {Order} order */
  async begin({ number, form, config, text, own, hash, version }) {
    if (number === this.number || this.isBusy) return; // Python sends the order with every drawing
    Object.assign(this, { number, model: config.model, isTraining: true, problem: "", sent: "" });
    try {
      const words = own && new Uint8Array(await fetchOnce(new URL(own, this.home), "arrayBuffer"));
      const run = new Run({ form, config, ...(await fetchOnce(new URL(text, this.home), "json")) }, WORKER, MAX_SNAPSHOT_BYTES);
      const info = { created: Date.now() / 1000, device: "", versions: { hnviz: version }, content_hash: hash };
      this.run = run;
      run.on(({ event }) => (event === "ended" ? this.end(run, info, words || null) : this.tell()));
      run.start();
    } catch (error) {
      Object.assign(this, { isTraining: false, problem: asSentence(/** @type {Error} */ (error).message) });
    }
    this.tell();
  }

  /**
   * @param {Run} run
   * @param {import("../../../../export/js/runzip.js").Info} info
   * @param {Uint8Array<ArrayBuffer>|null} words
   */
  async end(run, info, words) {
    run.checkpoint = null; // it does not go on elsewhere
    try {
      if (run.status === "failed") throw new Error(run.message);
      this.zip = await zipOf(run, info, words);
      await this.kept.write({ zip: this.zip, model: this.model });
    } catch (error) {
      this.problem = asSentence(/** @type {Error} */ (error).message);
    }
    this.isTraining = false;
    this.tell();
    await this.send();
  }

  /** Send the run; it stays stored until the server has it, or will never take it. */
  async send() {
    const { zip } = this;
    if (!zip || this.isSending) return;
    clearTimeout(this.timer);
    this.isSending = true;
    this.tell();
    try {
      const { run } = await sent(this.home, "runs", "application/zip", zip);
      Object.assign(this, { sent: run, problem: "" });
      this.forget();
    } catch (error) {
      this.problem = asSentence(/** @type {Error} */ (error).message);
      const status = error instanceof Refused ? error.status : 0;
      if (NEVER.includes(status)) this.forget();
      else if (status !== 403) this.timer = window.setTimeout(() => this.send(), AGAIN_MS * (1 + Math.random()));
    }
    this.isSending = false;
    this.tell();
  }

  forget() {
    this.zip = null;
    void this.kept.write(null);
  }
}

/** @type {Device|null} */
let device = null;

/** What the form shows of it: how far the run is, and the losses so far. */
export class Shown {
  /**
   * @param {HTMLElement} place
   * @param {Frame} kit
   * @param {() => void} changed
   */
  constructor(place, kit, changed) {
    this.device = device ??= new Device(kit.home);
    this.place = place;
    this.kit = kit;
    this.changed = changed;
    this.drawn = 0;
    const make = maker(place);
    const row = make("div", "line");
    this.said = make("p", "said", row);
    this.stop = button(row, "Stop", () => this.device.run?.press("stop"));
    this.again = button(row, "Send it again", () => this.device.send());
    this.bar = /** @type {HTMLProgressElement} */ (make("progress", ""));
    this.bar.ariaLabel = "Training steps";
    this.chart = make("div", "");
    this.lines = new Chart(this.chart);
    this.hear = () => this.show();
    this.device.listeners.add(this.hear);
    this.show();
  }

  get isBusy() {
    return this.device.isBusy;
  }

  /** @param {Order} order */
  begin(order) {
    void this.device.begin(order);
  }

  show() {
    const { device } = this;
    const isLive = Boolean(device.run?.isLive);
    if (isLive && performance.now() - this.drawn < DRAWN_MS) return;
    this.drawn = performance.now();
    if (device.sent) {
      this.kit.report("sent", device.sent);
      device.sent = "";
    }
    const said = sentence(device);
    this.place.hidden = !said;
    this.said.ariaLive = isLive ? "off" : "polite"; // a screen reader would read every step
    this.said.textContent = said;
    for (const each of [this.bar, this.chart, this.stop]) each.hidden = !isLive;
    this.again.hidden = !device.zip || device.isSending;
    if (isLive) this.draw(/** @type {Run} */ (device.run));
    this.changed();
  }

  /** @param {Run} run */
  draw({ nSteps, step, batches }) {
    this.bar.max = nSteps ?? 1;
    this.bar.value = step;
    const losses = batches.map(({ loss }) => loss);
    const { theme } = this.kit;
    const line = { x: losses.map((_, at) => at + 1), y: losses, color: theme.train };
    const y = { from: 0, to: Math.max(1, ...losses.slice(0, 1), losses.at(-1) ?? 1), title: "loss on train" };
    this.lines.show({ theme, alt: "The loss of each training step so far.", height: HEIGHT, x: { from: 0, to: nSteps ?? 1, title: "training step" }, y, lines: [line] });
  }

  leave() {
    this.device.listeners.delete(this.hear);
  }
}

/** @param {Device} device */
function sentence({ run, model, zip, isSending, problem }) {
  if (run?.isLive) {
    const at = run.nSteps ? `step ${run.step.toLocaleString("en")} of ${run.nSteps.toLocaleString("en")}` : "it begins";
    const end = run.ends.at(-1);
    const right = end ? ` After ${end.epoch + 1} of ${run.job.config.epochs} epochs it is right on ${accuracy(end.accuracy)} of valid.` : "";
    return `This device trains ${model}: ${at}.${right} Keep this tab open: the class gets the run when it ends.`;
  }
  if (isSending) return `The class gets your run of ${model} …`;
  if (zip) return `${problem} Your run of ${model} is stored on this device until the class has it.`;
  return problem;
}
