// @ts-check
// The life of a picture: what all of them share, so each folder holds only its own drawing.
//
//   export const render = picture({ styles: new URL("style.css", import.meta.url), create });
//
// create(body, kit) -> view, once a mount:
//   view.draw({ answer, answers, settings, theme, step, run })   when there is something to draw
//   view.params(name)     optional: what the browser adds to the parameters of a question; it calls
//                         kit.ask() when they change
//   view.destroy()        when the picture leaves the page
//
// Python (hnviz/app/kit/picture.py) says what a picture asks: `asks`, a list of questions with their
// parameters, and at which snapshot. `answer` is the first one's, `answers` holds all by name.
// Until an answer comes the last picture stays; a refusal's sentence appears above it.

import { checkShapes } from "./arrays.js";
import { fetchOnce } from "./fetch.js";
import { keepAddress } from "./page.js";
import { Refusal } from "./source.js";
import { tabOf } from "./tab.js";
import { boldNodes, plainText } from "./text.js";
import { readTheme } from "./theme.js";

/**
 * @typedef {import("./arrays.js").Answer} Answer
 * @typedef {import("./timeline.js").Timeline} Timeline
 * @typedef {{ name: string, question: string, at: string, run?: string, late: boolean, themed: boolean,
 *             params: Record<string, unknown> }} Ask
 * @typedef {{ answer: Answer|null, answers: Record<string, Answer|null>, settings: any, theme: any,
 *             step: number|null, run: string, alt: string }} Drawing
 * @typedef {{ draw: (drawing: Drawing) => void, destroy?: () => void,
 *             params?: (name: string) => Record<string, unknown> }} View
 * @typedef {{ styles: URL|URL[], frames?: number, create: (body: HTMLElement, kit: Frame) => View,
 *             load?: (settings: any, home: URL) => unknown,
 *             shapes?: Record<string, (number|string)[]> }} Definition
 */

const AHEAD = "300px"; // a picture begins to load a little before it is scrolled to
const NEIGHBOURS = 2; // snapshots on each side that are fetched in idle time
const IDLE = 120; // ms after a drawing until they are
const BUSY = [0, 429, 503]; // no server, too many requests, an engine that starts: try again
const AGAIN = 2000; // ms until they are tried again
const LATE = 400; // ms after which a reader sees that an answer is on its way

/** @param {Definition} definition */
export function picture(definition) {
  /** @param {any} component */
  return async function render({ data, home, root, turn, setStateValue }) {
    const sheets = [new URL("kit.css", import.meta.url), definition.styles].flat();
    const [tokens, ...styles] = await Promise.all([
      fetchOnce(new URL(data.tokens, home), "json"),
      ...sheets.map((sheet) => fetchOnce(sheet, "text")),
    ]);
    const files = definition.load ? await definition.load(data.settings, home) : null;
    if (root.turn === turn && root.isConnected) {
      root.frame ??= new Frame(root, definition, home, styles.join("\n"));
      root.frame.update(data, tokens, files, setStateValue);
    }
    return () => {
      // Streamlit also calls this for a call that was overtaken: only the newest may tear down.
      if (root.turn !== turn || !root.frame) return;
      root.frame.destroy();
      root.frame = null;
    };
  };
}

/** What surrounds one picture; its view gets it as `kit`. */
export class Frame {
  /**
   * @param {HTMLElement & { view?: View }} root
   * @param {Definition} definition
   * @param {URL} home
   * @param {string} css
   */
  constructor(root, definition, home, css) {
    this.root = root;
    this.definition = definition;
    this.tab = tabOf(home);
    this.home = home;
    root.classList.add("frame");
    root.dataset.state = "loading";
    const style = document.createElement("style");
    style.textContent = css;
    this.sentence = element("p", "hnviz-sentence");
    this.trouble = element("p", "hnviz-trouble");
    this.trouble.setAttribute("role", "alert");
    this.body = element("div", "hnviz-body");
    root.replaceChildren(style, this.sentence, this.trouble, this.body);
    this.sentence.hidden = this.trouble.hidden = true;
    /** @type {Timeline|null} */
    this.timeline = null;
    this.ends = /** @type {(() => void)[]} */ ([]);
    this.serial = Date.now(); // of reports: an earlier mount must not have used the same
    this.wanted = ""; // what is asked for, as one string of addresses
    this.shown = ""; // what is drawn
    /** @type {AbortController|null} */
    this.abort = null;
    this.visible = false;
    this.refused = ""; // what the view said last
    /** @type {number|null} the run's last snapshot as of the first look */
    this.end = null;
    /** @type {Set<string>} late answers that are on their way */
    this.awaited = new Set();
    /** @type {Drawing|null} */
    this.last = null;
    /** @type {View} */
    this.view = root.view = definition.create(this.body, this);
    // The page scrolls inside an element, whose edge `scrollMargin` moves; `rootMargin` is the window's.
    const ahead = /** @type {IntersectionObserverInit} */ ({ rootMargin: AHEAD, scrollMargin: AHEAD });
    this.seen = new IntersectionObserver((entries) => this.see(entries.at(-1)), ahead);
    this.seen.observe(root);
    this.width = 0;
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.body);
  }

  get source() {
    return this.tab.source;
  }

  /**
   * @param {any} data
   * @param {any} tokens
   * @param {unknown} files
   * @param {(name: string, value: unknown) => void} send
   */
  update(data, tokens, files, send) {
    this.send = send;
    this.tokens = tokens;
    this.files = files;
    const theme = readTheme(this.root, tokens);
    const said = JSON.stringify([data.run, data.asks, data.settings]);
    const other = said !== this.said || theme.dark !== this.theme?.dark;
    const run = data.run !== this.data?.run;
    const asks = JSON.stringify(data.asks) !== JSON.stringify(this.data?.asks);
    this.said = said;
    this.data = data;
    this.theme = theme;
    this.sentence.classList.toggle("small", Boolean(data.small));
    keepAddress();
    if (run || asks) this.end = null; // first: a timeline that is known asks at once
    if (run) this.follow();
    if (!other) return;
    this.shown = ""; // settings or theme: the same answers are another picture
    this.ask();
  }

  /** Take part in the run's timeline. */
  follow() {
    for (const end of this.ends.splice(0)) end();
    this.timeline = null;
    this.refused = "";
    if (!this.data.run) return;
    const timeline = (this.timeline = this.tab.timeline(this.data.run));
    this.ends.push(
      timeline.on((change) => this.hear(change)),
      timeline.attach({
        load: (step) => this.load(step, true),
        ready: (step) => !this.visible || this.addresses(step, true).every((address) => this.source.known(address)),
        frames: this.definition.frames,
      }),
      timeline.use(),
    );
  }

  /** @param {import("./timeline.js").Change} change */
  hear(change) {
    if (change === "step" || change === "snapshots" || change === "rest") this.ask();
    if (change === "trouble" && !this.timeline?.steps.length) this.complain(this.timeline?.trouble ?? "");
    if (change === "run" && !this.timeline?.steps.length) this.ask(); // it may have ended without one
  }

  /** @param {IntersectionObserverEntry|undefined} entry */
  see(entry) {
    this.visible = Boolean(entry?.isIntersecting);
    if (this.visible) this.ask();
  }

  resize() {
    const width = this.body.clientWidth;
    if (width === this.width) return;
    this.width = width;
    if (this.last && width) this.view.draw({ ...this.last, theme: this.theme });
  }

  /**
   * Report a value to Python. The serial number makes every report a new one.
   * @param {string} name
   * @param {unknown} value
   */
  report(name, value) {
    this.send?.(name, { value, serial: ++this.serial });
  }

  /**
   * The snapshot that a question is about; null where there is none.
   * @param {Ask} ask
   * @param {number|null} step
   */
  stepOf(ask, step) {
    if (!this.timeline) return null;
    if (ask.at === "first") return this.timeline.first;
    const rests = ask.at === "rest" || (ask.at === "paced" && this.timeline.moves);
    if (rests) return step === this.timeline.step ? this.timeline.rested : step;
    // While a run trains its last snapshot changes; the one asked for first stays.
    if (ask.at === "end") return (this.end ??= this.timeline.steps.at(-1) ?? null);
    return step;
  }

  /**
   * @param {Ask} ask
   * @param {number|null} step
   * @returns {string|null}
   */
  address(ask, step) {
    const mode = ask.themed ? { mode: this.theme?.dark ? "dark" : "light" } : {};
    const params = { ...ask.params, ...mode, ...this.view?.params?.(ask.name) };
    if (ask.run) return this.source.address(`api/runs/${encodeURIComponent(ask.run)}/${ask.at}/${ask.question}`, params);
    const at = this.stepOf(ask, step);
    if (at === null || !this.timeline) return null;
    const path = `api/runs/${encodeURIComponent(this.timeline.run)}/${at}/${ask.question}`;
    return this.source.address(path, { ...params, v: this.timeline.versions.get(at) });
  }

  /**
   * What must be there before a snapshot can be drawn; during a play, without the questions that
   * wait until the slider rests.
   * @param {number|null} step
   */
  addresses(step, plays = false) {
    const needed = this.data.asks.filter((/** @type {Ask} */ ask) => !ask.late && !(plays && ask.at === "rest"));
    const all = needed.map((/** @type {Ask} */ ask) => this.address(ask, step));
    return /** @type {string[]} */ (all.filter(Boolean));
  }

  /**
   * Fetch what a snapshot needs, without drawing it.
   * @param {number} step
   */
  load(step, plays = false) {
    if (!this.visible) return Promise.resolve([]);
    return Promise.all(this.addresses(step, plays).map((address) => this.source.get(address)));
  }

  /** Draw what is wanted now: at once if it is known, else as soon as it has come. */
  ask() {
    if (!this.data || !this.visible) return;
    const asks = /** @type {Ask[]} */ (this.data.asks ?? []);
    if (!asks.length) return this.draw({}, this.timeline?.step ?? null, this.said ?? "");
    const step = this.timeline?.step ?? null;
    if (this.timeline && step === null) return this.wait();
    const wanted = this.addresses(step).join("\n");
    if (wanted === this.shown && !this.abort) return this.complain("");
    this.wanted = wanted;
    const known = this.known(asks, step);
    if (known) {
      this.stop();
      return this.draw(known, step, wanted);
    }
    // A request under way for another snapshot goes on: else a run that trains, or a slider that is
    // dragged, would never show a picture. Other settings end it.
    if (this.abort && this.askedFor === this.said && !this.view.params) return;
    this.stop();
    this.fetch(asks, step, wanted);
  }

  /**
   * @param {Ask[]} asks
   * @param {number|null} step
   * @returns {Record<string, Answer|null>|null}
   */
  known(asks, step) {
    /** @type {Record<string, Answer|null>} */
    const answers = {};
    for (const ask of asks) {
      const address = this.address(ask, step);
      const answer = address === null ? null : this.source.known(address);
      if (answer === undefined && !ask.late) return null;
      answers[ask.name] = answer ?? null;
    }
    return answers;
  }

  /**
   * @param {Ask[]} asks
   * @param {number|null} step
   * @param {string} wanted
   */
  async fetch(asks, step, wanted) {
    const abort = (this.abort = new AbortController());
    this.askedFor = this.said;
    const late = setTimeout(() => this.linger(), LATE);
    try {
      const got = await Promise.all(
        asks.map(async (ask) => {
          const address = this.address(ask, step);
          const known = address && ask.late ? this.source.known(address) : address;
          return [ask.name, known && address && (await this.source.get(address, abort.signal))];
        }),
      );
      if (this.abort !== abort) return;
      this.abort = null;
      this.retried = false;
      this.draw(Object.fromEntries(got), step, wanted);
      if (this.wanted !== wanted) this.ask();
    } catch (error) {
      if (this.abort !== abort) return;
      this.abort = null;
      await this.fail(/** @type {Error} */ (error));
    } finally {
      clearTimeout(late);
    }
  }

  /** An answer takes long: the last picture pales, or a word says that one is on its way. */
  linger() {
    if (this.last) {
      this.root.dataset.state = "stale";
      return;
    }
    this.say(""); // there is a snapshot by now
    this.body.dataset.waiting = "Reading the text …";
  }

  /** @param {Error} error */
  async fail(error) {
    if (error.name === "AbortError") return;
    // A resumed run wrote the snapshot again: its new version comes in a moment.
    const stale = error instanceof Refusal && (error.status === 409 || error.status === 404);
    if (stale && !this.retried && this.timeline) {
      this.retried = true;
      await this.timeline.load().catch(() => {});
      return this.ask();
    }
    if (error instanceof Refusal && BUSY.includes(error.status)) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.ask(), AGAIN);
    }
    if (!(error instanceof Refusal)) console.error("hnviz picture:", error);
    this.complain(error.message);
  }

  stop() {
    this.abort?.abort();
    this.abort = null;
  }

  /**
   * @param {Record<string, Answer|null>} answers
   * @param {number|null} step
   * @param {string} wanted
   */
  draw(answers, step, wanted) {
    const answer = Object.values(answers).find(Boolean) ?? null;
    if (this.data.debug && answer && this.definition.shapes) checkShapes(answer, this.definition.shapes);
    const said = Object.values(answers).find((each) => each?.sentence)?.sentence ?? "";
    const drawing = {
      answer,
      answers,
      settings: this.data.settings,
      theme: this.theme,
      step,
      run: this.data.run ?? "",
      alt: plainText(said),
    };
    this.last = drawing;
    this.shown = wanted;
    delete this.body.dataset.waiting;
    this.say(this.data.silent ? "" : said);
    this.complain("");
    this.view.draw(drawing);
    this.width = this.body.clientWidth;
    Object.assign(this.root.dataset, { state: this.refused ? "error" : "ready", ready: "1", step: step ?? "" });
    this.fetchLate(step, wanted);
    this.lookAround(step);
  }

  /**
   * Fetch what the picture was drawn without, and draw it again.
   * @param {number|null} step
   * @param {string} wanted
   */
  async fetchLate(step, wanted) {
    for (const ask of /** @type {Ask[]} */ (this.data.asks ?? [])) {
      if (!this.root.isConnected) return; // the reader left the page
      const address = ask.late ? this.address(ask, step) : null;
      if (!address || this.source.known(address) || this.awaited.has(address)) continue;
      this.awaited.add(address);
      try {
        await this.source.get(address);
        if (this.wanted === wanted || this.shown === wanted) this.shown = "";
        this.ask();
      } catch (error) {
        await this.fail(/** @type {Error} */ (error));
      } finally {
        this.awaited.delete(address);
      }
    }
  }

  /** @param {string} sentence */
  say(sentence) {
    this.sentence.hidden = !sentence;
    this.sentence.replaceChildren(...boldNodes(sentence));
  }

  /**
   * For views: say that what they fetch or follow themselves was refused, until they say "".
   * @param {string} sentence
   */
  refuse(sentence) {
    this.refused = sentence;
    this.complain("");
  }

  /**
   * Say above the picture why there is no newer one; the last one stays.
   * @param {string} sentence
   */
  complain(sentence) {
    const said = sentence || this.refused;
    this.trouble.textContent = said;
    this.trouble.hidden = !said;
    if (said) delete this.body.dataset.waiting;
    if (said) this.root.dataset.state = "error";
    else if (this.last) this.root.dataset.state = "ready";
  }

  /** There is no snapshot yet. */
  wait() {
    if (this.last || !this.timeline?.listed || !this.timeline.facts.status) return;
    this.say(
      this.timeline.facts.is_live
        ? "The first snapshot comes with the first step; the picture follows."
        : "This run ended before its first snapshot, so there is nothing to show; choose another run.",
    );
    this.root.dataset.state = "empty";
  }

  /**
   * Fetch the neighbours of a snapshot in idle time, for the next move of the slider.
   * @param {number|null} step
   */
  lookAround(step) {
    clearTimeout(this.idle);
    const timeline = this.timeline;
    if (step === null || !timeline || timeline.playing || timeline.moves) return;
    this.idle = setTimeout(async () => {
      const { steps } = timeline;
      const at = steps.indexOf(step);
      const near = Array.from({ length: NEIGHBOURS }, (_, by) => [steps[at + by + 1], steps[at - by - 1]]).flat();
      const frames = timeline.frames(); // a page that plays few of the snapshots plays these next
      for (const each of frames.length < steps.length ? frames : near) {
        if (this.timeline !== timeline || timeline.step !== step || !this.root.isConnected) return;
        if (each !== undefined) await this.load(each).catch(() => {});
      }
    }, IDLE);
  }

  destroy() {
    clearTimeout(this.idle);
    clearTimeout(this.later);
    this.stop();
    for (const end of this.ends.splice(0)) end();
    this.seen.disconnect();
    this.resized.disconnect();
    this.view.destroy?.();
  }
}

/**
 * @param {string} tag
 * @param {string} name
 */
function element(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}
