// @ts-check
// What is around the machine: the buttons that read, the slider of the training, and the sentence.

import { maker } from "../kit/js/make.js";
import { button, Choices, Field, numberBox, PlayButton } from "../kit/js/parts.js";
import { partNodes } from "../kit/js/text.js";

const TYPED = 600; // ms after the last key until a typed text is read
const WINDOW_HELP =
  "This network reads in windows and forgets one before the next. Choose where the first cut is, here or by the handle of the cut.";

/** Play, one word on, "More", which has what is used less, and what the machine says. */
export class Buttons {
  /**
   * @param {HTMLElement} body
   * @param {{ play: () => void, step: (by: number) => void }} press
   */
  constructor(body, press) {
    const make = maker(body);
    const row = make("div", "row");
    this.play = new PlayButton(row, press.play);
    this.play.element.title = "Let the network read on, word by word";
    this.on = button(row, "→", () => press.step(1), "step");
    this.on.ariaLabel = this.on.title = "Read one word";
    this.menu = make("div", "", row);
    this.says = make("p", "says", row);
    this.says.setAttribute("aria-live", "polite");
    this.said = "";
  }

  /**
   * Say a sentence; return it as plain text.
   * @param {(string|string[])[]} parts
   * @param {boolean} isLast
   */
  say(parts, isLast) {
    const { nodes, plain } = partNodes(parts);
    if (plain !== this.said) this.says.replaceChildren(...nodes);
    this.said = plain;
    this.on.disabled = isLast;
    return plain;
  }
}

/** The slider of the training step: even in steps, so that half of the track is half of the training. */
export class Training {
  /**
   * @param {HTMLElement} body
   * @param {import("../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.label = make("label", "training", body, "Training step");
    this.label.title = "How many times the weights had been updated";
    this.slider = /** @type {HTMLInputElement} */ (make("input", "slider", this.label));
    Object.assign(this.slider, { type: "range", min: "0" });
    this.shown = make("output", "shown", this.label);
    this.slides = false;
    this.slider.oninput = () => this.slide(false);
    this.slider.onchange = () => this.slide(true);
    this.slider.onkeydown = (event) => this.key(event);
  }

  show() {
    const { timeline } = this.kit;
    const steps = timeline?.steps ?? [];
    this.label.hidden = steps.length < 2;
    if (!timeline || timeline.step === null || steps.length < 2) return;
    const last = /** @type {number} */ (steps.at(-1));
    Object.assign(this.slider, { min: String(steps[0]), max: String(last), step: "1" });
    if (!this.slides) this.slider.value = String(timeline.step);
    const all = (timeline.facts.n_steps ?? last).toLocaleString("en");
    const name = timeline.step === 0 ? `0 of ${all}: untrained` : `${timeline.step.toLocaleString("en")} of ${all}`;
    this.shown.textContent = name;
    this.slider.setAttribute("aria-valuetext", `step ${name}`);
  }

  /**
   * Show the snapshot that is nearest.
   * @param {boolean} rests
   */
  slide(rests) {
    const { timeline } = this.kit;
    if (!timeline) return;
    this.slides = !rests;
    const wanted = Number(this.slider.value);
    this.go(timeline.steps.reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best)), rests);
  }

  /**
   * An arrow key goes to the next snapshot, however far that is.
   * @param {KeyboardEvent} event
   */
  key(event) {
    const { timeline } = this.kit;
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!timeline || !by || timeline.step === null) return;
    event.preventDefault();
    const { steps } = timeline;
    this.go(steps[Math.max(0, Math.min(steps.length - 1, steps.indexOf(timeline.step) + by))], true);
  }

  /**
   * @param {number} step
   * @param {boolean} rests
   */
  go(step, rests) {
    const { timeline } = this.kit;
    if (timeline?.playing) timeline.pause();
    timeline?.show(step, rests);
    this.show();
  }
}

/** The sentence, some to try, and where a window begins. */
export class Sentence {
  /**
   * @param {HTMLElement} body
   * @param {{ read: (text: string) => void, cut: (begin: number) => void }} act
   */
  constructor(body, act) {
    const make = maker(body);
    const row = make("div", "texts");
    this.act = act;
    this.box = document.createElement("input");
    Object.assign(this.box, { type: "text", className: "text", autocomplete: "off", spellcheck: false });
    this.field = new Field(row, "It reads", this.box);
    this.box.addEventListener("input", () => this.type(TYPED));
    this.box.addEventListener("change", () => this.type(0));
    this.box.addEventListener("keydown", (event) => void (event.key === "Enter" && this.type(0)));
    this.tries = make("div", "tries", row);
    this.begin = numberBox(true);
    this.beginField = new Field(row, "Windows begin at word", this.begin, WINDOW_HELP);
    this.beginPlace = /** @type {HTMLElement} */ (this.begin.closest(".field"));
    this.beginPlace.hidden = true;
    this.begin.addEventListener("change", () => act.cut(this.begin.value === "" ? NaN : Number(this.begin.value)));
    this.hasBegin = false; // whether a reader wants that field
    this.first = "";
    this.examples = "";
  }

  get beginIsOpen() {
    return !this.beginPlace.hidden;
  }

  toggleBegin() {
    this.hasBegin = !this.beginIsOpen;
    this.beginPlace.hidden = !this.hasBegin;
    if (this.hasBegin) this.begin.focus();
  }

  /**
   * @param {import("./request.js").Request} request
   * @param {{ isCut: boolean, remark: string, examples: string[] }} now
   */
  show({ text, begin, first, wrong }, { isCut, remark, examples }) {
    const root = /** @type {ShadowRoot} */ (this.box.getRootNode());
    if (root.activeElement !== this.box) this.box.value = text;
    this.first = first;
    this.field.say(wrong.text || remark, Boolean(wrong.text));
    if (this.examples !== examples.join("\n")) {
      this.examples = examples.join("\n");
      this.tries.replaceChildren();
      this.choices = new Choices(this.tries, "Sentences to try", examples, (each) => this.take(each));
    }
    this.choices?.show(text);
    this.beginPlace.hidden = !isCut || !(this.hasBegin || begin || wrong.begin);
    this.beginField.show(String(begin));
    this.beginField.say(wrong.begin);
  }

  /** @param {number} wait ms */
  type(wait) {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.take(this.box.value), wait);
  }

  /** @param {string} text */
  take(text) {
    clearTimeout(this.typing);
    if (!text.trim()) return this.field.say(`Type words, numbers, or a range of numbers such as ${this.first}.`);
    this.field.say("");
    this.act.read(text);
  }

  destroy() {
    clearTimeout(this.typing);
  }
}
