// @ts-check
// The lesson's panel in the app: a step is an address of an ordinary page, and going to a step is
// going to that address. The panel stays while the pages beside it change.
//
// settings = { lesson, at, turn, role }: where the lesson's data is, the step that the address names, how often
// the page was drawn, and in a class "student" or "teacher". Python draws the panel after the page.

import { ClassRoom } from "../../kit/class/class.js";
import { Crowd } from "../../kit/class/crowd.js";
import { Lectern } from "../../kit/class/lectern.js";
import { TeacherLine } from "../../kit/class/teacher.js";
import { inAddress } from "../../kit/js/address.js";
import { fetchOnce } from "../../kit/js/fetch.js";
import { lead, picture, renew } from "../../kit/js/picture.js";
import { HAS_NONE } from "../../kit/js/tables.js";
import { inOrder, visit } from "../../kit/js/visits.js";
import { onAnswer } from "./answers.js";
import { Callout } from "./callout.js";
import { Panel } from "./panel.js";

const LESSON = "lesson"; // in the address: "<id>.<step>"
const KEPT = ["present", "embed", "embed_options", "lock"]; // in the address, whatever the step
const OPEN = "hn-lesson"; // on the page: page.css makes room
const TEACHING = "hn-teaching"; // on the page: the panel of a class's teacher is wider
const OFTEN = 400; // ms between two looks at the address
const KEYS = /** @type {Record<string, number>} */ ({ PageDown: 1, PageUp: -1 });

/** @typedef {import("./panel.js").Lesson & { steps: { address: string }[], next: { address: string }|null }} Told */

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
    /** @type {string|null} the address before the reader changed anything on the page */
    this.before = null;
    this.settled = false; // the page was drawn for the step: Streamlit has taken defaults out of the address
    this.touched = false; // by the reader, since the step began
    this.named = ""; // the step that the page named last
    this.isAway = false; // at the last look
    this.isTorn = false; // at the last look, the address had another step's path, after quick presses of Back
    document.documentElement.classList.add(OPEN);
    lead(true);
    this.touch = (/** @type {Event} */ event) => {
      if (event.composedPath().includes(body)) return;
      this.touched = true;
      if (this.settled) this.before ??= here();
    };
    this.press = (/** @type {KeyboardEvent} */ event) => this.turn(event);
    document.addEventListener("keydown", this.press, true);
    for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, this.touch, true);
    this.timer = setInterval(() => this.look(), OFTEN);
  }

  /** @param {import("../../kit/js/picture.js").Drawing} drawing */
  draw({ settings, theme }) {
    const { primary, onPrimary, background, muted, hatch } = theme;
    this.callout.dress({ primary, onPrimary, background, muted, hatch });
    if (settings.role) this.doors.crowd ??= this.inClass(settings.role);
    const at = this.asked() ?? settings.at;
    if (at === settings.at) this.arrive(); // else this is the page of an earlier step, drawn late
    const named = `${settings.lesson} ${at}`;
    if (named === this.named) return this.settle();
    this.named = named;
    if (!this.panel.lesson) this.kit.tab.revisit(); // the lesson began by a link within the app
    this.show(at);
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
    this.settled = true;
    if (this.touched) this.before ??= here();
  }

  /** The step that the address names: Python may still be drawing an earlier one. */
  asked() {
    const [, id, at] = inAddress(LESSON)?.match(/^(.*)\.(\d{1,3})$/) ?? [];
    return id === this.lesson.id ? Number(at) : null;
  }

  get lesson() {
    return /** @type {Told} */ (this.kit.files);
  }

  /** @param {number} at */
  show(at) {
    this.before = null;
    this.settled = this.touched = false;
    this.panel.show(this.lesson, at);
  }

  /**
   * The address of a step; the end of the lesson has the last step's page.
   * @param {number} at
   */
  address(at) {
    const { id, steps } = this.lesson;
    const { address } = steps[Math.min(at, steps.length) - 1];
    const url = new URL(address + this.kept("&"), this.kit.home);
    url.searchParams.set(LESSON, `${id}.${at}`);
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
    visit(new URL(address ? address + this.kept("&") : LESSON + this.kept("?"), this.kit.home));
  }

  /**
   * @param {number} at
   * @param {boolean} instead of the address that is shown
   */
  go(at, instead = false) {
    visit(this.address(at), instead);
    this.callout.turn();
    this.panel.at = 0; // the same step again, too
    this.show(at);
  }

  arrive() {
    renew();
    this.callout.arrive();
  }

  /** See whether the page shows something else than the step: at two looks, as Streamlit may write an old path once. */
  look() {
    const asked = this.asked();
    const isTorn = asked !== null && location.pathname !== this.address(asked).pathname;
    if (isTorn && this.isTorn) return this.go(asked, true);
    this.isTorn = isTorn;
    const path = this.address(this.panel.at || 1).pathname;
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
    document.removeEventListener("keydown", this.press, true);
    for (const event of ["pointerdown", "keydown"]) document.removeEventListener(event, this.touch, true);
    document.documentElement.classList.remove(OPEN, TEACHING);
    lead(false);
    this.doors.crowd?.leave();
    this.callout.end();
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
