// @ts-check
// What surrounds one picture, from its mount until it leaves the page. Its view gets it as `kit`.

import { checkShapes } from "./arrays.js";
import { Asking } from "./asking.js";
import { keepAddress } from "./address.js";
import { idle } from "./idle.js";
import { onSpeak } from "./language.js";
import { maker } from "./make.js";
import { More } from "./more.js";
import { Questions } from "./questions.js";
import { States } from "./states.js";
import { tabOf } from "./tab.js";
import { plainText } from "./text.js";
import { readTheme } from "./theme.js";
import { visits } from "./visits.js";

/**
 * @typedef {import("./picture.js").Drawing} Drawing
 * @typedef {import("./picture.js").View} View
 * @typedef {import("./timeline.js").Timeline} Timeline
 */

/** How long a slider that is dragged must pause before a second picture follows, and how long that waits for a pause. */
const [PAUSE, LONGEST] = [200, 2000]; // ms: a hand pauses sooner
const AHEAD = "300px"; // a picture begins to load a little before it is scrolled to

export class Frame {
  /**
   * @param {HTMLElement & { view?: View }} root
   * @param {import("./picture.js").Definition} definition
   * @param {URL} home
   * @param {string} css
   */
  constructor(root, definition, home, css) {
    this.root = root;
    this.definition = definition;
    this.home = home;
    this.tab = tabOf(home);
    this.source = this.tab.source;
    /** @type {Timeline|null} */
    this.timeline = null;
    this.ends = /** @type {(() => void)[]} */ ([]);
    this.serial = Date.now(); // of reports: an earlier mount must not have used the same
    this.visit = visits();
    this.visible = false;
    /** @type {Promise<unknown>[]} what the view waits for before its first drawing can be seen */
    this.expected = [];
    this.what = "the picture";
    this.hasLeft = false;
    this.asksNext = false;
    this.since = 0; // when it began to wait for a pause of the slider, as performance.now(); 0 while it does not
    /** @type {Drawing|null} */
    this.last = null;
    this.states = new States(root, css);
    this.body = this.states.body;
    this.asked = this.states.asked;
    this.refusals = this.states.refusals;
    this.questions = new Questions(this);
    this.asking = new Asking(this);
    /** @type {View} */
    this.view = root.view = definition.create(this.body, this);
    const { table, rows } = definition;
    const tables = typeof table === "string" ? rows : table;
    const filled = () => (this.last && tables ? tables(this.last, this.view) : []);
    const under = maker(root)("div", "hnviz-under");
    this.more = tables ? new More(under, this, filled) : null; // what has no figures is no picture
    // The page scrolls inside an element, whose edge `scrollMargin` moves; `rootMargin` is the window's.
    const ahead = /** @type {IntersectionObserverInit} */ ({ rootMargin: AHEAD, scrollMargin: AHEAD });
    this.seen = new IntersectionObserver((entries) => this.see(entries.at(-1)), ahead);
    this.seen.observe(root);
    this.width = 0;
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.body);
    // The lesson beside it may begin later, in another language than the page's.
    this.deaf = onSpeak(() => this.last && this.draw(this.last.answers, this.last.step));
  }

  /**
   * Take what Python sends: at the mount, and for every rerun of the page.
   * @param {any} data
   * @param {any} tokens
   * @param {unknown} files
   * @param {(name: string, value: unknown) => void} send
   */
  update(data, tokens, files, send) {
    this.send = send;
    this.files = files;
    const theme = readTheme(this.root, tokens);
    const said = JSON.stringify([data.run, data.asks, data.settings]);
    const other = said !== this.said || theme.dark !== this.theme?.dark;
    const run = data.run !== this.data?.run;
    const asks = JSON.stringify(data.asks) !== JSON.stringify(this.data?.asks);
    this.said = said;
    this.data = data;
    this.theme = theme;
    this.states.sentence.classList.toggle("small", Boolean(data.small));
    this.states.begun = data.settings.begun ?? "";
    keepAddress();
    if (run || asks) this.questions.end = null; // first: a timeline that is known asks at once
    if (run) this.follow();
    if (!other) return;
    this.asking.shown = ""; // settings or theme: the same answers are another picture
    this.ask();
  }

  /** Take part in the run's timeline. */
  follow() {
    for (const end of this.ends.splice(0)) end();
    this.timeline = null;
    this.refusals.clear(); // they were about the run before
    if (!this.data.run) return;
    const timeline = (this.timeline = this.tab.timeline(this.data.run));
    const isKnown = (/** @type {string} */ address) => Boolean(this.source.known(address));
    this.ends.push(
      timeline.on((change) => this.hear(change)),
      timeline.attach({
        load: (step) => this.asking.load(step, true),
        ready: (step) => !this.visible || this.questions.addresses(step, true).every(isKnown),
        frames: this.definition.frames,
      }),
      timeline.use(),
    );
    this.hear("trouble"); // of another picture's request
  }

  /** @param {import("./timeline.js").Change} change */
  hear(change) {
    if (change === "step" || change === "snapshots" || change === "rest") this.askInTurn(change !== "step");
    const { steps = [], trouble = "" } = this.timeline ?? {};
    this.refusals.say("run", steps.length ? "" : trouble, () => this.timeline?.retry());
    if (!steps.length && change === "run") this.ask(); // it may have ended without a snapshot
    if (this.last && this.last.run === this.data.run) this.view.hear?.(change);
  }

  /** @param {IntersectionObserverEntry|undefined} entry */
  see(entry) {
    this.visible = Boolean(this.definition.early) || Boolean(entry?.isIntersecting);
    if (this.visible) this.ask();
  }

  resize() {
    const width = this.body.clientWidth;
    if (width === this.width) return;
    this.width = width;
    if (this.last && width) this.view.draw({ ...this.last, theme: this.theme });
  }

  /**
   * Draw the snapshot of a moved slider, at once or after the pictures that the slider is about.
   * @param {boolean} rests whether the slider was let go, or was not what moved
   */
  askInTurn(rests) {
    if (!this.last || !this.definition.second?.(this.data.settings)) return this.ask();
    clearTimeout(this.pause);
    if (!rests && this.waits()) this.pause = setTimeout(() => this.askAfter(rests), PAUSE);
    else if (rests || !this.asksNext) this.askAfter(rests);
  }

  /**
   * Ask once the others have their answers and are painted; a slider that rests waits for no answer.
   * @param {boolean} rests
   */
  askAfter(rests) {
    this.asksNext = true;
    requestAnimationFrame(async () => {
      const known = this.asking.known(this.timeline?.step ?? null);
      if (!rests && !known) await this.source.settled();
      // After the frame is painted. An answer that is here can wait; a question goes before the slider's next one.
      if (known) await idle(PAUSE);
      else await new Promise((done) => setTimeout(done));
      this.askNow();
    });
  }

  /** While the slider is dragged, the browser and the engine are free for the pictures that it is about. */
  waits() {
    this.since ||= performance.now();
    return !this.timeline?.playing && performance.now() - this.since < LONGEST;
  }

  askNow() {
    this.asksNext = false;
    this.since = 0;
    if (!this.hasLeft) this.ask();
  }

  /** Draw what is wanted now; a view calls it when its `params` have changed. */
  ask() {
    this.asking.ask();
  }

  /**
   * @param {Drawing["answers"]} answers
   * @param {number|null} step
   */
  draw(answers, step) {
    const { settings, run, silent, debug } = this.data;
    const answer = Object.values(answers).find(Boolean) ?? null;
    if (debug && answer && this.definition.shapes) checkShapes(answer, this.definition.shapes);
    const said = Object.values(answers).find((each) => each?.sentence)?.sentence ?? "";
    this.last = { answer, answers, settings, theme: this.theme, step, run: run ?? "", alt: plainText(said) };
    this.states.say(silent ? "" : said);
    const drawn = this.view.draw(this.last);
    if (drawn instanceof Promise) this.expected.push(drawn);
    this.width ||= this.body.clientWidth; // asked for each time, the browser would lay the page out each time
    if (!this.expected.length) return this.finish(step);
    const all = whole(this.expected);
    if (this.states.drawn) this.expected = [];
    else this.states.wait(this.what);
    all.then(() => this.finish(step)).catch((error) => this.asking.fail(error));
  }

  /**
   * The drawing is complete: offer its figures and files. Any earlier, they would take its place.
   * @param {number|null} step
   */
  finish(step) {
    if (this.hasLeft) return;
    this.expected = [];
    if (!(this.definition.keeps ?? !this.last?.answer)) this.root.style.minHeight = "0";
    this.more?.show();
    this.states.done(step);
  }

  /**
   * Keep the first drawing hidden until something has loaded, and say that it is loading.
   * @param {Promise<unknown>} something
   * @param {string} what it is: "the chart"
   */
  expect(something, what) {
    if (this.states.drawn) return;
    this.expected.push(something);
    this.what = what;
  }

  /**
   * Report a value to Python. The serial number makes every report a new one.
   * @param {string} name
   * @param {unknown} value
   */
  report(name, value) {
    this.send?.(name, { value, serial: ++this.serial });
  }

  /** What it shows as tables; a view that changes on its own calls its `changed`. */
  get table() {
    return this.more?.table ?? null;
  }

  destroy() {
    this.hasLeft = true;
    this.deaf();
    clearTimeout(this.pause);
    this.asking.destroy();
    this.refusals.clear();
    this.states.destroy();
    this.asked.end();
    this.more?.destroy();
    for (const end of this.ends.splice(0)) end();
    this.seen.disconnect();
    this.resized.disconnect();
    this.view.destroy?.();
  }
}

/**
 * Wait for what a view expects, and for what it begins to expect meanwhile.
 * @param {Promise<unknown>[]} expected
 * @returns {Promise<unknown>}
 */
const whole = async (expected) => (await Promise.all(expected)).length < expected.length && whole(expected);
