// @ts-check
// The numbers of a headline that a reader may choose: a control takes the place of each.

import { putInAddress } from "../js/address.js";
import { maker } from "../js/make.js";
import { setMark, share, shared } from "../js/page.js";
import { numberBox, selectOf } from "../js/parts.js";
import { plural } from "../js/text.js";

/**
 * @typedef {{ kit: import("../js/frame.js").Frame, units: string[]|undefined, say: () => void }} Headline
 * @typedef {{ element: HTMLElement, show: (value: number) => void }} Control
 * @typedef {string|{ name: string, value: number }} Part text, or a control with its number
 */

export const UNIT = "unit"; // the mark, and its name in the address

/** @type {Record<string, { pattern: RegExp, make: (headline: Headline) => Control }>} each has the pattern of its number */
const KINDS = {
  step: { pattern: /(?<=After )(\d+(?:,\d{3})*)(?= steps?\b)/, make: stepMenu },
  unit: { pattern: /(?<=unit )\*\*(\d+)\*\*/, make: unitMenu },
  batch: { pattern: /(?<=mini-batch )(\d+(?:,\d{3})*)/, make: (headline) => new BatchField(headline) },
};

/**
 * @param {string} name
 * @param {Headline} headline
 */
export const controlOf = (name, headline) => KINDS[name].make(headline);

/**
 * A sentence in parts.
 * @param {string} sentence
 * @param {string[]} names of the controls that it may have
 * @returns {Part[]}
 */
export function partsOf(sentence, names) {
  const found = names.flatMap((name) => {
    const match = KINDS[name].pattern.exec(sentence);
    return match ? [{ name, at: match.index, end: match.index + match[0].length, value: Number(match[1].replaceAll(",", "")) }] : [];
  });
  found.sort((one, other) => one.at - other.at);
  const starts = [0, ...found.map(({ end }) => end)];
  const texts = starts.map((from, at) => sentence.slice(from, found[at]?.at));
  return texts.flatMap((text, at) => (found[at] ? [text, { name: found[at].name, value: found[at].value }] : [text]));
}

/**
 * A sentence about a step; of one about another step, only that its figures are not there yet.
 * @param {string} sentence
 * @param {number|null} step
 */
export function ofStep(sentence, step) {
  const part = partsOf(sentence, ["step"]).find((each) => typeof each !== "string");
  if (step === null || typeof part !== "object" || part.value === step) return sentence;
  return `After ${plural(step, "step")}: the figures are not here yet.`;
}

/** A select that looks like its number: it is invisible, and lies over it. */
class Menu {
  /**
   * @param {string} name for screen readers
   * @param {() => number[]} list
   * @param {(value: number) => void} choose
   */
  constructor(name, list, choose) {
    this.list = list;
    this.element = document.createElement("span");
    this.element.className = "pick";
    this.select = selectOf([]);
    this.select.className = "over";
    this.select.ariaLabel = name;
    this.element.append(this.select);
    this.face = maker(this.element)("span", "");
    this.face.ariaHidden = "true";
    this.select.onchange = () => choose(Number(this.select.value));
  }

  /** @param {number} value */
  show(value) {
    const list = this.list();
    const all = list.includes(value) ? list : [...list, value];
    if (this.select.length !== all.length) this.select.replaceChildren(...all.map((each) => new Option(each.toLocaleString("en"), String(each))));
    this.select.value = String(value);
    this.face.textContent = value.toLocaleString("en");
  }
}

/** @param {Headline} headline */
function stepMenu({ kit }) {
  return new Menu("Training step", () => kit.timeline?.steps ?? [], (step) => {
    if (kit.timeline?.playing) kit.timeline.pause();
    kit.timeline?.show(step);
  });
}

/** @param {Headline} headline */
function unitMenu(headline) {
  return new Menu("Unit", () => [...(headline.units ?? []).keys()], (unit) => {
    putInAddress(UNIT, unit);
    setMark(UNIT, unit, headline);
    headline.say();
  });
}

/** A field for a mini-batch, which may be one of many thousands. The question names the first of those that it is about, `before` earlier. */
class BatchField {
  /** @param {Headline} headline */
  constructor({ kit }) {
    this.kit = kit;
    this.element = numberBox(true);
    this.element.className = "number pick";
    this.element.ariaLabel = "Mini-batch whose gradient is followed back";
    this.element.onchange = () => this.take();
  }

  get entry() {
    return this.kit.data.settings.controls.batch;
  }

  /** @param {number} value */
  show(value) {
    const { low, high } = this.entry;
    const { element } = this;
    Object.assign(element, { min: String(low), max: String(high) });
    element.style.width = `calc(${String(high).length}ch + 6px)`; // the same for each: nothing moves
    if (!element.matches(":focus") || element.ariaInvalid !== "true") element.value = String(value);
  }

  take() {
    const { low, high } = this.entry;
    const value = this.element.valueAsNumber;
    const good = Number.isInteger(value) && value >= low && value <= high;
    this.element.ariaInvalid = String(!good);
    this.kit.refusals.say("batch", good ? "" : `The mini-batch must be a whole number from ${low} to ${high.toLocaleString("en")}.`);
    if (!good) return;
    share(this.entry, value, this);
    this.kit.ask();
  }
}

/**
 * What the controls add to the questions.
 * @param {import("../js/frame.js").Frame} kit
 */
export function paramsOf(kit) {
  const { batch } = kit.data.settings.controls ?? {};
  return batch ? { first: shared(kit, batch) - batch.before } : {};
}
