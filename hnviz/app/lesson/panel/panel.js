// @ts-check
// The panel of a lesson: what a step says, its guess, and the way to the next one. It needs no
// server: an exported lesson uses it too.
//
// lesson = { id, key, title, steps: [{ title, text, point, guess, run }] }; a step is counted from 1, and the
// one after the last is the end of the lesson. `key` names it among answers: a translation has that of its lesson.

import { phrase, speak } from "../../kit/js/language.js";
import { maker } from "../../kit/js/make.js";
import { redraw } from "../../kit/js/redraw.js";
import { answerOf, forgetAnswers, keepAnswer } from "./answers.js";
import { askGuess, holdGuess, revealGuess } from "./guess.js";
import { button } from "./parts.js";
import { becauseOf, distance, isSurprise, surpriseText } from "./surprise.js";
import { write } from "./words.js";

/**
 * @typedef {import("./surprise.js").Guess} Guess
 * @typedef {{ title: string, text: string, point: string, guess: Guess|null, run: string }} Step
 * @typedef {{ id: string, key: string, title: string, steps: Step[], next: { id: string, title: string }|null,
 *             words: [string, string][], language: import("../../kit/js/language.js").Language|null }} Lesson
 *   words     terms that its text explains, and what they mean
 *   language  null for English
 * @typedef {{ go: (at: number) => void, point: (point: string, cover: string) => void,
 *             leave: () => void, open?: (lesson: string) => void,
 *             take?: (lesson: string) => void,
 *             crowd?: import("../../kit/class/crowd.js").InClass|null }} Doors
 *   go      show a step; it then calls `show`
 *   point   ring what a step is about, or hide it below a cover with these words
 *   leave   end the lesson
 *   open    begin another lesson; "" is the list of all. A lesson alone in a file has no others
 *   take    download the lesson as a file; a file has been taken already
 *   crowd   the class that the student is in: it draws below the guess, and holds the truth back
 */

const FILE = "Download it as one file that opens without a network. The first time, writing it takes a minute.";
const MOST = 3; // surprises in the list

export class Panel {
  /**
   * @param {HTMLElement} host
   * @param {Doors} doors
   */
  constructor(host, doors) {
    this.doors = doors;
    const make = maker(host);
    host.setAttribute("role", "region");
    const head = make("div", "head");
    this.name = make("p", "name", head);
    this.close = button(head, "✕", () => doors.leave());
    this.count = make("p", "count");
    this.news = make("p", "news");
    this.news.setAttribute("role", "status");
    this.body = make("div", "body");
    this.title = make("h2", "", this.body);
    this.text = make("p", "text", this.body);
    this.run = make("p", "run", this.body);
    this.guess = make("div", "guess", this.body);
    this.crowd = make("div", "crowd", this.body);
    this.end = make("div", "end", this.body);
    this.again = button(host, "", () => this.doors.go(this.at));
    this.again.className = "again";
    const foot = make("div", "foot");
    this.back = button(foot, "", () => this.move(-1));
    this.next = button(foot, "", () => this.move(1));
    this.next.classList.add("first");
    this.host = host;
    this.at = 0;
    /** @type {Lesson|null} */
    this.lesson = null;
    this.seen = new Set(); // steps that were shown without a guess
    this.away = false;
    this.toSee = ""; // the step that the teacher has revealed, until the reader scrolls
    for (const event of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      this.body.addEventListener(event, () => (this.toSee = ""), { passive: true });
    }
    // On a phone the panel shrinks once the page is uncovered.
    new ResizeObserver(() => this.see()).observe(this.body);
  }

  /** @returns {Step|undefined} the step that is shown; undefined at the end */
  get step() {
    return this.lesson?.steps[this.at - 1];
  }

  /** The step's name among all lessons' steps. */
  get key() {
    return `${this.lesson?.key}.${this.at}`;
  }

  /** The answer to the step that is shown. */
  get answer() {
    const own = answerOf(this.key);
    return this.doors.crowd ? this.doors.crowd.answer(this.key, own) : own;
  }

  /** Whether the class has yet to see the truth. */
  get isHeld() {
    return Boolean(this.step?.guess && this.doors.crowd?.holds(this.key));
  }

  /** Whether the step waits for a guess. */
  get waits() {
    if (!this.step?.guess || this.answer !== undefined) return false;
    return this.isHeld || !(this.seen.has(this.key) || this.doors.crowd?.leads);
  }

  /**
   * Follow the class: its teacher reveals a step, or an answer has arrived.
   * @param {string} step "" for any
   */
  hear(step) {
    const { crowd } = this.doors;
    if (!this.lesson || !crowd || (step && step !== this.key)) return;
    if (this.wasHeld && !this.isHeld) this.toSee = this.key;
    const isNew = this.state !== this.drawn;
    if (isNew) this.draw();
    else {
      const { scrollTop } = this.body;
      this.drawFoot(); // the reader may be about to guess
      this.drawCrowd();
      this.body.scrollTop = scrollTop;
    }
    // Also where the class votes again: why the step asks once more is below the answers.
    if (this.isHeld && (!this.waits || (isNew && !crowd.leads))) this.crowd.scrollIntoView({ block: "nearest" });
    this.see();
  }

  /** Bring what the class said into sight. */
  see() {
    if (this.toSee === this.key) this.crowd.scrollIntoView({ block: "start" });
  }

  /** What decides how the guess is drawn. */
  get state() {
    return JSON.stringify([this.key, this.waits, this.waits || this.isHeld, this.answer]);
  }

  /**
   * @param {Lesson} lesson
   * @param {number} at
   */
  show(lesson, at) {
    if (lesson.id === this.lesson?.id && at === this.at) return;
    speak(lesson.language);
    this.lesson = lesson;
    this.at = at;
    this.away = false;
    this.draw();
    this.body.scrollTop = 0;
    const { title } = this.step ?? { title: phrase("The end") };
    this.news.textContent = `${this.count.textContent}: ${title}`;
  }

  /**
   * Say whether the page shows something else by now.
   * @param {boolean} isAway
   */
  stray(isAway) {
    if (isAway === this.away) return;
    this.away = isAway;
    this.draw();
  }

  /**
   * One step on or back; a step that waits for a guess is first shown.
   * @param {number} by
   */
  move(by) {
    if (!this.lesson) return;
    if (this.away) return this.doors.go(this.at);
    if (by > 0 && this.isHeld && this.doors.crowd?.leads) return void this.doors.crowd.reveal?.(this.key);
    if (by > 0 && this.waits && !this.isHeld) return this.take(null);
    const at = this.at + by;
    if (at >= 1 && at <= this.lesson.steps.length + 1) this.doors.go(at);
  }

  /** @param {import("./answers.js").Answer|null} answer null from a student who only wants to see */
  take(answer) {
    const focused = this.guess.contains(/** @type {ShadowRoot} */ (this.host.getRootNode()).activeElement);
    if (answer === null) this.seen.add(this.key);
    else keepAnswer(this.key, answer);
    this.draw();
    this.guess.lastElementChild?.scrollIntoView({ block: "nearest" }); // the reason, on a phone
    if (focused) this.next.focus();
  }

  draw() {
    const { lesson, step } = this;
    if (!lesson) return;
    this.host.lang = lesson.language?.code ?? "en";
    this.host.ariaLabel = phrase("Lesson: {}", lesson.title);
    this.close.ariaLabel = this.close.title = phrase("Leave the lesson");
    this.again.textContent = phrase("Back to the lesson");
    this.back.textContent = phrase("Back");
    this.name.textContent = lesson.title;
    this.count.textContent = step ? phrase("Step {} of {}", String(this.at), String(lesson.steps.length)) : phrase("The end");
    this.title.textContent = step ? step.title : phrase("What surprised you");
    this.text.hidden = !step;
    if (step) write(this.text, step.text);
    this.run.hidden = !step?.run; // the step before shows the same run
    this.run.textContent = phrase("From here, the page shows {}.", step?.run ?? "");
    this.drawGuess(step?.guess ?? null);
    this.drawCrowd();
    this.drawEnd();
    this.drawFoot();
    this.drawn = this.state;
  }

  drawFoot() {
    const { step, waits, isHeld, away, at } = this;
    const { crowd } = this.doors;
    this.again.hidden = !away;
    this.back.disabled = at <= 1;
    this.next.classList.toggle("gone", !step); // its place stays: a second press on Finish is no press on Back
    const on = at < (this.lesson?.steps.length ?? 0) ? phrase("Next") : phrase("Finish");
    this.next.textContent = isHeld ? (crowd?.leads ? phrase("Reveal") : on) : waits ? phrase("Show it") : on;
    this.next.classList.toggle("first", !away && (!waits || Boolean(crowd?.leads)));
    this.wasHeld = isHeld;
    const cover = (isHeld && crowd?.cover(this.key, this.answer)) || phrase("Guess first");
    this.doors.point(step && !away ? this.pointed(step) : "", waits || isHeld ? cover : "");
  }

  /**
   * What a step points at: after a wrong answer, the place that refutes it.
   * @param {Step} step
   */
  pointed({ guess, point }) {
    const isShown = guess && !this.waits && !this.isHeld;
    return (isShown && becauseOf(guess, this.answer)?.point) || point;
  }

  /** @param {Guess|null} guess */
  drawGuess(guess) {
    this.guess.hidden = !guess;
    if (!guess) return this.guess.replaceChildren();
    const { answer } = this;
    if (this.waits) {
      const answers = askGuess(this.guess, guess, (given) => this.take(given));
      if (this.doors.crowd?.leads) {
        answers.inert = true; // the class answers
        this.body.tabIndex = 0; // so that the keyboard scrolls it without them
      }
    } else if (this.isHeld && answer !== undefined) holdGuess(this.guess, guess, answer);
    else revealGuess(this.guess, guess, answer ?? null);
  }

  drawCrowd() {
    redraw(this.crowd, () => {
      const guess = this.step?.guess ?? null;
      this.doors.crowd?.draw(this.crowd, guess && { step: this.key, guess, answer: this.answer }, this.key);
    });
  }

  drawEnd() {
    const { lesson } = this;
    this.end.hidden = Boolean(this.step);
    this.end.replaceChildren();
    if (this.step || !lesson) return;
    this.drawSurprises(lesson);
    drawWords(this.end, lesson);
    const { next } = lesson;
    const { open, take } = this.doors;
    if (next && open) button(this.end, phrase("Next lesson: {}", next.title), () => open(next.id)).classList.add("first");
    button(this.end, phrase("Start again"), () => {
      forgetAnswers(lesson.key);
      this.seen.clear();
      this.doors.go(1);
    });
    if (open) button(this.end, phrase("All lessons"), () => open(""));
    if (take) button(this.end, phrase("Take this lesson with you"), () => take(lesson.id)).title = phrase(FILE);
  }

  /** @param {Lesson} lesson */
  drawSurprises(lesson) {
    const make = maker(this.end);
    const { crowd } = this.doors;
    const guessed = lesson.steps.flatMap(({ title, guess }, index) => {
      const key = `${lesson.key}.${index + 1}`;
      const answer = !guess || crowd?.holds(key) ? undefined : answerOf(key);
      return guess && answer !== undefined ? [{ title, guess, answer, at: index + 1 }] : [];
    });
    const held = lesson.steps.some(({ guess }, index) => guess && crowd?.holds(`${lesson.key}.${index + 1}`));
    const surprises = guessed
      .filter(({ guess, answer }) => isSurprise(guess, answer))
      .sort((one, other) => distance(other.guess, other.answer) - distance(one.guess, one.answer))
      .slice(0, MOST);
    const none = guessed.length ? phrase("Nothing: what you saw was what you expected.") : phrase("You made no guess this time.");
    if (held) make("p", "text", this.end, phrase("The teacher has not revealed all answers yet."));
    else if (!surprises.length) make("p", "text", this.end, none);
    for (const { title, guess, answer, at } of surprises) {
      const line = make("div", "surprise");
      button(line, title, () => this.doors.go(at));
      write(make("p", "", line), surpriseText(guess, answer));
    }
  }
}

/**
 * List the terms of a lesson with their meaning, closed.
 * @param {HTMLElement} host
 * @param {Lesson} lesson
 */
function drawWords(host, { words }) {
  if (!words.length) return;
  const make = maker(host);
  const fold = make("details", "words");
  make("summary", "", fold, phrase("Words of this lesson"));
  const list = make("dl", "", fold);
  for (const [term, meaning] of words) {
    make("dt", "", list, term);
    make("dd", "", list, meaning);
  }
}
