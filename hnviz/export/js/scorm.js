// @ts-check
// A lesson in a learning platform, by SCORM 1.2: the step, the answers and the score go to the platform, and come back
// when the lesson is opened again. The first answer to a question counts, as the truth is in view after it.

import { phrase } from "../../app/kit/js/language.js";
import { isSurprise } from "../../app/lesson/panel/surprise.js";

/**
 * @typedef {import("../../app/lesson/panel/surprise.js").Guess} Guess
 * @typedef {import("../../app/lesson/panel/answers.js").Answer} Answer
 * @typedef {import("../../app/lesson/panel/panel.js").Lesson} Lesson
 * @typedef {Record<string, (...words: string[]) => unknown>} Api  the platform's object: LMSInitialize, LMSGetValue, ...
 */

const FARTHEST = 10; // frames from the lesson to the platform's object
const MOST_CHARS = 255; // of an answer that is words
const DIGITS = 6; // of a number that the platform keeps
const DONE = ["completed", "passed", "failed"];

/**
 * The platform's object in a frame around the lesson, or in the window that opened it; null where there is none.
 * @param {any} page
 * @returns {Api|null}
 */
export function findApi(page) {
  for (const start of [page, openerOf(page)]) {
    let frame = start;
    for (let at = 0; frame && at < FARTHEST; at++) {
      try {
        if (frame.API) return frame.API;
      } catch {
        break; // a page of another site
      }
      if (frame.parent === frame) break;
      frame = frame.parent;
    }
  }
  return null;
}

/** @param {any} page */
function openerOf(page) {
  try {
    return page.top.opener ?? page.opener;
  } catch {
    return page.opener; // the outermost frame is of another site
  }
}

export class Marks {
  /**
   * @param {Lesson} lesson
   * @param {Api} api
   * @param {(sentence: string) => void} say what the platform refused; "" once it takes all
   */
  constructor(lesson, api, say) {
    this.lesson = lesson;
    this.api = api;
    this.say = say;
    this.begun = Date.now();
    this.at = 1;
    /** @type {Record<string, Answer>} number of a step -> the first answer to it, which counts */
    this.first = {};
    /** @type {Record<string, Answer>} number of a step -> the answer that the lesson shows */
    this.now = {};
    /** @type {Set<string>} steps whose first answer the platform has not listed yet */
    this.waiting = new Set();
    this.isOver = false;
  }

  /** Begin with what the platform kept, and return the step to show. Throws an Error with a sentence. */
  begin() {
    this.call("LMSInitialize", "");
    const kept = read(this.get("cmi.suspend_data"));
    const isMine = (/** @type {[string, Answer]} */ [number, value]) =>
      this.lesson.steps[Number(number) - 1]?.guess && [value].flat().every(Number.isFinite);
    const mine = (/** @type {Record<string, Answer>} */ found) => Object.fromEntries(Object.entries(found ?? {}).filter(isMine));
    this.first = mine(kept.first);
    this.now = mine(kept.now);
    if (!this.isDone) this.call("LMSSetValue", "cmi.core.lesson_status", "incomplete");
    const at = Number(this.get("cmi.core.lesson_location"));
    this.at = Number.isInteger(at) && at >= 1 && at <= this.lesson.steps.length + 1 ? at : 1;
    return this.at;
  }

  get isDone() {
    return DONE.includes(this.get("cmi.core.lesson_status"));
  }

  /** The store for answers.js. @returns {import("../../app/lesson/panel/answers.js").Store} */
  get store() {
    const name = (/** @type {string} */ number) => `${this.lesson.key}.${number}`;
    return {
      read: () => JSON.stringify(Object.fromEntries(Object.entries(this.now).map(([at, value]) => [name(at), value]))),
      write: (text) => {
        const found = JSON.parse(text);
        const own = this.lesson.steps.map((_, at) => String(at + 1)).filter((number) => name(number) in found);
        this.now = Object.fromEntries(own.map((number) => [number, found[name(number)]]));
        for (const number of own) {
          if (number in this.first) continue;
          this.first[number] = this.now[number];
          this.waiting.add(number);
        }
        this.send();
      },
    };
  }

  /**
   * The reader sees a step; the one after the last is the end.
   * @param {number} at
   */
  visit(at) {
    this.at = at;
    this.send();
  }

  /** Send all that the platform keeps; what it refuses is sent again with the next step or answer. */
  send() {
    if (this.isOver) return;
    try {
      for (const number of [...this.waiting]) {
        this.list(number);
        this.waiting.delete(number);
      }
      const isNew = this.at > this.lesson.steps.length && !this.isDone;
      for (const [name, value] of [
        ["cmi.suspend_data", this.suspended],
        ["cmi.core.lesson_location", String(this.at)],
        ["cmi.core.score.raw", String(this.score)],
        ["cmi.core.score.min", "0"],
        ["cmi.core.score.max", "100"],
        ...(isNew ? [["cmi.core.lesson_status", "completed"]] : []),
      ]) {
        this.call("LMSSetValue", name, value);
      }
      this.call("LMSCommit", "");
      this.say("");
    } catch (error) {
      this.say(/** @type {Error} */ (error).message);
    }
  }

  /** End the visit: the platform then keeps what it was sent. */
  finish() {
    if (this.isOver) return;
    this.send();
    this.isOver = true;
    try {
      this.call("LMSSetValue", "cmi.core.session_time", duration(Date.now() - this.begun));
      this.call("LMSSetValue", "cmi.core.exit", "suspend"); // so that another visit goes on
      this.call("LMSFinish", "");
    } catch {
      // The page is closing: nobody would read a sentence.
    }
  }

  /** How many of the lesson's questions were answered right at first, in percent. */
  get score() {
    const asked = this.lesson.steps.flatMap(({ guess }, at) => (guess ? [{ guess, answer: this.first[at + 1] }] : []));
    const right = asked.filter(({ guess, answer }) => answer !== undefined && !isSurprise(guess, answer)).length;
    return asked.length ? Math.round((100 * right) / asked.length) : 0;
  }

  /** What the platform keeps until the next visit: at most 4,096 characters, whatever the lesson. */
  get suspended() {
    const { first, now } = this;
    return JSON.stringify({ first, now }, (_, value) => (typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value));
  }

  /**
   * List the first answer to a step among the platform's interactions.
   * @param {string} number of the step
   */
  list(number) {
    const guess = /** @type {Guess} */ (this.lesson.steps[Number(number) - 1].guess);
    const answer = this.first[number];
    const at = `cmi.interactions.${Number(this.get("cmi.interactions._count")) || 0}`;
    const { type, write } = WRITTEN[guess.kind];
    for (const [name, value] of [
      ["id", `${this.lesson.key}.${number}`],
      ["type", type],
      ["time", new Date().toTimeString().slice(0, 8)],
      ["correct_responses.0.pattern", write(guess, guess.truth).slice(0, MOST_CHARS)],
      ["student_response", write(guess, answer).slice(0, MOST_CHARS)],
      ["result", isSurprise(guess, answer) ? "wrong" : "correct"],
    ]) {
      this.call("LMSSetValue", `${at}.${name}`, value);
    }
  }

  /** @param {string} name of a value that the platform keeps */
  get(name) {
    return this.run("LMSGetValue", name);
  }

  /**
   * Have the platform do something. Throws an Error with a sentence if it does not.
   * @param {string} name
   * @param {string[]} words
   */
  call(name, ...words) {
    if (this.run(name, ...words) === "true") return;
    const code = this.run("LMSGetLastError");
    throw refusal(`${[name, words[0]].filter(Boolean).join(" ")}: error ${code}, ${this.run("LMSGetErrorString", code)}`);
  }

  /**
   * @param {string} name
   * @param {string[]} words
   */
  run(name, ...words) {
    try {
      return String(this.api[name](...words) ?? "");
    } catch (error) {
      throw refusal(`${name}: ${/** @type {Error} */ (error)?.message ?? error}`);
    }
  }
}

/** @param {string} why */
const refusal = (why) => new Error(phrase("The learning platform did not take your answers, which stay in this page ({}).", why));

/**
 * What an earlier visit left; nothing if the platform has something else.
 * @param {string} text
 */
function read(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** @param {number} value */
const decimal = (value) => value.toLocaleString("en", { useGrouping: false, maximumFractionDigits: DIGITS });

/** @type {Record<string, { type: string, write: (guess: Guess, answer: Answer) => string }>} */
const WRITTEN = {
  choice: { type: "choice", write: (_, answer) => Number(answer).toString(36) },
  number: { type: "numeric", write: (_, answer) => decimal(Number(answer)) },
  curve: { type: "performance", write: (_, answer) => [answer].flat().map(decimal).join(", ") },
  square: { type: "fill-in", write: (guess, answer) => cell(guess, Number(answer)) },
};
/** How each kind of answer is written; a platform's choice is one letter or digit, and a square has too many cells. */

/**
 * @param {Guess} guess
 * @param {number} at
 */
const cell = ({ columns, answers }, at) =>
  phrase("row {}, column {}: {}", String(Math.floor(at / columns) + 1), String((at % columns) + 1), answers[at]);

/**
 * A time as the platform has it: "0000:01:05.30".
 * @param {number} ms
 */
function duration(ms) {
  const [hours, minutes, seconds] = [Math.min(9999, Math.floor(ms / 3.6e6)), Math.floor(ms / 6e4) % 60, (ms / 1000) % 60];
  return `${String(hours).padStart(4, "0")}:${String(minutes).padStart(2, "0")}:${(Math.floor(seconds * 100) / 100).toFixed(2).padStart(5, "0")}`;
}
