// @ts-check
// The board: where to go, the code, how many are here, which lessons phones can open, and the students in a fold.
//
// settings = { address, code, qr: { size, path }, live, and where it is not live: members, here, lessons, students }

import { TeacherLine } from "../../../kit/class/teacher.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { Students } from "./students.js";

const SVG = "http://www.w3.org/2000/svg";

class Board {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    /** @type {(() => void)|undefined} */
    this.leave = undefined;
    const make = maker(body);
    const board = make("div", "board", body);
    this.place = make("div", "", board);
    const ways = make("div", "ways", board);
    make("p", "", ways, "Open this address in the same network, or scan the QR code:");
    this.address = make("div", "address", ways);
    make("p", "", ways, "The code of the class:");
    this.code = make("div", "code", ways);
    this.here = make("p", "here", ways);
    this.here.setAttribute("role", "status");
    this.lessons = make("div", "lessons", ways);
    this.make = make;
    this.written = ""; // the lessons that are drawn
    this.students = new Students(body, kit);
    /** @type {TeacherLine|undefined} */
    this.line = undefined;
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    this.address.textContent = settings.address;
    this.code.textContent = settings.code;
    this.place.replaceChildren(drawn(settings.qr, settings.address));
    if (settings.live) this.line = this.students.line ??= TeacherLine.of(this.kit.home);
    if (this.line) this.leave ??= this.line.follow((news) => this.take(news));
    else {
      this.take(settings);
      this.students.show(settings.students);
    }
  }

  /** @param {any} news */
  take({ here, members, lessons }) {
    if (here === undefined) return;
    this.here.textContent = `${here} here now, ${members} have joined.`;
    this.drawLessons(lessons);
    this.students.look();
  }

  /** @param {{ all: number, missing: [string, string][] }} lessons */
  drawLessons({ all, missing }) {
    const written = JSON.stringify([all, missing]);
    if (written === this.written) return;
    this.written = written;
    this.lessons.replaceChildren();
    this.make("p", "ready", this.lessons, `${all - missing.length} of ${all} lessons are ready for phones.`);
    const failed = missing.filter(([, why]) => why);
    const waiting = missing.filter(([, why]) => !why).map(([title]) => title);
    if (waiting.length) this.make("p", "waiting", this.lessons, `Not ready yet: ${waiting.join(" \u00b7 ")}`);
    if (!failed.length) return;
    const list = this.make("ul", "", this.lessons);
    for (const [title, why] of failed) this.make("li", "", list, `\u201c${title}\u201d: ${why}`);
    const button = /** @type {HTMLButtonElement} */ (this.make("button", "", this.lessons, "Try again"));
    Object.assign(button, { type: "button", onclick: () => this.retry(button) });
  }

  /** @param {HTMLButtonElement} button */
  async retry(button) {
    button.disabled = true;
    button.disabled = Boolean(await this.kit.refusals.attempt("lessons", () => this.line?.writeLessons()));
  }

  destroy() {
    this.leave?.();
    this.students.destroy();
  }
}

/**
 * @param {{ size: number, path: string }} qr
 * @param {string} address
 */
function drawn({ size, path }, address) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", "qr");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `QR code of ${address}`);
  const dark = document.createElementNS(SVG, "path");
  dark.setAttribute("d", path);
  dark.setAttribute("shape-rendering", "crispEdges");
  svg.append(dark);
  return svg;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: (_, view) => view.students.tables(),
  create: (body, kit) => new Board(body, kit),
});
