// @ts-check
// The lesson's panel in the app: a step is an address of an ordinary page, and going to a step is
// going to that address. The panel stays while the pages beside it change.
//
// settings = { lesson, at, page, turn, role }: where the lesson's data is, the step that the page was drawn for,
// the page's address, how often a page was drawn, and in a class "student" or "teacher". Python draws the panel
// after the page.

import { ClassRoom } from "../../kit/class/class.js";
import { Crowd } from "../../kit/class/crowd.js";
import { Lectern } from "../../kit/class/lectern.js";
import { TeacherLine } from "../../kit/class/teacher.js";
import { inAddress } from "../../kit/js/address.js";
import { fetchOnce } from "../../kit/js/fetch.js";
import { speak } from "../../kit/js/language.js";
import { lead, picture, renew } from "../../kit/js/picture.js";
import { HAS_NONE } from "../../kit/js/tables.js";
import { inOrder, visit } from "../../kit/js/visits.js";
import { Ahead } from "./ahead.js";
import { onAnswer } from "./answers.js";
import { Callout } from "./callout.js";
import { Panel } from "./panel.js";
import { Turn } from "./turn.js";

const LESSON = "lesson"; // in the address: "<id>.<step>"
const KEPT = ["present", "embed", "embed_options", "lock"]; // in the address, whatever the step
const OPEN = "hn-lesson"; // on the page: page.css makes room
const DRAWN = "hn-drawn"; // on the page: the panel has its height, which on a phone depends on the student's answers
const TEACHING = "hn-teaching"; // on the page: the panel of a class's teacher is wider
const OFTEN = 400; // ms between two looks at the address
const LONGEST = 15000; // ms until a step is asked for again: the server was not there, or is slow
const KEYS = /** @type {Record<string, number>} */ ({ PageDown: 1, PageUp: -1 });

/** @typedef {import("./panel.js").Lesson & { steps: (import("./ahead.js").Step & { address: string })[], next: { address: string }|null }} Told */

class InLesson {
  /**
   * @param {HTMLElement} body
   * @param {import("../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const host = document.createElement("section");
    host.className = "lesson";
    body.append(host);
    this.callout = new Callout(() => body.getBoundingClientRect());
    /** @type {import("./panel.js").Doors} */
    this.doors = {
      go: (at) => this.go(at),
      point: (point, cover) => this.callout.show(point, cover),
      leave: () => this.leave(),
      take: (id) => location.assign(new URL(`api/lessons/${id}/file`, kit.home)),
      open: (id) => this.open(id ? this.lesson.next?.address : ""),
    };
    this.panel = new Panel(host, this.doors);
    /** @type {URL|null} the address that was asked for last */
    this.asked = null;
    /** @type {string|null} the address before the reader changed anything on the page */
    this.before = null;
    this.settled = false; // the page was drawn for the step: Streamlit has taken defaults out of the address
    this.touched = false; // by the reader, since the step began
    this.isAway = false; // at the last look
    this.isTorn = false; // at the last look, the address had the path or the name of another step
    this.turning = new Turn();
    this.ahead = new Ahead(kit);
    document.documentElement.classList.add(OPEN);
    lead(true);
    this.touch = (/** @type {Event} */ event) => {
      if (event.composedPath().includes(body)) return;
      this.touched = true;
      if (this.settled) this.before ??= here();
    };
    this.press = (/** @type {KeyboardEvent} */ event) => this.turn(event);
    document.addEventListener("keydown", this.press, true);
    this.back = (/** @type {Event} */ event) => event.isTrusted && this.comeBack(); // else it is a visit of ours
    addEventListener("popstate", this.back, true); // before Streamlit reads the address
    for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, this.touch, true);
    this.timer = setInterval(() => this.look(), OFTEN);
  }

  /** @param {import("../../kit/js/picture.js").Drawing} drawing */
  draw({ settings, theme }) {
    const { primary, onPrimary, background, muted, hatch } = theme;
    this.callout.dress({ primary, onPrimary, background, muted, hatch });
    if (settings.role) this.doors.crowd ??= this.inClass(settings.role);
    const { at, page, turn } = settings;
    const { pathname } = this.address(at);
    const isItsPage = new URL(page, this.kit.home).pathname === pathname && location.pathname === pathname;
    const found = this.turning.arrive(this.name(at), turn, { isItsPage, named: inAddress(LESSON), isTouched: this.touched });
    if (found === "lost") return this.again();
    if (found === "late") return;
    renew();
    this.callout.arrive();
    if (!this.panel.lesson) this.kit.tab.revisit(); // the lesson began by a link within the app
    if (this.panel.lesson?.id !== this.lesson.id || this.panel.at !== at) this.show(at);
    this.settle();
  }

  /** @param {string} role */
  inClass(role) {
    const hear = (/** @type {string} */ step) => this.panel.hear(step);
    document.documentElement.classList.toggle(TEACHING, role === "teacher");
    if (role === "teacher") return new Lectern(TeacherLine.of(this.kit.home), hear);
    return new Crowd(new ClassRoom(this.kit.home), onAnswer, hear);
  }

  /** The page was drawn. */
  settle() {
    if (!this.settled) this.ahead.fetch(this.lesson.steps[this.panel.at]); // its place is one less than its number
    this.settled = true;
    if (this.touched) this.before ??= here();
  }

  /** @param {number} at */
  name(at) {
    return `${this.lesson.id}.${at}`;
  }

  get lesson() {
    return /** @type {Told} */ (this.kit.files);
  }

  /** @param {number} at */
  show(at) {
    this.ahead.end();
    this.before = null;
    this.settled = this.touched = false;
    this.panel.show(this.lesson, at);
    document.documentElement.classList.add(DRAWN);
  }

  /**
   * The address of a step; the end of the lesson has the last step's page.
   * @param {number} at
   */
  address(at) {
    const { steps } = this.lesson;
    const { address } = steps[Math.min(at, steps.length) - 1];
    const url = new URL(address + this.kept("&"), this.kit.home);
    url.searchParams.set(LESSON, this.name(at));
    return url;
  }

  /**
   * What every step of the address keeps.
   * @param {string} first
   */
  kept(first) {
    const asked = new URL(location.href).searchParams;
    const kept = new URLSearchParams(KEPT.flatMap((name) => (asked.has(name) ? [[name, asked.get(name) ?? ""]] : [])));
    return kept.size ? first + kept : "";
  }

  /** @param {string|undefined} address of another lesson's first step; "" for the list of lessons */
  open(address) {
    if (address) this.ask(new URL(address + this.kept("&"), this.kit.home));
    else visit(new URL(LESSON + this.kept("?"), this.kit.home));
  }

  /**
   * Have the page of a step drawn.
   * @param {URL} address
   * @param {boolean} instead of the address that is shown
   */
  ask(address, instead = false) {
    this.asked = address;
    this.turning.ask(address.searchParams.get(LESSON) ?? "", performance.now());
    visit(address, instead);
    this.callout.turn();
  }

  /** Ask once more for the step that was asked for last. */
  again() {
    this.ask(this.asked ?? this.address(this.panel.at || 1), true);
  }

  /** @param {number} at */
  go(at) {
    this.ask(this.address(at));
    this.panel.at = 0; // the same step again, too
    this.show(at);
  }

  /** The browser's Back, or forth: the address is the one that was left. */
  comeBack() {
    const step = inAddress(LESSON);
    const at = step?.startsWith(`${this.lesson.id}.`) ? Number(step.split(".").at(-1)) : 0;
    if (at) {
      // Quick presses leave entries with the path of one step and the parameters of another.
      const { pathname } = this.address(at);
      if (location.pathname !== pathname) history.replaceState(history.state, "", pathname + location.search);
    }
    if (!step || step === this.turning.wanted) return;
    this.asked = new URL(location.href);
    this.turning.ask(step, performance.now());
    this.callout.turn();
    if (at) this.show(at);
  }

  /** See whether the page shows something else than the step; at two looks, as Streamlit may write an old path once. */
  look() {
    if (this.turning.isUnderWay) {
      if (performance.now() - this.turning.since > LONGEST) this.again();
      return;
    }
    const path = this.address(this.panel.at || 1).pathname;
    const named = inAddress(LESSON);
    const isTorn = this.turning.isStale(named) || (location.pathname !== path && named === this.turning.wanted);
    if (isTorn && this.isTorn) return this.again();
    this.isTorn = isTorn;
    const isAway = location.pathname !== path || (this.before !== null && here() !== this.before);
    if (isAway === this.isAway) this.panel.stray(isAway);
    this.isAway = isAway;
  }

  /**
   * A key that turns the page, as a clicker sends: in a lesson it is the lesson's.
   * @param {KeyboardEvent} event
   */
  turn(event) {
    const by = KEYS[event.key];
    const [from] = event.composedPath();
    const writes = from instanceof Element && from.matches("textarea");
    if (!by || writes || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) this.panel.move(by);
  }

  leave() {
    this.kit.report("left", true);
    this.destroy();
  }

  destroy() {
    clearInterval(this.timer);
    this.ahead.end();
    document.removeEventListener("keydown", this.press, true);
    removeEventListener("popstate", this.back, true);
    for (const event of ["pointerdown", "keydown"]) document.removeEventListener(event, this.touch, true);
    document.documentElement.classList.remove(OPEN, DRAWN, TEACHING);
    lead(false);
    this.doors.crowd?.leave();
    this.callout.end();
    speak(null);
  }
}

/** The address as the reader sees it, without the lesson's own part. */
function here() {
  const url = new URL(location.href);
  for (const name of [LESSON, ...KEPT]) url.searchParams.delete(name);
  return inOrder(url);
}

export const render = picture({
  styles: [new URL("style.css", import.meta.url), new URL("../../kit/class/overlay.css", import.meta.url)],
  stays: true,
  table: HAS_NONE.words,
  load: (settings, home) => fetchOnce(new URL(settings.lesson, home), "json"),
  create: (body, kit) => new InLesson(body, kit),
});
