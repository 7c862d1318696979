// @ts-check
// What a picture says around its drawing, and the state that it is in; `data-state` of its root names it:
//
//   loading   nothing is drawn yet, and words say what it waits for and how far that is
//   ready     the drawing is the one asked for
//   stale     it is older: a newer answer takes long
//   empty     the run has no snapshot to draw, and a sentence says why
//   error     there is no newer one; a sentence says why, and a button tries again where that may help

import { Asked } from "./address.js";
import { translated } from "./language.js";
import { maker } from "./make.js";
import { Refusals } from "./refusals.js";
import { boldNodes } from "./text.js";

/** @typedef {{ sentence: string, seconds: number }} Progress what the server says of an answer on its way */

const LATE = 400; // ms until a drawing pales if its next answer is still loading
const LONG = 2000; // ms after which words say how far that answer is
const FIRST = "Loading …"; // until then, where nothing is drawn
const AGAIN = "Try again";

export class States {
  /**
   * @param {HTMLElement} root
   * @param {string} css
   */
  constructor(root, css) {
    this.root = root;
    root.classList.add("frame");
    root.dataset.state = "loading";
    root.replaceChildren();
    const make = maker(root);
    make("style", "", root, css);
    this.sentence = make("p", "hnviz-sentence");
    const [vain, trouble] = [0, 1].map(() => make("p", "hnviz-trouble"));
    for (const each of [vain, trouble]) each.setAttribute("role", "alert");
    this.sentence.hidden = vain.hidden = trouble.hidden = true;
    this.trouble = trouble;
    /** What the address asks of the picture. */
    this.asked = new Asked((sentence) => write(vain, sentence));
    this.progress = make("p", "hnviz-progress", root, FIRST);
    this.body = make("div", "hnviz-body");
    this.refusals = new Refusals((sentence, again) => this.complain(sentence, again));
    this.said = ""; // the sentence that is written
    this.begun = ""; // what hnviz does for the first drawing, in a sentence
    this.drawn = false; // once
    this.since = 0; // when it began to wait, as performance.now(); 0 while it does not
    this.what = "";
    this.pales = true;
    /** @type {Progress|null} */
    this.told = null;
    this.clock = 0;
    /** Writes a sentence; a view may put another function here. */
    this.write = (/** @type {string} */ sentence) => this.sentence.replaceChildren(...boldNodes(sentence));
  }

  /**
   * A drawing is done.
   * @param {number|null} step
   */
  done(step) {
    this.drawn = true;
    this.arrive();
    Object.assign(this.root.dataset, { ready: "1", step: step ?? "" });
    this.settle();
  }

  /**
   * Something is loading: say so at once if nothing is drawn, otherwise once it takes long.
   * @param {string} what "the figures"
   * @param {boolean} pales whether the drawing is an older one, and not one with a part missing
   */
  wait(what, pales = true) {
    this.what = what;
    this.pales = pales;
    if (!this.since) {
      this.since = performance.now();
      this.told = null;
      this.clock = window.setInterval(() => this.tick(), LATE);
    }
    if (this.root.dataset.state === "empty") this.say(""); // of a run without snapshots; a first drawing keeps its own
    this.tick();
  }

  /** @param {Progress} told */
  tell(told) {
    this.told = told;
    if (this.since) this.tick();
  }

  tick() {
    const took = performance.now() - this.since;
    if (!this.drawn) this.root.dataset.state = "loading";
    else if (took >= LATE && this.pales) this.root.dataset.state = "stale";
    const words = took < LONG ? "" : progressWords(this.what, this.told, took);
    write(this.progress, this.drawn ? words : [this.begun, words].filter(Boolean).join(" ") || FIRST);
  }

  /** Nothing is loading any more. */
  arrive() {
    clearInterval(this.clock);
    this.since = 0;
    write(this.progress, "");
  }

  /**
   * There is no snapshot yet.
   * @param {import("./timeline.js").Timeline} timeline
   */
  waitForSnapshot({ listed, facts }) {
    if (this.drawn) return;
    if (!listed || !facts.status) return this.wait("the list of the run's snapshots");
    this.arrive();
    this.say(
      facts.is_live
        ? "The first snapshot comes with the first step; the picture follows."
        : "This run ended before its first snapshot, so there is nothing to show; choose another run.",
    );
    this.root.dataset.state = "empty";
  }

  /** @param {string} english */
  say(english) {
    const sentence = translated(english); // whole: a headline is written in parts
    if (sentence !== this.said) {
      this.said = sentence;
      this.sentence.hidden = !sentence;
      this.write(sentence);
    }
    this.root.dispatchEvent(new CustomEvent("hnviz:said", { bubbles: true, composed: true }));
  }

  /**
   * Say above the picture why there is no newer one; the last one stays.
   * @param {string} sentence
   * @param {boolean} again whether a button asks once more
   */
  complain(sentence, again) {
    const { trouble } = this;
    if (trouble.textContent !== sentence + (again ? ` ${AGAIN}` : "")) {
      write(trouble, sentence + (again ? " " : ""));
      if (again) maker(trouble)("button", "hnviz-copy", trouble, AGAIN).onclick = () => this.refusals.retry();
    }
    if (sentence) this.arrive();
    this.settle();
  }

  /** Show whether what is drawn is the newest that there is. */
  settle() {
    if (this.refusals.sentence) this.root.dataset.state = "error";
    else if (this.drawn && !this.since) this.root.dataset.state = "ready";
  }

  destroy() {
    clearInterval(this.clock);
  }
}

/**
 * @param {string} what
 * @param {Progress|null} told
 * @param {number} took ms
 */
export function progressWords(what, told, took) {
  const seconds = Math.round(Math.max(took / 1000, told?.seconds ?? 0));
  return `${told ? told.sentence : `Waiting for ${what}.`} ${seconds} s so far.`;
}

/**
 * @param {HTMLElement} element
 * @param {string} sentence
 */
function write(element, sentence) {
  if (element.textContent !== sentence) element.textContent = sentence;
  element.hidden = !sentence;
}
