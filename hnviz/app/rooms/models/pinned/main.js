// @ts-check
// A tensor that a line of the code cursor makes, pinned: its values and its gradient from the first
// snapshot to the last. Weights are kept in snapshots, so it is worked out afterwards: training does
// not wait for it, and it can be done for any run.

import { putInAddress } from "../../../kit/js/address.js";
import { maker } from "../../../kit/js/make.js";
import { mark, onMark } from "../../../kit/js/page.js";
import { button } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { heads, listed } from "../../../kit/js/tables.js";
import { Norms, Spread } from "./chart.js";
import { chosen, label } from "./scales.js";

const PIN = "models_pin"; // in the address: the line that ran, a dot, and which tensor
const LINE = "line"; // the mark of the line that the cursor shows

/** @typedef {import("./chart.js").Seen} Seen */

class Pinned {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    const tools = make("div", "tools");
    this.button = button(tools, "Pin the tensor of the line shown", () => this.pinTo(mark(LINE)), "button");
    this.back = button(tools, "Back to the state", () => this.pinTo(null), "button");
    this.course = make("p", "course");
    this.course.setAttribute("aria-live", "polite");
    const charts = make("div", "charts");
    this.spread = new Spread(make("div", "chart", charts));
    this.norms = new Norms(make("div", "chart", charts));
    const legend = make("p", "legend");
    for (const [name, text] of [["median", "median"], ["middle", "half of the values"], ["wide", "nine in ten"], ["widest", "all"], ["norm", "norm"], ["gradient", "norm of the gradient"]]) {
      const item = make("span", "", legend);
      make("i", name, item);
      item.append(text);
    }
    const asked = (/** @type {string} */ text) => (/^\d{1,4}\.\d{1,4}$/.test(text) ? text : null);
    /** @type {string|null} */
    this.pin = kit.asked.value(PIN, asked, "the number of a line that ran, a dot and the number of a tensor, such as 12.0", null);
    this.laid = "";
    /** @type {Seen[]} */
    this.seen = [];
    this.silence = onMark(LINE, this, () => this.offer());
  }

  params() {
    if (!this.pin) return {};
    const [line, tensor] = this.pin.split(".");
    return { line, tensor };
  }

  /** @param {string|null} pin */
  pinTo(pin) {
    this.pin = pin;
    putInAddress(PIN, pin);
    this.offer();
    this.kit.ask();
  }

  offer() {
    this.button.disabled = !mark(LINE) || mark(LINE) === this.pin;
    this.back.hidden = !this.pin;
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ step, theme }) {
    const { timeline } = this.kit;
    if (!timeline) return;
    const steps = chosen(timeline.steps);
    const wanted = [steps.map((each) => this.kit.questions.addresses(each)).join(), theme.dark, this.course.clientWidth].join();
    this.offer();
    if (wanted !== this.laid) this.lay(steps, wanted);
    else this.point(step);
  }

  /**
   * @param {number[]} steps
   * @param {string} wanted
   */
  async lay(steps, wanted) {
    this.laid = wanted;
    const answers = await Promise.all(steps.map((step) => this.kit.asking.load(step))).catch(() => []);
    if (this.laid !== wanted) return; // another one was pinned meanwhile
    const found = answers.flatMap(([answer]) => answer ?? []);
    if (!found.length || found.length < steps.length) {
      this.laid = ""; // out of sight, or refused: the next drawing asks again
      return;
    }
    this.seen = found.map(({ meta, arrays }, at) => ({
      step: steps[at],
      norm: meta.norm,
      gradient_norm: meta.gradient_norm,
      levels: Array.from(arrays.levels.data),
    }));
    this.spread.show(this.seen);
    this.norms.show(this.seen);
    this.course.textContent = this.told();
    this.kit.table?.changed();
    this.point(this.kit.timeline?.step ?? null);
    this.kit.root.dataset.pinned = this.pin ?? "";
  }

  /** What has become of it between the first snapshot and the last. */
  told() {
    const [first, last] = [this.seen[0], /** @type {Seen} */ (this.seen.at(-1))];
    const norm = `From step ${first.step.toLocaleString("en")} to step ${last.step.toLocaleString("en")} its norm goes from ${label(first.norm)} to ${label(last.norm)}`;
    if (first.gradient_norm === null || last.gradient_norm === null) return `${norm}.`;
    return `${norm}, and its gradient's from ${label(first.gradient_norm)} to ${label(last.gradient_norm)}.`;
  }

  /** @param {number|null} step */
  point(step) {
    const at = this.seen.findLastIndex((each) => step !== null && each.step <= step);
    this.spread.now(at);
    this.norms.now(at);
  }

  destroy() {
    this.silence();
  }
}

const TITLES = heads("training step", "norm", "norm of the gradient", "lowest", "5 %", "25 %", "median", "75 %", "95 %", "highest");

/**
 * @param {unknown} _
 * @param {{ seen: Seen[] }} view
 */
function table(_, { seen }) {
  const rows = seen.map(({ step, norm, gradient_norm, levels }) => [step, norm, gradient_norm ?? "none", ...levels]);
  return [listed("The pinned tensor", TITLES, rows)];
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  shapes: { levels: ["n"] },
  keeps: true,
  table,
  create: (body, kit) => new Pinned(body, kit),
});
