// @ts-check
// In a class a student's press trains on the student's own device. When the run ends, it is sent to the class as a zip file.
//
// A tab trains one run at a time, also while the student looks at other rooms; what else is ordered waits for its turn. An
// order is stored until its run has been trained, and a run until the server has it. So a lost connection loses nothing,
// and of a closed page the run that trained begins again.

import { Run } from "../../../browser/run.js";
import { Kept } from "../../../export/js/kept.js";
import { zipOf } from "../../../export/js/runzip.js";
import { Chart } from "../js/chart.js";
import { fetchOnce } from "../js/fetch.js";
import { maker } from "../js/make.js";
import { button } from "../js/parts.js";
import { accuracy, asSentence } from "../js/text.js";
import { sent } from "./line.js";

/**
 * @typedef {import("../../../browser/limits.js").Job} Job
 * @typedef {import("../../../browser/parameters.js").Form} Form
 * @typedef {import("../js/frame.js").Frame} Frame
 * @typedef {{ number: string, form: Form, config: Job["config"] & { model: string }, text: string, own: string|null, hash: string, version: string }} Order
 *   `phone_order` in hnviz/web/classroom/runs.py; text and own are addresses of the ids and of the student's own text
 */

const WORKER = new URL("../../../browser/worker.js", import.meta.url).href;
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
    /** @type {Order[]} to be trained, in turn; the one that trains is still among them */
    this.orders = [];
    /** @type {Set<string>} numbers of orders that were taken: Python sends each with every drawing */
    this.seen = new Set();
    /** @type {Map<string, Shown>} number of an order -> the picture that wants its run */
    this.owners = new Map();
    this.number = ""; // of the last order that was trained
    this.model = "";
    /** @type {Run|null} */
    this.run = null;
    /** @type {Blob|null} a run that the class does not have */
    this.zip = null;
    this.isTraining = false; // until there is a zip file
    this.isSending = false;
    this.problem = "";
    /** @type {{ number: string, run: string }[]} runs that the class has, until a picture has said so */
    this.came = [];
    this.timer = 0;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.kept = new Kept(`${home.pathname} class`);
    this.ready = this.takeUp();
  }

  get isBusy() {
    return this.orders.length > 0 || this.zip !== null;
  }

  /** Go on with what an earlier page has stored. */
  async takeUp() {
    const stored = await this.kept.read();
    if (!stored) return;
    const { orders = [], zip = null, number = "", model } = stored;
    Object.assign(this, { orders, zip, number, model });
    if (zip) void this.send();
    else void this.next();
  }

  store() {
    const { orders, zip, number, model, isBusy } = this;
    return this.kept.write(isBusy ? { orders, zip, number, model } : null);
  }

  tell() {
    for (const hear of [...this.listeners]) hear();
  }

  /**
   * Train a run in its turn. Equal settings make an equal run: of two such orders one is trained.
   * @param {Order} order
   * @param {Shown|null} owner
   * @returns {Promise<string>} the number under which the run comes
   */
  async add(order, owner = null) {
    const { number } = order;
    if (this.seen.has(number)) return number;
    this.seen.add(number);
    await this.ready;
    const same = this.orders.find(({ config }) => JSON.stringify(config) === JSON.stringify(order.config));
    const found = same?.number ?? number;
    if (owner) this.owners.set(found, owner);
    if (same) return found;
    this.problem = "";
    this.orders.push(order);
    await this.store();
    void this.next();
    return found;
  }

  /** Train what was ordered first. */
  async next() {
    const [order] = this.orders;
    if (!order || this.isTraining || this.zip) return this.tell();
    const { number, form, config, text, own, hash, version } = order;
    Object.assign(this, { number, model: config.model, isTraining: true });
    try {
      const words = own && new Uint8Array(await fetchOnce(new URL(own, this.home), "arrayBuffer"));
      const run = new Run({ form, config, ...(await fetchOnce(new URL(text, this.home), "json")) }, WORKER, MAX_SNAPSHOT_BYTES);
      const info = { created: Date.now() / 1000, device: "", versions: { hnviz: version }, content_hash: hash };
      this.run = run;
      run.on(({ event }) => (event === "ended" ? this.end(run, info, words || null) : this.tell()));
      run.start();
      this.tell();
    } catch (error) {
      await this.done(/** @type {Error} */ (error).message);
    }
  }

  /**
   * @param {Run} run
   * @param {import("../../../export/js/runzip.js").Info} info
   * @param {Uint8Array<ArrayBuffer>|null} words
   */
  async end(run, info, words) {
    run.checkpoint = null; // it does not go on elsewhere
    let problem = run.status === "failed" ? run.message : "";
    try {
      if (!problem) this.zip = await zipOf(run, info, words);
    } catch (error) {
      problem = /** @type {Error} */ (error).message;
    }
    await this.done(problem);
  }

  /** The order that was trained is done with. @param {string} problem why it made no run */
  async done(problem) {
    if (problem) this.problem = asSentence(problem);
    this.orders.shift();
    this.isTraining = false;
    await this.store();
    this.tell();
    await (this.zip ? this.send() : this.next());
  }

  /** Send the run; it stays stored until the server has it, or will never take it. */
  async send() {
    const { zip, number } = this;
    if (!zip || this.isSending) return;
    clearTimeout(this.timer);
    this.isSending = true;
    this.tell();
    try {
      const { run } = await sent(this.home, "runs", "application/zip", zip);
      this.came.push({ number, run });
      Object.assign(this, { zip: null, problem: "" });
    } catch (error) {
      this.problem = asSentence(/** @type {Error} */ (error).message);
      const status = /** @type {import("../js/source.js").Refusal} */ (error).status ?? 0;
      if (NEVER.includes(status)) this.zip = null;
      else if (status !== 403) this.timer = window.setTimeout(() => this.send(), AGAIN_MS * (1 + Math.random()));
    }
    this.isSending = false;
    if (!this.zip) await this.store();
    await this.next();
  }
}

/** @type {Device|null} */
let device = null;

/** What a picture shows of it: how far the run is, and the losses so far. */
export class Shown {
  /**
   * @param {HTMLElement} place
   * @param {Frame} kit
   * @param {() => void} changed
   * @param {((number: string, run: string) => void)|null} sent hears of the runs that the picture has ordered; null: Python
   *   hears of those that no picture waits for
   */
  constructor(place, kit, changed = () => {}, sent = null) {
    this.device = device ??= new Device(kit.home);
    this.place = place;
    this.kit = kit;
    this.changed = changed;
    this.sent = sent;
    this.drawn = 0;
    place.classList.add("hnviz-device");
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
  add(order) {
    return this.device.add(order, this.sent && this);
  }

  /** Say which runs the class has: those that this picture waits for, or nobody. */
  report() {
    const { came, owners, listeners } = this.device;
    for (const each of [...came]) {
      const owner = owners.get(each.number);
      const isMine = owner && listeners.has(owner.hear) ? owner === this : !this.sent;
      if (!isMine) continue;
      came.splice(came.indexOf(each), 1);
      if (this.sent) this.sent(each.number, each.run);
      else this.kit.report("sent", each.run);
    }
  }

  show() {
    const { device } = this;
    this.report();
    const isLive = Boolean(device.run?.isLive);
    if (isLive && performance.now() - this.drawn < DRAWN_MS) return;
    this.drawn = performance.now();
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
function sentence({ run, model, zip, isTraining, isSending, problem, orders }) {
  const waiting = orders.length - Number(isTraining);
  const others = waiting > 0 ? ` ${waiting === 1 ? "1 more run waits" : `${waiting} more runs wait`}.` : "";
  if (run?.isLive) {
    const at = run.nSteps ? `step ${run.step.toLocaleString("en")} of ${run.nSteps.toLocaleString("en")}` : "it begins";
    const end = run.ends.at(-1);
    const right = end ? ` After ${end.epoch + 1} of ${run.job.config.epochs} epochs it is right on ${accuracy(end.accuracy)} of valid.` : "";
    return `${problem} This device trains ${model}: ${at}.${right} Keep this tab open: the class gets the run when it ends.${others}`.trim();
  }
  if (isTraining) return `This device trains ${model} …${others}`;
  if (isSending) return `The class gets your run of ${model} …${others}`;
  if (zip) return `${problem} Your run of ${model} is stored on this device until the class has it.${others}`;
  return problem;
}
