// @ts-check
// The panel of a lesson in a file: the app's own panel; a step is a page of the file.
//
// The step is in the address behind "#", so a link can name it, and the browser's Back goes to the one before.

import { onWritten } from "../../app/kit/js/address.js";
import { fetchOnce } from "../../app/kit/js/fetch.js";
import { phrase, speak } from "../../app/kit/js/language.js";
import { readTheme } from "../../app/kit/js/theme.js";
import { classAt, Crowd } from "../../app/kit/class/crowd.js";
import { keepIn, onAnswer } from "../../app/lesson/panel/answers.js";
import { Callout } from "../../app/lesson/panel/callout.js";
import { Panel } from "../../app/lesson/panel/panel.js";
import { findApi, Marks } from "./scorm.js";

/**
 * @typedef {import("../../app/lesson/panel/panel.js").Lesson & { beside: boolean, scorm: boolean }} Lesson
 *   beside  whether the other lessons are files beside this one
 *   scorm   whether the file is for a learning platform
 */

const STYLES = [
  new URL("../../app/kit/js/kit.css", import.meta.url),
  new URL("../../app/lesson/panel/style.css", import.meta.url),
  new URL("../../app/kit/class/overlay.css", import.meta.url),
];
const NO_PLATFORM =
  "This page found no learning platform around it, so it sends no marks and keeps your answers in this browser.";
const KEYS = /** @type {Record<string, number>} */ ({ PageDown: 1, PageUp: -1 });

export class FileLesson {
  /**
   * @param {Lesson} lesson
   * @param {import("./stage.js").Stage} stage
   */
  constructor(lesson, stage) {
    speak(lesson.language); // before anything is said
    this.lesson = lesson;
    this.stage = stage;
    this.host = document.createElement("div");
    this.host.className = "beside";
    this.host.style.visibility = "hidden"; // until it has words: on a phone they would push it up
    document.body.append(this.host);
    this.root = document.createElement("div");
    this.host.attachShadow({ mode: "open" }).append(this.root);
    this.callout = new Callout(() => this.host.getBoundingClientRect());
    const others = { open: (/** @type {string} */ id) => location.assign(`${id || "index"}.html`) };
    const section = document.createElement("section");
    section.className = "lesson";
    this.root.append(section);
    this.said = document.createElement("p");
    this.said.className = "hint";
    this.said.setAttribute("role", "status");
    this.said.hidden = true;
    /** @type {Marks|null} */
    this.marks = lesson.scorm ? this.meet() : null;
    const crowd = this.marks ? null : new Crowd(classAt(location), onAnswer, (step) => this.panel?.hear(step));
    this.panel = new Panel(section, {
      go: (at) => this.go(at),
      point: (point, cover) => this.callout.show(point, cover),
      leave: () => this.leave(),
      crowd,
      ...(lesson.beside ? others : {}),
    });
    section.append(this.said);
    this.touched = false; // since the step began
    const touch = () => (this.touched = true);
    for (const event of ["pointerdown", "keydown"]) stage.host.addEventListener(event, touch, true);
    onWritten(() => this.touched && this.panel.stray(true));
    stage.whenChanged(() => this.panel.stray(true));
    document.addEventListener("keydown", (event) => this.turn(event), true);
    addEventListener("hashchange", () => this.show());
  }

  /** Meet the learning platform around the page; null if there is none, or if it refuses. */
  meet() {
    const say = (/** @type {string} */ sentence) => {
      if (this.said.textContent !== sentence) this.said.textContent = sentence;
      this.said.hidden = !sentence;
    };
    const api = findApi(window);
    if (!api) {
      say(phrase(NO_PLATFORM));
      return null;
    }
    const marks = new Marks(this.lesson, api, say);
    try {
      const at = marks.begin();
      if (!location.hash && at > 1) history.replaceState(null, "", `#${at}`);
    } catch (error) {
      say(/** @type {Error} */ (error).message);
      return null;
    }
    keepIn(marks.store);
    addEventListener("pagehide", () => marks.finish());
    addEventListener("pageshow", ({ persisted }) => persisted && location.reload()); // the visit was ended
    return marks;
  }

  /** Dress the panel as the pictures are. */
  async dress() {
    const [tokens, ...css] = await Promise.all([
      fetchOnce(new URL("figures/tokens.json", this.stage.held.home), "json"),
      ...STYLES.map((sheet) => fetchOnce(sheet, "text")),
    ]);
    const style = document.createElement("style");
    style.textContent = css.join("\n");
    this.root.querySelector("style")?.remove();
    this.root.prepend(style);
    const { primary, onPrimary, background, muted, hatch } = readTheme(this.root, tokens);
    this.callout.dress({ primary, onPrimary, background, muted, hatch });
  }

  /** The step that the address names; the first one otherwise. */
  get named() {
    const at = Number(location.hash.slice(1));
    return Number.isInteger(at) && at >= 1 && at <= this.lesson.steps.length + 1 ? at : 1;
  }

  /** Show the step that the address names. */
  async show() {
    const at = this.named;
    this.touched = false;
    await this.stage.show(Math.min(at, this.lesson.steps.length) - 1);
    this.panel.at = 0; // the same step again, too
    this.host.style.visibility = "";
    this.panel.show(this.lesson, at);
    this.marks?.visit(at);
  }

  /** @param {number} at */
  go(at) {
    if (at === this.named) this.show();
    else location.hash = String(at);
  }

  /**
   * A key that turns the page, as a clicker sends.
   * @param {KeyboardEvent} event
   */
  turn(event) {
    const by = KEYS[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) this.panel.move(by);
  }

  /** The pages stay, without the panel. */
  leave() {
    this.callout.end();
    this.host.remove();
    document.body.classList.remove("in-lesson");
  }
}
