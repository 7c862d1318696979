// @ts-check
// A line of text, word by word: the reader guesses the next one before it is shown.
//
// settings = { words: [token, kind, id][], guesses: [choices, why][], left_out }; the first guess is
// the second word. The step is the browser's own: ?data_step=.

import { maker } from "../../../kit/js/make.js";
import { putInAddress } from "../../../kit/js/address.js";
import { PlayButton } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { table } from "./table.js";

/** @typedef {[string, string, number]} Word */
/** @typedef {[string[], string]} Guessed */

const STEP = "data_step"; // in the address: how many tokens were read
const FIRST = 2; // tokens read at first, or all but one if there are fewer
const NUMBERS = 8; // ids on their line, so that it stays one line
const BETWEEN = 1000; // ms of a play

/** @param {string} word */
const quoted = (word) => (word === "," ? "a comma" : `“${word}”`);

class Guess {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
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
    this.choices = make("div", "bar choices", body);
    const bar = make("div", "bar", body);
    this.next = button(bar, "Next word", () => this.move(1));
    this.back = button(bar, "Back", () => this.move(-1));
    this.play = new PlayButton(bar, () => (this.timer ? this.stop() : this.start()));
    this.numbers = make("p", "numbers", body);
    this.said = ""; // the settings as they were last drawn
    /** @type {Word[]} */
    this.words = [];
    /** @type {Guessed[]} */
    this.guesses = [];
    this.read = 0; // tokens
    /** @type {string|null} what the reader took the next word for, "" to be shown it, null for no guess yet */
    this.guess = null;
    /** @type {number|undefined} */
    this.timer = undefined;
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    const said = JSON.stringify(settings);
    if (said === this.said) return;
    this.said = said;
    this.lay(settings);
  }

  /** @param {{ words: Word[], guesses: Guessed[], left_out: number }} settings */
  lay({ words, guesses, left_out }) {
    this.stop();
    Object.assign(this, { words, guesses });
    const make = maker(this.line);
    this.line.replaceChildren();
    this.chips = words.map(([word, kind, id]) => {
      const chip = make("span", `chip ${kind}`, this.line);
      make("b", "", chip, word);
      make("i", "", chip, String(id));
      return chip;
    });
    if (left_out) make("span", "rest", this.line, `… and ${left_out.toLocaleString("en")} more`);
    const first = Math.min(FIRST, this.last);
    if (this.read) this.go(first); // another sentence
    else this.ask(this.kit.asked.number(STEP, 1, this.last, first));
  }

  /** The most tokens that are read before a guess. */
  get last() {
    return this.words.length - 1;
  }

  /** @param {number} by */
  move(by) {
    this.stop();
    this.go(this.read + by);
  }

  /** @param {number} read */
  go(read) {
    this.ask(read);
    putInAddress(STEP, this.read === FIRST ? null : this.read);
  }

  /**
   * Hide the word after the first `read` ones, and ask for it.
   * @param {number} read
   */
  ask(read) {
    this.read = Math.max(1, Math.min(read, this.last));
    this.guess = null;
    this.choices.replaceChildren();
    for (const word of this.guesses[this.read - 1][0]) {
      button(this.choices, word === "," ? ", comma" : word, () => this.take(word)).value = word;
    }
    button(this.choices, "Show it", () => this.take(""));
    this.show();
  }

  /**
   * Show the word, and what train says of it.
   * @param {string} guess
   */
  take(guess) {
    this.stop();
    const focused = this.choices.matches(":focus-within");
    this.reveal(guess);
    if (focused) (this.next.disabled ? this.back : this.next).focus();
  }

  /** @param {string} guess */
  reveal(guess) {
    this.guess = guess;
    this.show();
  }

  /** Show each word, then go on to the next. */
  start() {
    const tick = () => {
      if (this.guess === null) this.reveal("");
      else this.go(this.read + 1);
      if (this.read === this.last && this.guess !== null) this.stop();
    };
    if (this.read === this.last && this.guess !== null) this.go(1);
    else tick();
    this.timer = setInterval(tick, BETWEEN);
    this.play.show(true);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.play.show(false);
  }

  show() {
    const { words, read, guess } = this;
    const known = guess !== null;
    this.chips?.forEach((chip, at) => {
      chip.classList.toggle("next", at === read);
      chip.classList.toggle("hidden", at > read || (at === read && !known));
    });
    this.next.disabled = read === this.last;
    this.back.disabled = read === 1;
    const [word, , id] = words[read];
    for (const each of this.choices.querySelectorAll("button")) {
      each.disabled = known;
      each.classList.toggle("right", known && each.value === word);
      each.classList.toggle("wrong", known && Boolean(guess) && each.value === guess && guess !== word);
    }
    const tokens = read === 1 ? "1 token" : `${read} tokens`;
    const start = guess === word ? "Right: it is" : guess ? "No, it is" : "It is";
    this.told.textContent = known
      ? `${start} ${quoted(word)}. ${this.guesses[read - 1][1]}`
      : `The network has read ${tokens}. Which one comes next?`;
    const ids = words.slice(Math.max(0, read - NUMBERS), read).map(([, , each]) => each);
    const cut = read > NUMBERS ? "… " : "";
    this.kit.table?.changed();
    this.numbers.textContent = `In numbers: ${cut}${ids.join(" ")} → ${known ? id : "?"}`;
  }

  destroy() {
    this.stop();
  }
}

/**
 * @param {HTMLElement} bar
 * @param {string} name
 * @param {() => void} press
 */
function button(bar, name, press) {
  const made = /** @type {HTMLButtonElement} */ (maker(bar)("button", "", bar, name));
  made.type = "button";
  made.onclick = press;
  return made;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Guess(body, kit),
});
