// @ts-check
// A page's takeaway: the sentence of the answer; for a headline about one unit, that of the unit in the picture below.
// A number that a reader may choose is a control.

import { mark, onMark } from "../js/page.js";
import { picture } from "../js/picture.js";
import { HAS_NONE } from "../js/tables.js";
import { boldNodes, plainText } from "../js/text.js";
import { controlOf, ofStep, paramsOf, partsOf, UNIT } from "./controls.js";

class Headline {
  /**
   * @param {HTMLElement} _
   * @param {import("../js/frame.js").Frame} kit
   */
  constructor(_, kit) {
    this.kit = kit;
    /** @type {Record<string, import("./controls.js").Control>} */
    this.controls = {};
    this.order = ""; // of the controls in the sentence
    kit.states.write = (sentence) => this.write(sentence);
    this.destroy = onMark(UNIT, this, () => this.say());
  }

  params() {
    return paramsOf(this.kit);
  }

  /** @returns {any} */
  get answer() {
    return this.kit.last?.answer;
  }

  /** The sentences of a headline about one unit, by the unit. @returns {string[]|undefined} */
  get units() {
    return this.answer?.meta.units;
  }

  draw() {
    this.say();
  }

  hear() {
    this.say();
  }

  /** Until the answer about another step comes, the sentence has no figures: never those of the last one. */
  say() {
    if (!this.answer) return;
    const sentence = this.units?.[mark(UNIT)] ?? this.answer.sentence;
    const { timeline, data } = this.kit;
    const rests = timeline && !timeline.moves && !timeline.playing;
    this.kit.states.say("step" in (data.settings.controls ?? {}) && rests ? ofStep(sentence, timeline.step) : sentence);
  }

  /**
   * Write a sentence. Its controls stay where they are: one that has the focus keeps it.
   * @param {string} sentence
   */
  write(sentence) {
    const place = this.kit.states.sentence;
    const names = Object.keys(this.kit.data.settings.controls ?? {});
    const parts = partsOf(sentence, names.filter((name) => name !== UNIT || this.units));
    const order = parts.map((part) => (typeof part === "string" ? "" : part.name)).join();
    if (order !== this.order || !place.firstChild) {
      place.replaceChildren(...parts.map((part) => (typeof part === "string" ? document.createElement("span") : this.control(part.name).element)));
    }
    this.order = order;
    place.dataset.said = plainText(sentence);
    parts.forEach((part, at) => {
      if (typeof part === "string") place.children[at].replaceChildren(...boldNodes(part));
      else this.control(part.name).show(part.value);
    });
  }

  /** @param {string} name */
  control(name) {
    return (this.controls[name] ??= controlOf(name, this));
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  keeps: true,
  table: HAS_NONE.words,
  create: (body, kit) => new Headline(body, kit),
});
