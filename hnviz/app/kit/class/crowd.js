// @ts-check
// A lesson in a class: answers go to the teacher, and once revealed the class's come back.
// Where there is no server, an answer is a line to paste.

import { ClassRoom } from "./class.js";
import { overlay } from "./overlay.js";
import { phrase, translated } from "../js/language.js";
import { asSentence } from "../js/text.js";

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

/**
 * @typedef {{ leads: boolean, holds: (step: string) => boolean,
 *             answer: (step: string, own: Value|undefined) => Value|undefined,
 *             cover: (step: string, answer: Value|undefined) => string,
 *             draw: (host: HTMLElement, shown: Shown|null, at?: string) => void, leave: () => void,
 *             reveal?: (step: string) => unknown }} InClass
 *   leads   whether this is the teacher
 *   holds   whether the class has yet to see what is true at a step
 *   answer  the answer that counts, of one that this browser has kept
 *   cover   the words on what hides the picture
 */

/** @implements {InClass} */
export class Crowd {
  /**
   * @param {ClassRoom} room
   * @param {(hear: (step: string, value: Value) => void) => () => void} onAnswer returns what ends it
   * @param {(step: string) => void} changed called with a step, "" for any
   */
  constructor(room, onAnswer, changed) {
    this.room = room;
    this.changed = changed;
    this.leads = false;
    /** @type {Map<string, string>} step -> why the class has no answer */
    this.refused = new Map();
    this.leave = () => {};
    if (!room.hasServer) return;
    const deaf = onAnswer((step, value) => void this.send(step, value));
    room.follow(changed);
    this.leave = () => {
      deaf();
      room.leave();
    };
  }

  /**
   * Also from those who have not joined: they would tell the class.
   * @param {string} step
   */
  holds(step) {
    return this.room.hasServer && !this.room.revealed.has(step);
  }

  /**
   * Before the reveal, an answer that this browser has kept from another time is none.
   * @param {string} step
   * @param {Value|undefined} own
   */
  answer(step, own) {
    const { joined, waiting, mine } = this.room;
    if (!joined) return own;
    const given = waiting.get(step)?.value ?? mine?.get(step);
    return given ?? (mine && this.holds(step) ? undefined : own);
  }

  /**
   * @param {string} step
   * @param {Value|undefined} answer the one that counts
   */
  cover(step, answer) {
    if (answer !== undefined) return phrase("The teacher reveals it");
    return this.room.joined && this.room.twice.has(step) ? phrase("Answer once more") : "";
  }

  /**
   * @param {string} step
   * @param {Value} value
   */
  async send(step, value) {
    this.refused.delete(step);
    if (!this.room.joined) return;
    const sent = this.room.send(step, value);
    this.changed(step);
    try {
      await sent;
    } catch (error) {
      // After a reveal the step says so itself, as long as that is not taken back.
      if (!this.room.revealed.has(step)) this.refused.set(step, asSentence(/** @type {Error} */ (error).message));
      this.changed(step);
    }
  }

  /**
   * Draw the class's part of a step into its place.
   * @param {HTMLElement} host
   * @param {Shown|null} shown null where there is nothing to say
   * @param {string} at the step, also one without a guess
   */
  draw(host, shown, at = shown?.step ?? "") {
    host.replaceChildren();
    const { hasServer, joined, trains, home } = this.room;
    if (shown && hasServer) this.drawClass(host, shown);
    else if (shown?.answer !== undefined) drawCode(host, this.room.codeFor(shown.step, shown.answer));
    const others = hasServer && joined ? this.again(at) : [];
    if (others.length) paragraph(host, phrase("The class votes again on {}: go back and answer once more.", others.join(phrase(" and ")))).setAttribute("role", "status");
    if (trains && joined) linkTo(paragraph(host, phrase("The class does an experiment: ")), home, "train", phrase("Train with the class"));
  }

  /**
   * @param {HTMLElement} host
   * @param {Shown} shown
   */
  drawClass(host, { step, guess, answer }) {
    const revealed = this.room.revealed.get(step);
    const said = this.room.joined ? this.words(step, guess, answer) : "";
    if (said) paragraph(host, said).setAttribute("role", "status");
    if (!this.room.joined) drawDoor(host, this.room, Boolean(revealed));
    if (revealed && answer !== undefined) drawRevealed(host, guess, revealed);
  }

  /**
   * What became of the student's answer.
   * @param {string} step
   * @param {any} guess
   * @param {Value|undefined} answer
   */
  words(step, guess, answer) {
    const { waiting, mine, first, twice, revealed } = this.room;
    if (waiting.has(step)) return phrase("Sending your answer to the class …");
    const counts = mine?.has(step) ?? true; // nothing is known yet
    if (!revealed.has(step)) {
      if (answer !== undefined && counts) return twice.has(step) ? phrase("Your second answer is in; the teacher reveals the answer.") : phrase("Your answer is in; the teacher reveals the answer.");
      return this.refused.get(step) ?? (twice.has(step) ? againText(guess, first.get(step)) : "");
    }
    if (answer === undefined) return phrase("The teacher has revealed the answer. You can still guess, but it does not count.");
    if (counts) return "";
    return first.has(step) ? phrase("Only your first answer counts: you did not answer again.") : phrase("Your answer came after Reveal and does not count.");
  }

  /**
   * The other steps of the lesson that wait for this student's second answer: "step 3".
   * @param {string} at
   */
  again(at) {
    const { twice, revealed, waiting, mine } = this.room;
    const lesson = at.slice(0, at.lastIndexOf(".") + 1);
    const others = [...twice].filter((step) => lesson && step !== at && step.startsWith(lesson));
    const open = others.filter((step) => !revealed.has(step) && !waiting.has(step) && mine && !mine.has(step));
    return open.map((step) => phrase("step {}", step.slice(lesson.length)));
  }
}

/**
 * What a student does in the second vote.
 * @param {any} guess
 * @param {Value|undefined} first the student's answer in the first vote
 */
function againText({ kind, answers, unit }, first) {
  const ask = phrase("The class votes again. Talk with your neighbours, then answer once more.");
  if (first === undefined || kind === "curve") return ask;
  const said = kind === "number" ? [first, unit].filter((each) => each !== "").join(" ") : `“${answers[Number(first)]}”`;
  return `${ask} ${phrase("You said {} first.", said)}`;
}

/**
 * Draw what the class guessed.
 * @param {HTMLElement} host
 * @param {any} guess
 * @param {{ values?: Value[], sentence?: string, first?: import("./class.js").First }} revealed
 * @param {number} larger how many times
 */
export function drawRevealed(host, guess, { values = [], sentence: said = "", first }, larger = 1) {
  const words = said.replaceAll("**", "");
  paragraph(host, words).setAttribute("role", "status");
  if (!values.length && !first) return;
  const drawn = overlay(guess, values, (host.clientWidth || 320) / larger, words, first);
  if (larger > 1) drawn.setAttribute("class", "overlay fills");
  host.append(drawn);
}

/**
 * @param {HTMLElement} host
 * @param {ClassRoom} room
 * @param {boolean} isRevealed
 */
function drawDoor(host, { home, refusal }, isRevealed) {
  const waits = isRevealed ? "" : ` ${phrase("The teacher reveals the answer.")}`;
  const why = refusal ? asSentence(refusal) : phrase("You have not joined the class, so your answers do not count.");
  linkTo(paragraph(host, `${why}${waits} `), home, "join", phrase("Join the class"));
}

/**
 * @param {HTMLElement} said
 * @param {URL|null} home
 * @param {string} page of the class
 * @param {string} name
 */
function linkTo(said, home, page, name) {
  const link = document.createElement("a");
  link.href = new URL(`class/${page}`, /** @type {URL} */ (home)).href;
  link.textContent = name;
  said.append(link);
}

/**
 * @param {HTMLElement} host
 * @param {string} code
 */
function drawCode(host, code) {
  const fold = document.createElement("details");
  const title = document.createElement("summary");
  title.textContent = translated("Send your answer to a teacher");
  fold.append(title);
  paragraph(fold, translated("Copy this code and send it; it carries no name:"));
  const line = document.createElement("code");
  line.textContent = code;
  fold.append(line);
  host.append(fold);
}

/**
 * @param {HTMLElement} host
 * @param {string} words
 */
export function paragraph(host, words) {
  const made = document.createElement("p");
  made.textContent = words;
  host.append(made);
  return made;
}
