// @ts-check
// The reading machine: Play reads on, word by word; the slider goes through the training. The sentence, the word
// and the snapshot stay from page to page.

import { openCanvas } from "../kit/js/canvas.js";
import { maker } from "../kit/js/make.js";
import { onMark, setMark } from "../kit/js/page.js";
import { picture } from "../kit/js/picture.js";
import { asSentence } from "../kit/js/text.js";
import { Buttons, Sentence, Training } from "./controls.js";
import { Drawing } from "./drawing.js";
import { filmOf } from "./film.js";
import { layoutOf } from "./layout.js";
import { groupsOf, orderOf } from "./order.js";
import { Painter } from "./paint.js";
import { Pointer } from "./pointer.js";
import { Reading } from "./reading.js";
import { requestOf } from "./request.js";
import { table } from "./table.js";

/** @typedef {import("../kit/js/frame.js").Frame} Frame */
/** @typedef {import("../kit/js/arrays.js").Answer} Answer */

const BEAT = 1050; // ms that a word takes to come in
const REST = 200; // ms between two words
const STILL = 1200; // ms a word, for a reader who wants no motion
const LEGEND =
  "Each square is one number of the state: blue is below 0, brown above. The thicker a band, the more its numbers " +
  "changed with that word; a ringed square changed a lot. Point at a square to follow it back.";
const LOOKING =
  "Each square is one number: blue is below 0, brown above. A Transformer carries no state to the next word: the lines lead " +
  "to the words that a layer looks at, and a thicker line has a larger share.";

const still = matchMedia("(prefers-reduced-motion: reduce)");

class Machine {
  /**
   * @param {HTMLElement} body
   * @param {Frame} kit
   */
  constructor(body, kit) {
    this.body = body;
    body.classList.add("compact"); // until it is drawn: its place may be that of a compact one
    this.kit = kit;
    const make = maker(body);
    const stage = make("div", "stage");
    this.canvas = /** @type {HTMLCanvasElement} */ (make("canvas", "", stage));
    const tip = make("div", "tip hnviz-aside", stage);
    this.buttons = new Buttons(body, { play: () => (this.plays ? this.stop() : this.start()), step: (by) => this.press(by) });
    this.training = new Training(body, kit);
    this.sentence = new Sentence(body, { read: (text) => this.read(text), cut: (begin) => this.cutAt(begin) });
    this.drawing = new Drawing(body, (values) => this.choose(values));
    this.note = make("p", "hnviz-note");
    this.pointer = new Pointer(this.canvas, tip, this);
    /** @type {Reading|null} */
    this.reading = null;
    this.at = 0;
    this.time = 1; // of the last word, from 0 to 1
    this.frame = 0; // of the animation
    this.plays = false;
    /** @type {string|null} the run that is shown */
    this.run = null;
    this.leave = onMark("token", this, (at) => this.follow(at));
    document.fonts?.ready.then(() => this.paint()); // else letters stay in another font
  }

  get menu() {
    return this.buttons.menu;
  }

  get settings() {
    return this.kit.data?.settings ?? {};
  }

  /** What is asked of the run. */
  get request() {
    return requestOf(this.kit.asked, this.settings.text ?? "", this.settings.typed);
  }

  /** @param {string} name */
  params(name) {
    if (name !== "machine") return {};
    const { text, begin } = this.request.params;
    const isOther = this.run !== null && this.run !== this.kit.data.run; // its windows may be shorter
    const chosen = Object.entries(this.request.drawing).filter(([, value]) => value !== null);
    return { text, ...(begin && !isOther ? { begin } : {}), ...Object.fromEntries(chosen) };
  }

  /**
   * Say beside its field what cannot be read, and keep what is shown.
   * @param {import("../kit/js/source.js").Refusal} refusal
   */
  refused({ message }) {
    const isOurs = this.request.refused(asSentence(message));
    if (isOurs) this.showRequest();
    return isOurs;
  }

  showRequest() {
    const { reading, request } = this;
    if (!reading) return;
    const remark = `${request.remark} ${reading.meta.remark}`.trim();
    this.sentence.show(request, { isCut: reading.isCut, remark, examples: this.settings.examples ?? [] });
  }

  /** @param {import("../kit/js/picture.js").Drawing} drawing */
  draw({ answers, settings, theme, run }) {
    const { machine, machine_codes: codes, machine_order: order } = answers;
    if (!machine) return;
    this.codes = codes ?? null;
    if (this.run === null) this.request.putInAddress();
    else if (this.run !== run) this.request.cut(0);
    this.run = run;
    if (machine !== this.answer) this.take(machine);
    const reading = /** @type {Reading} */ (this.reading);
    this.body.classList.toggle("compact", Boolean(settings.compact));
    this.drawing.show(this.request.drawing, { n: reading.n - reading.given, temperature: 0, top_k: reading.meta.nv, seed: 0 });
    this.showRequest();
    if (!settings.compact) this.training.show();
    this.note.textContent = reading.arrays.looks ? LOOKING : LEGEND;
    this.scene = {
      reading,
      layout: layoutOf(this.kit.width || this.body.clientWidth, reading.layers),
      theme,
      order: orderOf(reading, order ?? null),
      groups: groupsOf(reading, this.codes, order ?? null),
      images: new Map(),
    };
    this.paint();
    this.tell();
  }

  /** @param {Answer} answer */
  take(answer) {
    this.answer = answer;
    const before = this.reading;
    const reading = (this.reading = new Reading(answer));
    if (before?.given !== reading.given || before.n !== reading.n) this.halt();
    this.at = Math.min(this.request.word ?? reading.given - 1, reading.n - 1);
    this.request.answered();
    this.pointer.fit(reading);
  }

  /** The timeline has changed. */
  hear() {
    if (!this.settings.compact) this.training.show();
  }

  start() {
    const { reading } = this;
    if (!reading) return;
    this.plays = true;
    this.buttons.play.show(true);
    this.go(this.at >= reading.n - 1 ? 0 : this.at + 1);
    this.wait();
  }

  wait(pause = still.matches ? STILL : BEAT + REST) {
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      if (!this.plays || !this.reading) return;
      if (this.time < 1) return this.wait(REST); // a slow machine draws few frames
      if (this.at >= this.reading.n - 1) return this.stop();
      this.go(this.at + 1);
      this.wait();
    }, pause);
  }

  stop() {
    this.halt();
    this.settle();
  }

  halt() {
    clearTimeout(this.later);
    this.plays = false;
    this.buttons.play.show(false);
  }

  /** @param {number} by words */
  press(by) {
    this.halt();
    this.go(this.at + by);
    this.settle();
  }

  restart() {
    this.halt();
    this.go(0);
    this.settle();
  }

  /**
   * Another picture of the page points at a word.
   * @param {number|null} at
   */
  follow(at) {
    if (at === null || this.plays || !this.reading || at >= this.reading.n) return;
    this.go(at, false);
  }

  /**
   * Show another word; the next one comes in, others are there at once.
   * @param {number} at
   * @param {boolean} leads whether the page's other pictures follow
   */
  go(at, leads = true) {
    const { reading } = this;
    if (!reading) return;
    const next = Math.max(0, Math.min(reading.n - 1, at));
    const comesIn = next === this.at + 1 && leads && !still.matches;
    this.at = this.request.word = next;
    this.time = comesIn ? 0 : 1;
    if (leads) setMark("token", next, this);
    this.animate();
    this.tell();
  }

  /** The address says which word is shown. */
  settle() {
    this.request.settle();
    this.kit.table?.changed();
  }

  /** Paint until the word has come in. */
  animate() {
    if (this.frame) return;
    let last = performance.now();
    const tick = (/** @type {number} */ now) => {
      this.time = Math.min(1, this.time + Math.max(0, Math.min(50, now - last)) / BEAT);
      last = now;
      this.paint();
      this.frame = this.time < 1 ? requestAnimationFrame(tick) : 0;
    };
    this.frame = requestAnimationFrame(tick);
  }

  paint() {
    const { scene, at, time } = this;
    if (!scene) return;
    const { zoom, width, height } = scene.layout;
    const pen = openCanvas(this.canvas, width * zoom, height * zoom);
    pen.scale(zoom, zoom);
    new Painter(pen, { ...scene, at, time, pick: this.pointer.pick }).all();
  }

  /** Say what is shown. */
  tell() {
    const { reading, at } = this;
    if (!reading) return;
    const said = this.buttons.say(reading.sentence(at), at >= reading.n - 1);
    const isWrong = at >= reading.given && reading.mark(at) === "wrong";
    this.canvas.setAttribute("aria-label", isWrong ? `${reading.judged(at).join(" ")} ${said}` : said);
    Object.assign(this.canvas.dataset, { word: at, words: reading.n });
    this.pointer.tell();
  }

  /** @param {string} text */
  read(text) {
    if (text === this.request.text) return;
    this.halt();
    this.request.read(text);
    this.sentence.box.value = this.request.text;
    this.kit.ask();
  }

  /** @param {number} begin the word at which a window begins */
  cutAt(begin) {
    const window = this.reading?.meta.window;
    if (!window) return;
    if (!Number.isInteger(begin) || begin < 0 || begin >= window) {
      const got = this.sentence.begin.value || "nothing";
      return this.sentence.beginField.say(`A window begins at a word from 0 to ${window - 1}; got ${got}.`);
    }
    this.request.cut(begin);
    this.kit.ask();
  }

  /** @param {import("./drawing.js").Values} values of how the network says its own words */
  choose(values) {
    this.halt();
    this.request.drawing = values;
    this.kit.ask();
  }

  /** A file shows the word read. */
  finish() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.plays) this.stop();
    this.time = 1;
    this.paint();
  }

  /** What "More" offers: a compact machine keeps what a page has chosen. */
  offers() {
    const { at, drawing, sentence } = this;
    const isCompact = this.body.classList.contains("compact");
    const begin = { name: sentence.beginIsOpen ? "Hide where its windows begin" : "Where its windows begin", press: () => sentence.toggleBegin() };
    const chosen = { name: drawing.isOpen ? "Hide how it chooses its words" : "How it chooses its words", press: () => drawing.toggle() };
    return [
      { name: "One word back", press: () => this.press(-1), disabled: at === 0, stays: true },
      { name: "From the first word", press: () => this.restart(), disabled: at === 0 },
      ...(isCompact ? [] : [...(this.reading?.isCut ? [begin] : []), chosen]),
    ];
  }

  /** A film of the next words, or of the last ones. It moves nothing on the page. */
  film() {
    return this.scene ? filmOf(this.scene, this.at) : null;
  }

  destroy() {
    this.halt();
    this.leave();
    this.sentence.destroy();
    cancelAnimationFrame(this.frame);
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  second: ({ compact }) => Boolean(compact), // the slider is that of the room's own picture
  create: (body, kit) => new Machine(body, kit),
});
