// @ts-check
// A lesson in a class: answers go to the teacher, and once revealed the class's come back.
// Where there is no server, an answer is a line to paste.

import { ClassRoom } from "./class.js";
import { overlay } from "./overlay.js";

/**
 * @typedef {import("./guess_code.js").Value} Value
 * @typedef {{ step: string, guess: any, answer: Value|undefined }} Shown
 *   answer  undefined while the student has given none
 */

const PATH = /\/class\/lesson\/[^/]*$/; // where a class's server has its exported lessons

/**
 * The class that an exported lesson belongs to; one without a server elsewhere.
 * @param {Location} where
 */
export function classAt(where) {
  return new ClassRoom(PATH.test(where.pathname) ? new URL("../../", where.href) : null);
}

export class Crowd {
  /**
   * @param {ClassRoom} room
   * @param {(hear: (step: string, value: Value) => void) => unknown} onAnswer
   */
  constructor(room, onAnswer) {
    this.room = room;
    /** @type {Map<string, string>} step -> what became of the answer */
    this.said = new Map();
    /** @type {{ host: HTMLElement, shown: Shown }|null} */
    this.last = null;
    if (!room.hasServer) return;
    onAnswer((step, value) => void this.send(step, value));
    room.onReveal((step) => this.redraw(step));
  }

  /**
   * @param {string} step
   * @param {Value} value
   */
  async send(step, value) {
    this.say(step, "Sending your answer to the class …");
    try {
      await this.room.send(step, value);
      this.say(step, "The class has your answer, without your name. The teacher shows all answers later.");
    } catch (error) {
      this.say(step, `${/** @type {Error} */ (error).message}`);
    }
  }

  /**
   * Draw the class's part of a step into its place.
   * @param {HTMLElement} host
   * @param {Shown|null} shown null where there is nothing to say
   */
  draw(host, shown) {
    this.last = shown && { host, shown };
    host.replaceChildren();
    if (!shown || shown.answer === undefined) return;
    if (this.room.hasServer) this.drawClass(host, shown);
    else drawCode(host, this.room.codeFor(shown.step, shown.answer));
  }

  /**
   * @param {HTMLElement} host
   * @param {Shown} shown
   */
  drawClass(host, { step, guess }) {
    const revealed = this.room.revealed.get(step);
    const status = paragraph(host, revealed ? revealed.sentence.replaceAll("**", "") : (this.said.get(step) ?? ""));
    status.setAttribute("role", "status");
    if (revealed) host.append(overlay(guess, revealed.values, host.clientWidth || 320, status.textContent ?? ""));
  }

  /**
   * @param {string} step
   * @param {string} words
   */
  say(step, words) {
    this.said.set(step, words);
    this.redraw(step);
  }

  /** @param {string} step */
  redraw(step) {
    if (this.last?.shown.step === step) this.draw(this.last.host, this.last.shown);
  }
}

/**
 * @param {HTMLElement} host
 * @param {string} code
 */
function drawCode(host, code) {
  const fold = document.createElement("details");
  const title = document.createElement("summary");
  title.textContent = "Send your answer to a teacher";
  fold.append(title);
  paragraph(fold, "Copy this code and send it; it carries no name:");
  const line = document.createElement("code");
  line.textContent = code;
  fold.append(line);
  host.append(fold);
}

/**
 * @param {HTMLElement} host
 * @param {string} words
 */
function paragraph(host, words) {
  const made = document.createElement("p");
  made.textContent = words;
  host.append(made);
  return made;
}
