// @ts-check
// A line of text, one step at a time: the words before the marked one have been read.
//
// settings = { words: [token, kind, id][], left_out }. The step is the browser's own: ?data_step=.

import { maker } from "../../../kit/js/make.js";
import { putInAddress } from "../../../kit/js/address.js";
import { picture } from "../../../kit/js/picture.js";

/** @typedef {[string, string, number]} Word */

const STEP = "data_step"; // in the address: how many tokens were read
const FIRST = 4; // tokens read at first, or all but one if there are fewer
const BETWEEN = 900; // ms of a play

class Guess {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    const bar = make("div", "bar", body);
    /** @type {(name: string, press: () => void) => HTMLButtonElement} */
    const button = (name, press) => {
      const made = /** @type {HTMLButtonElement} */ (make("button", name.toLowerCase().replace(" ", "-"), bar, name));
      made.type = "button";
      made.onclick = press;
      return made;
    };
    this.next = button("Next word", () => this.move(1));
    this.back = button("Back", () => this.move(-1));
    this.play = button("Play", () => (this.timer ? this.stop() : this.start()));
    this.line = make("div", "words", body);
    this.line.tabIndex = 0;
    this.line.setAttribute("role", "group");
    this.line.setAttribute("aria-label", "The text; left and right arrow keys move the guess");
    this.line.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "ArrowRight") this.move(1);
      if (event.key === "ArrowLeft") this.move(-1);
    };
    this.told = make("p", "told", body);
    this.told.setAttribute("aria-live", "polite");
    this.numbers = make("p", "numbers", body);
    this.said = ""; // the settings as they were last drawn
    /** @type {Word[]} */
    this.words = [];
    this.read = 0; // tokens
    /** @type {number|undefined} */
    this.timer = undefined;
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    const said = JSON.stringify(settings);
    if (said !== this.said) this.lay(settings);
    this.said = said;
    this.show();
  }

  /** @param {{ words: Word[], left_out: number }} settings */
  lay({ words, left_out }) {
    this.stop();
    this.words = words;
    const last = Math.max(1, words.length - 1);
    this.read ||= this.kit.asked.number(STEP, 1, last, FIRST);
    this.read = Math.min(this.read, last);
    const make = maker(this.line);
    this.line.replaceChildren();
    this.chips = words.map(([word, kind, id]) => {
      const chip = make("span", `chip ${kind}`, this.line, word);
      make("i", "", chip, String(id));
      return chip;
    });
    if (left_out) make("span", "rest", this.line, `… and ${left_out.toLocaleString("en")} more`);
  }

  /** @param {number} by */
  move(by) {
    this.stop();
    this.go(this.read + by);
  }

  /** @param {number} read */
  go(read) {
    this.read = Math.max(1, Math.min(read, this.words.length - 1));
    putInAddress(STEP, this.read === FIRST ? null : this.read);
    this.show();
  }

  start() {
    if (this.read === this.words.length - 1) this.go(1);
    this.timer = setInterval(() => {
      this.go(this.read + 1);
      if (this.read === this.words.length - 1) this.stop();
    }, BETWEEN);
    this.play.textContent = "Pause";
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.play.textContent = "Play";
  }

  show() {
    const { words, read } = this;
    this.chips?.forEach((chip, at) => {
      chip.classList.toggle("next", at === read && words.length > 1);
      chip.classList.toggle("ahead", at > read);
    });
    const alone = words.length < 2;
    this.next.disabled = alone || read === words.length - 1;
    this.back.disabled = alone || read === 1;
    this.play.disabled = words.length < 3;
    if (alone) {
      this.told.textContent = "There is no next word to guess: type some words.";
      this.numbers.textContent = "";
      return;
    }
    const [[last], [word, , id]] = [words[read - 1], words[read]];
    const tokens = read === 1 ? "1 token" : `${read} tokens`;
    this.told.textContent = `It has read ${tokens}, up to “${last}”. The word to guess is “${word}”.`;
    const ids = words.slice(0, read).map(([, , each]) => each);
    this.numbers.textContent = `In numbers: ${ids.join(" ")} → ${id}`;
  }

  destroy() {
    this.stop();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  create: (body, kit) => new Guess(body, kit),
});
